// SPDX-License-Identifier: MIT
/* Speculative decoding: whoever drafts, the tokens are those of plain greedy decoding; and what drafts may cost. */
#include "declare/isa.h"
#include "inference/sampling.h"
#include "inference/speculative_policy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "agreeing_models.h"

enum { PROMPT = 7, BATCH = SPECULATIVE_MOST + 1 };

static struct model *make_model(const struct model_shape *shape, uint64_t seed, float noise)
{
    struct err err = { 0 };
    struct model *m = agreeing_model(shape, seed, noise, &err);

    if (!m)
        fail_msg("%s", err.msg);
    return m;
}

static struct engine *make_engine(const struct model *m, size_t length, size_t positions)
{
    struct err err = { 0 };
    struct engine *e = engine_new(
        m, &(struct engine_options){ .batch = BATCH, .length = length, .positions = positions }, &err);

    if (!e)
        fail_msg("%s", err.msg);
    return e;
}

static void make_prompt(int32_t *prompt, uint64_t seed)
{
    struct rng rng = rng_seed(seed);

    for (size_t i = 0; i < PROMPT; i++)
        prompt[i] = (int32_t)rng_below(&rng, agreeing_shape.vocab);
}

/* One engine_forward() a token, until the path is full or `most` tokens are there. */
static size_t greedy(struct engine *e, const int32_t *prompt, size_t most, int32_t *out)
{
    struct err err = { 0 };
    size_t row, n = 0, vocab = engine_model(e)->shape.vocab;

    engine_truncate(e, 0, 0);
    assert_int_equal(engine_prefill(e, 0, prompt, PROMPT, &row, &err), 0);
    for (out[n++] = sampling_greedy(engine_logits(e, row), vocab); n < most; n++) {
        if (engine_forward(e, &(struct engine_row){ out[n - 1], 0, true }, 1, 0, &err) < 0)
            break;
        out[n] = sampling_greedy(engine_logits(e, 0), vocab);
    }
    return n;
}

static size_t speculate(struct speculative *s, const int32_t *prompt, size_t most, int32_t *out)
{
    struct err err = { 0 };
    size_t n = 1;

    assert_int_equal(speculative_begin(s, prompt, PROMPT, &out[0], &err), 0);
    while (n < most) {
        int32_t tokens[SPECULATIVE_MOST + 1];
        size_t got;

        if (speculative_step(s, most - n, tokens, &got, &err) < 0)
            fail_msg("%s", err.msg);
        assert_true(got <= most - n);
        memcpy(out + n, tokens, got * sizeof(*out));
        n += got;
        if (got == 0)
            break;
    }
    return n;
}

/* Costs of a policy that are not measured: where many drafts pay, and where none do. */
static void costs_of(double *costs, double batch, double draft)
{
    for (size_t n = 0; n <= SPECULATIVE_MOST; n++)
        costs[n] = 1000 * (1 + batch * (double)n);
    costs[SPECULATIVE_MOST + 1] = 1000 * draft;
}

static void expect_same(const int32_t *want, size_t n_want, const int32_t *got, size_t n_got, const char *what)
{
    if (n_want != n_got)
        fail_msg("%s: %zu tokens, want %zu", what, n_got, n_want);
    for (size_t i = 0; i < n_want; i++)
        if (want[i] != got[i])
            fail_msg("%s: token %zu is %d, want %d", what, i, got[i], want[i]);
}

static void tokens_are_those_of_plain_greedy_decoding(void **state)
{
    struct model_shape other = agreeing_shape, shorter = agreeing_shape;
    struct model *m = make_model(&agreeing_shape, 1, 0), *drafts[4];
    struct engine *e = make_engine(m, 0, 0);
    double costs[SPECULATIVE_MOST + 2];
    uint64_t kept = 0, lost = 0;

    (void)state;
    other.dim = 16, other.head_dim = 4, other.rope_dim = 4, other.layers = 1;
    shorter.context = 40;
    drafts[0] = m;                                    /* always right */
    drafts[1] = make_model(&agreeing_shape, 1, 0.1f); /* mostly */
    drafts[2] = make_model(&other, 5, 0);             /* by chance */
    drafts[3] = make_model(&shorter, 1, 0.05f);       /* as long as it has room */
    for (size_t way = 0; way < 8; way++)
        for (size_t length = 0; length <= SPECULATIVE_MOST; length += length < 4 ? 1 : 6) {
            struct speculative_options o = { .kind = way < 4   ? SPECULATIVE_MODEL
                                                     : way < 6 ? SPECULATIVE_EXIT
                                                     : way < 7 ? SPECULATIVE_LOOKUP
                                                               : SPECULATIVE_OFF,
                                             .draft = way < 4 ? drafts[way] : NULL,
                                             .layers = way - 3,
                                             .length = length,
                                             .costs = costs };
            struct err err = { 0 };
            struct speculative *s;
            const struct speculative_stats *stats;

            costs_of(costs, 0.02, 0.01);
            s = speculative_new(e, &o, &err);
            if (!s)
                fail_msg("%s", err.msg);
            stats = speculative_stats(s);
            for (uint64_t seed = 0; seed < 3; seed++) {
                int32_t prompt[PROMPT], want[128], got[128];
                char what[64];
                /* up to a number of tokens, and up to the end of the context */
                size_t most = seed % 2 ? 128 : 10 + 13 * seed, n;

                make_prompt(prompt, seed);
                n = greedy(e, prompt, most, want);
                snprintf(what, sizeof(what), "way %zu, length %zu, prompt %d", way, length, (int)seed);
                expect_same(want, n, got, speculate(s, prompt, most, got), what);
            }
            assert_true(stats->accepted <= stats->drafted);
            assert_int_equal(stats->tokens, stats->steps + stats->accepted);
            if (way == 0 && length > 0)
                assert_int_equal(stats->accepted, stats->drafted);
            kept += stats->accepted;
            lost += stats->drafted - stats->accepted;
            speculative_free(s);
        }
    assert_true(kept > 500 && lost > 500); /* or nothing of the kind was tested */
    engine_free(e);
    for (size_t i = 0; i < 4; i++)
        model_free(drafts[i]);
}

/* The whole context is used, as plain decoding uses it: the last token is chosen behind the last position. */
static void a_text_ends_where_the_context_does(void **state)
{
    struct model *m = make_model(&agreeing_shape, 1, 0);
    struct err err = { 0 };

    (void)state;
    for (size_t limit = PROMPT; limit < PROMPT + 20; limit++) {
        struct engine *e = make_engine(m, limit, 0);
        struct speculative *s = speculative_new(
            e, &(struct speculative_options){ .kind = SPECULATIVE_MODEL, .draft = m, .length = 5 }, &err);
        int32_t prompt[PROMPT], want[64], got[64];
        size_t n;

        make_prompt(prompt, 3);
        n = greedy(e, prompt, 64, want);
        assert_int_equal(n, limit - PROMPT + 1);
        expect_same(want, n, got, speculate(s, prompt, 64, got), "to the end of the context");
        speculative_free(s);
        engine_free(e);
    }
    model_free(m);
}

/* A cache that another path has filled up to one page: drafts that do not fit are dropped, the token itself is made. */
static void drafts_without_room_in_the_cache_are_dropped(void **state)
{
    struct model *m = make_model(&agreeing_shape, 1, 0);
    struct engine *e = make_engine(m, 0, 0), *small;
    struct err err = { 0 };
    int32_t prompt[PROMPT], want[64], got[64];
    struct speculative *s;

    (void)state;
    make_prompt(prompt, 8);
    small = engine_new(m, &(struct engine_options){ .batch = BATCH, .paths = 2, .positions = 3 * ENGINE_PAGE }, &err);
    assert_non_null(small);
    for (size_t i = 0; i < ENGINE_PAGE; i++)
        assert_int_equal(engine_forward(small, &(struct engine_row){ 1, 1, false }, 1, 0, &err), 0);
    s = speculative_new(small, &(struct speculative_options){ .kind = SPECULATIVE_MODEL, .draft = m, .length = 6 },
                        &err);
    assert_non_null(s);
    /* two pages: the prompt and so many tokens, of which the last is on no page */
    greedy(e, prompt, 2 * ENGINE_PAGE - PROMPT + 1, want);
    expect_same(want, 2 * ENGINE_PAGE - PROMPT + 1, got, speculate(s, prompt, 2 * ENGINE_PAGE - PROMPT + 1, got),
                "to the end of the cache");
    speculative_free(s);
    engine_free(small);
    engine_free(e);
    model_free(m);
}

static void options_that_make_no_sense_are_refused(void **state)
{
    struct model_shape wide = agreeing_shape;
    struct model *m = make_model(&agreeing_shape, 1, 0), *w;
    struct engine *e = make_engine(m, 0, 0);
    struct err err = { 0 };
    struct engine *narrow = engine_new(m, &(struct engine_options){ .batch = 4 }, &err);

    (void)state;
    wide.vocab = 40;
    w = make_model(&wide, 1, 0);
    const struct {
        struct engine *e;
        struct speculative_options o;
        const char *message;
    } rows[] = {
        { e, { .kind = SPECULATIVE_MODEL, .draft = w, .length = 3 }, "vocabulary of 40" },
        { e, { .kind = SPECULATIVE_EXIT, .layers = 3, .length = 3 }, "behind layer 3 of a model that has 3" },
        { e, { .kind = SPECULATIVE_EXIT, .layers = 0, .length = 3 }, "behind layer 0" },
        { e, { .kind = SPECULATIVE_LOOKUP, .length = 17 }, "drafts of 17 tokens" },
        { narrow, { .kind = SPECULATIVE_LOOKUP, .length = 4 }, "batches of 5 rows" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_null(speculative_new(rows[i].e, &rows[i].o, &err));
        assert_int_equal(err.code, ERR_USAGE);
        if (!strstr(err.msg, rows[i].message))
            fail_msg("'%s' has no '%s'", err.msg, rows[i].message);
    }
    engine_free(e);
    engine_free(narrow);
    model_free(m);
    model_free(w);
}

/* A world for the policy alone: its costs, and drafts that are right with a fixed chance each. */
struct world {
    double costs[SPECULATIVE_MOST + 2];
    double right;
    struct rng rng;
    double ns, tokens;
};

static void live(struct world *w, struct speculative_policy *p, size_t tokens)
{
    w->ns = w->tokens = 0;
    while (w->tokens < (double)tokens) {
        bool rests = speculative_policy_rests(p);
        size_t k = rests ? 0 : speculative_policy_choose(p, SPECULATIVE_MOST, 0), accepted = 0;
        double draft = (double)k * w->costs[SPECULATIVE_MOST + 1];

        while (accepted < k && rng_uniform(&w->rng) < w->right)
            accepted++;
        w->ns += w->costs[k] + draft;
        w->tokens += (double)(accepted + 1);
        if (rests)
            continue;
        speculative_policy_learn(
            p, &(struct speculative_outcome){
                   .tried = k, .drafted = k, .accepted = accepted, .target_ns = w->costs[k], .draft_ns = draft });
    }
}

static struct world world(double batch, double draft, double right, uint64_t seed)
{
    struct world w = { .right = right, .rng = rng_seed(seed) };

    costs_of(w.costs, batch, draft);
    return w;
}

static void drafts_that_never_pay_cost_less_than_3_percent(void **state)
{
    static const struct {
        double batch, draft, right;
    } rows[] = {
        { 0.02, 0.01, 0 }, { 0.2, 0.01, 0 },  { 0.2, 0.1, 0 },     { 1, 0, 0 },
        { 1, 0.5, 0.9 },   { 0.5, 0.5, 0.1 }, { 0.25, 0.05, 0.2 }, { 0.9, 0.2, 0.5 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (uint64_t seed = 0; seed < 50; seed++) {
            struct world w = world(rows[i].batch, rows[i].draft, rows[i].right, seed);
            struct speculative_policy p;

            speculative_policy_init(&p, w.costs);
            live(&w, &p, 160);
            if (w.ns / w.tokens > 1.03 * 1000)
                fail_msg("batch %g, draft %g, right %g: %.1f %% more a token", rows[i].batch, rows[i].draft,
                         rows[i].right, w.ns / w.tokens / 10 - 100);
        }
}

/* Beside the best fixed length, which knows the world. */
static void drafts_that_pay_are_found(void **state)
{
    static const struct {
        double batch, draft, right;
    } rows[] = {
        { 0.02, 0.01, 0.8 }, { 0.02, 0.01, 0.95 }, { 0.2, 0.02, 0.8 }, { 0.2, 0.02, 0.6 }, { 0.05, 0.3, 0.9 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world w = world(rows[i].batch, rows[i].draft, rows[i].right, i);
        struct speculative_policy p;
        double best = 1000;

        for (size_t k = 1; k <= SPECULATIVE_MOST; k++) {
            double tokens = (1 - pow(w.right, (double)k + 1)) / (1 - w.right);

            best = fmin(best, (w.costs[k] + (double)k * w.costs[SPECULATIVE_MOST + 1]) / tokens);
        }
        speculative_policy_init(&p, w.costs);
        live(&w, &p, 20000);
        if (w.ns / w.tokens > 1.08 * best)
            fail_msg("row %zu: %.0f a token, the best length %.0f", i, w.ns / w.tokens, best);
    }
}

static void a_policy_follows_when_drafts_become_right_or_wrong(void **state)
{
    struct world w = world(0.05, 0.01, 0, 4);
    struct speculative_policy p;

    (void)state;
    speculative_policy_init(&p, w.costs);
    live(&w, &p, 500);
    assert_true(w.ns / w.tokens < 1030);
    w.right = 0.9;
    live(&w, &p, 500);
    live(&w, &p, 500);
    assert_true(w.ns / w.tokens < 500);
    w.right = 0;
    live(&w, &p, 500);
    assert_true(w.ns / w.tokens < 1030);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_those_of_plain_greedy_decoding),
        cmocka_unit_test(a_text_ends_where_the_context_does),
        cmocka_unit_test(drafts_without_room_in_the_cache_are_dropped),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
        cmocka_unit_test(drafts_that_never_pay_cost_less_than_3_percent),
        cmocka_unit_test(drafts_that_pay_are_found),
        cmocka_unit_test(a_policy_follows_when_drafts_become_right_or_wrong),
    };

    return cmocka_run_group_tests_name("speculative", tests, NULL, NULL);
}
