// SPDX-License-Identifier: MIT
#include "judge_fixture.h"

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

        assert_int_equal(isfinite(e->low) && isfinite(e->high), n >= 7 /* 2 / 2^7 = 0.016 */);
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

/* What a sample looks like when something else had the core: slower, and it shows. */
static void disturbed_samples_are_left_out_while_half_of_a_block_is_clean(void **state)
{
    struct recording r;
    struct run_result run;
    double clean;

    (void)state;
    record(&r, 2, 10);
    run = estimate(&r, BLOCKS);
    clean = case_estimate(run_case(&run, "kernels/subject/fast"), "speedup")->value;
    run_result_free(&run);
    for (int how = 0; how < 3; how++) {
        record(&r, 2, 10);
        for (int b = 0; b < BLOCKS; b++)
            for (int i = 0; i < ROUNDS; i++) { /* the first half of the rounds */
                struct sample *s = &r.samples[b][i];

                if (s->variant != 1)
                    continue;
                s->ns *= 3;
                s->cpu_ns = how == 0 ? s->ns / 3 : s->ns;
                s->switches = how == 1;
                s->migrated = how == 2;
            }
        run = estimate(&r, BLOCKS);
        assert_true(fabs(case_estimate(run_case(&run, "kernels/subject/fast"), "speedup")->value / clean - 1) < 0.01);
        assert_string_equal(run_case(&run, "kernels/subject/fast")->reason, "16 of 32 samples disturbed");
        run_result_free(&run);
    }
    record(&r, 2, 10);
    for (int b = 0; b < BLOCKS; b++)
        for (int i = 0; i < ROUNDS * 2; i++)
            r.samples[b][i].switches = 1; /* all of them: nothing is left to choose */
    run = estimate(&r, BLOCKS);
    assert_true(case_estimate(run_case(&run, "kernels/subject/fast"), "speedup")->value == clean);
    run_result_free(&run);
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

/* Of two roofs the slower one counts: 100 x its time / the variant's, round by round. */
static void roof_percent_is_paired_with_the_slower_roof(void **state)
{
    static const struct variant roofed[] = { { .name = "plain" },
                                             { .name = "fast", .roofs = { "peak", "read" } },
                                             { .name = "peak", .role = ROLE_ROOF },
                                             { .name = "read", .role = ROLE_ROOF } };
    static const double ns[] = { 100, 40, 10, 20 };
    static const struct scenario s = { .name = "kernels/subject", .summary = "s", .variants = roofed, .n_variants = 4,
                                       .run = work };
    struct planned planned[4] = { { .wanted = true }, { .wanted = true }, { .wanted = true }, { .wanted = true } };
    struct comparison c = { .params = { .scenario = &s }, .variants = planned };
    struct sample samples[BLOCKS][16];
    struct block blocks[BLOCKS] = { 0 };
    struct run_result run = { 0 };
    const struct estimate *e;

    (void)state;
    for (int b = 0; b < BLOCKS; b++) {
        blocks[b] = (struct block){ .index = b, .samples = samples[b], .n_samples = 16, .variant = -1 };
        for (int i = 0; i < 16; i++) { /* the host slows down from round to round */
            double t = ns[i % 4] * (1 + 0.1 * (i / 4));

            samples[b][i] = (struct sample){ .variant = i % 4, .round = i / 4, .iterations = 1, .ns = t, .cpu_ns = t };
        }
    }
    compare_estimates(&c, blocks, BLOCKS, ALPHA, &run);
    e = case_estimate(run_case(&run, "kernels/subject/fast"), "roof_percent");
    assert_non_null(e);
    assert_true(fabs(e->value - 50) < 1e-9);
    assert_null(case_estimate(run_case(&run, "kernels/subject/peak"), "roof_percent"));
    run_result_free(&run);
    planned[3].wanted = false; /* without the slower one there is no telling */
    for (int b = 0; b < BLOCKS; b++)
        for (int i = 0; i < 16; i++)
            samples[b][i].variant = i % 4 == 3 ? 2 : i % 4;
    run = (struct run_result){ 0 };
    compare_estimates(&c, blocks, BLOCKS, ALPHA, &run);
    assert_null(case_estimate(run_case(&run, "kernels/subject/fast"), "roof_percent"));
    run_result_free(&run);
}

/* Against another program the variant is counted in the roof's time, unless the roof itself is another loop there. */
static void roof_that_changed_too_is_no_unit(void **state)
{
    static const struct variant roofed[] = { { .name = "plain" }, { .name = "fast", .roofs = { "peak" } },
                                             { .name = "peak", .role = ROLE_ROOF } };
    static const struct scenario s = { .name = "kernels/subject", .summary = "s", .variants = roofed, .n_variants = 3,
                                       .run = work };
    static const struct { double host, roof, fast, want; } rows[] = {
        { 1.00, 1.0, 1.0, 1.0 }, /* nothing */
        { 1.005, 1.0, 1.0, 1.0 }, /* the host, a little: both */
        { 1.00, 1.0, 1.1, 1.1 }, /* their variant is slower */
        { 1.00, 1.1, 1.1, 1.1 }, /* a flag that slows their whole program, its roof too */
        { 1.00, 1.1, 1.0, 1.0 }, /* their roof alone */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct planned planned[3] = { { true, true, "", { 0 } }, { true, true, "", { 0 } }, { true, true, "", { 0 } } };
        struct comparison c = { .params = { .scenario = &s }, .variants = planned };
        struct sample samples[2 * BLOCKS][6];
        struct block blocks[2 * BLOCKS] = { 0 };
        struct run_result run = { 0 };

        for (int b = 0; b < 2 * BLOCKS; b++) {
            int other = b % 2;

            blocks[b] = (struct block){ .index = b, .side = other, .samples = samples[b], .n_samples = 6, .variant = -1 };
            for (int k = 0; k < 6; k++) {
                double t = k % 3 == 0 ? 100 : k % 3 == 1 ? 40 * (other ? rows[i].fast : 1) : 10 * (other ? rows[i].roof : 1);

                t *= other ? rows[i].host : 1;
                samples[b][k] = (struct sample){ .variant = k % 3, .round = k / 3, .iterations = 1, .ns = t, .cpu_ns = t };
            }
        }
        compare_estimates(&c, blocks, 2 * BLOCKS, ALPHA, &run);
        assert_true(fabs(case_estimate(run_case(&run, "kernels/subject/fast"), "vs_ref")->value - rows[i].want) < 1e-9);
        run_result_free(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roof_that_changed_too_is_no_unit),
        cmocka_unit_test(roof_percent_is_paired_with_the_slower_roof),
        cmocka_unit_test(speedup_is_paired_so_that_a_drift_of_the_host_cancels),
        cmocka_unit_test(derived_metric_follows_the_time),
        cmocka_unit_test(interval_is_open_until_there_are_enough_blocks),
        cmocka_unit_test(fault_gives_its_culprit_a_status_and_the_reference_takes_all_with_it),
        cmocka_unit_test(exact_metric_that_differs_between_blocks_is_a_wrong_result),
        cmocka_unit_test(disturbed_samples_are_left_out_while_half_of_a_block_is_clean),
        cmocka_unit_test(runs_compare_by_interval_and_exact_figures_by_value),
    };

    return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
