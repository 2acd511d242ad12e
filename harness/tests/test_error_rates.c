// SPDX-License-Identifier: MIT
/* test_error_rates.c -- does the sequential rule keep what judge/compare.h promises? Simulated gates on synthetic blocks
 * with a known slowdown and known noise between blocks: the rates are counted and printed. Seeded: the same every time.
 */
#include "base/err.h"
#include "base/rng.h"
#include "base/text.h"
#include "declare/scenario.h"
#include "judge/compare.h"
#include "judge/gate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#ifdef __SANITIZE_ADDRESS__
enum { SUITES = 60 };
#else
enum { SUITES = 300 };
#endif
#define TOLERATED (GATE_TOLERATED * GATE_MARGIN)

enum { VERDICTS = 6, ACCEPTED = 64, BLOCKS_MAX = 100 }; /* the last: where the budget ends */

/* Noise of one block's log speedup, of median 0; the scale is what makes each of them "0.4 % of noise" to the eye. */
static double normal(struct rng *rng)
{
    return 0.004 * rng_normal(rng);
}

/* Student's t with 3 degrees of freedom: now and then a block that is 3 % off. */
static double heavy(struct rng *rng)
{
    double a = rng_normal(rng), b = rng_normal(rng), c = rng_normal(rng);

    return 0.003 * rng_normal(rng) / sqrt((a * a + b * b + c * c) / 3);
}

/* Two page layouts, 1 % apart, equally likely. */
static double bimodal(struct rng *rng)
{
    return (rng_below(rng, 2) ? 0.005 : -0.005) + 0.001 * rng_normal(rng);
}

/* One block in ten is disturbed, and then slower by up to 20 %. Its median is not 0, but the same before and after. */
static double spiky(struct rng *rng)
{
    return 0.003 * rng_normal(rng) - (rng_below(rng, 10) == 0 ? 0.2 * rng_uniform(rng) : 0);
}

static const struct noise { const char *name; double (*draw)(struct rng *rng); } noises[] = {
    { "normal, 0.4 %", normal }, { "heavy tails", heavy }, { "bimodal, 1 % apart", bimodal }, { "spikes", spiky },
};

static struct estimate draw(const struct noise *noise, double slowdown, double *blocks, size_t n, struct rng *rng)
{
    for (size_t i = 0; i < n; i++)
        blocks[i] = 50 / slowdown * exp(noise->draw(rng));
    return (struct estimate){ .metric = "speedup", .kind = METRIC_TIMED, .blocks = blocks, .n_blocks = n };
}

/* One comparison through the sequential rule: the verdict where it stops. */
static enum outcome gate_one(const struct noise *noise, double slowdown, const struct compare_rule *rule,
                             struct rng *rng, double *blocks_used)
{
    double was_blocks[ACCEPTED], now_blocks[BLOCKS_MAX];
    struct estimate was = draw(noise, 1, was_blocks, ACCEPTED, rng);
    struct estimate now = draw(noise, slowdown, now_blocks, BLOCKS_MAX, rng);
    enum outcome outcome = OUTCOME_INCONCLUSIVE;

    for (size_t look = 0; outcome == OUTCOME_INCONCLUSIVE && (look == 0 || now.n_blocks < BLOCKS_MAX); look++) {
        struct interval change;

        now.n_blocks = rule->looks[look] < BLOCKS_MAX ? rule->looks[look] : BLOCKS_MAX;
        change = compare_change(&now, &was, rule->alpha);
        outcome = gate_regression(&change, GATE_MARGIN, 0);
    }
    *blocks_used += (double)now.n_blocks;
    return outcome;
}

struct rates {
    double alarms, misses;     /* share of suites with at least one REGRESSED, with at least one PASS */
    double detected, blocks;   /* share of verdicts that are REGRESSED; mean blocks a verdict */
};

static struct rates simulate(const struct noise *noise, double slowdown, uint64_t seed)
{
    struct compare_rule rule = compare_rule(VERDICTS);
    struct rng rng = rng_seed(seed);
    struct rates r = { 0, 0, 0, 0 };

    for (int suite = 0; suite < SUITES; suite++) {
        int alarms = 0, passes = 0;

        for (int v = 0; v < VERDICTS; v++) {
            enum outcome o = gate_one(noise, slowdown, &rule, &rng, &r.blocks);

            alarms += o == OUTCOME_REGRESSED;
            passes += o == OUTCOME_PASS || o == OUTCOME_IMPROVED;
        }
        r.alarms += alarms > 0;
        r.misses += passes > 0;
        r.detected += alarms;
    }
    r.alarms /= SUITES;
    r.misses /= SUITES;
    r.detected /= SUITES * VERDICTS;
    r.blocks /= SUITES * VERDICTS;
    return r;
}

/* How far a rate of p, seen over SUITES, may lie above p by chance: once in 1000. */
static double at_most(double p)
{
    return p + 3.1 * sqrt(p * (1 - p) / SUITES) + 1.0 / SUITES;
}

/* The worst that is still no regression: a slowdown of just what is tolerated. */
static void false_alarms_stay_within_the_promise(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(noises); i++) {
        struct rates none = simulate(&noises[i], 1, 1 + i), edge = simulate(&noises[i], 1 + TOLERATED, 11 + i);

        print_message("%-20s unchanged: %.2f %% of suites alarmed; %.0f %% slower: %.2f %%\n", noises[i].name,
                      none.alarms * 100, TOLERATED * 100, edge.alarms * 100);
        assert_true(none.alarms <= at_most(COMPARE_SUITE_ERROR));
        assert_true(edge.alarms <= at_most(COMPARE_SUITE_ERROR));
    }
}

static void slowdown_of_the_margin_does_not_pass(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(noises); i++) {
        struct rates r = simulate(&noises[i], 1 + GATE_MARGIN, 21 + i);

        print_message("%-20s %.0f %% slower: %.2f %% of suites had a pass\n", noises[i].name, GATE_MARGIN * 100,
                      r.misses * 100);
        assert_true(r.misses <= at_most(COMPARE_SUITE_ERROR));
    }
}

/* With this noise: 5 % in 99 of 100, 3 % in 95. (Spikes leave the median uncertain: 3 % is then often undecided.) */
static void power_is_what_the_noise_allows(void **state)
{
    static const struct { size_t noise; double slowdown, detected; } rows[] = {
        { 0, 1.03, 0.95 }, { 0, 1.05, 0.99 }, { 1, 1.03, 0.95 }, { 1, 1.05, 0.99 },
        { 2, 1.03, 0.95 }, { 2, 1.05, 0.99 }, { 3, 1.05, 0.95 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rates r = simulate(&noises[rows[i].noise], rows[i].slowdown, 31 + i);

        print_message("%-20s %.0f %% slower: %.1f %% detected, %.1f blocks\n", noises[rows[i].noise].name,
                      (rows[i].slowdown - 1) * 100, r.detected * 100, r.blocks);
        assert_true(r.detected >= rows[i].detected);
    }
}

static void unchanged_code_is_decided_soon(void **state)
{
    struct compare_rule rule = compare_rule(VERDICTS);
    struct rates r = simulate(&noises[0], 1, 41);

    (void)state;
    print_message("unchanged, normal: %.1f blocks, the first look is at %zu\n", r.blocks, rule.looks[0]);
    assert_true(r.blocks < 1.1 * (double)rule.looks[0]);
    assert_true(r.detected == 0);
}

static void rule_grows_with_the_logarithm_of_the_verdicts(void **state)
{
    /* 2 x 2^-n <= 0.01 / (12 verdicts): worked out by hand */
    static const struct { size_t verdicts, first; } rows[] = {
        { 0, 12 }, { 1, 12 }, { 2, 13 }, { 10, 15 }, { 13, 15 }, { 14, 16 }, { 30, 17 }, { 100, 18 }, { 1000, 22 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct compare_rule rule = compare_rule(rows[i].verdicts);

        if (rule.looks[0] != rows[i].first)
            fail_msg("%zu verdicts: first look at %zu, not %zu", rows[i].verdicts, rule.looks[0], rows[i].first);
        for (size_t k = 1; k < COMPARE_LOOKS; k++)
            assert_true(rule.looks[k] > rule.looks[k - 1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(false_alarms_stay_within_the_promise),
        cmocka_unit_test(slowdown_of_the_margin_does_not_pass),
        cmocka_unit_test(power_is_what_the_noise_allows),
        cmocka_unit_test(unchanged_code_is_decided_soon),
        cmocka_unit_test(rule_grows_with_the_logarithm_of_the_verdicts),
    };

    return cmocka_run_group_tests_name("error_rates", tests, NULL, NULL);
}
