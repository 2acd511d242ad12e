// SPDX-License-Identifier: MIT
/* test_site_suite.c -- the suite at a glance: how a series stands, what is news, the nights, the feed; and plots that are
 * taken from the site before. */
#include "site_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the dashboard

#include "report/night.h"
#include "report/site_heat.h"
#include "report/site_plots.h"

static void a_point_stands_by_its_interval(void **state)
{
    static const struct {
        double low, high, at_least, at_most, accepted;
        enum metric_better better;
        enum heat target, kept;
    } rows[] = {
        { 9, 11, 8, NAN, NAN, METRIC_HIGHER_IS_BETTER, HEAT_GOOD, HEAT_NONE },
        { 9, 11, 10, NAN, NAN, METRIC_HIGHER_IS_BETTER, HEAT_UNSURE, HEAT_NONE },
        { 9, 11, 12, NAN, NAN, METRIC_HIGHER_IS_BETTER, HEAT_MISSED, HEAT_NONE },
        { 9, 11, NAN, 12, NAN, METRIC_LOWER_IS_BETTER, HEAT_GOOD, HEAT_NONE },
        { 9, 11, NAN, 8, NAN, METRIC_LOWER_IS_BETTER, HEAT_MISSED, HEAT_NONE },
        { 9.9, 10.1, NAN, NAN, 10, METRIC_HIGHER_IS_BETTER, HEAT_NONE, HEAT_GOOD },
        { 9, 11, NAN, NAN, 10, METRIC_HIGHER_IS_BETTER, HEAT_NONE, HEAT_UNSURE },
        { 8, 9, NAN, NAN, 10, METRIC_HIGHER_IS_BETTER, HEAT_NONE, HEAT_WORSE },
        { 8, 9, NAN, NAN, 10, METRIC_LOWER_IS_BETTER, HEAT_NONE, HEAT_BETTER },
        { 12, 13, NAN, NAN, 10, METRIC_LOWER_IS_BETTER, HEAT_NONE, HEAT_WORSE },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct point p = { .value = (rows[i].low + rows[i].high) / 2, .low = rows[i].low, .high = rows[i].high };
        struct series s = { .better = rows[i].better, .at_least = rows[i].at_least, .at_most = rows[i].at_most,
                            .accepted = rows[i].accepted, .points = &p, .n_points = 1 };

        if (site_heat_target(&s, &p) != rows[i].target || site_heat_accepted(&s, &p, 0.03) != rows[i].kept)
            fail_msg("row %zu: %d, %d", i, (int)site_heat_target(&s, &p), (int)site_heat_accepted(&s, &p, 0.03));
    }
}

static void news_is_what_the_newest_points_confirmed_and_nobody_explained(void **state)
{
    static const struct { size_t index; enum step_state state; const char *acked; bool news; } rows[] = {
        { 97, STEP_CONFIRMED, NULL, true },  { 96, STEP_CONFIRMED, NULL, false }, { 97, STEP_CONFIRMED, "known", false },
        { 99, STEP_SUSPECTED, NULL, true },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct step step = { .index = rows[i].index, .state = rows[i].state, .acked = rows[i].acked };
        struct stepped stepped = { .n_points = 100, .steps = &step, .n_steps = 1 };

        assert_int_equal(night_is_news(&stepped, &step), rows[i].news);
    }
}

/* The speedup of avx2 over 14 nights of which one is missing fell to a half three nights ago. */
static int write_fallen(const char *dir, double last, struct err *err)
{
    struct step step = { .index = 10, .before = 10, .after = 5, .effect = -0.5, .p = 1e-9, .n_after = 3 };
    struct history h = { 0 };
    struct stepped steps[2] = { { 0 } };
    struct verdict missed = { .case_id = "kernels/gemm_f32/avx2/n=1024/threads=1", .metric = "speedup",
                              .outcome = OUTCOME_MISSED_TARGET, .against = AGAINST_TARGET, .value = 5, .low = 4.9,
                              .high = 5.1, .limit = 8, .reason = "5 is below 8" };
    struct judgement judged[] = { { .run = 12, .command = "gate --quick", .judged = true, .bad = &missed, .n_bad = 1 } };
    struct site site = { .history = &h, .margin = 0.03, .generated = "2026-11-21T03:00:00Z", .version = "0.1.0",
                         .steps = steps, .judged = judged, .n_judged = ARRAY_LEN(judged) };
    struct series *s;
    int ret;

    s = add_series(&h, "avx2", &metric_speedup, 13);
    s->points[12].value = last;
    s->points[12].low = last - 0.1;
    s->points[12].high = last + 0.1;
    s->at_least = 8;
    judged[0].counts[OUTCOME_PASS] = 38;
    judged[0].counts[OUTCOME_MISSED_TARGET] = 1;
    text_copy(s->points[12].started, sizeof(s->points[12].started), "2026-11-14T02:05:53Z");
    add_series(&h, "naive", &metric_time_ns, 13);
    steps[0] = (struct stepped){ &h.series[0], NULL, NULL, 13, &step, 1 };
    steps[1] = (struct stepped){ &h.series[1], NULL, NULL, 13, NULL, 0 };
    ret = site_write(&site, dir, err);
    history_free(&h);
    return ret;
}

static void a_change_is_on_the_index_on_its_night_and_in_the_feed(void **state)
{
    struct err err = { 0 };
    struct stat st;

    (void)state;
    need_gnuplot();
    assert_written(write_fallen(at("site"), 5, &err), &err);
    assert_holds(at("site/index.html"), "<span class=\"badge bad\">WORSE</span>");
    assert_holds(at("site/index.html"), "kernels-gemm_f32.html#p1");
    assert_holds(at("site/index.html"), "1 missing, last 2026-11-13");
    assert_holds(at("site/night-2026-11-11.html"), "-50.0 %");
    assert_holds(at("site/night-2026-11-10.html"), "<p>None.</p>");
    assert_int_equal(stat(at("site/night-2026-11-13.html"), &st), -1);
    assert_holds(at("site/nights.html"), "class=\"gone\" title=\"2026-11-13: no run\"");
    assert_holds(at("site/changes.xml"), "<title>worse: kernels/gemm_f32/avx2/n=1024/threads=1 speedup -50.0 %</title>");
    assert_holds(at("site/kernels-gemm_f32.html"), "2026-11-11 02:05"); /* under the pointer */
}

static void hundreds_that_nothing_is_held_against_hide_no_other(void **state)
{
    struct history h = { 0 };
    struct err err = { 0 };

    (void)state;
    need_gnuplot();
    for (int i = 0; i < 73; i++) {
        char name[16];

        snprintf(name, sizeof(name), "v%d", i);
        add_series(&h, name, &metric_time_ns, 1);
    }
    add_series(&h, "avx2", &metric_speedup, 1)->at_least = 8;
    assert_written(write_site(&h, NULL, at("site"), &err), &err);
    assert_holds(at("site/index.html"), "and 13 with nothing to hold them against");
    assert_holds(at("site/index.html"), "avx2 n=1024/threads=1 speedup 10: holds");
    history_free(&h);
}

static void the_page_of_a_night_has_its_verdicts(void **state)
{
    struct err err = { 0 };

    (void)state;
    need_gnuplot();
    assert_written(write_fallen(at("site"), 5, &err), &err);
    assert_holds(at("site/night-2026-11-12.html"), "gate --quick");
    assert_holds(at("site/night-2026-11-12.html"), "38 <span class=\"badge good\">PASS</span>");
    assert_holds(at("site/night-2026-11-12.html"), "5 is below 8");
    assert_holds(at("site/night-2026-11-10.html"), "No gate judged this night");
    assert_holds(at("site/night-2026-11-10.html"), "0 miss their target");
    assert_holds(at("site/night-2026-11-14.html"), "1 miss their target");
}

/* As runs that came from another store: their numbers say nothing of their time. */
static void a_night_has_each_run_once_whatever_its_number(void **state)
{
    struct history h = { 0 };
    struct err err = { 0 };

    (void)state;
    need_gnuplot();
    add_series(&h, "avx2", &metric_time_ns, 3);
    add_series(&h, "naive", &metric_time_ns, 3);
    for (size_t i = 0; i < h.n_series; i++)
        for (size_t k = 0; k < 3; k++)
            h.series[i].points[k].run = 3 - (int64_t)k;
    assert_written(write_site(&h, NULL, at("site"), &err), &err);
    for (int day = 1; day <= 3; day++) {
        char page[64], number[64];

        snprintf(page, sizeof(page), "site/night-2026-11-%02d.html", day);
        snprintf(number, sizeof(number), "<th scope=\"row\" class=\"num\">%d</th>", 4 - day);
        assert_holds(at(page), number);
        assert_holds(at(page), "class=\"num\">2</td></tr>"); /* one row, of both series */
    }
    history_free(&h);
}

static void plots_are_taken_from_the_site_before_unless_they_changed(void **state)
{
    const char *same = "site/plots/kernels-gemm_f32-3-dark.svg", *other = "site/plots/kernels-gemm_f32-1-dark.svg";
    struct err err = { 0 };
    struct stat before[2], after[2];

    (void)state;
    need_gnuplot();
    assert_written(write_fallen(at("site"), 5, &err), &err);
    assert_int_equal(stat(at(same), &before[0]), 0);
    assert_int_equal(stat(at(other), &before[1]), 0);
    assert_written(write_fallen(at("site"), 7, &err), &err);
    assert_int_equal(stat(at(same), &after[0]), 0);
    assert_int_equal(stat(at(other), &after[1]), 0);
    assert_true(before[0].st_ino == after[0].st_ino);
    assert_true(before[1].st_ino != after[1].st_ino);
    put(at(same), "<svg>cut short"); /* no hash: drawn again */
    assert_written(write_fallen(at("site"), 7, &err), &err);
    assert_holds(at(same), "</svg>");
}

static void the_dark_theme_is_the_light_one_in_other_colours(void **state)
{
    static const struct { const char *light, *dark; } rows[] = {
        { "fill=\"#ffffff\" rgb(43,50,58)", "fill=\"#161b22\" rgb(213,220,228)" },
        { "stroke='rgb(  0, 114, 178)'/>", "stroke='rgb( 86, 180, 233)'/>" },
        { "color='#FFFFFF'", "color='#161B22'" },
        { "rgb(1,2,3) #123456 #1 rgb( r", "rgb(1,2,3) #123456 #1 rgb( r" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct text t = { 0 };

        text_add(&t, "");
        site_plots_darken(&t, rows[i].light);
        assert_string_equal(t.data, rows[i].dark);
        text_free(&t);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_point_stands_by_its_interval),
        cmocka_unit_test(news_is_what_the_newest_points_confirmed_and_nobody_explained),
        IN_A_FOLDER(a_change_is_on_the_index_on_its_night_and_in_the_feed),
        IN_A_FOLDER(hundreds_that_nothing_is_held_against_hide_no_other),
        IN_A_FOLDER(the_page_of_a_night_has_its_verdicts),
        IN_A_FOLDER(a_night_has_each_run_once_whatever_its_number),
        IN_A_FOLDER(plots_are_taken_from_the_site_before_unless_they_changed),
        cmocka_unit_test(the_dark_theme_is_the_light_one_in_other_colours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
