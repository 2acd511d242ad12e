// SPDX-License-Identifier: MIT
#include "base/stats.h"
#include "inference/sampling.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 7, DRAWS = 20000 };

static void greedy_takes_the_first_of_equals_and_no_nan(void **state)
{
    static const struct { float x[4]; int32_t want;
    } rows[] = {
        { { 1, 3, 3, 2 }, 1 },
        { { NAN, 1, 2, NAN }, 2 },
        { { -INFINITY, -5, NAN, -6 }, 1 },
        { { INFINITY, 1, INFINITY, 0 }, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(sampling_greedy(rows[i].x, 4), rows[i].want);
}

/* Logits of known probabilities: each is drawn as often as it should be, within what 20000 draws may show. */
static void draws_have_the_probabilities(void **state)
{
    static const double p[N] = { 0.02, 0.4, 0.05, 0.2, 0.03, 0.25, 0.05 };
    static const struct { struct sampling s; double want[N]; } rows[] = {
        { { 1, 0, 0 }, { 0.02, 0.4, 0.05, 0.2, 0.03, 0.25, 0.05 } },
        { { 1, N, 1 }, { 0.02, 0.4, 0.05, 0.2, 0.03, 0.25, 0.05 } },
        { { 1, 2, 0 }, { 0, 0.4 / 0.65, 0, 0, 0, 0.25 / 0.65, 0 } },
        { { 1, 0, 0.6f }, { 0, 0.4 / 0.65, 0, 0, 0, 0.25 / 0.65, 0 } },
        { { 1, 0, 0.66f }, { 0, 0.4 / 0.85, 0, 0.2 / 0.85, 0, 0.25 / 0.85, 0 } },
        { { 1, 3, 0.7f }, { 0, 0.4 / 0.65, 0, 0, 0, 0.25 / 0.65, 0 } }, /* 0.7 of the 0.85 that are left */
        { { 0.5f, 2, 0 }, { 0, 0.16 / 0.2225, 0, 0, 0, 0.0625 / 0.2225, 0 } },
        { { 1, 1, 0 }, { 0, 1, 0, 0, 0, 0, 0 } },
    };
    struct err err = { 0 };
    struct sampler *sampler = sampler_new(N, &err);
    float logits[N];

    (void)state;
    for (size_t i = 0; i < N; i++)
        logits[i] = (float)log(p[i]) + 3;
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        struct rng rng = rng_seed(r);
        size_t counts[N] = { 0 };

        for (int i = 0; i < DRAWS; i++)
            counts[sampler_draw(sampler, &rows[r].s, logits, &rng)]++;
        for (size_t i = 0; i < N; i++) {
            struct interval rate = stats_rate_interval(counts[i], DRAWS, 1e-6);

            if (rows[r].want[i] == 0 ? counts[i] != 0 : rows[r].want[i] < rate.low || rows[r].want[i] > rate.high)
                fail_msg("row %zu: token %zu was drawn %zu times, its probability is %g", r, i, counts[i],
                         rows[r].want[i]);
        }
    }
    sampler_free(sampler);
}

static void seed_decides(void **state)
{
    static const struct sampling s = { 0.8f, 5, 0.95f };
    struct rng a = rng_seed(1), b = rng_seed(1), unused = rng_seed(1);
    struct err err = { 0 };
    struct sampler *sampler = sampler_new(N, &err);
    float logits[N] = { 0.1f, 0.2f, 0.3f, 0.4f, 0.1f, 0.2f, NAN };

    (void)state;
    for (int i = 0; i < 200; i++)
        assert_int_equal(sampler_draw(sampler, &s, logits, &a), sampler_draw(sampler, &s, logits, &b));
    assert_int_equal(sampler_draw(sampler, &(struct sampling){ 0 }, logits, &unused), 3);
    b = rng_seed(1);
    assert_int_equal(rng_next(&unused), rng_next(&b)); /* greedy draws nothing */
    sampler_free(sampler);
}

static void nonsense_is_refused(void **state)
{
    static const struct sampling rows[] = {
        { -1, 0, 0 }, { NAN, 0, 0 }, { INFINITY, 0, 0 }, { 1, 0, -0.5f }, { 1, 0, NAN }
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = { 0 };

        assert_int_equal(sampling_check(&rows[i], &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greedy_takes_the_first_of_equals_and_no_nan),
        cmocka_unit_test(draws_have_the_probabilities),
        cmocka_unit_test(seed_decides),
        cmocka_unit_test(nonsense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
