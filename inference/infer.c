// SPDX-License-Identifier: MIT
#include "inference/infer.h"

#include "base/text.h"
#include "declare/team.h"
#include "inference/engine.h"
#include "inference/tokenizer.h"

#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* Rows of a chunk of the prompt: enough to read weights once for many tokens, and no long wait between two of them. */
enum { BATCH = 64 };

struct session {
    const struct infer_options *options;
    struct gguf *gguf;
    struct model *model;
    struct tokenizer *tokenizer;
    struct engine *engine;
    struct sampler *sampler;
    struct gguf *draft_gguf;
    struct model *draft;
    struct speculative *speculative; /* NULL: token by token */
    int32_t ahead[SPECULATIVE_MOST + 1]; /* of the last step; [n_taken, n_ahead) are still to be handed out */
    size_t n_ahead, n_taken;
    struct tokens tokens; /* the prompt */
    size_t length;        /* of it and the answer, at most */
    struct rng rng;
};

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void session_free(struct session *s)
{
    speculative_free(s->speculative);
    model_free(s->draft);
    gguf_close(s->draft_gguf);
    sampler_free(s->sampler);
    engine_free(s->engine);
    tokenizer_free(s->tokenizer);
    model_free(s->model);
    gguf_close(s->gguf);
    tokens_free(&s->tokens);
}

static int load(struct session *s, struct err *err)
{
    const struct infer_options *o = s->options;

    s->gguf = gguf_open(o->model, err);
    s->model = s->gguf ? model_load(s->gguf, o->isa, err) : NULL;
    s->tokenizer = s->model ? tokenizer_new(s->gguf, err) : NULL;
    s->sampler = s->tokenizer ? sampler_new(s->model->shape.vocab, err) : NULL;
    if (!s->sampler || tokenizer_encode(s->tokenizer, o->prompt, o->prompt_len, true, &s->tokens, err) < 0)
        return -1;
    return s->tokens.n
               ? 0
               : err_set(err, ERR_USAGE, "the prompt is empty, and the model's texts begin with no token of their own");
}

static int open_engine(struct session *s, struct err *err)
{
    size_t context = s->options->context ? s->options->context : s->model->shape.context;
    size_t length = s->tokens.n + s->options->tokens;
    struct engine_options options = { .batch = BATCH, .team = s->options->team };

    if (s->tokens.n >= context)
        return err_set(err, ERR_USAGE,
                       "the prompt has %zu tokens, the context room for %zu (--context N makes it longer)", s->tokens.n,
                       context);
    options.logits = s->options->draft == SPECULATIVE_OFF ? 1 : SPECULATIVE_MOST + 1;
    s->length = options.length = length < context ? length : context;
    s->engine = engine_new(s->model, &options, err);
    return s->engine ? 0 : -1;
}

/* A draft is a number of a token: it must mean the same to both. */
static int check_vocabulary(const struct session *s, struct err *err)
{
    struct tokenizer *other = tokenizer_new(s->draft_gguf, err);
    int ret = other ? 0 : -1;

    for (size_t i = 0; ret == 0 && i < s->model->shape.vocab && i < s->draft->shape.vocab; i++) {
        size_t len, other_len;
        const char *piece = tokenizer_piece(s->tokenizer, (int32_t)i, &len);
        const char *other_piece = tokenizer_piece(other, (int32_t)i, &other_len);

        if (len != other_len || memcmp(piece, other_piece, len) != 0)
            ret = err_set(err, ERR_USAGE, "'%s' cannot draft for '%s': token %zu is '%.*s', not '%.*s'",
                          s->options->draft_model, s->options->model, i, (int)other_len, other_piece, (int)len, piece);
    }
    tokenizer_free(other);
    return ret;
}

static int open_drafts(struct session *s, struct err *err)
{
    const struct infer_options *o = s->options;
    struct speculative_options options = { .kind = o->draft, .layers = o->draft_layers, .length = o->draft_length,
                                           .team = o->team };

    if (o->draft == SPECULATIVE_OFF)
        return 0;
    if (o->sampling.temperature != 0)
        return err_set(err, ERR_USAGE, "drafts are for greedy decoding: with a temperature there are none");
    if (o->draft == SPECULATIVE_MODEL) {
        s->draft_gguf = gguf_open(o->draft_model, err);
        options.draft = s->draft = s->draft_gguf ? model_load(s->draft_gguf, o->isa, err) : NULL;
        if (!s->draft || check_vocabulary(s, err) < 0)
            return -1;
    }
    s->speculative = speculative_new(s->engine, &options, err);
    return s->speculative ? 0 : -1;
}

static int32_t draw(struct session *s, size_t row)
{
    return sampler_draw(s->sampler, &s->options->sampling, engine_logits(s->engine, row), &s->rng);
}

static int begin(struct session *s, int32_t *token, struct err *err)
{
    size_t row = 0;

    if (s->speculative)
        return speculative_begin(s->speculative, s->tokens.ids, s->tokens.n, token, err);
    if (engine_prefill(s->engine, 0, s->tokens.ids, s->tokens.n, &row, err) < 0)
        return -1;
    *token = draw(s, row);
    return 0;
}

/* What follows *token; *more is false where the context is full. `room`: tokens that are still wanted. */
static int follow(struct session *s, size_t room, int32_t *token, bool *more, struct err *err)
{
    struct engine_row next = { *token, 0, true };

    *more = s->n_taken < s->n_ahead || engine_length(s->engine, 0) < s->length;
    if (!*more)
        return 0;
    if (!s->speculative) {
        if (engine_forward(s->engine, &next, 1, 0, err) < 0)
            return -1;
        *token = draw(s, 0);
        return 0;
    }
    if (s->n_taken == s->n_ahead) {
        s->n_taken = 0;
        if (speculative_step(s->speculative, room, s->ahead, &s->n_ahead, err) < 0)
            return -1;
    }
    *token = s->ahead[s->n_taken++];
    return 0;
}

/* One token after the other, until there is enough. */
static int generate(struct session *s, infer_fn *fn, void *arg, struct infer_report *r, struct err *err)
{
    size_t room = s->options->tokens;
    double start = seconds(), first;
    bool more = true;
    int32_t token;

    if (begin(s, &token, err) < 0)
        return -1;
    first = seconds();
    r->ttft_s = first - start;
    while (more) {
        const char *piece;
        size_t len;

        r->ended = tokenizer_ends(s->tokenizer, token);
        if (r->ended || r->tokens == room)
            break;
        r->tokens++;
        piece = tokenizer_piece(s->tokenizer, token, &len);
        if (!fn(arg, piece, len) || r->tokens == room)
            break;
        if (follow(s, room - r->tokens, &token, &more, err) < 0)
            return -1;
    }
    r->decode_s = seconds() - first;
    return 0;
}

static void describe(const struct session *s, struct infer_report *r)
{
    struct rusage usage;

    text_copy(r->arch, sizeof(r->arch), s->model->shape.arch);
    r->parameters = model_parameters(s->model);
    r->prompt_tokens = s->tokens.n;
    r->weight_bytes = s->model->weight_bytes;
    r->cache_bytes = engine_cache_bytes(s->engine);
    r->work_bytes = engine_work_bytes(s->engine);
    if (s->speculative)
        r->drafts = *speculative_stats(s->speculative);
    r->draft_bytes = r->drafts.draft_bytes + (s->draft ? s->draft->weight_bytes : 0);
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        r->peak_bytes = (size_t)usage.ru_maxrss * 1024;
}

int infer_run(const struct infer_options *options, infer_fn *fn, void *arg, struct infer_report *report,
              struct err *err)
{
    struct session s = { .options = options, .rng = rng_seed(options->seed) };
    double start = seconds();
    int ret = -1;

    *report = (struct infer_report){ 0 };
    if (sampling_check(&options->sampling, err) < 0 || load(&s, err) < 0 || open_engine(&s, err) < 0 ||
        open_drafts(&s, err) < 0)
        goto out;
    report->load_s = seconds() - start;
    ret = generate(&s, fn, arg, report, err);
    describe(&s, report);
out:
    session_free(&s);
    return ret;
}
