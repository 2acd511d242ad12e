// SPDX-License-Identifier: MIT
/* test_site.c -- the rules of the dashboard: what it holds, what it refuses to touch, and what a failure leaves. */
#include "report_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the reports

#include "report/gnuplot.h"
#include "report/site.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of its own for every test; each path below it is made by at(). */
static char root[64];

static const char *at(const char *name)
{
    static char paths[4][256];
    static size_t next;
    char *path = paths[next++ % ARRAY_LEN(paths)];

    snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
    return path;
}

/* site_write() itself knows: an empty site is drawn, or the host lacks what draws. */
static void need_gnuplot(void)
{
    struct history h = { 0 };
    struct site site = { .history = &h, .generated = "", .version = "" };
    struct err err;
    char command[128];

    if (site_write(&site, at("probe"), &err) < 0 && err.code == ERR_HOST) {
        print_message("the drawing is not tested: this host lacks gnuplot\n");
        skip();
    }
    snprintf(command, sizeof(command), "rm -rf '%s/probe'", root);
    assert_int_equal(system(command), 0);
}

static int make_root(void **state)
{
    (void)state;
    text_copy(root, sizeof(root), "/tmp/pawl-site-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf '%s'", root);
    return system(command);
}

static size_t count_entries(const char *path)
{
    DIR *dir = opendir(path);
    size_t n = 0;

    if (!dir)
        return 0;
    for (const struct dirent *entry; (entry = readdir(dir));)
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return n;
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_true(file && fputs(text, file) >= 0);
    fclose(file);
}

static struct text get(const char *path)
{
    struct text t = { 0 };
    FILE *file = fopen(path, "r");
    char buf[4096];

    if (!file)
        fail_msg("cannot read '%s'", path);
    text_add(&t, "");
    while (fgets(buf, sizeof(buf), file))
        text_add(&t, buf);
    fclose(file);
    return t;
}

static void assert_holds(const char *path, const char *needle)
{
    struct text t = get(path);

    if (!strstr(t.data, needle))
        fail_msg("'%s' lacks '%s'", path, needle);
    text_free(&t);
}

static struct series *add_series(struct history *h, const char *variant, const struct metric *metric, size_t n)
{
    struct series *s;
    size_t capacity = h->n_series;

    h->series = mem_grow(h->series, &capacity, h->n_series + 1, sizeof(*h->series));
    s = &h->series[h->n_series++];
    *s = (struct series){ .kind = metric->kind, .better = metric->better, .at_least = NAN, .at_most = NAN };
    snprintf(s->case_id, sizeof(s->case_id), "kernels/gemm_f32/%s/n=1024/threads=1", variant);
    text_copy(s->scenario, sizeof(s->scenario), "kernels/gemm_f32");
    text_copy(s->variant, sizeof(s->variant), variant);
    text_copy(s->params, sizeof(s->params), "n=1024/threads=1");
    text_copy(s->metric, sizeof(s->metric), metric->name);
    text_copy(s->unit, sizeof(s->unit), metric->unit);
    text_copy(s->host_class, sizeof(s->host_class), "zen4-7950x");
    s->points = mem_array(n, sizeof(*s->points));
    s->n_points = n;
    for (size_t i = 0; i < n; i++) {
        struct point *p = &s->points[i];

        p->run = (int64_t)i + 1;
        snprintf(p->started, sizeof(p->started), "2026-11-%02uT02:05:53Z", (unsigned)(i % 28 + 1));
        snprintf(p->commit, sizeof(p->commit), "%08x", (unsigned)(i * 0x9e3779b1u));
        p->value = 10 + (double)(i % 3);
        p->low = metric->kind == METRIC_EXACT ? p->value : p->value * 0.98;
        p->high = metric->kind == METRIC_EXACT ? p->value : p->value * 1.02;
    }
    return s;
}

static void fill_history(struct history *h, size_t n)
{
    *h = (struct history){ 0 };
    add_series(h, "avx2", &metric_speedup, n)->at_least = 8;
    add_series(h, "avx2", &metric_recall, n)->at_most = 20;
    add_series(h, "avx2", &metric_time_ns, n);
    add_series(h, "naive", &metric_time_ns, n);
}

static int write_site(const struct history *h, const struct run_result *run, const char *dir, struct err *err)
{
    struct site site = { h, run, run ? 1 : 0, "2026-11-21T03:00:00Z", "0.1.0" };

    err->msg[0] = '\0';
    return site_write(&site, dir, err);
}

/* Writes a site of the fixture's run and a history of n points. */
static int write_sample(const char *dir, size_t n, struct err *err)
{
    struct run_result run;
    struct history h;
    int ret;

    fill_run(&run);
    fill_history(&h, n);
    ret = write_site(&h, &run, dir, err);
    history_free(&h);
    run_result_free(&run);
    return ret;
}

static void assert_written(int ret, const struct err *err)
{
    if (ret < 0)
        fail_msg("%s", err->msg);
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
    assert_holds(at("new/parents/site/plots/kernels-gemm_f32-3-dark.svg"), "naive (reference)");
    assert_int_equal(count_entries(at("new/parents/site/plots")), 6);
    assert_int_equal(count_entries(at("new/parents")), 1); /* no temporary folder is left */
}

static void a_rerun_gives_the_same_bytes(void **state)
{
    struct err err;
    char command[256];

    (void)state;
    need_gnuplot();
    assert_written(write_sample(at("a"), 30, &err), &err);
    assert_written(write_sample(at("b"), 30, &err), &err);
    assert_written(write_sample(at("b"), 30, &err), &err); /* over an older one */
    snprintf(command, sizeof(command), "diff -r '%s/a' '%s/b'", root, root);
    assert_int_equal(system(command), 0);
    assert_int_equal(count_entries(root), 2);
}

static void any_number_of_runs_can_be_drawn(void **state)
{
    static const size_t counts[] = { 1, 2, 3, 500 };
    struct err err;

    (void)state;
    need_gnuplot();
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        assert_written(write_sample(at("site"), counts[i], &err), &err);
}

static void odd_numbers_can_be_drawn(void **state)
{
    static const double odd[] = { NAN, INFINITY, -INFINITY, 0, -1, 1e-300, 1e300 };
    struct err err;
    struct history h;

    (void)state;
    need_gnuplot();
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
        fill_history(&h, 4);
        for (size_t j = 0; j < 4; j++) {
            h.series[0].points[j].value = h.series[0].points[j].low = odd[i];
            h.series[2].points[j].low = odd[i];
            h.series[2].points[j].high = -odd[i];
        }
        h.series[1].points[2].value = odd[i];
        h.series[0].at_least = odd[i];
        assert_written(write_site(&h, NULL, at("site"), &err), &err);
        history_free(&h);
    }
}

static void an_empty_store_makes_a_site_that_says_so(void **state)
{
    struct history h = { 0 };
    struct err err;

    (void)state;
    need_gnuplot();
    assert_int_equal(mkdir(at("site"), 0700), 0); /* an empty folder may be used */
    assert_written(write_site(&h, NULL, at("site"), &err), &err);
    assert_holds(at("site/index.html"), "No run has finished yet");
}

static void hostile_text_is_neither_markup_nor_a_command(void **state)
{
    struct run_result run;
    struct history h;
    struct err err;
    struct text t;

    (void)state;
    need_gnuplot();
    fill_run(&run);
    fill_history(&h, 3);
    text_copy(run.info.commit, sizeof(run.info.commit), HOSTILE);
    text_copy(run.info.command, sizeof(run.info.command), HOSTILE);
    text_copy(run.cases[1].reason, sizeof(run.cases[1].reason), HOSTILE);
    run.cases[1].status = CASE_CRASHED;
    text_copy(run.verdicts[1].reason, sizeof(run.verdicts[1].reason), HOSTILE);
    text_copy(h.series[0].unit, sizeof(h.series[0].unit), "'`>HACK`");
    text_copy(h.series[0].variant, sizeof(h.series[0].variant), "`>HACK`'<b>");
    text_copy(h.series[0].points[0].commit, sizeof(h.series[0].points[0].commit), "`>HACK`");
    text_copy(h.series[0].points[1].commit, sizeof(h.series[0].points[1].commit), "'\n`>HACK`");
    text_copy(h.series[3].scenario, sizeof(h.series[3].scenario), "../`>HACK`'; x");
    assert_written(write_site(&h, &run, at("site"), &err), &err);
    assert_int_equal(access(at("site/HACK"), F_OK), -1);
    assert_int_equal(access("HACK", F_OK), -1);
    assert_int_equal(count_entries(root), 1);
    t = get(at("site/kernels-gemm_f32.html"));
    assert_null(strstr(t.data, "<script>"));
    assert_null(strstr(t.data, "<b>"));
    assert_null(strchr(t.data, '\x1b'));
    assert_non_null(strstr(t.data, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &quot;q&quot; &amp; 100% |"));
    text_free(&t);
    assert_holds(at("site/plots/kernels-gemm_f32-1-light.svg"), "`>HACK`’&lt;b>");
    history_free(&h);
    run_result_free(&run);
}

static void a_folder_that_is_not_ours_is_refused_and_untouched(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(mkdir(at("home"), 0700), 0);
    put(at("home/thesis.html"), "precious");
    assert_int_equal(write_sample(at("home"), 3, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.msg, "is not a dashboard"));
    assert_holds(at("home/thesis.html"), "precious");
    assert_int_equal(count_entries(at("home")), 1);

    put(at("home/.pawl-site"), ""); /* a marker alone does not make a stranger's file ours */
    put(at("home/CNAME"), "example.org");
    assert_int_equal(write_sample(at("home"), 3, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.msg, "CNAME"));
    assert_int_equal(count_entries(at("home")), 3);

    put(at("file"), "precious");
    assert_int_equal(write_sample(at("file"), 3, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_int_equal(write_sample(at("file/site"), 3, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_holds(at("file"), "precious");
    assert_int_equal(count_entries(root), 2);
}

/* Runs write_sample() where PATH has no gnuplot, or one that is a script of ours. */
static int write_with_path(const char *path, const char *dir, struct err *err)
{
    char *saved = mem_strdup(getenv("PATH"));
    int ret;

    setenv("PATH", path, 1);
    ret = write_sample(dir, 4, err);
    setenv("PATH", saved, 1);
    free(saved);
    return ret;
}

static void without_gnuplot_nothing_is_made(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(write_with_path("/nonexistent", at("new/parents/site"), &err), -1);
    assert_int_equal(err.code, ERR_HOST);
    assert_string_equal(err.msg, "cannot draw the dashboard: gnuplot is not installed (apt install gnuplot-nox)");
    assert_int_equal(count_entries(root), 0);
}

static void a_failure_leaves_the_old_site(void **state)
{
    static const struct {
        const char *script, *says;
    } rows[] = {
        { "#!/bin/sh\necho 'line 3: no such terminal' >&2; exit 1\n", "failed: line 3: no such terminal" },
        { "#!/bin/sh\nkill -9 $$\n", "killed by signal 9" },
        { "#!/bin/sh\nexit 0\n", "did not draw" }, /* success that drew nothing */
    };
    struct err err;

    (void)state;
    assert_int_equal(mkdir(at("site"), 0700), 0);
    put(at("site/.pawl-site"), "");
    put(at("site/index.html"), "the old site");
    assert_int_equal(mkdir(at("bin"), 0700), 0);
    assert_int_equal(write_with_path("/nonexistent", at("site"), &err), -1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        put(at("bin/gnuplot"), rows[i].script);
        assert_int_equal(chmod(at("bin/gnuplot"), 0700), 0);
        assert_int_equal(write_with_path(at("bin"), at("site"), &err), -1);
        if (!strstr(err.msg, rows[i].says))
            fail_msg("'%s' does not say '%s'", err.msg, rows[i].says);
    }
    assert_holds(at("site/index.html"), "the old site");
    assert_int_equal(count_entries(at("site")), 2);
    assert_int_equal(count_entries(root), 2);
}

static void gnuplot_text_is_one_line_in_single_quotes(void **state)
{
    struct text t = { 0 };

    (void)state;
    gnuplot_string(&t, "it's\n`a` \\n");
    assert_string_equal(t.data, "'it’s `a` \\n'");
    t.len = 0;
    gnuplot_number(&t, 0.1);
    gnuplot_number(&t, -INFINITY);
    assert_string_equal(t.data, "0.10000000000000001NaN");
    text_free(&t);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(a_site_has_a_page_and_plots_for_every_scenario),
        IN_A_FOLDER(a_rerun_gives_the_same_bytes),
        IN_A_FOLDER(any_number_of_runs_can_be_drawn),
        IN_A_FOLDER(odd_numbers_can_be_drawn),
        IN_A_FOLDER(an_empty_store_makes_a_site_that_says_so),
        IN_A_FOLDER(hostile_text_is_neither_markup_nor_a_command),
        IN_A_FOLDER(a_folder_that_is_not_ours_is_refused_and_untouched),
        IN_A_FOLDER(without_gnuplot_nothing_is_made),
        IN_A_FOLDER(a_failure_leaves_the_old_site),
        cmocka_unit_test(gnuplot_text_is_one_line_in_single_quotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
