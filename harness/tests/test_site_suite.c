// SPDX-License-Identifier: MIT
/* test_site_suite.c -- the suite at a glance: how a series stands, what is news, the nights, the feed; and plots that are
 * taken from the site before. */
#include "site_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the dashboard

#include "declare/registry.h"
#include "report/news.h"
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

static void news_is_what_began_in_the_last_three_nights_and_nobody_explained(void **state)
{
    static const struct { size_t index; enum step_state state; const char *acked; size_t a_day; bool news; } rows[] = {
        { 97, STEP_CONFIRMED, NULL, 1, true },    { 96, STEP_CONFIRMED, NULL, 1, false },
        { 97, STEP_CONFIRMED, "known", 1, false }, { 99, STEP_SUSPECTED, NULL, 1, true },
        { 92, STEP_CONFIRMED, NULL, 4, true }, /* four runs a day: still of the last three nights */
        { 87, STEP_CONFIRMED, NULL, 4, false },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct step step = { .index = rows[i].index, .state = rows[i].state, .acked = rows[i].acked };
        struct point points[100] = { { .run = 1 } };
        struct series series = { .points = points, .n_points = ARRAY_LEN(points) };
        struct stepped stepped = { .series = &series, .n_points = ARRAY_LEN(points), .steps = &step, .n_steps = 1 };

        for (size_t k = 0; k < ARRAY_LEN(points); k++)
            snprintf(points[k].started, sizeof(points[k].started), "2026-%02zu-%02zuT02:05:53Z",
                     k / rows[i].a_day / 28 + 1, k / rows[i].a_day % 28 + 1);
        assert_int_equal(news_is_fresh(&stepped, &step, NULL), rows[i].news);
    }
}

static void a_case_is_told_once_and_the_worst_first(void **state)
{
    struct step steps[] = {
        { .before = 1, .after = 1.1, .effect = 0.1 },                             /* time: worse */
        { .before = 10, .after = 9, .effect = -0.1 },                             /* the same in speedup */
        { .before = 1, .after = 0.5, .effect = -0.5 },                            /* another case: better */
        { .before = 1, .after = 3, .effect = 2, .state = STEP_SUSPECTED },        /* a third: suspected */
        { .before = 1, .after = 9, .effect = 8 },                                 /* a roof */
    };
    static const struct { const char *id; const struct metric *metric; enum variant_role role; } cases[] = {
        { "a", &metric_time_ns, ROLE_OURS }, { "a", &metric_speedup, ROLE_OURS }, { "b", &metric_time_ns, ROLE_OURS },
        { "c", &metric_time_ns, ROLE_OURS }, { "d", &metric_time_ns, ROLE_ROOF },
    };
    static const char *const order[] = { "a", "c", "b", "d" };
    struct series series[ARRAY_LEN(cases)] = { { .kind = METRIC_TIMED } };
    struct stepped stepped[ARRAY_LEN(cases)];
    struct point point = { .started = "2026-11-29T02:05:53Z" };
    struct news_list list;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        series[i].better = cases[i].metric->better;
        series[i].role = cases[i].role;
        text_copy(series[i].case_id, sizeof(series[i].case_id), cases[i].id);
        text_copy(series[i].metric, sizeof(series[i].metric), cases[i].metric->name);
        series[i].points = &point;
        series[i].n_points = 1;
        stepped[i] = (struct stepped){ .series = &series[i], .n_points = 1, .steps = &steps[i], .n_steps = 1 };
    }
    news_collect(&list, stepped, ARRAY_LEN(stepped), news_is_fresh, NULL);
    assert_int_equal(list.n, ARRAY_LEN(order));
    for (size_t i = 0; i < list.n; i++)
        assert_string_equal(list.news[i].items->stepped->series->case_id, order[i]);
    assert_int_equal(list.news[0].n_items, 2);
    assert_string_equal(list.news[0].items->stepped->series->metric, "speedup"); /* what is gated tells most */
    news_free(&list);
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
    static const struct scenario gemm = { .name = "kernels/gemm_f32", .summary = "C = A B & nothing else" };
    static const struct scenario *const scenarios[] = { &gemm };
    static const struct registry registry = { scenarios, 1 };
    struct site site = { .history = &h, .margin = 0.03, .generated = "2026-11-21T03:00:00Z", .version = "0.1.0",
                         .registry = &registry,
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
    assert_holds(at("site/index.html"), "1 missing, last <time>2026-11-13</time>; <b>none in the 7 days since</b>");
    assert_holds(at("site/night-2026-11-11.html"), "-50.0 %");
    assert_holds(at("site/night-2026-11-10.html"), "<p>None.</p>");
    assert_int_equal(stat(at("site/night-2026-11-13.html"), &st), -1);
    assert_holds(at("site/nights.html"), "class=\"gone\" title=\"2026-11-13: no run\"");
    assert_holds(at("site/changes.xml"), "<title>worse: kernels/gemm_f32/avx2/n=1024/threads=1 speedup -50.0 %</title>");
    assert_holds(at("site/kernels-gemm_f32.html"), "2026-11-11 02:05"); /* under the pointer */
    assert_holds(at("site/kernels-gemm_f32.html"), "<p class=\"lead\">C = A B &amp; nothing else</p>");
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

/* Every colour of the plots is another one in the dark theme. */
static void the_dark_theme_knows_every_colour_of_the_plots(void **state)
{
    extern const char dashboard_theme_gp[];
    size_t n = 0;

    (void)state;
    for (const char *at = dashboard_theme_gp; (at = strchr(at, '#')); at++) {
        struct text dark = { 0 };
        char light[8] = "";

        if (strspn(at + 1, "0123456789abcdef") < 6)
            continue; /* a comment */
        memcpy(light, at, 7);
        site_plots_darken(&dark, light);
        if (strcasecmp(dark.data, light) == 0)
            fail_msg("%s is the same in both themes", light);
        text_free(&dark);
        n++;
    }
    assert_true(n >= 12);
}

/* Longer than a plot is wide: cut, and all of its legend is within the picture. */
static void a_legend_is_within_its_picture(void **state)
{
    struct history h = { 0 };
    struct err err = { 0 };
    struct text svg;

    (void)state;
    need_gnuplot();
    for (char c = 'a'; c <= 'l'; c++) {
        char name[NAME_MAX_LEN];

        memset(name, c, sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        name[c == 'a' ? 40 : NAME_MAX_LEN - 1] = '\0';
        add_series(&h, name, &metric_speedup, 5);
    }
    assert_written(write_site(&h, NULL, at("site"), &err), &err);
    svg = get(at("site/plots/kernels-gemm_f32-1-light.svg"));
    assert_non_null(strstr(svg.data, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…</text>"));
    assert_null(strstr(svg.data, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"));
    text_free(&svg);
    history_free(&h);
}

/* Exact figures that never changed have nothing to draw; their squares still lead somewhere. */
static void what_never_changed_is_named_and_not_drawn(void **state)
{
    struct history h = { 0 };
    struct err err = { 0 };
    struct stat st;

    (void)state;
    need_gnuplot();
    add_series(&h, "avx2", &metric_recall, 5);
    for (size_t i = 0; i < 5; i++)
        h.series[0].points[i].value = h.series[0].points[i].low = h.series[0].points[i].high = 1;
    add_series(&h, "avx2", &metric_time_ns, 5);
    assert_written(write_site(&h, NULL, at("site"), &err), &err);
    assert_holds(at("site/kernels-gemm_f32.html"), "The same in every run: <span id=\"p1\">recall@10</span>.");
    assert_holds(at("site/index.html"), "href=kernels-gemm_f32.html#p1");
    assert_int_equal(stat(at("site/plots/kernels-gemm_f32-1-light.svg"), &st), -1);
    h.series[0].at_least = 0.9; /* a target is drawn, and what is held against it */
    assert_written(write_site(&h, NULL, at("site"), &err), &err);
    assert_int_equal(stat(at("site/plots/kernels-gemm_f32-1-light.svg"), &st), 0);
    history_free(&h);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_point_stands_by_its_interval),
        cmocka_unit_test(news_is_what_began_in_the_last_three_nights_and_nobody_explained),
        cmocka_unit_test(a_case_is_told_once_and_the_worst_first),
        IN_A_FOLDER(a_change_is_on_the_index_on_its_night_and_in_the_feed),
        IN_A_FOLDER(hundreds_that_nothing_is_held_against_hide_no_other),
        IN_A_FOLDER(the_page_of_a_night_has_its_verdicts),
        IN_A_FOLDER(a_night_has_each_run_once_whatever_its_number),
        IN_A_FOLDER(plots_are_taken_from_the_site_before_unless_they_changed),
        cmocka_unit_test(the_dark_theme_is_the_light_one_in_other_colours),
        cmocka_unit_test(the_dark_theme_knows_every_colour_of_the_plots),
        IN_A_FOLDER(a_legend_is_within_its_picture),
        IN_A_FOLDER(what_never_changed_is_named_and_not_drawn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
