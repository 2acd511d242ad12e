// SPDX-License-Identifier: MIT
/* speculate.c -- the subject inference/speculative: greedy decoding of held-out problems, token by token and with
 * drafts.
 *
 * The model is the shipped reasoner, as it is (scale=1: in the caches) or as a cost-scaled replica (replica.h): the
 * same function with scale^2 times the weights, from memory, so that what drafts are worth is genuine and what a batch
 * costs is a large model's. A *text* is 160 new tokens: products (the task's third level), one after the other, each
 * with its prompt read and its answer to the end. There are 8 texts; an operation is all of them, measured in slices of
 * one.
 *
 * Every variant makes the very tokens of `plain`: checked with two texts before anything is timed, and by a hash of
 * every text that is timed. */
#include "base/mem.h"
#include "declare/isa.h"
#include "declare/scenario.h"
#include "inference/problems.h"
#include "inference/replica.h"
#include "inference/sampling.h"
#include "inference/shipped.h"
#include "inference/speculative.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXTS = 8, TOKENS = 160, CHECKED = 2, LEVEL = 3, EXIT_LAYER = 2, ADAPTIVE = 16, CONTEXT = 128 };

static const int64_t bits[] = { 2, 8, 16 };
static const int64_t scales[] = { 1, 8, 16 };
static const int64_t drafts[] = { 4, 8, ADAPTIVE };
static const struct axis speculative_axes[] = {
    { .name = "bits", .values = bits, .n_values = ARRAY_LEN(bits), .quick = 1u << 0 },
    { .name = "scale", .values = scales, .n_values = ARRAY_LEN(scales), .quick = 1u << 0 },
    { .name = "draft", .values = drafts, .n_values = ARRAY_LEN(drafts), .quick = 1u << 2 },
};

/* In the caches as it is shipped; from memory at 200 million weights, at 2 bits at 800 million. */
static bool has(const struct params *params)
{
    int64_t scale = params_get(params, "scale");

    return params_get(params, "bits") == 2 ? scale != 8 : scale == 8;
}

/* draft=16 stands for the variants that choose by themselves, up to 16. */
static bool is_adaptive(const struct params *params)
{
    return params_get(params, "draft") == ADAPTIVE;
}

static bool is_fixed(const struct params *params)
{
    return !is_adaptive(params);
}

static int64_t slices(const struct params *params)
{
    (void)params;
    return TEXTS;
}

static double tokens_per_s(const struct params *params, double ns)
{
    (void)params;
    return TEXTS * TOKENS * 1e9 / ns;
}

enum { PLAIN, MODEL, LOOKUP, EXIT, ADAPTIVE_MODEL, ADAPTIVE_LOOKUP, ADAPTIVE_EXIT, VARIANTS };

static const enum speculative_kind kinds[VARIANTS] = {
    [PLAIN] = SPECULATIVE_OFF,          [MODEL] = SPECULATIVE_MODEL,          [LOOKUP] = SPECULATIVE_LOOKUP,
    [EXIT] = SPECULATIVE_EXIT,          [ADAPTIVE_MODEL] = SPECULATIVE_MODEL, [ADAPTIVE_LOOKUP] = SPECULATIVE_LOOKUP,
    [ADAPTIVE_EXIT] = SPECULATIVE_EXIT,
};

static const struct variant speculative_variants[VARIANTS] = {
    [PLAIN] = { .name = "plain", .slices = slices },
    [MODEL] = { .name = "model", .slices = slices, .has = is_fixed },
    [LOOKUP] = { .name = "lookup", .slices = slices, .has = is_fixed },
    [EXIT] = { .name = "exit", .slices = slices, .has = is_fixed },
    [ADAPTIVE_MODEL] = { .name = "adaptive_model", .slices = slices, .has = is_adaptive },
    [ADAPTIVE_LOOKUP] = { .name = "adaptive_lookup", .slices = slices, .has = is_adaptive },
    [ADAPTIVE_EXIT] = { .name = "adaptive_exit", .slices = slices, .has = is_adaptive },
};

struct prompt {
    int32_t tokens[PROBLEM_TEXT];
    int n;
};

/* Enough problems for 160 tokens: an answer has 8 at least. */
struct text {
    struct prompt prompts[TOKENS / 8];
    uint64_t hash; /* of its tokens; 0: nobody has made them yet */
};

struct state {
    struct gguf *files[SHIPPED_MODELS];
    struct model *model, *draft;
    struct engine *engine;
    struct speculative *decoders[VARIANTS];
    struct text texts[TEXTS];
    size_t next[VARIANTS]; /* text of each variant: all go through them in the same order */
    size_t vocab, length;
    double tokens_per_step[VARIANTS], acceptance[VARIANTS];
};

static int tokens_per_step(void *arg, const struct variant *variant, double *value, struct err *err)
{
    const struct state *state = arg;

    (void)err;
    *value = state->tokens_per_step[variant - speculative_variants];
    return 0;
}

static int acceptance(void *arg, const struct variant *variant, double *value, struct err *err)
{
    const struct state *state = arg;

    (void)err;
    *value = state->acceptance[variant - speculative_variants];
    return 0;
}

static const struct metric speculative_metrics[] = {
    { .name = "tokens_per_s",
      .unit = "tokens/s",
      .kind = METRIC_TIMED,
      .better = METRIC_HIGHER_IS_BETTER,
      .from_ns = tokens_per_s },
    { .name = "tokens_per_step",
      .unit = "tokens",
      .kind = METRIC_EXACT,
      .better = METRIC_HIGHER_IS_BETTER,
      .exact = tokens_per_step },
    { .name = "acceptance", .unit = "", .kind = METRIC_EXACT, .better = METRIC_HIGHER_IS_BETTER, .exact = acceptance },
};

static void speculative_teardown(void *arg)
{
    struct state *state = arg;

    if (!state)
        return;
    for (size_t i = 0; i < VARIANTS; i++)
        speculative_free(state->decoders[i]);
    engine_free(state->engine);
    model_free(state->model);
    model_free(state->draft);
    for (size_t i = 0; i < SHIPPED_MODELS; i++)
        gguf_close(state->files[i]);
    free(state);
}

static void make_texts(struct state *state, uint64_t seed)
{
    struct rng rng = rng_seed(seed);

    for (size_t t = 0; t < TEXTS; t++)
        for (size_t i = 0; i < ARRAY_LEN(state->texts[t].prompts); i++) {
            struct prompt *p = &state->texts[t].prompts[i];
            struct problem problem;

            problem_draw_held_out(&rng, LEVEL, &problem);
            p->n = problem_encode(problem.prompt, p->tokens, PROBLEM_TEXT);
        }
}

static int load_models(struct state *state, const struct bench *bench, struct err *err)
{
    static const struct {
        int64_t bits;
        enum gguf_type type;
    } types[] = { { 2, GGUF_TQ2_0 }, { 8, GGUF_Q8_0 }, { 16, GGUF_F16 } };
    size_t scale = (size_t)params_get(bench->params, "scale");
    enum gguf_type type = GGUF_TQ2_0;

    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (types[i].bits == params_get(bench->params, "bits"))
            type = types[i].type;
    for (size_t i = 0; i < SHIPPED_MODELS; i++)
        if (!(state->files[i] = shipped_open((enum shipped)i, err)))
            return -1;
    state->model = scale == 1 ? model_load(state->files[SHIPPED_REASONER], bench->isa, err)
                              : replica_new(state->files[SHIPPED_REASONER], scale, type, bench->isa, err);
    state->draft = state->model ? model_load(state->files[SHIPPED_DRAFT], bench->isa, err) : NULL;
    return state->draft ? 0 : -1;
}

static struct speculative *make_decoder(const struct state *state, size_t v, const double *costs, struct err *err)
{
    const struct speculative_options options = {
        .kind = kinds[v],
        .draft = state->draft,
        .layers = EXIT_LAYER,
        .length = v < ADAPTIVE_MODEL ? state->length : 0,
        .costs = costs,
    };

    return speculative_new(state->engine, &options, err);
}

static int speculative_setup(const struct bench *bench, void **out, struct err *err)
{
    struct state *state = mem_array(1, sizeof(*state));

    state->length = (size_t)params_get(bench->params, "draft");
    if (load_models(state, bench, err) < 0)
        goto fail;
    state->vocab = state->model->shape.vocab;
    make_texts(state, bench->seed);
    for (size_t v = 0; v < VARIANTS; v++) /* each block, a process of its own, begins with another text */
        state->next[v] = (size_t)getpid() % TEXTS;
    state->engine = engine_new(state->model,
                               &(struct engine_options){ .batch = SPECULATIVE_MOST + 1, .length = CONTEXT }, err);
    if (!state->engine)
        goto fail;
    for (size_t v = 0; v < VARIANTS; v++)
        if (bench->variants & 1u << v && !(state->decoders[v] = make_decoder(state, v, NULL, err)))
            goto fail;
    *out = state;
    return 0;
fail:
    speculative_teardown(state);
    return -1;
}

/* 160 tokens of a text; their hash. */
static uint64_t make_text(struct speculative *s, const struct text *text)
{
    uint64_t hash = 14695981039346656037u;
    size_t made = 0;
    struct err err = { 0 };

    for (size_t i = 0; made < TOKENS; i++) {
        const struct prompt *p = &text->prompts[i % ARRAY_LEN(text->prompts)];
        int32_t tokens[SPECULATIVE_MOST + 1];
        size_t n = 1;
        bool ended = false;

        if (speculative_begin(s, p->tokens, (size_t)p->n, tokens, &err) < 0)
            BUG("%s", err.msg);
        while (n > 0 && !ended) {
            for (size_t j = 0; j < n && !ended && made < TOKENS; j++, made++) {
                hash = (hash ^ (uint64_t)tokens[j]) * 1099511628211u;
                ended = tokens[j] == PROBLEM_END;
            }
            if (made == TOKENS || ended)
                break;
            if (speculative_step(s, TOKENS - made, tokens, &n, &err) < 0)
                BUG("%s", err.msg);
        }
    }
    return hash;
}

static void speculative_run(void *arg, const struct variant *variant, int64_t n)
{
    struct state *state = arg;
    size_t v = (size_t)(variant - speculative_variants);

    for (; n > 0; n--) {
        struct text *text = &state->texts[state->next[v]];
        uint64_t hash = make_text(state->decoders[v], text);

        if (text->hash && text->hash != hash)
            BUG("text %zu: '%s' made other tokens than the variant before it", state->next[v], variant->name);
        text->hash = hash;
        state->next[v] = (state->next[v] + 1) % TEXTS;
    }
}

/* Token by token, by the engine alone. */
static uint64_t plain_text(struct engine *e, const struct text *text, size_t vocab)
{
    uint64_t hash = 14695981039346656037u;
    struct err err = { 0 };

    for (size_t i = 0, made = 0; made < TOKENS; i++) {
        const struct prompt *p = &text->prompts[i % ARRAY_LEN(text->prompts)];
        int32_t token;
        size_t row;

        engine_truncate(e, 0, 0);
        if (engine_prefill(e, 0, p->tokens, (size_t)p->n, &row, &err) < 0)
            BUG("%s", err.msg);
        for (;;) {
            token = sampling_greedy(engine_logits(e, row), vocab);
            hash = (hash ^ (uint64_t)token) * 1099511628211u;
            if (++made == TOKENS || token == PROBLEM_END || engine_length(e, 0) == engine_limit(e))
                break;
            if (engine_forward(e, &(struct engine_row){ token, 0, true }, 1, 0, &err) < 0)
                BUG("%s", err.msg);
            row = 0;
        }
    }
    return hash;
}

/* The first texts, which are the same in every block: so are the figures of what drafts are worth. Those of a variant
 * that chooses by costs are by costs that are given here, not measured: those of 200 million weights of 8 bits from
 * memory. */
static int speculative_check(void *arg, const struct variant *variant, struct err *err)
{
    struct state *state = arg;
    size_t v = (size_t)(variant - speculative_variants);
    const struct speculative_stats *stats;
    double costs[SPECULATIVE_MOST + 2];
    struct speculative *s;
    int ret = 0;

    for (size_t n = 0; n <= SPECULATIVE_MOST; n++)
        costs[n] = 5e6 * (1 + 0.01 * (double)n);
    costs[SPECULATIVE_MOST + 1] = kinds[v] == SPECULATIVE_EXIT ? 2.5e6 : kinds[v] == SPECULATIVE_MODEL ? 5e4 : 5e2;
    s = make_decoder(state, v, costs, err);
    if (!s)
        return -1;
    for (size_t t = 0; t < CHECKED && ret == 0; t++) {
        struct text *text = &state->texts[t];

        if (!text->hash)
            text->hash = plain_text(state->engine, text, state->vocab);
        if (make_text(s, text) != text->hash)
            ret = err_set(err, ERR_HARNESS, "text %zu: other tokens than the engine makes one by one", t);
    }
    stats = speculative_stats(s);
    state->tokens_per_step[v] = (double)stats->tokens / (double)stats->steps;
    state->acceptance[v] = stats->drafted ? (double)stats->accepted / (double)stats->drafted : 0;
    speculative_free(s);
    return ret;
}

const struct scenario scenario_speculate = {
    .name = "inference/speculative",
    .summary =
        "greedy decoding with drafts beside token by token: the same tokens, sooner where weights come from memory",
    .axes = speculative_axes,
    .n_axes = ARRAY_LEN(speculative_axes),
    .has = has,
    .variants = speculative_variants,
    .n_variants = ARRAY_LEN(speculative_variants),
    .metrics = speculative_metrics,
    .n_metrics = ARRAY_LEN(speculative_metrics),
    .setup = speculative_setup,
    .run = speculative_run,
    .check = speculative_check,
    .teardown = speculative_teardown,
};
