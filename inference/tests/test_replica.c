// SPDX-License-Identifier: MIT
#include "naive_fixture.h"

#include "declare/isa.h"
#include "inference/engine.h"
#include "inference/replica.h"
#include "inference/sampling.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { STEPS = 60 };

static const struct fixture_spec spec = {
    .arch = "bitnet",
    .type = GGUF_TQ2_0,
    .ends = GGUF_F32,
    .dim = 256,
    .layers = 2,
    .heads = 4,
    .kv_heads = 2,
    .ff = 256,
    .vocab = 32,
    .sub_norms = true,
    .tied = true,
};

/* What the model says after a token, greedily, and all the logits on the way; given `tokens`, it is told what to say.
 */
static void speak(const struct model *m, const int32_t *told, int32_t tokens[STEPS], float logits[STEPS * 32])
{
    struct engine_options options = { .batch = 1, .length = STEPS };
    struct err err = { 0 };
    struct engine *e = engine_new(m, &options, &err);
    int32_t next = 5;

    assert_non_null(e);
    for (size_t i = 0; i < STEPS; i++) {
        struct engine_row row = { told && i > 0 ? told[i - 1] : next, 0, true };

        assert_int_equal(engine_forward(e, &row, 1, 0, &err), 0);
        memcpy(logits + i * 32, engine_logits(e, 0), 32 * sizeof(*logits));
        next = tokens[i] = sampling_greedy(engine_logits(e, 0), 32);
    }
    engine_free(e);
}

static double spread(const float *logits)
{
    double low = INFINITY, high = -INFINITY;

    for (size_t i = 0; i < 32; i++) {
        low = fmin(low, (double)logits[i]);
        high = fmax(high, (double)logits[i]);
    }
    return high - low;
}

/* r times the width, r^2 times the weights, the same function: the logits agree but for the rounding of longer sums
 * (and an int8 that it moves), so the text is the same. */
static void replica_says_what_the_model_says(void **state)
{
    static const struct { size_t r; enum gguf_type type; } rows[] = {
        { 1, GGUF_TQ2_0 }, { 2, GGUF_TQ2_0 }, { 4, GGUF_TQ2_0 }, { 2, GGUF_TQ1_0 },
        { 1, GGUF_F32 }, { 2, GGUF_F32 }, { 2, GGUF_F16 }, { 1, GGUF_Q8_0 }, { 2, GGUF_Q8_0 },
    };
    static float want[STEPS * 32], got[STEPS * 32];
    int32_t text[STEPS], same[STEPS];
    struct fixture m;
    struct err err = { 0 };

    (void)state;
    fixture_new(&m, &spec, isa_host(), 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct model *base = replica_new(m.gguf, 1, rows[i].type, isa_host(), &err);
        struct model *replica = replica_new(m.gguf, rows[i].r, rows[i].type, isa_host(), &err);
        bool first_of_type = rows[i].r == 1;

        if (!base || !replica)
            fail_msg("%s", err.msg);
        assert_int_equal(replica->shape.dim, rows[i].r * 256);
        speak(base, NULL, text, want);
        speak(replica, text, same, got);
        for (size_t k = 0; k < STEPS; k++) {
            if (same[k] != text[k])
                fail_msg("x %zu, %s: token %zu is another", rows[i].r, gguf_type_name(rows[i].type), k);
            for (size_t v = 0; v < 32; v++)
                if (!(fabsf(got[k * 32 + v] - want[k * 32 + v]) <= 0.02 * spread(want + k * 32)))
                    fail_msg("x %zu, %s: logit %zu of token %zu is %g instead of %g", rows[i].r,
                             gguf_type_name(rows[i].type), v, k, (double)got[k * 32 + v], (double)want[k * 32 + v]);
        }
        if (first_of_type && rows[i].type == GGUF_TQ2_0) { /* a copy, to the bit */
            speak(m.model, NULL, same, got);
            assert_memory_equal(got, want, sizeof(got));
        }
        model_free(base);
        model_free(replica);
    }
    fixture_free(&m);
}

static void replica_costs_what_it_should(void **state)
{
    struct fixture m;
    struct err err = { 0 };
    struct model *replica;

    (void)state;
    fixture_new(&m, &spec, isa_host(), 1);
    replica = replica_new(m.gguf, 4, GGUF_TQ2_0, isa_host(), &err);
    assert_non_null(replica);
    assert_int_equal(linear_rows(replica->layers[0].k), 4 * 128);
    assert_int_equal(linear_bytes(replica->layers[0].q), 16 * linear_bytes(m.model->layers[0].q));
    assert_int_equal(linear_bytes(replica->output), 4 * linear_bytes(m.model->output));
    model_free(replica);
    fixture_free(&m);
}

static void ternary_weights_are_made_of_ternary_ones_alone(void **state)
{
    static const struct fixture_spec floats = { .arch = "llama",
                                                .type = GGUF_F32,
                                                .ends = GGUF_F32,
                                                .dim = 256,
                                                .layers = 1,
                                                .heads = 4,
                                                .kv_heads = 4,
                                                .ff = 256,
                                                .vocab = 32 };
    struct fixture m;
    struct err err = { 0 };

    (void)state;
    fixture_new(&m, &floats, isa_host(), 1);
    assert_null(replica_new(m.gguf, 2, GGUF_TQ2_0, ISA_ANY, &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_non_null(strstr(err.msg, "of which no TQ2_0 can be made"));
    fixture_free(&m);
}

static void random_model_has_the_shape_and_finite_logits(void **state)
{
    static const enum gguf_type types[] = { GGUF_TQ2_0, GGUF_Q8_0, GGUF_F32 };
    static float logits[STEPS * 32];
    struct model_shape shape = { .arch = "bitnet",
                                 .dim = 256,
                                 .layers = 3,
                                 .heads = 4,
                                 .kv_heads = 2,
                                 .head_dim = 64,
                                 .ff = 512,
                                 .vocab = 32,
                                 .context = STEPS,
                                 .rope_dim = 64,
                                 .rope_base = 10000,
                                 .norm_eps = 1e-5f,
                                 .rope_halves = true };
    int32_t text[STEPS];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct err err = { 0 };
        struct model *m = replica_random(&shape, types[i], 1, isa_host(), &err);

        if (!m)
            fail_msg("%s", err.msg);
        assert_int_equal(model_parameters(m), 3 * (256 * (256 + 2 * 128 + 256 + 3 * 512) + 3 * 256 + 512) + 33 * 256);
        speak(m, NULL, text, logits);
        for (size_t k = 0; k < STEPS * 32; k++)
            assert_true(isfinite(logits[k]));
        assert_true(spread(logits) > 0);
        model_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replica_says_what_the_model_says),
        cmocka_unit_test(replica_costs_what_it_should),
        cmocka_unit_test(ternary_weights_are_made_of_ternary_ones_alone),
        cmocka_unit_test(random_model_has_the_shape_and_finite_logits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
