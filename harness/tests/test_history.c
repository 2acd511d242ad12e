// SPDX-License-Identifier: MIT
/* test_history.c -- a history on the terminal: what a sparkline shows, and how lines fit. */
#include "site_fixture.h" // NOLINT(bugprone-suspicious-include): its series

#include "report/figure.h"
#include "report/history.h"

static void set_day(struct point *p, int day)
{
    snprintf(p->started, sizeof(p->started), "2026-11-%02dT02:05:53Z", day);
}

static void print(const struct stepped *stepped, size_t n, size_t width, struct text *out)
{
    out->len = 0;
    history_table(stepped, n, &(struct table_style){ .width = width }, out);
}

static void a_missing_night_is_a_blank_in_the_sparkline(void **state)
{
    static const struct { int days[5]; const char *course; } rows[] = {
        { { 1, 2, 3, 4, 5 }, "▁▁█▁▁" },
        { { 1, 2, 4, 5, 6 }, "▁▁ █▁▁" },
        { { 1, 1, 1, 1, 1 }, "▁▁█▁▁" },    /* of one day: a run each */
        { { 1, 8, 15, 22, 28 }, "▁▁█▁▁" }, /* no nights: most days lack one */
    };
    struct history h = { 0 };
    struct series *s = add_series(&h, "avx2", &metric_time_ns, 5);
    struct stepped stepped = { .series = s, .n_points = 5 };
    struct text out = { 0 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char course[64];

        for (size_t k = 0; k < 5; k++) {
            set_day(&s->points[k], rows[i].days[k]);
            s->points[k].value = k == 2 ? 20 : 10;
        }
        print(&stepped, 1, 0, &out);
        snprintf(course, sizeof(course), "  %s  ", rows[i].course);
        if (!strstr(out.data, course))
            fail_msg("row %zu: no '%s' in '%s'", i, course, out.data);
    }
    text_free(&out);
    history_free(&h);
}

static size_t longest_line(const char *s)
{
    size_t most = 0;

    for (; *s; s += strcspn(s, "\n"), s += *s == '\n') {
        struct text line = { 0 };

        text_addf(&line, "%.*s", (int)strcspn(s, "\n"), s);
        if (!strstr(line.data, "kernels/") && figure_columns(line.data) > most)
            most = figure_columns(line.data);
        text_free(&line);
    }
    return most;
}

static void lines_fit_the_terminal_and_a_pipe_gets_all_of_them(void **state)
{
    struct step step = { .index = 30, .before = 10, .after = 20, .effect = 1, .n_after = 30, .epoch = true };
    struct history h = { 0 };
    struct stepped stepped[4];
    struct text out = { 0 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stepped); i++)
        add_series(&h, i < 2 ? "avx2" : "avx512", i % 2 ? &metric_time_ns : &metric_speedup, 60);
    for (size_t i = 0; i < ARRAY_LEN(stepped); i++) {
        for (size_t k = 0; k < 60; k++) /* newest last: figures of October and November */
            snprintf(h.series[i].points[k].started, sizeof(h.series[i].points[k].started), "2026-%02zu-%02zuT02:05:53Z",
                     10 + k / 30, k % 30 + 1);
        stepped[i] = (struct stepped){ &h.series[i], NULL, NULL, 60, &step, 1 };
    }
    print(stepped, ARRAY_LEN(stepped), 0, &out);
    assert_null(strstr(out.data, "\n\n"));
    assert_true(longest_line(out.data) > 0 && strstr(out.data, "since 2026-11-01, the host changed, too") != NULL);
    print(stepped, ARRAY_LEN(stepped), 110, &out); /* a heading over its metrics, in all words */
    assert_non_null(strstr(out.data, "\nkernels/gemm_f32/avx512/n=1024/threads=1\nspeedup "));
    assert_non_null(strstr(out.data, "the host changed, too"));
    assert_in_range(longest_line(out.data), 60, 110);
    print(stepped, ARRAY_LEN(stepped), 64, &out); /* in fewer words, shorter sparklines */
    assert_non_null(strstr(out.data, "since 2026-11-01, host\n"));
    assert_in_range(longest_line(out.data), 50, 64);
    out.len = 0;
    steps_table(stepped, ARRAY_LEN(stepped), false, &(struct table_style){ .width = 80 }, &out);
    assert_non_null(strstr(out.data, "\nkernels/gemm_f32/avx512/n=1024/threads=1 on zen4-7950x\n"));
    assert_in_range(longest_line(out.data), 50, 80);
    out.len = 0;
    steps_table(stepped, ARRAY_LEN(stepped), false, &(struct table_style){ 0 }, &out);
    assert_null(strstr(out.data, "\n\n"));
    text_free(&out);
    history_free(&h);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_night_is_a_blank_in_the_sparkline),
        cmocka_unit_test(lines_fit_the_terminal_and_a_pipe_gets_all_of_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
