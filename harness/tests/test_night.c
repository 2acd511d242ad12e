// SPDX-License-Identifier: MIT
/* test_night.c -- a night in Markdown: short, the worst first, and what is missing is said. */
#include "site_fixture.h" // NOLINT(bugprone-suspicious-include): its series

#include "report/night.h"

/* avx2 fell by a half three nights ago and misses its target; naive is suspected; a third became faster. */
static void fill(struct history *h, struct stepped *stepped, const struct step *steps)
{
    static const char *const names[] = { "avx2", "naive", "avx512" };

    *h = (struct history){ 0 };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        add_series(h, names[i], i == 1 ? &metric_time_ns : &metric_speedup, 13);
    h->series[0].at_least = 30;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        h->series[i].accepted = NAN;
        stepped[i] = (struct stepped){ &h->series[i], NULL, NULL, 13, &steps[i], 1 };
    }
}

static void the_worst_comes_first_and_what_is_missing_is_said(void **state)
{
    static const struct step steps[] = {
        { .index = 10, .before = 10, .after = 5, .effect = -0.5, .n_after = 3 },
        { .index = 12, .before = 1e6, .after = 3e6, .effect = 2, .n_after = 1, .state = STEP_SUSPECTED },
        { .index = 10, .before = 10, .after = 30, .effect = 2, .n_after = 3 },
    };
    static const struct night_line lines[] = { { "kernels/gemm_f32", 13, 0 }, { "codecs/pq", 12, 1 }, { "inference/decode", 0, 4 } };
    static const char *const in_order[] = {
        "## Night of 2026-11-13: 2 parts failed, 1 figure misses its target, 1 case worse, 1 perhaps worse, 1 case better\n",
        "**Missing before it: 2026-11-11, 2026-11-12.**\n",
        "1 of 5 parts measured (cut short: `pawl nightly` goes on) on zen4-7950x, commit 3f9c2ab41d77.\n",
        "| codecs/pq | 12 | **wrong, crashed or timed out** |\n| inference/decode | - | **failed** |\n",
        "| **misses its target** | kernels/gemm_f32/avx2/",
        "| **worse** -50.0\u00a0% | kernels/gemm_f32/avx2/",
        "| **worse?** +200.0\u00a0% | kernels/gemm_f32/naive/",
        "1.00\u00a0ms to 3.00\u00a0ms",
        "2026\u201111\u201113 ",
        "| better +200.0\u00a0% | kernels/gemm_f32/avx512/",
        "Measured: kernels/gemm_f32 (run 13).\n",
    };
    struct stepped stepped[ARRAY_LEN(steps)];
    struct night_report report = { .night = "2026-11-13", .host_class = "zen4-7950x", .commit = "3f9c2ab41d77e0c5",
                                   .lines = lines, .n_lines = ARRAY_LEN(lines), .n_parts = 5,
                                   .missing = "2026-11-11, 2026-11-12", .stepped = stepped,
                                   .n_stepped = ARRAY_LEN(stepped), .margin = 0.03 };
    struct history h;
    struct text t = { 0 };
    const char *at;

    (void)state;
    fill(&h, stepped, steps);
    night_markdown(&report, &t);
    at = t.data;
    for (size_t i = 0; i < ARRAY_LEN(in_order); i++) {
        const char *next = strstr(at, in_order[i]);

        if (!next)
            fail_msg("'%s' is not in its place in:\n%s", in_order[i], t.data);
        at = next;
    }
    text_free(&t);
    history_free(&h);
}

static void a_quiet_night_is_short(void **state)
{
    static const struct night_line lines[] = { { "harness/null", 1, 0 } };
    struct night_report report = { .night = "2026-11-13", .host_class = "h", .commit = "", .lines = lines, .n_lines = 1,
                                   .n_parts = 1, .missing = "" };
    struct text t = { 0 };

    (void)state;
    night_markdown(&report, &t);
    assert_string_equal(t.data, "## Night of 2026-11-13: nothing changed\n\n1 of 1 part measured on h, commit unknown.\n\n"
                                "No change of any level.\n\nMeasured: harness/null (run 1).\n");
    text_free(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_comes_first_and_what_is_missing_is_said),
        cmocka_unit_test(a_quiet_night_is_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
