// SPDX-License-Identifier: MIT
/* test_between.c -- runs of one program differ: what a baseline of several runs knows of it, and what the gate makes of that.
 */
#include "judge_fixture.h"

#include "judge/pool.h"

/* Of the published table (Abramowitz & Stegun, table 26.10, and its continuations). */
static void students_quantiles_are_the_tables(void **state)
{
    static const struct { double p; size_t degrees; double t; } rows[] = {
        { 0.025, 1, 12.7062 },  { 0.005, 1, 63.6567 }, { 0.005, 2, 9.92484 },  { 0.05, 4, 2.13185 },
        { 0.0005, 4, 8.61030 }, { 0.005, 9, 3.24984 }, { 0.0025, 9, 3.68966 }, { 0.05, 30, 1.69726 },
        { 0.025, 120, 1.97993 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_float_equal(stats_student(rows[i].p, rows[i].degrees), rows[i].t, 1e-5 * rows[i].t);
}

/* Three runs of one block at -1, 0 and +1 % have s = 1 %; t(0.05; 2) = 2.91999: 2.91999 x 0.01 x sqrt(4 / 3) = 3.3717 %. With
 * a hundred blocks each, spread evenly by 0.5 % around them, nearly all of that is left; with runs that differ no more than
 * such medians do, nothing. */
static void bound_is_the_prediction_interval_and_none_of_one_run(void **state)
{
    double runs[] = { 50 * exp(-0.01), 50, 50 * exp(0.01) };
    double blocks[300], same[] = { 50, 50 * exp(0.0001), 50 * exp(-0.0001) };
    struct estimate e = { .runs = runs, .n_runs = 3, .blocks = runs, .n_blocks = 3 };

    (void)state;
    for (int i = 0; i < 300; i++)
        blocks[i] = runs[i / 100] * exp(0.005 * (i % 100 - 49.5) / 49.5);
    assert_float_equal(log1p(compare_between(&e, 0.05)), 0.033717, 1e-6);
    assert_float_equal(compare_between(&e, 0), 0, 0);
    e.blocks = blocks;
    e.n_blocks = 300;
    assert_float_equal(log1p(compare_between(&e, 0.05)), 0.033717, 0.001);
    e.runs = same;
    assert_float_equal(compare_between(&e, 0.05), 0, 0);
    e.n_runs = 1;
    assert_float_equal(compare_between(&e, 0.05), 0, 0);
    e.n_runs = 0;
    assert_float_equal(compare_between(&e, 0.05), 0, 0);
}

static struct run_result pooled(const double *speedups, size_t n)
{
    struct run_result all = { 0 };

    for (size_t i = 0; i < n; i++) {
        struct recording r;
        struct run_result run;

        record(&r, speedups[i], 10);
        run = estimate(&r, BLOCKS);
        if (i == 0)
            all.info = run.info;
        pool_add(&all, &run);
        run_result_free(&run);
    }
    return all;
}

static void baseline_keeps_the_value_of_every_run(void **state)
{
    static const double speedups[] = { 2, 2.02, 1.99, 2.01 };
    struct run_result run = pooled(speedups, ARRAY_LEN(speedups));
    const struct estimate *e = case_estimate(run_case(&run, "kernels/subject/fast"), "speedup"), *read;
    struct baseline baseline = { 0 }, again;
    char path[] = "/tmp/pawl-between-XXXXXX";
    struct err err = { 0 };
    size_t changed;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(e->n_runs, 4);
    for (size_t i = 0; i < 4; i++)
        assert_float_equal(e->runs[i] / speedups[i], 1, 0.01);
    assert_int_equal(baseline_accept(&baseline, &run, "w", false, false, &changed, &err), 0);
    assert_int_equal(baseline_write(path, &baseline, &err), 0);
    assert_int_equal(baseline_read(path, "test-host", &again, &err), 1);
    read = accepted_estimate(baseline_find(&again, "kernels/subject/fast"), "speedup");
    assert_int_equal(read->n_runs, 4);
    assert_memory_equal(read->runs, e->runs, 4 * sizeof(*e->runs));
    unlink(path);
    baseline_free(&baseline);
    baseline_free(&again);
    run_result_free(&run);
}

/* Three outcomes of one slowdown of 3.5 %, by how the baseline's runs differ. */
static void what_runs_differ_by_is_no_alarm_and_no_pass(void **state)
{
    static const struct { double speedups[4], now; enum outcome want; } rows[] = {
        { { 2, 2, 2, 2 }, 2, OUTCOME_PASS },
        { { 2, 2, 2, 2 }, 1.932, OUTCOME_REGRESSED },
        { { 2, 2.006, 1.994, 2 }, 2, OUTCOME_PASS },           /* s = 0.25 %: within 1 % */
        { { 1.98, 2.02, 1.99, 2.01 }, 1.932, OUTCOME_INCONCLUSIVE }, /* s = 0.9 % */
        { { 1.98, 2.02, 1.99, 2.01 }, 2, OUTCOME_INCONCLUSIVE },
        { { 1.98, 2.02, 1.99, 2.01 }, 1.7, OUTCOME_REGRESSED },
    };
    struct targets none = { 0 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct run_result was = pooled(rows[i].speedups, 4), run;
        struct baseline baseline = { 0 };
        struct recording r;
        struct err err = { 0 };
        size_t changed;

        assert_int_equal(baseline_accept(&baseline, &was, "w", false, false, &changed, &err), 0);
        record(&r, rows[i].now, 10);
        run = estimate(&r, BLOCKS);
        gate_judge(&run, &(struct gate_rules){ .targets = &none, .baseline = &baseline, .alpha = ALPHA, .between = 0.02 }, NULL);
        for (size_t k = 0; k < run.n_verdicts; k++) /* more blocks are not asked for where they would not help */
            assert_true(run.verdicts[k].outcome != OUTCOME_INCONCLUSIVE || run.verdicts[k].final || rows[i].now != 2);
        for (size_t k = 0; k < run.n_verdicts; k++)
            if (strcmp(run.verdicts[k].metric, "speedup") == 0 && run.verdicts[k].outcome != rows[i].want)
                fail_msg("row %zu: %s: %s", i, outcome_name(run.verdicts[k].outcome), run.verdicts[k].reason);
        baseline_free(&baseline);
        run_result_free(&was);
        run_result_free(&run);
    }
}

/* ---- simulated gates on a host whose runs differ ---- */

#ifdef __SANITIZE_ADDRESS__
enum { SUITES = 60 };
#else
enum { SUITES = 200 };
#endif
enum { VERDICTS = 2, RUNS = 10, RUN_BLOCKS = 8, BLOCKS_MAX = 200 };

struct rates { double alarms, misses, detected; };

/* `n` blocks of a run: its own mood, and noise of 0.7 % a block. */
static void draw(double *blocks, size_t n, double slowdown, double between, struct rng *rng)
{
    double mood = between * rng_normal(rng);

    for (size_t i = 0; i < n; i++)
        blocks[i] = 90 / slowdown * exp(mood + 0.007 * rng_normal(rng));
}

/* One verdict, from a baseline of RUNS runs to where the sequential rule stops, as cli/session.c has it. */
static enum outcome gate_one(double slowdown, double between, const struct compare_rule *rule, struct rng *rng)
{
    double was_blocks[RUNS * RUN_BLOCKS], runs[RUNS], now_blocks[BLOCKS_MAX], sorted[RUN_BLOCKS];
    struct estimate was = { .kind = METRIC_TIMED, .blocks = was_blocks, .n_blocks = RUNS * RUN_BLOCKS, .runs = runs, .n_runs = RUNS };
    struct estimate now = { .kind = METRIC_TIMED, .blocks = now_blocks };
    enum outcome outcome = OUTCOME_INCONCLUSIVE;
    double bound;

    for (size_t k = 0; k < RUNS; k++) {
        draw(&was_blocks[k * RUN_BLOCKS], RUN_BLOCKS, 1, between, rng);
        memcpy(sorted, &was_blocks[k * RUN_BLOCKS], sizeof(sorted));
        stats_sort(sorted, RUN_BLOCKS);
        runs[k] = stats_median(sorted, RUN_BLOCKS);
    }
    draw(now_blocks, BLOCKS_MAX, slowdown, between, rng);
    bound = compare_between(&was, rule->between);
    for (size_t look = 0; look < COMPARE_LOOKS && now.n_blocks < BLOCKS_MAX; look++) {
        struct interval change;
        bool hasty;

        now.n_blocks = rule->looks[look] < BLOCKS_MAX ? rule->looks[look] : BLOCKS_MAX;
        change = compare_change(&now, &was, rule->alpha);
        outcome = gate_regression(&change, GATE_MARGIN, bound);
        hasty = outcome == OUTCOME_REGRESSED || (outcome == OUTCOME_PASS && change.value > 1 + GATE_TOLERATED * GATE_MARGIN);
        if (outcome != OUTCOME_INCONCLUSIVE && (!hasty || look >= COMPARE_ALARM_LOOK))
            break;
    }
    return outcome;
}

static struct rates simulate(double slowdown, double between, uint64_t seed)
{
    struct compare_rule rule = compare_rule(VERDICTS);
    struct rng rng = rng_seed(seed);
    struct rates r = { 0, 0, 0 };

    for (int suite = 0; suite < SUITES; suite++) {
        int alarms = 0, passes = 0;

        for (int v = 0; v < VERDICTS; v++) {
            enum outcome o = gate_one(slowdown, between, &rule, &rng);

            alarms += o == OUTCOME_REGRESSED;
            passes += o == OUTCOME_PASS || o == OUTCOME_IMPROVED;
        }
        r.alarms += (double)(alarms > 0) / SUITES;
        r.misses += (double)(passes > 0) / SUITES;
        r.detected += (double)alarms / (SUITES * VERDICTS);
    }
    return r;
}

/* How far a rate of p, seen over SUITES, may lie above p by chance: once in 1000. */
static double at_most(double p)
{
    return p + 3.1 * sqrt(p * (1 - p) / SUITES) + 1.0 / SUITES;
}

static void promise_holds_where_runs_differ(void **state)
{
    static const double between[] = { 0, 0.003, 0.005, 0.01 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(between); i++) {
        struct rates none = simulate(1, between[i], 51 + i), edge = simulate(1 + GATE_MARGIN, between[i], 61 + i),
                     five = simulate(1.05, between[i], 71 + i);

        print_message("runs differ by %.1f %%: unchanged: %.2f %% of suites alarmed; 3 %% slower: %.1f %% detected, %.2f %% of "
                      "suites had a pass; 5 %% slower: %.1f %% detected\n",
                      between[i] * 100, none.alarms * 100, edge.detected * 100, edge.misses * 100, five.detected * 100);
        assert_true(none.alarms <= at_most(COMPARE_SUITE_ERROR));
        assert_true(edge.misses <= at_most(COMPARE_SUITE_ERROR));
        assert_true(five.detected >= 0.95 || between[i] > 0.003);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(students_quantiles_are_the_tables),
        cmocka_unit_test(bound_is_the_prediction_interval_and_none_of_one_run),
        cmocka_unit_test(baseline_keeps_the_value_of_every_run),
        cmocka_unit_test(what_runs_differ_by_is_no_alarm_and_no_pass),
        cmocka_unit_test(promise_holds_where_runs_differ),
    };

    return cmocka_run_group_tests_name("between", tests, NULL, NULL);
}
