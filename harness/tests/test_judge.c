// SPDX-License-Identifier: MIT
#include "base/rng.h"
#include "base/text.h"
#include "judge/compare.h"
#include "judge/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <math.h>

static void work(void *state, const struct variant *variant, int64_t n)
{
    (void)state;
    (void)variant;
    (void)n;
}

static double rate(const struct params *params, double ns)
{
    (void)params;
    return 1000 / ns;
}

static int no_value(void *state, const struct variant *variant, double *value, struct err *err)
{
    (void)state;
    (void)variant;
    (void)value;
    return err_set(err, ERR_HARNESS, "not called here");
}

static const struct metric metrics[] = {
    { "rate", "1/us", METRIC_TIMED, METRIC_HIGHER_IS_BETTER, .from_ns = rate },
    { "size", "bytes", METRIC_EXACT, METRIC_LOWER_IS_BETTER, .exact = no_value },
};
static const struct variant variants[] = { { .name = "plain" }, { .name = "fast" }, { .name = "other", .peer = true } };
static const struct scenario subject = {
    .name = "kernels/subject", .summary = "s", .variants = variants, .n_variants = 3,
    .metrics = metrics, .n_metrics = 2, .run = work,
};
static const struct scenario *const scenarios[] = { &subject };
static const struct registry registry = { scenarios, 1 };

enum { BLOCKS = 8, ROUNDS = 4, VARIANTS = 3 };

/* A comparison and its blocks, as measured data that a test writes down. */
struct recording {
    struct planned planned[VARIANTS];
    struct comparison comparison;
    struct block blocks[BLOCKS];
    struct sample samples[BLOCKS][ROUNDS * VARIANTS];
    struct exact_value exacts[BLOCKS][1];
};

/* plain takes 100 ns, fast 100 / speedup, with a drift over the blocks that is in both, and noise of 0.3 %. */
static void record(struct recording *r, double speedup, double size)
{
    struct rng rng = rng_seed(7);

    memset(r, 0, sizeof(*r));
    r->comparison = (struct comparison){ .params = { .scenario = &subject }, .variants = r->planned };
    text_copy(r->comparison.id, sizeof(r->comparison.id), subject.name);
    r->planned[0].wanted = r->planned[1].wanted = true;
    for (int b = 0; b < BLOCKS; b++) {
        r->blocks[b] = (struct block){ .index = b, .samples = r->samples[b], .variant = -1 };
        for (int i = 0; i < ROUNDS * 2; i++) {
            double drift = 1 + 0.2 * b, noise = 1 + 0.003 * rng_normal(&rng);

            r->samples[b][i] = (struct sample){ .variant = i % 2, .round = i / 2, .order = i, .iterations = 1,
                                                .ns = (i % 2 ? 100 / speedup : 100) * drift * noise };
        }
        r->blocks[b].n_samples = ROUNDS * 2;
        r->exacts[b][0] = (struct exact_value){ 1, &metrics[1], size };
        r->blocks[b].exacts = r->exacts[b];
        r->blocks[b].n_exacts = 1;
    }
}

static struct run_result estimate(const struct recording *r, size_t n_blocks)
{
    struct run_result run = { .info = { .id = 1, .commit = "abc", .started = "2026-11-20T00:00:00Z",
                                        .host = { .class = "test-host" } } };

    compare_estimates(&r->comparison, r->blocks, n_blocks, &run);
    return run;
}

static struct baseline accept(const struct recording *r)
{
    struct run_result run = estimate(r, BLOCKS);
    struct baseline baseline = { 0 };
    struct err err = { 0 };
    size_t changed;

    if (baseline_accept(&baseline, &run, "first", false, &changed, &err) < 0)
        fail_msg("%s", err.msg);
    run_result_free(&run);
    return baseline;
}

static void speedup_is_paired_so_that_a_drift_of_the_host_cancels(void **state)
{
    struct recording r;
    struct run_result run;
    const struct estimate *e;

    (void)state;
    record(&r, 2, 10); /* the drift is 140 %, the noise 0.3 % */
    run = estimate(&r, BLOCKS);
    e = case_estimate(run_case(&run, "kernels/subject/fast"), "speedup");
    assert_true(e->value > 1.99 && e->value < 2.01);
    assert_true(e->low > 1.98 && e->high < 2.02);
    assert_null(case_estimate(run_case(&run, "kernels/subject/plain"), "speedup"));
    assert_null(run_case(&run, "kernels/subject/other")); /* not wanted */
    run_result_free(&run);
}

static void derived_metric_follows_the_time(void **state)
{
    struct recording r;
    struct run_result run;
    const struct case_result *c;
    const struct estimate *time, *derived;

    (void)state;
    record(&r, 2, 10);
    run = estimate(&r, BLOCKS);
    c = run_case(&run, "kernels/subject/fast");
    time = case_estimate(c, "time_ns");
    derived = case_estimate(c, "rate");
    for (size_t i = 0; i < time->n_blocks; i++)
        assert_true(fabs(derived->blocks[i] * time->blocks[i] - 1000) < 1e-9);
    assert_true(fabs(derived->low * time->high - 1000) < 1e-9);
    run_result_free(&run);
}

static void interval_is_open_until_there_are_enough_blocks(void **state)
{
    struct recording r;

    (void)state;
    record(&r, 2, 10);
    for (size_t n = 1; n <= BLOCKS; n++) {
        struct run_result run = estimate(&r, n);
        const struct estimate *e = case_estimate(run_case(&run, "kernels/subject/fast"), "speedup");

        assert_int_equal(isfinite(e->low) && isfinite(e->high), n >= compare_looks[0]);
        run_result_free(&run);
    }
}

static void fault_gives_its_culprit_a_status_and_the_reference_takes_all_with_it(void **state)
{
    static const struct { int culprit; enum case_status plain, fast; } rows[] = {
        { 1, CASE_OK, CASE_CRASHED }, { 0, CASE_CRASHED, CASE_CRASHED }, { -1, CASE_CRASHED, CASE_CRASHED },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct recording r;
        struct run_result run;

        record(&r, 2, 10);
        r.blocks[3].status = CASE_CRASHED;
        r.blocks[3].variant = rows[i].culprit;
        text_copy(r.blocks[3].reason, REASON_MAX, "killed by SIGILL");
        run = estimate(&r, BLOCKS);
        assert_int_equal(run_case(&run, "kernels/subject/plain")->status, rows[i].plain);
        assert_int_equal(run_case(&run, "kernels/subject/fast")->status, rows[i].fast);
        assert_non_null(strstr(run_case(&run, "kernels/subject/fast")->reason, "SIGILL"));
        run_result_free(&run);
    }
}

static void exact_metric_that_differs_between_blocks_is_a_wrong_result(void **state)
{
    struct recording r;
    struct run_result run;

    (void)state;
    record(&r, 2, 10);
    r.exacts[5][0].value = 11;
    run = estimate(&r, BLOCKS);
    assert_int_equal(run_case(&run, "kernels/subject/fast")->status, CASE_WRONG_RESULT);
    run_result_free(&run);
}

static void regression_needs_the_whole_interval_beyond_the_margin(void **state)
{
    static const struct { double low, high; enum outcome want; } rows[] = {
        { 0.99, 1.01, OUTCOME_PASS },
        { 1.00, 1.049, OUTCOME_PASS },
        { 1.02, 1.20, OUTCOME_INCONCLUSIVE }, /* straddles 1.05 */
        { 0.50, 2.00, OUTCOME_INCONCLUSIVE },
        { 1.051, 1.20, OUTCOME_REGRESSED },
        { 0.80, 0.90, OUTCOME_IMPROVED },
        { 0.90, 0.97, OUTCOME_PASS },
        { -INFINITY, INFINITY, OUTCOME_INCONCLUSIVE },
        { NAN, NAN, OUTCOME_INCONCLUSIVE },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(gate_regression(rows[i].low, rows[i].high), rows[i].want);
}

static void target_needs_the_whole_interval_on_its_side(void **state)
{
    struct target least = { .at_least = 1.15, .at_most = NAN }, most = { .at_least = NAN, .at_most = 1.15 };
    static const struct { double low, high; enum outcome least, most; } rows[] = {
        { 1.15, 1.30, OUTCOME_PASS, OUTCOME_INCONCLUSIVE },
        { 1.20, 1.30, OUTCOME_PASS, OUTCOME_MISSED_TARGET },
        { 1.10, 1.20, OUTCOME_INCONCLUSIVE, OUTCOME_INCONCLUSIVE },
        { 1.00, 1.14, OUTCOME_MISSED_TARGET, OUTCOME_PASS },
        { -INFINITY, INFINITY, OUTCOME_INCONCLUSIVE, OUTCOME_INCONCLUSIVE },
        { NAN, NAN, OUTCOME_INCONCLUSIVE, OUTCOME_INCONCLUSIVE },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(gate_target(rows[i].low, rows[i].high, &least), rows[i].least);
        assert_int_equal(gate_target(rows[i].low, rows[i].high, &most), rows[i].most);
    }
}

static bool everything(void *arg, const char *case_id)
{
    (void)arg;
    (void)case_id;
    return true;
}

static const struct verdict *verdict_of(const struct run_result *run, const char *case_id, const char *metric)
{
    for (size_t i = 0; i < run->n_verdicts; i++)
        if (strcmp(run->verdicts[i].case_id, case_id) == 0 && strcmp(run->verdicts[i].metric, metric) == 0)
            return &run->verdicts[i];
    return NULL;
}

/* The recorded gate: what `speedup` and `size` now are against an accepted 2.0 and 10. */
static void gate_tells_a_change_from_none(void **state)
{
    static const struct { double speedup, size; enum outcome speed, bytes; int exit; } rows[] = {
        { 2.00, 10, OUTCOME_PASS, OUTCOME_PASS, 0 },
        { 1.97, 10, OUTCOME_PASS, OUTCOME_PASS, 0 },
        { 1.80, 10, OUTCOME_REGRESSED, OUTCOME_PASS, 1 },
        { 2.40, 10, OUTCOME_IMPROVED, OUTCOME_PASS, 0 },
        { 2.00, 11, OUTCOME_PASS, OUTCOME_REGRESSED, 1 },
        { 2.00, 9, OUTCOME_PASS, OUTCOME_IMPROVED, 0 },
        { 1.905, 10, OUTCOME_INCONCLUSIVE, OUTCOME_PASS, 3 }, /* 5 % slower, give or take 0.3 */
    };
    struct targets none = { 0 };
    struct gate_scope scope = { everything, NULL, true };
    struct recording r;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct baseline baseline;
        struct run_result run;

        record(&r, 2, 10);
        baseline = accept(&r);
        record(&r, rows[i].speedup, rows[i].size);
        run = estimate(&r, BLOCKS);
        gate_judge(&run, &none, &baseline, &scope);
        assert_int_equal(verdict_of(&run, "kernels/subject/fast", "speedup")->outcome, rows[i].speed);
        assert_int_equal(verdict_of(&run, "kernels/subject/fast", "size")->outcome, rows[i].bytes);
        assert_int_equal(run.exit, rows[i].exit);
        assert_true(strlen(run.verdicts[0].reason) > 20);
        run_result_free(&run);
        baseline_free(&baseline);
    }
}

static void gate_misses_what_the_baseline_knows_and_greets_what_it_does_not(void **state)
{
    struct targets none = { 0 };
    struct gate_scope scope = { everything, NULL, true };
    struct recording r;
    struct baseline baseline;
    struct run_result run = { 0 };

    (void)state;
    record(&r, 2, 10);
    baseline = accept(&r);
    gate_judge(&run, &none, &baseline, &scope);
    assert_int_equal(verdict_of(&run, "kernels/subject/fast", "")->outcome, OUTCOME_MISSING);
    assert_int_equal(run.exit, 1);
    run_result_free(&run);

    run = estimate(&r, BLOCKS);
    baseline_free(&baseline);
    gate_judge(&run, &none, &baseline, &scope);
    assert_int_equal(verdict_of(&run, "kernels/subject/fast", "speedup")->outcome, OUTCOME_NEW);
    assert_int_equal(run.exit, 0);
    run_result_free(&run);
}

static void every_kind_of_failure_fails_the_gate_and_a_skip_does_not(void **state)
{
    static const struct { enum case_status status; enum outcome want; int exit; } rows[] = {
        { CASE_OK, OUTCOME_PASS, 0 },
        { CASE_SKIPPED, OUTCOME_SKIPPED, 0 },
        { CASE_WRONG_RESULT, OUTCOME_WRONG_RESULT, 1 },
        { CASE_CRASHED, OUTCOME_CRASHED, 1 },
        { CASE_TIMED_OUT, OUTCOME_TIMED_OUT, 1 },
    };
    struct targets none = { 0 };
    struct recording r;

    (void)state;
    record(&r, 2, 10);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct run_result run = estimate(&r, BLOCKS);

        run.cases[1].status = rows[i].status;
        gate_judge(&run, &none, NULL, NULL);
        assert_int_equal(run.exit, rows[i].exit);
        if (rows[i].status != CASE_OK)
            assert_int_equal(run.verdicts[0].outcome, rows[i].want);
        run_result_free(&run);
    }
}

static void target_that_no_block_could_answer_is_inconclusive(void **state)
{
    struct target row = { .cases = "kernels/*", .metric = "speedup", .at_least = 1.15, .at_most = NAN, .goal = NAN };
    struct targets targets = { &row, 1 };
    struct recording r;
    struct run_result run;

    (void)state;
    record(&r, 2, 10);
    run = estimate(&r, 0); /* the budget was spent before its first block */
    gate_judge(&run, &targets, NULL, NULL);
    assert_int_equal(verdict_of(&run, "kernels/subject/fast", "speedup")->outcome, OUTCOME_INCONCLUSIVE);
    assert_null(verdict_of(&run, "kernels/subject/plain", "speedup"));
    assert_int_equal(run.exit, 3);
    run_result_free(&run);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void targets_file_is_refused_with_its_line_and_what_was_meant(void **state)
{
    static const struct { const char *text, *want; } rows[] = {
        { "{ \"targets\": [", "line 1: " },
        { "{}", "no array 'targets'" },
        { "{ \"targets\": [\n { \"cases\": \"kernels/subject/fast\",\n \"metric\": \"spedup\", \"at_least\": 1, \"why\": \"w\" } ] }",
          "line 2: unknown metric 'spedup' (did you mean 'speedup'?)" },
        { "{ \"targets\": [\n\n { \"cases\": \"*\", \"metric\": \"size\", \"at_leest\": 1, \"why\": \"a } { b\" } ] }",
          "line 3: unknown key 'at_leest' (did you mean 'at_least'?)" },
        { "{ \"targets\": [ { \"cases\": \"codecs/*\", \"metric\": \"size\", \"at_most\": 1, \"why\": \"w\" } ] }",
          "no case matches 'codecs/*'" },
        { "{ \"targets\": [ { \"cases\": \"*\", \"metric\": \"size\", \"at_most\": 1 } ] }", "has no 'why'" },
        { "{ \"targets\": [ { \"cases\": \"*\", \"metric\": \"size\", \"why\": \"w\" } ] }", "needs one of" },
        { "{ \"targets\": [ { \"cases\": \"*\", \"metric\": \"size\", \"at_most\": 1, \"at_least\": 1, \"why\": \"w\" } ] }",
          "needs one of" },
        { "{ \"targets\": [ 3 ] }", "must be an object" },
    };
    char path[] = "/tmp/pawl-targets-XXXXXX";
    struct targets targets;
    struct err err = { 0 };

    (void)state;
    close(mkstemp(path));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        write_file(path, rows[i].text);
        assert_int_equal(targets_read(path, &registry, &targets, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        if (!strstr(err.msg, rows[i].want) || !strstr(err.msg, path))
            fail_msg("got '%s', want '%s'", err.msg, rows[i].want);
    }
    unlink(path);
    assert_int_equal(targets_read(path, &registry, &targets, &err), -1);
    assert_non_null(strstr(err.msg, "No such file"));
}

static void targets_file_is_read(void **state)
{
    char path[] = "/tmp/pawl-targets-XXXXXX";
    struct targets targets;
    struct err err = { 0 };

    (void)state;
    close(mkstemp(path));
    write_file(path, "{ \"targets\": [ { \"cases\": \"kernels/subject/{fast,other}\", \"metric\": \"speedup\", "
                     "\"at_least\": 1.15, \"goal\": 2.1, \"why\": \"it was claimed\" },\n"
                     "{ \"cases\": \"kernels/subject/fast/n=3\", \"metric\": \"size\", \"at_most\": 12, \"why\": \"w\" } ] }");
    assert_int_equal(targets_read(path, &registry, &targets, &err), 0);
    assert_int_equal(targets.n, 2);
    assert_true(targets.rows[0].at_least == 1.15 && targets.rows[0].goal == 2.1 && isnan(targets.rows[0].at_most));
    assert_string_equal(targets.rows[0].why, "it was claimed");
    assert_int_equal(targets.rows[1].line, 2);
    targets_free(&targets);
    unlink(path);
}

static void baseline_comes_back_as_it_was_written_and_twice_the_same(void **state)
{
    char path[] = "/tmp/pawl-baseline-XXXXXX", again[64], first[8192], second[8192];
    struct recording r;
    struct baseline baseline, back;
    struct err err = { 0 };
    FILE *f;
    size_t n;

    (void)state;
    close(mkstemp(path));
    snprintf(again, sizeof(again), "%s.again", path);
    record(&r, 2, 10);
    baseline = accept(&r);
    assert_int_equal(baseline_write(path, &baseline, &err), 0);
    assert_int_equal(baseline_read(path, &back, &err), 1);
    assert_string_equal(back.host_class, "test-host");
    assert_int_equal(back.n, 1); /* the reference has nothing that is judged */
    assert_string_equal(back.cases[0].reason, "first");
    assert_int_equal(accepted_estimate(&back.cases[0], "speedup")->n_blocks, BLOCKS);
    assert_true(fabs(accepted_estimate(&back.cases[0], "speedup")->value - 2) < 0.01);
    assert_true(accepted_estimate(&back.cases[0], "size")->value == 10);
    assert_int_equal(baseline_write(again, &back, &err), 0);
    assert_non_null(f = fopen(path, "r"));
    n = fread(first, 1, sizeof(first), f);
    fclose(f);
    assert_non_null(f = fopen(again, "r"));
    assert_int_equal(fread(second, 1, sizeof(second), f), n);
    fclose(f);
    assert_memory_equal(first, second, n);
    baseline_free(&baseline);
    baseline_free(&back);
    unlink(path);
    unlink(again);
    assert_int_equal(baseline_read(path, &back, &err), 0);
}

static void acceptance_refuses_what_is_no_figure_and_changes_nothing(void **state)
{
    struct recording r;
    struct baseline baseline = { 0 };
    struct run_result run;
    struct err err = { 0 };
    size_t changed;

    (void)state;
    record(&r, 2, 10);
    run = estimate(&r, 3);
    assert_int_equal(baseline_accept(&baseline, &run, "why", false, &changed, &err), -1);
    assert_non_null(strstr(err.msg, "too few blocks"));
    run_result_free(&run);
    run = estimate(&r, BLOCKS);
    run.cases[1].status = CASE_WRONG_RESULT;
    assert_int_equal(baseline_accept(&baseline, &run, "why", false, &changed, &err), -1);
    assert_non_null(strstr(err.msg, "wrong_result"));
    assert_int_equal(baseline.n, 0);
    run.cases[1].status = CASE_OK;
    text_copy(baseline.host_class, sizeof(baseline.host_class), "another-host");
    assert_int_equal(baseline_accept(&baseline, &run, "why", false, &changed, &err), -1);
    assert_non_null(strstr(err.msg, "another-host"));
    run_result_free(&run);
    baseline_free(&baseline);
}

static void acceptance_keeps_what_the_run_lacks_unless_told_to_replace(void **state)
{
    struct recording r;
    struct baseline baseline;
    struct run_result run;
    struct err err = { 0 };
    size_t changed;

    (void)state;
    record(&r, 2, 10);
    baseline = accept(&r);
    text_copy(baseline.cases[0].id, CASE_ID_MAX, "kernels/gone/fast");
    run = estimate(&r, BLOCKS);
    assert_int_equal(baseline_accept(&baseline, &run, "why", false, &changed, &err), 0);
    assert_int_equal(changed, 1);
    assert_int_equal(baseline.n, 2);
    assert_string_equal(baseline.cases[0].id, "kernels/gone/fast"); /* sorted */
    assert_int_equal(baseline_accept(&baseline, &run, "why", true, &changed, &err), 0);
    assert_int_equal(baseline.n, 1);
    run_result_free(&run);
    baseline_free(&baseline);
}

static void runs_compare_by_interval_and_exact_figures_by_value(void **state)
{
    struct recording r;
    struct run_result a, b;
    struct change *changes;
    size_t n, significant = 0;

    (void)state;
    record(&r, 2, 10);
    a = estimate(&r, BLOCKS);
    record(&r, 1.8, 9);
    b = estimate(&r, BLOCKS);
    n = compare_runs(&a, &b, &changes);
    assert_int_equal(n, 4); /* plain: time; fast: time, speedup, size */
    for (size_t i = 0; i < n; i++) {
        significant += changes[i].significant;
        if (strcmp(changes[i].metric, "speedup") == 0) {
            assert_true(changes[i].significant && !changes[i].better);
            assert_true(fabs(changes[i].ratio - 0.9) < 0.01);
        }
        if (strcmp(changes[i].metric, "size") == 0)
            assert_true(changes[i].significant && changes[i].better);
    }
    assert_true(significant >= 2);
    free(changes);
    n = compare_runs(&a, &a, &changes);
    for (size_t i = 0; i < n; i++)
        assert_false(changes[i].significant);
    free(changes);
    run_result_free(&a);
    run_result_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speedup_is_paired_so_that_a_drift_of_the_host_cancels),
        cmocka_unit_test(derived_metric_follows_the_time),
        cmocka_unit_test(interval_is_open_until_there_are_enough_blocks),
        cmocka_unit_test(fault_gives_its_culprit_a_status_and_the_reference_takes_all_with_it),
        cmocka_unit_test(exact_metric_that_differs_between_blocks_is_a_wrong_result),
        cmocka_unit_test(regression_needs_the_whole_interval_beyond_the_margin),
        cmocka_unit_test(target_needs_the_whole_interval_on_its_side),
        cmocka_unit_test(gate_tells_a_change_from_none),
        cmocka_unit_test(gate_misses_what_the_baseline_knows_and_greets_what_it_does_not),
        cmocka_unit_test(every_kind_of_failure_fails_the_gate_and_a_skip_does_not),
        cmocka_unit_test(target_that_no_block_could_answer_is_inconclusive),
        cmocka_unit_test(targets_file_is_refused_with_its_line_and_what_was_meant),
        cmocka_unit_test(targets_file_is_read),
        cmocka_unit_test(baseline_comes_back_as_it_was_written_and_twice_the_same),
        cmocka_unit_test(acceptance_refuses_what_is_no_figure_and_changes_nothing),
        cmocka_unit_test(acceptance_keeps_what_the_run_lacks_unless_told_to_replace),
        cmocka_unit_test(runs_compare_by_interval_and_exact_figures_by_value),
    };

    return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
