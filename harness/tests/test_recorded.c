// SPDX-License-Identifier: MIT
/* test_recorded.c -- the gate on samples of two real runs of one binary: nothing changed, so it must pass; the same
 * samples with the variant made 10 % slower must fail. */
#include "base/text.h"
#include "judge/compare.h"
#include "judge/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void work(void *state, const struct variant *variant, int64_t n)
{
    (void)state;
    (void)variant;
    (void)n;
}

static const int64_t sizes[] = { 512 }, one[] = { 1 };
static const struct axis axes[] = { { .name = "n", .values = sizes, .n_values = 1 },
                                    { .name = "threads", .values = one, .n_values = 1 } };
static const struct variant variants[] = { { .name = "naive" }, { .name = "avx2", .isa = ISA_AVX2 } };
static const struct scenario gemm = {
    .name = "kernels/gemm_f32", .summary = "s", .axes = axes, .n_axes = 2, .variants = variants, .n_variants = 2,
    .run = work,
};

enum { BLOCKS = 24, SAMPLES = 8 };

/* The estimates of run `number` of the file, with every time of avx2 multiplied by `factor`. */
static struct run_result recorded(int number, double factor)
{
    static struct sample samples[BLOCKS][SAMPLES];
    struct block blocks[BLOCKS] = { 0 };
    struct planned planned[2] = { { .wanted = true }, { .wanted = true } };
    struct comparison c = { .params = { &gemm, { 512, 1 } }, .variants = planned };
    struct run_result run = { .info = { .id = number, .commit = "abc", .started = "2026-11-21T00:00:00Z",
                                        .host = { .class = "recorded" } } };
    FILE *f = fopen(PAWL_TEST_DATA "/recorded/gemm_f32.txt", "r");
    char line[256], variant[16];
    int r, block, round, switches, migrated;
    double ns, cpu_ns;

    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        bool fast;
        struct block *b;

        if (line[0] == '#')
            continue;
        assert_int_equal(sscanf(line, "%d %d %d %15s %lf %lf %d %d", &r, &block, &round, variant, &ns, &cpu_ns, &switches,
                                &migrated), 8);
        if (r != number)
            continue;
        fast = strcmp(variant, "avx2") == 0;
        b = &blocks[block];
        assert_true(block < BLOCKS && b->n_samples < SAMPLES);
        b->samples = samples[block];
        b->variant = -1;
        b->samples[b->n_samples++] = (struct sample){ .variant = fast, .round = round, .ns = fast ? ns * factor : ns,
                                                        .cpu_ns = fast ? cpu_ns * factor : cpu_ns,
                                                        .switches = switches, .migrated = migrated };
    }
    fclose(f);
    compare_estimates(&c, blocks, BLOCKS, compare_rule_unjudged(0).alpha, &run);
    return run;
}

/* The verdict of the second run, slowed down by `factor`, against the accepted first. */
static struct verdict gate(double factor, int *exit)
{
    struct targets none = { 0 };
    struct baseline baseline = { 0 };
    struct run_result first = recorded(1, 1), second = recorded(2, factor);
    struct gate_rules rules;
    struct verdict verdict;
    struct err err = { 0 };
    size_t changed;

    if (baseline_accept(&baseline, &first, "the first run", false, false, &changed, &err) < 0)
        fail_msg("%s", err.msg);
    rules = (struct gate_rules){ .targets = &none, .baseline = &baseline, .alpha = compare_rule_unjudged(0).alpha };
    gate_judge(&second, &rules, NULL);
    assert_int_equal(second.n_verdicts, 1);
    verdict = second.verdicts[0];
    *exit = second.exit;
    baseline_free(&baseline);
    run_result_free(&first);
    run_result_free(&second);
    return verdict;
}

static void unchanged_binary_passes(void **state)
{
    int exit;
    struct verdict v = gate(1, &exit);

    (void)state;
    if (v.outcome != OUTCOME_PASS || exit != 0)
        fail_msg("%s: %s", outcome_name(v.outcome), v.reason);
}

static void ten_percent_slower_fails(void **state)
{
    int exit;
    struct verdict v = gate(1.10, &exit);

    (void)state;
    if (v.outcome != OUTCOME_REGRESSED || exit != 1)
        fail_msg("%s: %s", outcome_name(v.outcome), v.reason);
}

static void three_percent_slower_fails(void **state)
{
    int exit;
    struct verdict v = gate(1.03, &exit);

    (void)state;
    if (v.outcome != OUTCOME_REGRESSED || exit != 1)
        fail_msg("%s: %s", outcome_name(v.outcome), v.reason);
}

static void ten_percent_faster_is_an_improvement_not_a_failure(void **state)
{
    int exit;
    struct verdict v = gate(1 / 1.10, &exit);

    (void)state;
    if (v.outcome != OUTCOME_IMPROVED || exit != 0)
        fail_msg("%s: %s", outcome_name(v.outcome), v.reason);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unchanged_binary_passes),
        cmocka_unit_test(ten_percent_slower_fails),
        cmocka_unit_test(three_percent_slower_fails),
        cmocka_unit_test(ten_percent_faster_is_an_improvement_not_a_failure),
    };

    return cmocka_run_group_tests_name("recorded", tests, NULL, NULL);
}
