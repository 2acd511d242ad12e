// SPDX-License-Identifier: MIT
/* test_site_pages.c -- what the pages of the dashboard say and show. */
#include "site_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the dashboard

static void assert_lacks(const char *path, const char *needle)
{
    struct text t = get(path);

    if (strstr(t.data, needle))
        fail_msg("'%s' holds '%s'", path, needle);
    text_free(&t);
}

/* The colour of the line that an SVG of gnuplot's names so: the stroke after its title. */
static void assert_colour(const char *path, const char *line, const char *rgb)
{
    struct text t = get(path);
    const char *name = strstr(t.data, line), *stroke = name ? strstr(name, "stroke='rgb(") : NULL;

    if (!stroke || strncmp(stroke + strlen("stroke='"), rgb, strlen(rgb)) != 0)
        fail_msg("'%s': the line '%s' is not %s but %.30s", path, line, rgb, stroke ? stroke : "absent");
    text_free(&t);
}

static void a_site_has_a_page_and_plots_for_every_scenario(void **state)
{
    struct err err;

    (void)state;
    need_gnuplot();
    assert_written(write_sample(at("new/parents/site"), 5, &err), &err);
    assert_holds(at("new/parents/site/index.html"), "href=\"kernels-gemm_f32.html#zen4-7950x\"");
    assert_holds(at("new/parents/site/index.html"), "Written <time datetime=\"2026-11-21T03:00:00Z\">");
    assert_holds(at("new/parents/site/codecs-pq.html"), "the baseline of zen4-7950x knows it");
    assert_holds(at("new/parents/site/kernels-gemm_f32.html"), "alt=\"speedup over 5 runs; last: avx2 11 x\"");
    assert_holds(at("new/parents/site/kernels-gemm_f32.html"), "openblas <small>peer</small>");
    assert_holds(at("new/parents/site/plots/kernels-gemm_f32-1-light.svg"), "at least 8");
    assert_holds(at("new/parents/site/plots/kernels-gemm_f32-4-dark.svg"), "naive (reference)");
    assert_int_equal(count_entries(at("new/parents/site/plots")), 8);
    assert_int_equal(count_entries(at("new/parents")), 1); /* no temporary folder is left */
}

/* A gate of one other scenario: the case that spoiled the pages of all others. */
static void fill_narrow(struct run_result *run)
{
    struct case_result *c;

    *run = (struct run_result){ .judged = true };
    fill_info(&run->info);
    run->info.id = 13;
    text_copy(run->info.command, sizeof(run->info.command), "gate harness/null");
    text_copy(run->info.started, sizeof(run->info.started), "2026-11-22T02:05:53Z");
    c = add_case(run, "harness/null", "again", "");
    add_estimate(c, &metric_time_ns, 1, 0.01);
    add_verdict(run, c->id, OUTCOME_PASS, "");
}

static void write_narrow(const char *dir, size_t n_runs)
{
    struct run_result runs[2];
    struct history h;
    struct site site = { .history = &h, .runs = runs, .n_runs = n_runs, .generated = "", .version = "" };
    struct err err;

    fill_narrow(&runs[0]);
    fill_run(&runs[1]);
    fill_history(&h, 5);
    add_series(&h, "openblas", &metric_speedup, 5)->role = ROLE_PEER;
    assert_written(site_write(&site, dir, &err), &err);
    history_free(&h);
    run_result_free(&runs[0]);
    run_result_free(&runs[1]);
}

static void a_narrow_last_run_does_not_spoil_the_other_pages(void **state)
{
    const char *page, *index;

    (void)state;
    need_gnuplot();
    write_narrow(at("site"), 2);
    page = at("site/kernels-gemm_f32.html");
    index = at("site/index.html");
    assert_holds(page, "REGRESSED");
    assert_holds(page, "in run 12, <time datetime=\"2026-11-21T02:05:53Z\">");
    assert_holds(page, "<code>pawl gate --quick</code>");
    assert_lacks(page, "2026-11-22");
    assert_lacks(page, "NO VERDICT");
    assert_holds(at("site/harness-null.html"), "in run 13, ");
    assert_holds(index, "REGRESSED");                                        /* gemm's own row */
    assert_holds(index, "1 pass</td><td data-label=\"When\"><time datetime=\"2026-11-22"); /* the host's */
}

static void variants_keep_their_roles_and_colours_whatever_ran_last(void **state)
{
    static const char grey[] = "rgb( 91, 101, 112)", blue[] = "rgb(  0, 114, 178)", orange[] = "rgb(201,  79,   0)";

    (void)state;
    need_gnuplot();
    write_narrow(at("site"), 1); /* no run of gemm at all: the history says what is what */
    assert_colour(at("site/plots/kernels-gemm_f32-4-light.svg"), "naive (reference)", grey);
    assert_colour(at("site/plots/kernels-gemm_f32-1-light.svg"), "avx2", blue);
    assert_colour(at("site/plots/kernels-gemm_f32-1-light.svg"), "openblas (peer)", orange);
}

static void a_run_in_which_everything_failed_is_shown(void **state)
{
    struct run_result run = { 0 };
    struct history h = { 0 };
    struct case_result *c;
    struct err err;

    (void)state;
    need_gnuplot();
    fill_info(&run.info);
    c = add_case(&run, "kernels/gemm_f32", "avx2", "n=512");
    c->status = CASE_CRASHED;
    text_copy(c->reason, sizeof(c->reason), "killed by signal 11");
    assert_written(write_site(&h, &run, at("site"), &err), &err);
    assert_holds(at("site/index.html"), "<span class=\"badge bad\">CRASHED</span>");
    assert_holds(at("site/kernels-gemm_f32.html"), "killed by signal 11");
    run_result_free(&run);
}

static void a_small_step_is_seen_beside_a_speedup(void **state)
{
    struct history h = { 0 };
    struct series *avx2, *avx512;
    struct err err;

    (void)state;
    need_gnuplot();
    add_series(&h, "avx2", &metric_speedup, 70);
    add_series(&h, "avx512", &metric_speedup, 70);
    add_series(&h, "openblas", &metric_speedup, 70)->role = ROLE_PEER;
    avx2 = &h.series[0];
    avx512 = &h.series[1];
    for (size_t i = 0; i < 70; i++) {
        avx2->points[i].value = i < 5 ? 1 : i < 65 ? 40 : 36; /* the oldest ten are not shown */
        avx512->points[i].value = i < 68 ? 180 : 360;         /* leaves the frame */
        snprintf(avx2->points[i].started, sizeof(avx2->points[i].started), "2026-%02u-%02uT02:05:53Z",
                 (unsigned)(i / 28 + 1), (unsigned)(i % 28 + 1));
        text_copy(avx512->points[i].started, sizeof(avx512->points[i].started), avx2->points[i].started);
        text_copy(h.series[2].points[i].started, sizeof(avx2->points[i].started), avx2->points[i].started);
    }
    assert_written(write_site(&h, NULL, at("site"), &err), &err);
    assert_holds(at("site/kernels-gemm_f32.html"),
                 "alt=\"change of the speedup against its median over 60 runs; last: avx2 -10.0 %, avx512 +100.0 %\"");
    assert_holds(at("site/kernels-gemm_f32.html"),
                 "each speedup against its median of these 60 runs; dashed: the gate&#39;s margin, ±3 %");
    assert_holds(at("site/plots/kernels-gemm_f32-2-light.svg"), "change of the speedup (%)");
    assert_holds(at("site/plots/kernels-gemm_f32-2-light.svg"), "-10</text>");
    assert_holds(at("site/plots/kernels-gemm_f32-2-light.svg"), "stroke-dasharray");
    assert_lacks(at("site/plots/kernels-gemm_f32-2-light.svg"), "openblas"); /* nobody judges a peer */
    assert_lacks(at("site/plots/kernels-gemm_f32-1-light.svg"), "change of the speedup");
    history_free(&h);
}

/* How often an SVG holds a text. */
static size_t count_in(const char *path, const char *needle)
{
    struct text t = get(path);
    size_t n = 0;

    for (const char *s = t.data; (s = strstr(s, needle)); s++)
        n++;
    text_free(&t);
    return n;
}

/* How many pieces the path has that an SVG of gnuplot's draws first after `mark`; a line's title, say: the sample in
 * the legend and the line are one path. */
static size_t pieces_of(const char *path, const char *mark)
{
    struct text t = get(path);
    char *from = strstr(t.data, mark), *end;
    size_t n = 0;

    from = from ? strstr(from, " d='") : NULL;
    end = from ? strstr(from, "/>") : NULL;
    if (!end)
        fail_msg("'%s' draws nothing after '%s'", path, mark);
    for (const char *s = from; s < end; s++)
        n += *s == 'M';
    text_free(&t);
    return n;
}

static void set_epochs(struct series *s, size_t from, size_t to, const char *epoch)
{
    for (size_t i = from; i < to; i++)
        text_copy(s->points[i].epoch, sizeof(s->points[i].epoch), epoch);
}

static void a_new_epoch_of_the_host_is_a_rule_that_no_line_crosses(void **state)
{
    struct history h = { 0 };
    struct series *s;
    struct err err;

    (void)state;
    need_gnuplot();
    s = add_series(&h, "avx2", &metric_speedup, 20);
    for (size_t i = 0; i < 20; i++)
        s->points[i].value = i < 15 ? 10 : 9;
    assert_written(write_site(&h, NULL, at("old"), &err), &err); /* no epochs are known */
    set_epochs(s, 0, 12, "0000000a");
    set_epochs(s, 15, 20, "0000000b"); /* 12 to 14 are not known: taken for the older */
    assert_written(write_site(&h, NULL, at("new"), &err), &err);
    for (size_t i = 1; i <= 2; i++) { /* the speedup, and its change */
        char old_file[64], new_file[64];

        snprintf(old_file, sizeof(old_file), "old/plots/kernels-gemm_f32-%zu-light.svg", i);
        snprintf(new_file, sizeof(new_file), "new/plots/kernels-gemm_f32-%zu-light.svg", i);
        assert_int_equal(count_in(at(old_file), "host changed"), 0);
        assert_int_equal(count_in(at(new_file), "host changed"), 1);
        assert_int_equal(pieces_of(at(new_file), "<title>avx2</title>"),
                         pieces_of(at(old_file), "<title>avx2</title>") + 1);
    }
    assert_holds(at("new/kernels-gemm_f32.html"), "against its median of the 5 runs since the host changed; dashed");
    assert_holds(at("new/kernels-gemm_f32.html"),
                 "over 20 runs; the host last changed before 2026-11-16; last: avx2 +0.0 %\""); /* not -10 % */
    history_free(&h);
}

static void a_change_is_against_the_newest_epoch_that_has_a_figure(void **state)
{
    struct history h = { 0 };
    struct err err;

    (void)state;
    need_gnuplot();
    add_series(&h, "avx2", &metric_speedup, 6);
    add_series(&h, "avx512", &metric_speedup, 4); /* not in the new epoch */
    for (size_t i = 0; i < 6; i++)
        h.series[0].points[i].value = i < 4 ? 10 : 5;
    for (size_t i = 0; i < 4; i++)
        h.series[1].points[i].value = i < 3 ? 20 : 21;
    for (size_t i = 0; i < 2; i++) {
        set_epochs(&h.series[i], 0, 4, "0000000a");
        set_epochs(&h.series[i], 4, h.series[i].n_points, "0000000b");
    }
    assert_written(write_site(&h, NULL, at("site"), &err), &err);
    assert_holds(at("site/kernels-gemm_f32.html"), "last: avx2 +0.0 %, avx512 +5.0 %\"");
    history_free(&h);
}

static void of_many_epochs_every_rule_is_drawn_and_no_words_meet(void **state)
{
    struct history h = { 0 };
    const char *light;
    struct err err;

    (void)state;
    need_gnuplot();
    add_series(&h, "avx2", &metric_speedup, 28);
    for (size_t i = 0; i < 28; i++)
        set_epochs(&h.series[0], i, i + 1, i % 2 ? "0000000a" : "0000000b");
    assert_written(write_site(&h, NULL, at("site"), &err), &err);
    light = at("site/plots/kernels-gemm_f32-1-light.svg");
    assert_in_range(count_in(light, "host changed"), 2, 5);
    assert_int_equal(pieces_of(light, "stroke-dasharray='1.6,1.6'"), 27);
    history_free(&h);
}

static struct drill_row drill(const char *host_class, const char *started, double effect, int verdicts, int regressed)
{
    struct drill_row r = {
        .effect = effect, .margin = 0.03, .runs = 20, .verdicts = verdicts, .regressed = regressed, .seconds = 31.25
    };

    text_copy(r.host_class, sizeof(r.host_class), host_class);
    text_copy(r.started, sizeof(r.started), started);
    text_copy(r.commit, sizeof(r.commit), "3f9c2ab41d77e0c5");
    text_copy(r.cases, sizeof(r.cases), "everything");
    return r;
}

/* Speedups and exact figures mean something from one class to another; times do not. */
static void classes_of_hosts_stand_side_by_side(void **state)
{
    struct run_result run;
    struct history h;
    struct series *other;
    struct err err;
    const char *page;

    (void)state;
    need_gnuplot();
    fill_run(&run);
    fill_history(&h, 5);
    assert_written(write_site(&h, &run, at("one"), &err), &err);
    assert_lacks(at("one/kernels-gemm_f32.html"), "side by side"); /* there is one */
    other = add_series(&h, "avx2", &metric_speedup, 3);
    text_copy(other->host_class, sizeof(other->host_class), "b<i>");
    other->points[2].value = 7.25;
    other->points[2].low = 7.1;
    other->points[2].high = 7.4;
    assert_written(write_site(&h, &run, at("two"), &err), &err);
    page = at("two/kernels-gemm_f32.html");
    assert_holds(page, "Host classes side by side");
    assert_holds(page, "<a href=\"#b&lt;i&gt;\">b&lt;i&gt;</a>");
    assert_lacks(page, "<i>");
    assert_holds(page, "data-label=\"b&lt;i&gt;\">7.25 <span class=\"range\">[7.10, 7.40]</span></td>"
                       "<td class=\"num\" data-label=\"zen4-7950x\">11 ");
    assert_holds(page, "<td data-label=\"Metric\">recall@10</td><td class=\"num\" data-label=\"b&lt;i&gt;\">-</td>");
    assert_lacks(page, "<td data-label=\"Metric\">time_ns</td>");
    history_free(&h);
    run_result_free(&run);
}

static void the_last_drill_of_each_host_class_is_shown(void **state)
{
    static const char day1[] = "2026-11-20T02:05:53Z", day2[] = "2026-11-21T02:05:53Z";
    struct drill_row drills[] = {
        drill("zen4", day1, 0, 500, 7), /* an older one */
        drill("b<i>", day1, 0, 0, 0),   /* asked nothing */
        drill("b<i>", day1, 0.25, 0, 0),
        drill("zen4", day2, 0, 600, 0),
        drill("zen4", day2, 0.03, 600, 570),
    };
    struct history h = { 0 };
    struct site site = { .history = &h,
                         .drills = drills,
                         .n_drills = ARRAY_LEN(drills),
                         .margin = 0.03,
                         .generated = "",
                         .version = "" };
    struct err err;
    const char *index;

    (void)state;
    need_gnuplot();
    text_copy(drills[1].cases, sizeof(drills[1].cases), HOSTILE);
    assert_written(site_write(&site, at("site"), &err), &err);
    index = at("site/index.html");
    assert_holds(index, "What this gate detects: zen4</h2>");
    assert_holds(index, "What this gate detects: b&lt;i&gt;</h2>");
    assert_holds(index, "&lt;script&gt;alert");
    assert_lacks(index, "<script>");
    assert_holds(index, "nothing (A/A)");
    assert_holds(index, "570 of 600: 95.0 % [92.9, 96.6]");
    assert_holds(index, "no verdict</td>");
    assert_lacks(index, "7 of 500");
    assert_holds(index, "alt=\"share of verdicts REGRESSED by slowdown; 0 %: 0 %; 3 %: 95 %\"");
    assert_holds(at("site/plots/drill-2-dark.svg"), "A/A");
    assert_holds(at("site/plots/drill-2-light.svg"), "margin: never passes");
    assert_holds(at("site/plots/drill-2-light.svg"), "<use xlink:href='#gpPt6'");
    assert_lacks(at("site/plots/drill-1-light.svg"), "<use xlink:href='#gpPt6'"); /* nothing asked: no point, not 0 */
    assert_int_equal(count_entries(at("site/plots")), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(a_site_has_a_page_and_plots_for_every_scenario),
        IN_A_FOLDER(a_narrow_last_run_does_not_spoil_the_other_pages),
        IN_A_FOLDER(variants_keep_their_roles_and_colours_whatever_ran_last),
        IN_A_FOLDER(a_run_in_which_everything_failed_is_shown),
        IN_A_FOLDER(a_small_step_is_seen_beside_a_speedup),
        IN_A_FOLDER(a_new_epoch_of_the_host_is_a_rule_that_no_line_crosses),
        IN_A_FOLDER(a_change_is_against_the_newest_epoch_that_has_a_figure),
        IN_A_FOLDER(of_many_epochs_every_rule_is_drawn_and_no_words_meet),
        IN_A_FOLDER(classes_of_hosts_stand_side_by_side),
        IN_A_FOLDER(the_last_drill_of_each_host_class_is_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
