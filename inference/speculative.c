// SPDX-License-Identifier: MIT
#include "inference/speculative_private.h"

#include "base/mem.h"
#include "inference/sampling.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DRAFT_BATCH = 64 }; /* of a drafting model that reads a prompt */

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

void speculative_free(struct speculative *s)
{
    if (!s)
        return;
    engine_free(s->draft);
    free(s->text);
    free(s);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int check_options(const struct engine *e, const struct speculative_options *o, struct err *err)
{
    const struct model_shape *shape = &engine_model(e)->shape;
    size_t rows = (o->length ? o->length : SPECULATIVE_MOST) + 1;

    if (o->length > SPECULATIVE_MOST)
        return err_set(err, ERR_USAGE, "drafts of %zu tokens, where %d are possible", o->length, SPECULATIVE_MOST);
    if (o->kind == SPECULATIVE_EXIT && (o->layers == 0 || o->layers >= shape->layers))
        return err_set(err, ERR_USAGE, "an exit behind layer %zu of a model that has %zu (use 1 to %zu)", o->layers,
                       shape->layers, shape->layers - 1);
    if (o->kind == SPECULATIVE_MODEL && o->draft->shape.vocab != shape->vocab)
        return err_set(err, ERR_USAGE, "the drafting model has a vocabulary of %zu tokens, the model one of %zu",
                       o->draft->shape.vocab, shape->vocab);
    if (o->kind != SPECULATIVE_OFF && engine_batch(e) < rows)
        return err_set(err, ERR_USAGE, "drafts need batches of %zu rows, the engine was made for %zu", rows,
                       engine_batch(e));
    return 0;
}

static int make_draft(struct speculative *s, struct err *err)
{
    const struct model *model = s->options.draft;
    struct engine_options options = { .batch = DRAFT_BATCH, .logits = 1, .team = s->options.team };

    options.length = smaller(engine_limit(s->engine), model->shape.context);
    s->draft = engine_new(model, &options, err);
    if (!s->draft)
        return err_wrap(err, "drafting model");
    s->stats.draft_bytes = engine_cache_bytes(s->draft) + engine_work_bytes(s->draft);
    return 0;
}

/* Batches of sizes up to the largest, the shortest of a few times each; between them on a line. */
static int measure_target(struct speculative *s, double *costs, struct err *err)
{
    enum { TRIES = 4 };
    static const size_t sizes[] = { 1, 2, 3, 4, 6, 9, 13, SPECULATIVE_MOST + 1 };
    struct engine_row rows[SPECULATIVE_MOST + 1];
    size_t known = 0;

    for (size_t i = 0; i <= SPECULATIVE_MOST; i++)
        rows[i] = (struct engine_row){ (int32_t)(i % s->vocab), s->options.path, true };
    for (size_t i = 0; i < ARRAY_LEN(sizes) && sizes[i] <= engine_limit(s->engine); i++) {
        size_t n = sizes[i];
        double least = 0;

        for (int t = 0; t < TRIES; t++) {
            double start = now_ns(), ns;

            if (engine_forward(s->engine, rows, n, 0, err) < 0)
                return -1;
            ns = now_ns() - start;
            least = t == 0 || ns < least ? ns : least;
            engine_truncate(s->engine, s->options.path, 0);
        }
        costs[n - 1] = least;
        for (size_t j = known + 1; j < n; j++)
            costs[j - 1] = costs[known - 1] + (least - costs[known - 1]) * (double)(j - known) / (double)(n - known);
        known = n;
    }
    for (size_t n = known + 1; n <= SPECULATIVE_MOST + 1; n++) /* a limit below: no such batch will be asked for */
        costs[n - 1] = costs[known - 1];
    return 0;
}

/* What batches of 1 .. SPECULATIVE_MOST + 1 rows and a drafted token cost here, in nanoseconds. */
static int measure_costs(struct speculative *s, double costs[SPECULATIVE_MOST + 2], struct err *err)
{
    enum { DRAFTS = 4, TRIES = 3 };
    double *draft = &costs[SPECULATIVE_MOST + 1];
    int32_t tokens[DRAFTS];
    size_t n = 0;

    engine_truncate(s->engine, s->options.path, 0);
    if (measure_target(s, costs, err) < 0)
        return -1;
    *draft = costs[0] / 1000; /* lookup: next to nothing, and learnt */
    s->n_text = 1;            /* of token 0 */
    for (int t = 0; t < TRIES && s->options.kind != SPECULATIVE_LOOKUP && engine_limit(s->engine) > DRAFTS; t++) {
        double start = now_ns(), ns;

        if (speculative_draft(s, DRAFTS, tokens, &n, err) < 0)
            return -1;
        ns = (now_ns() - start) / (double)(s->tried ? s->tried : 1);
        *draft = t == 0 || ns < *draft ? ns : *draft;
        if (s->draft)
            engine_truncate(s->draft, 0, 0);
    }
    s->n_text = 0;
    return 0;
}

struct speculative *speculative_new(struct engine *e, const struct speculative_options *options, struct err *err)
{
    struct speculative *s = mem_array(1, sizeof(*s));
    double costs[SPECULATIVE_MOST + 2];

    s->engine = e;
    s->options = *options;
    s->vocab = engine_model(e)->shape.vocab;
    s->most = options->kind == SPECULATIVE_OFF ? 0 : options->length ? options->length : SPECULATIVE_MOST;
    if (check_options(e, options, err) < 0)
        goto fail;
    s->text = mem_zeroed(engine_limit(e) + SPECULATIVE_MOST + 1, sizeof(*s->text), err);
    if (!s->text || (options->kind == SPECULATIVE_MODEL && make_draft(s, err) < 0))
        goto fail;
    if (s->most > 0 && options->length == 0) {
        if (!options->costs && measure_costs(s, costs, err) < 0)
            goto fail;
        speculative_policy_init(&s->policy, options->costs ? options->costs : costs);
    }
    return s;
fail:
    speculative_free(s);
    return NULL;
}

int speculative_begin(struct speculative *s, const int32_t *tokens, size_t n, int32_t *next, struct err *err)
{
    size_t row;

    engine_truncate(s->engine, s->options.path, 0);
    if (s->draft)
        engine_truncate(s->draft, 0, 0);
    s->n_text = 0;
    s->begun = false;
    if (engine_prefill(s->engine, s->options.path, tokens, n, &row, err) < 0)
        return -1;
    memcpy(s->text, tokens, n * sizeof(*tokens));
    *next = s->text[n] = sampling_greedy(engine_logits(s->engine, row), s->vocab);
    s->n_text = n + 1;
    return 0;
}

/* How many to draft: no more than are wanted, fit the path behind the last token, or pay. */
static size_t choose(const struct speculative *s, size_t most, size_t room)
{
    size_t k = smaller(s->most, smaller(most, room) - 1);
    size_t behind = speculative_draft_behind(s);

    if (s->options.length)
        return k;
    /* A drafting model reads what it missed in batches, for about a third of a step each. */
    return speculative_policy_choose(&s->policy, k, (double)behind * s->policy.draft / 3);
}

/* A drafting model reads the prompt not in _begin(), so that the first token need not wait for it; and not where drafts
 * do not pay for it. */
static int read_prompt(struct speculative *s, struct err *err)
{
    double begin = now_ns(), ns = (double)speculative_draft_behind(s) * s->policy.draft / 3;

    if (!s->draft || (s->options.length == 0 && !speculative_policy_may_read(&s->policy, s->most)))
        return 0;
    if (speculative_draft_read(s, err) < 0)
        return -1;
    speculative_policy_read(&s->policy, s->options.costs ? ns : now_ns() - begin);
    return 0;
}

/* The last token and k drafts as one batch. Where the cache has no pages for drafts there are none. */
static int verify(struct speculative *s, const int32_t *drafts, size_t *k, struct err *err)
{
    struct engine_row rows[SPECULATIVE_MOST + 1];

    rows[0] = (struct engine_row){ s->text[s->n_text - 1], s->options.path, true };
    for (size_t i = 0; i < *k; i++)
        rows[i + 1] = (struct engine_row){ drafts[i], s->options.path, true };
    if (engine_forward(s->engine, rows, *k + 1, 0, err) == 0)
        return 0;
    if (*k == 0 || err->code != ERR_HOST)
        return -1;
    *err = (struct err){ 0 };
    *k = 0;
    return engine_forward(s->engine, rows, 1, 0, err);
}

static void count(struct speculative_stats *stats, size_t drafted, size_t accepted)
{
    stats->steps++;
    stats->tokens += accepted + 1;
    stats->drafted += drafted;
    stats->accepted += accepted;
    for (size_t i = 0; i < drafted; i++) {
        stats->drafted_at[i]++;
        stats->accepted_at[i] += i < accepted;
    }
}

static void learn(struct speculative *s, struct speculative_outcome *o)
{
    if (s->options.costs) {
        o->target_ns = s->options.costs[o->drafted];
        o->draft_ns = (double)o->tried * s->options.costs[SPECULATIVE_MOST + 1];
    }
    o->sure = s->options.kind == SPECULATIVE_LOOKUP ? NULL : s->sure;
    speculative_policy_learn(&s->policy, o);
}

/* How many of the k drafts are what the model chooses; behind them stands its own choice. */
static size_t accept(const struct speculative *s, size_t k, int32_t *tokens)
{
    for (size_t i = 0;; i++) {
        int32_t right = sampling_greedy(engine_logits(s->engine, i), s->vocab);

        if (i == k || tokens[i] != right) {
            tokens[i] = right;
            return i;
        }
    }
}

int speculative_step(struct speculative *s, size_t most, int32_t *tokens, size_t *n, struct err *err)
{
    size_t length = engine_length(s->engine, s->options.path), room = engine_limit(s->engine) - length;
    size_t wanted = 0, k, accepted;
    bool learns = s->most > 0 && s->options.length == 0 && !speculative_policy_rests(&s->policy);
    double begin = 0, drafted = 0;

    *n = 0;
    if (room == 0)
        return 0;
    if (learns || s->options.length) {
        if (!s->begun && read_prompt(s, err) < 0)
            return -1;
        s->begun = true;
        wanted = choose(s, most, room);
        begin = now_ns();
    }
    if (speculative_draft(s, wanted, tokens, &k, err) < 0)
        return -1;
    if (learns)
        drafted = now_ns();
    if (verify(s, tokens, &k, err) < 0)
        return -1;
    accepted = accept(s, k, tokens);
    engine_truncate(s->engine, s->options.path, length + 1 + accepted);
    speculative_draft_keep(s, accepted);
    memcpy(s->text + s->n_text, tokens, (accepted + 1) * sizeof(*tokens));
    s->n_text += accepted + 1;
    *n = accepted + 1;
    count(&s->stats, k, accepted);
    if (learns)
        learn(s, &(struct speculative_outcome){ .tried = s->tried,
                                                .drafted = k,
                                                .accepted = accepted,
                                                .unasked = wanted > 0 || smaller(most, room) == 1,
                                                .target_ns = now_ns() - drafted,
                                                .draft_ns = drafted - begin });
    return 0;
}

const struct speculative_stats *speculative_stats(const struct speculative *s)
{
    return &s->stats;
}
