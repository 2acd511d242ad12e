// SPDX-License-Identifier: MIT
/* test_site.c -- the rules of the dashboard as a folder: what it can draw, what it refuses to touch, and what a failure
 * leaves. test_site_pages.c has what the pages say. */
#include "site_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the dashboard

#include "report/folder.h"
#include "report/gnuplot.h"

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

static void what_a_killed_dashboard_left_goes_when_the_next_one_is_made(void **state)
{
    struct folder folder;
    struct err err;
    char command[512];

    (void)state;
    need_gnuplot();
    assert_int_equal(folder_begin(&folder, at("site"), &err), 0); /* it is at work still */
    snprintf(command, sizeof(command), "cd '%s' && mkdir -p site.tmp-dead01/plots site.tmp-dead02 site.tmp-theirs &&"
             " touch site.tmp-dead01/.pawl-site site.tmp-dead01/index.html site.tmp-dead01/plots/a-light.svg site.tmp-theirs/notes", root);
    assert_int_equal(system(command), 0);
    assert_written(write_sample(at("site"), 4, &err), &err);
    assert_int_equal(access(folder.temp, F_OK), 0);
    assert_int_equal(count_entries(root), 3); /* the site, the one at work, and a folder without our mark */
    folder_drop(&folder);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(a_rerun_gives_the_same_bytes),
        IN_A_FOLDER(any_number_of_runs_can_be_drawn),
        IN_A_FOLDER(odd_numbers_can_be_drawn),
        IN_A_FOLDER(an_empty_store_makes_a_site_that_says_so),
        IN_A_FOLDER(hostile_text_is_neither_markup_nor_a_command),
        IN_A_FOLDER(a_folder_that_is_not_ours_is_refused_and_untouched),
        IN_A_FOLDER(without_gnuplot_nothing_is_made),
        IN_A_FOLDER(a_failure_leaves_the_old_site),
        IN_A_FOLDER(what_a_killed_dashboard_left_goes_when_the_next_one_is_made),
        cmocka_unit_test(gnuplot_text_is_one_line_in_single_quotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
