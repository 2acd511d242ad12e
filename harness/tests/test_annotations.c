// SPDX-License-Identifier: MIT
/* test_annotations.c -- the rules of the annotations: which line they stand at, how many there are, and that no text
 * begins a command or a property of its own. */
#include "report_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the reports

#include "report/annotations.h"

static const struct scenario gemm = { .name = "kernels/gemm_f32" }, packed = { .name = "kernels/gemm_f32_packed" },
                             pq = { .name = "codecs/pq" };
static const struct scenario *const scenarios[] = { &gemm, &packed, &pq };
static const struct registry registry = { scenarios, ARRAY_LEN(scenarios) };
static const struct place places[] = { { "kernels/gemm_f32.c", 268, "" }, { "kernels/gemm_f32_packed.c", 298, "" },
                                       { "codecs/a,b:c%.c", 7, "" } };

static char *annotations(const struct run_result *run)
{
    struct text t = { 0 };

    annotations_run(run, &registry, places, &t);
    return t.data;
}

static size_t count(const char *text, const char *needle)
{
    size_t n = 0;

    while ((text = strstr(text, needle))) {
        text += strlen(needle);
        n++;
    }
    return n;
}

static void a_failure_is_shown_at_the_line_of_its_scenario(void **state)
{
    struct run_result run;
    char *got;

    (void)state;
    fill_run(&run);
    got = annotations(&run);
    assert_string_equal(got,
                        "::error file=codecs/a%2Cb%3Ac%25.c,line=7,title=WRONG_RESULT codecs/pq/avx2::code 7 is 3, the "
                        "reference says 4\n"
                        "::error file=codecs/a%2Cb%3Ac%25.c,line=7,title=MISSING codecs/pq/gone/n=1::the baseline of "
                        "zen4-7950x knows it, this run lacks it\n"
                        "::error file=kernels/gemm_f32.c,line=268,title=REGRESSED kernels/gemm_f32/avx2/n=1024/threads=1"
                        "::speedup fell by 13 %25, limit 5 %25\n");
    free(got);
    run_result_free(&run);
}

static void what_is_inconclusive_is_a_warning_and_a_stranger_has_no_line(void **state)
{
    struct run_result run = { .judged = true, .exit = 3 };
    char *got;

    (void)state;
    add_verdict(&run, "gbench/BM_copy", OUTCOME_INCONCLUSIVE, "too noisy");
    add_verdict(&run, "kernels/gemm_f32/avx2/n=1", OUTCOME_PASS, "");
    got = annotations(&run);
    assert_string_equal(got, "::warning title=INCONCLUSIVE gbench/BM_copy::too noisy\n");
    free(got);
    run_result_free(&run);
}

static void nothing_failed_is_nothing_said(void **state)
{
    struct run_result run = { .judged = true };
    char *got;

    (void)state;
    add_verdict(&run, "kernels/gemm_f32/avx2/n=1", OUTCOME_IMPROVED, "");
    got = annotations(&run);
    assert_string_equal(got, "");
    free(got);
    run_result_free(&run);
}

static void ten_are_shown_the_worst_first_and_the_rest_is_counted(void **state)
{
    struct run_result run = { .judged = true, .exit = 1 };
    char id[64], *got;

    (void)state;
    for (int i = 0; i < 14; i++) {
        struct verdict *v;

        snprintf(id, sizeof(id), "kernels/gemm_f32/avx2/n=%d", i);
        v = add_verdict(&run, id, i == 13 ? OUTCOME_INCONCLUSIVE : OUTCOME_REGRESSED, "slower");
        v->change = (struct interval){ 1 + 0.01 * i, 1, 2 };
    }
    got = annotations(&run);
    assert_int_equal(count(got, "::error "), 10);
    assert_int_equal(count(got, "::warning "), 0);
    assert_int_equal(count(got, "\n"), 11);
    assert_non_null(strstr(got, "::notice title=pawl::4 more: see the summary of this job\n"));
    assert_ptr_equal(strstr(got, "n=12::"), strstr(got, "n=")); /* 12 % is the largest */
    free(got);
    run_result_free(&run);
}

static void a_run_that_is_not_judged_names_what_came_to_no_figure(void **state)
{
    struct run_result run;
    char *got;

    (void)state;
    fill_run(&run);
    run.judged = false;
    got = annotations(&run);
    assert_string_equal(got, "::error file=codecs/a%2Cb%3Ac%25.c,line=7,title=WRONG RESULT codecs/pq/avx2::code 7 is 3, "
                             "the reference says 4\n");
    free(got);
    run_result_free(&run);
}

static void a_scenario_is_told_from_one_whose_name_it_begins(void **state)
{
    (void)state;
    assert_ptr_equal(registry_place(&registry, places, "kernels/gemm_f32_packed/avx2/n=8"), &places[1]);
    assert_ptr_equal(registry_place(&registry, places, "kernels/gemm_f32"), &places[0]);
    assert_null(registry_place(&registry, places, "kernels/gemm"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_shown_at_the_line_of_its_scenario),
        cmocka_unit_test(what_is_inconclusive_is_a_warning_and_a_stranger_has_no_line),
        cmocka_unit_test(nothing_failed_is_nothing_said),
        cmocka_unit_test(ten_are_shown_the_worst_first_and_the_rest_is_counted),
        cmocka_unit_test(a_run_that_is_not_judged_names_what_came_to_no_figure),
        cmocka_unit_test(a_scenario_is_told_from_one_whose_name_it_begins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
