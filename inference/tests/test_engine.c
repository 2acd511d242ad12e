// SPDX-License-Identifier: MIT
#include "naive_fixture.h"

#include "declare/isa.h"
#include "declare/team.h"
#include "inference/engine.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { TOKENS = 40 };

static const struct fixture_spec specs[] = {
    { .arch = "llama",
      .type = GGUF_F32,
      .ends = GGUF_F32,
      .dim = 64,
      .layers = 2,
      .heads = 4,
      .kv_heads = 4,
      .ff = 96,
      .vocab = 40 },
    { .arch = "llama",
      .type = GGUF_F32,
      .ends = GGUF_F32,
      .dim = 60,
      .layers = 2,
      .heads = 6,
      .kv_heads = 2,
      .ff = 50,
      .vocab = 33,
      .tied = true },
    { .arch = "llama",
      .type = GGUF_F16,
      .ends = GGUF_BF16,
      .dim = 48,
      .layers = 1,
      .heads = 1,
      .kv_heads = 1,
      .ff = 64,
      .vocab = 17,
      .rope_dim = 20 },
    { .arch = "llama",
      .type = GGUF_Q8_0,
      .ends = GGUF_Q8_0,
      .dim = 64,
      .layers = 2,
      .heads = 8,
      .kv_heads = 4,
      .ff = 96,
      .vocab = 40 },
    { .arch = "bitnet",
      .type = GGUF_TQ2_0,
      .ends = GGUF_F16,
      .dim = 256,
      .layers = 2,
      .heads = 4,
      .kv_heads = 2,
      .ff = 256,
      .vocab = 32,
      .sub_norms = true,
      .tied = true },
    { .arch = "bitnet",
      .type = GGUF_TQ1_0,
      .ends = GGUF_F32,
      .dim = 256,
      .layers = 1,
      .heads = 8,
      .kv_heads = 8,
      .ff = 512,
      .vocab = 32,
      .sub_norms = true,
      .tied = true,
      .scales = true },
    { .arch = "bitnet-25",
      .type = GGUF_F32,
      .ends = GGUF_F32,
      .dim = 64,
      .layers = 2,
      .heads = 2,
      .kv_heads = 1,
      .ff = 80,
      .vocab = 32,
      .sub_norms = true },
    { .arch = "bitnet-b1.58",
      .type = GGUF_I2_S,
      .ends = GGUF_F16,
      .dim = 128,
      .layers = 2,
      .heads = 4,
      .kv_heads = 2,
      .ff = 256,
      .vocab = 32,
      .sub_norms = true,
      .tied = true },
};

static void make_tokens(const struct fixture *m, int32_t tokens[TOKENS])
{
    struct rng rng = rng_seed(7);

    for (size_t i = 0; i < TOKENS; i++)
        tokens[i] = (int32_t)rng_below(&rng, m->spec.vocab);
}

static struct engine *open_engine(const struct model *model, struct engine_options options)
{
    struct err err = { 0 };
    struct engine *e = engine_new(model, &options, &err);

    if (!e)
        fail_msg("%s", err.msg);
    return e;
}

/* Appends tokens[from..to) to the path in chunks; all logits into out (to - from, vocab), which may be NULL. */
static void feed(struct engine *e, int path, const int32_t *tokens, size_t from, size_t to, size_t chunk, size_t layers,
                 float *out)
{
    size_t vocab = engine_model(e)->shape.vocab;
    struct err err = { 0 };

    for (size_t i = from; i < to; i += chunk) {
        size_t n = to - i < chunk ? to - i : chunk;
        struct engine_row rows[TOKENS];

        for (size_t j = 0; j < n; j++)
            rows[j] = (struct engine_row){ tokens[i + j], path, out != NULL };
        if (engine_forward(e, rows, n, layers, &err) < 0)
            fail_msg("%s", err.msg);
        for (size_t j = 0; j < n && out; j++)
            memcpy(out + (i - from + j) * vocab, engine_logits(e, j), vocab * sizeof(*out));
    }
}

/* The largest difference, relative to the spread of the logits. */
static double distance(const float *got, const double *want, size_t n)
{
    double most = 0, spread = 0;

    for (size_t i = 0; i < n; i++) {
        most = fmax(most, isfinite(got[i]) ? fabs((double)got[i] - want[i]) : INFINITY);
        spread = fmax(spread, fabs(want[i]));
    }
    return most / spread;
}

/* Floats differ by their rounding. Where activations go through int8, one that lies between two codes may fall to the
 * other side, which moves what follows by a code's share, some 1/127 of a row's largest. */
static double tolerance(const struct fixture_spec *s)
{
    return s->type == GGUF_Q8_0 || gguf_type_ternary(s->type) ? 0.03 : 2e-5;
}

static void every_architecture_computes_what_it_says(void **state)
{
    static double want[TOKENS * FIXTURE_VOCAB_MAX];
    static float got[TOKENS * FIXTURE_VOCAB_MAX];
    int32_t tokens[TOKENS];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(specs); i++)
        for (size_t layers = 1; layers <= specs[i].layers; layers++) {
            struct fixture m;
            struct engine *e;

            fixture_new(&m, &specs[i], isa_host(), 1);
            make_tokens(&m, tokens);
            e = open_engine(m.model, (struct engine_options){ .batch = TOKENS });
            naive_logits(&m, tokens, TOKENS, layers, want);
            feed(e, 0, tokens, 0, TOKENS, TOKENS, layers, got);
            if (!(distance(got, want, TOKENS * specs[i].vocab) < tolerance(&specs[i])))
                fail_msg("%s, %s, %zu layers: off by %g", specs[i].arch, gguf_type_name(specs[i].type), layers,
                         distance(got, want, TOKENS * specs[i].vocab));
            engine_free(e);
            fixture_free(&m);
        }
}

/* One by one on the scalar path is the truth, to the last bit. */
static void row_is_the_same_in_any_batch_isa_and_team(void **state)
{
    static const struct { size_t chunk; int threads; uint32_t isa; } rows[] = {
        { 1, 1, ISA_AVX2 }, { 1, 1, ISA_ALL }, { 7, 1, ISA_ANY },  { 2, 1, ISA_ALL }, { 3, 2, ISA_ALL },
        { 4, 1, ISA_ALL },  { 8, 3, ISA_AVX2 }, { 17, 1, ISA_ALL }, { TOKENS, 1, ISA_ALL }, { TOKENS, 3, ISA_ALL },
    };
    static float want[TOKENS * FIXTURE_VOCAB_MAX], got[TOKENS * FIXTURE_VOCAB_MAX];
    int32_t tokens[TOKENS];
    struct err err = { 0 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
        for (size_t k = 0; k <= ARRAY_LEN(rows); k++) {
            bool truth = k == 0;
            struct team *team = truth ? NULL : team_new(rows[k - 1].threads, NULL, NULL, &err);
            struct engine *e;
            struct fixture m;

            fixture_new(&m, &specs[i], truth ? ISA_ANY : rows[k - 1].isa & isa_host(), 2);
            make_tokens(&m, tokens);
            e = open_engine(m.model, (struct engine_options){ .batch = TOKENS, .team = team });
            feed(e, 0, tokens, 0, TOKENS, truth ? 1 : rows[k - 1].chunk, 0, truth ? want : got);
            if (!truth && memcmp(got, want, TOKENS * specs[i].vocab * sizeof(*got)) != 0)
                fail_msg("%s, %s: chunks of %zu, %d threads, isa %x differ", specs[i].arch,
                         gguf_type_name(specs[i].type), rows[k - 1].chunk, rows[k - 1].threads, rows[k - 1].isa);
            engine_free(e);
            team_free(team);
            fixture_free(&m);
        }
    }
}

/* Paths that part at every place, within a page and at its end, and go on in one batch, are as if each were alone. */
static void paths_share_a_prefix_and_nothing_else(void **state)
{
    static float want[2][TOKENS * FIXTURE_VOCAB_MAX];
    int32_t tokens[2][TOKENS];
    struct fixture m;
    struct err err = { 0 };

    (void)state;
    fixture_new(&m, &specs[1], isa_host(), 3);
    make_tokens(&m, tokens[0]);
    for (size_t part = 1; part < TOKENS - 1; part += 5) {
        struct engine *e = open_engine(m.model, (struct engine_options){ .batch = TOKENS, .paths = 3 });

        for (size_t i = 0; i < TOKENS; i++)
            tokens[1][i] = i < part ? tokens[0][i] : (int32_t)((size_t)(tokens[0][i] + 1) % m.spec.vocab);
        for (int p = 0; p < 2; p++) {
            feed(e, 2, tokens[p], 0, TOKENS, 1, 0, want[p]);
            engine_truncate(e, 2, 0);
        }
        feed(e, 0, tokens[0], 0, part, TOKENS, 0, NULL);
        engine_fork(e, 0, 1);
        for (size_t i = part; i < TOKENS; i++) {
            struct engine_row rows[] = { { tokens[1][i], 1, true }, { tokens[0][i], 0, true } };

            assert_int_equal(engine_forward(e, rows, 2, 0, &err), 0);
            assert_memory_equal(engine_logits(e, 0), want[1] + i * m.spec.vocab, m.spec.vocab * sizeof(float));
            assert_memory_equal(engine_logits(e, 1), want[0] + i * m.spec.vocab, m.spec.vocab * sizeof(float));
        }
        engine_free(e);
    }
    fixture_free(&m);
}

/* Rejected drafts leave no trace, nor do those of an early exit. */
static void truncated_path_is_as_if_never_written(void **state)
{
    static float want[TOKENS * FIXTURE_VOCAB_MAX], got[TOKENS * FIXTURE_VOCAB_MAX];
    int32_t tokens[TOKENS], wrong[TOKENS];
    struct fixture m;
    struct engine *e;

    (void)state;
    fixture_new(&m, &specs[0], isa_host(), 4);
    make_tokens(&m, tokens);
    for (size_t i = 0; i < TOKENS; i++)
        wrong[i] = (int32_t)((size_t)(tokens[i] + 3) % m.spec.vocab);
    e = open_engine(m.model, (struct engine_options){ .batch = TOKENS });
    feed(e, 0, tokens, 0, TOKENS, 1, 0, want);
    engine_truncate(e, 0, 0);
    for (size_t i = 0; i < TOKENS; i++) {
        size_t drafted = i + 5 < TOKENS ? i + 5 : TOKENS;

        feed(e, 0, wrong, i, drafted, 3, i % 2, NULL); /* every other time after one layer */
        engine_truncate(e, 0, i);
        feed(e, 0, tokens, i, i + 1, 1, 0, got + i * m.spec.vocab);
    }
    assert_memory_equal(got, want, TOKENS * m.spec.vocab * sizeof(*got));
    engine_free(e);
    fixture_free(&m);
}

static void what_does_not_fit_changes_nothing(void **state)
{
    struct engine_row rows[33] = { 0 };
    struct err err = { 0 };
    struct fixture m;
    struct engine *e;
    size_t row = 0;

    (void)state;
    fixture_new(&m, &specs[0], isa_host(), 5);
    e = open_engine(m.model, (struct engine_options){ .batch = 33, .paths = 2, .length = 40, .positions = 48 });
    for (int i = 0; i < 33; i++)
        rows[i] = (struct engine_row){ i, 0, i == 32 };
    assert_int_equal(engine_forward(e, rows, 33, 0, &err), 0);
    assert_int_equal(engine_forward(e, rows, 8, 0, &err), -1); /* 41 of 40 */
    assert_non_null(strstr(err.msg, "it has 40 tokens"));
    assert_int_equal(engine_length(e, 0), 33);
    rows[0].path = 1; /* 3 pages are in use, there are 3 */
    assert_int_equal(engine_forward(e, rows, 1, 0, &err), -1);
    assert_non_null(strstr(err.msg, "cache of 48 positions is full"));
    assert_int_equal(err.code, ERR_HOST);
    assert_int_equal(engine_length(e, 1), 0);
    rows[0] = (struct engine_row){ 40, 0, false };
    assert_int_equal(engine_forward(e, rows, 1, 0, &err), -1);
    assert_non_null(strstr(err.msg, "there is no token 40"));
    rows[0] = (struct engine_row){ 0, 2, false };
    assert_int_equal(engine_forward(e, rows, 1, 0, &err), -1);
    assert_non_null(strstr(err.msg, "there is no path 2"));
    assert_int_equal(engine_prefill(e, 0, &(int32_t){ 3 }, 0, &row, &err), -1);
    assert_int_equal(engine_length(e, 0), 33);
    engine_truncate(e, 0, 5);
    assert_int_equal(engine_room(e), 2);
    engine_free(e);
    fixture_free(&m);
}

static void prefill_is_feeding_in_chunks(void **state)
{
    static float want[TOKENS * FIXTURE_VOCAB_MAX];
    int32_t tokens[TOKENS];
    struct err err = { 0 };
    struct fixture m;

    (void)state;
    fixture_new(&m, &specs[4], isa_host(), 6);
    make_tokens(&m, tokens);
    for (size_t batch = 1; batch < TOKENS; batch += 6) {
        struct engine *e = open_engine(m.model, (struct engine_options){ .batch = batch, .logits = 1 });
        size_t row = 0;

        feed(e, 0, tokens, 0, TOKENS, 1, 0, batch == 1 ? want : NULL);
        engine_truncate(e, 0, 0);
        assert_int_equal(engine_prefill(e, 0, tokens, TOKENS, &row, &err), 0);
        assert_memory_equal(engine_logits(e, row), want + (TOKENS - 1) * m.spec.vocab, m.spec.vocab * sizeof(float));
        engine_free(e);
    }
    fixture_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_architecture_computes_what_it_says),
        cmocka_unit_test(row_is_the_same_in_any_batch_isa_and_team),
        cmocka_unit_test(paths_share_a_prefix_and_nothing_else),
        cmocka_unit_test(truncated_path_is_as_if_never_written),
        cmocka_unit_test(what_does_not_fit_changes_nothing),
        cmocka_unit_test(prefill_is_feeding_in_chunks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
