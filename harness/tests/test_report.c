// SPDX-License-Identifier: MIT
/* test_report.c -- the rules of the tables and the Markdown, and of every report alike. What they look like is in
 * golden/report/; PAWL_UPDATE_GOLDEN=1 rewrites those files, to be read before they are committed. */
#include "json_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the JSON documents

#include "report/figure.h"
#include "report/markdown.h"
#include "report/table.h"

static const struct table_style plain = { 0 };

static void assert_golden(const char *name, const struct text *got)
{
    struct text path = { 0 }, want = { 0 };
    FILE *file;
    char buf[4096];

    text_addf(&path, "%s/../golden/report/%s", PAWL_TEST_DATA, name);
    if (getenv("PAWL_UPDATE_GOLDEN")) {
        file = fopen(path.data, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(got->data, 1, got->len, file), got->len);
        assert_int_equal(fclose(file), 0);
    }
    file = fopen(path.data, "r");
    if (!file)
        fail_msg("no golden file '%s': PAWL_UPDATE_GOLDEN=1 makes it", path.data);
    text_add(&want, "");
    while (fgets(buf, sizeof(buf), file))
        text_add(&want, buf);
    fclose(file);
    assert_string_equal(got->data, want.data);
    text_free(&path);
    text_free(&want);
}

static void reports_look_like_their_golden_files(void **state)
{
    static const struct table_style coloured = { .colour = true };
    struct run_result run;
    struct text t = { 0 };

    (void)state;
    fill_run(&run);
    table_run(&run, &plain, &t);
    assert_golden("table.txt", &t);
    t.len = 0;
    table_run(&run, &coloured, &t);
    table_verdicts(&run, true, &coloured, &t);
    assert_golden("table-colour.txt", &t);
    t.len = 0;
    table_verdicts(&run, false, &plain, &t);
    assert_golden("verdicts.txt", &t);
    t.len = 0;
    table_verdicts(&run, true, &plain, &t);
    assert_golden("verdicts-all.txt", &t);
    t.len = 0;
    markdown_run(&run, &t);
    assert_golden("markdown.md", &t);
    t.len = 0;
    json_run(&run, &t);
    assert_golden("run.json", &t);
    text_free(&t);
    run_result_free(&run);
}

static void changes_without_significance_are_a_tilde(void **state)
{
    static const struct table_style coloured = { .colour = true };
    struct text t = { 0 };

    (void)state;
    table_changes(some_changes, ARRAY_LEN(some_changes), "run 11", "run 12", &plain, &t);
    assert_golden("changes.txt", &t);
    t.len = 0;
    table_changes(some_changes, 1, "run 11", "run 12", &coloured, &t);
    assert_null(strstr(t.data, "\033[1;31m"));
    assert_non_null(strstr(t.data, "0 worse, 0 better, 0 without"));
    text_free(&t);
}

static void what_is_not_finite_is_null_in_json_and_a_mark_in_print(void **state)
{
    static const double values[] = { NAN, INFINITY, -INFINITY };
    struct run_result run = { .judged = true };
    struct text t = { 0 };

    (void)state;
    run.info.seconds = NAN;
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct case_result *c = add_case(&run, "a", i ? "fast" : "naive", "n=1");
        struct verdict *v = add_verdict(&run, c->id, OUTCOME_INCONCLUSIVE, "");

        add_estimate(c, &metric_time_ns, values[i], 0)->spread = NAN;
        add_estimate(c, &metric_speedup, values[i], 0)->spread = values[i];
        v->value = v->low = v->high = v->limit = v->detectable = values[i];
    }
    json_t *root = parse_run(&run),
           *metrics = json_object_get(json_array_get(json_object_get(root, "cases"), 1), "metrics");
    assert_true(json_is_null(json_object_get(json_object_get(root, "run"), "seconds")));
    assert_true(json_is_null(json_object_get(json_object_get(metrics, "time_ns"), "value")));
    assert_true(json_is_null(json_object_get(json_object_get(metrics, "speedup"), "spread")));
    json_decref(root);
    table_run(&run, &plain, &t);
    table_verdicts(&run, true, &plain, &t);
    markdown_run(&run, &t);
    assert_null(strstr(t.data, "nan"));
    assert_non_null(strstr(t.data, "too few blocks"));
    text_free(&t);
    run_result_free(&run);
}

static void an_empty_run_says_so(void **state)
{
    struct run_result run = { 0 };
    struct text t = { 0 };

    (void)state;
    table_run(&run, &plain, &t);
    assert_string_equal(t.data, "no cases\n");
    t.len = 0;
    table_verdicts(&run, false, &plain, &t);
    assert_string_equal(t.data, "gate: not judged\n");
    t.len = 0;
    run.judged = true;
    table_verdicts(&run, false, &plain, &t);
    assert_string_equal(t.data, "gate: nothing judged: exit 0 (pass)\n");
    t.len = 0;
    markdown_run(&run, &t);
    assert_non_null(strstr(t.data, "### PASS: nothing judged (exit 0: pass)"));
    assert_non_null(strstr(t.data, "No cases."));
    t.len = 0;
    table_changes(NULL, 0, "a", "b", &plain, &t);
    assert_non_null(strstr(t.data, "0 worse, 0 better"));
    json_decref(parse_run(&run));
    text_free(&t);
}

static void fill_hostile(struct run_result *run)
{
    struct case_result *c;

    fill_run(run);
    text_copy(run->info.commit, sizeof(run->info.commit), HOSTILE);
    text_copy(run->info.command, sizeof(run->info.command), HOSTILE);
    text_copy(run->info.compiler, sizeof(run->info.compiler), HOSTILE);
    text_copy(run->info.host.class, sizeof(run->info.host.class), HOSTILE);
    c = add_case(run, "a", "b", "");
    c->status = CASE_CRASHED;
    text_copy(c->reason, sizeof(c->reason), HOSTILE);
    text_copy(c->params, sizeof(c->params), HOSTILE);
    add_verdict(run, HOSTILE, OUTCOME_CRASHED, HOSTILE);
}

static void hostile_text_stays_text(void **state)
{
    struct run_result run;
    struct text t = { 0 };
    json_t *root;

    (void)state;
    fill_hostile(&run);
    table_run(&run, &plain, &t);
    table_verdicts(&run, true, &plain, &t);
    assert_null(strchr(t.data, '\x1b')); /* no escape sequence reaches the terminal */
    assert_null(strchr(t.data, '\xff'));
    assert_non_null(strstr(t.data, "*b* [l](u)  [31mred ? %s")); /* one line */
    t.len = 0;
    markdown_run(&run, &t);
    assert_null(strstr(t.data, "<script>"));
    assert_null(strchr(t.data, '\x1b'));
    assert_non_null(strstr(t.data,
                           "\\`&gt;HACK\\` \\$(&gt;HACK) &lt;script&gt;alert('x')&lt;/script&gt; \"q\" &amp; 100% \\| "
                           "\\*b\\* \\[l\\](u)  \\[31mred ? %s |\n"));
    root = parse_run(&run);
    assert_non_null(strstr(json_string_value(json_object_get(json_object_get(root, "run"), "command")),
                           "<script>alert('x')</script> \"q\" & 100% | *b* [l](u)\n [31mred ? %s"));
    json_decref(root);
    text_free(&t);
    run_result_free(&run);
}

static void markdown_stays_below_the_limit_of_a_step_summary(void **state)
{
    struct run_result run;
    struct text t = { 0 };

    (void)state;
    fill_run(&run);
    for (int i = 0; i < 8000; i++) {
        struct case_result *c = add_case(&run, "a/b", "fast", "n=1");

        c->status = CASE_CRASHED;
        memset(c->reason, '<', sizeof(c->reason) - 1);
        add_verdict(&run, c->id, OUTCOME_CRASHED, c->reason);
    }
    markdown_run(&run, &t);
    assert_true(t.len < 1 << 20);
    assert_non_null(strstr(t.data, " more rows\n"));
    assert_non_null(strstr(t.data, "\n</details>\n")); /* well-formed to its end */
    text_free(&t);
    run_result_free(&run);
}

static void the_worst_verdict_comes_first(void **state)
{
    struct run_result run = { 0 };
    const struct verdict **sorted;

    (void)state;
    add_verdict(&run, "a/n=1024", OUTCOME_PASS, "");
    add_verdict(&run, "a/n=512", OUTCOME_PASS, "");
    add_verdict(&run, "z", OUTCOME_WRONG_RESULT, "");
    add_verdict(&run, "y", OUTCOME_REGRESSED, "");
    sorted = figure_worst_first(&run);
    assert_string_equal(sorted[0]->case_id, "z");
    assert_string_equal(sorted[1]->case_id, "y");
    assert_string_equal(sorted[2]->case_id, "a/n=512");
    free(sorted);
    run_result_free(&run);
}

static void numbers_have_three_significant_digits(void **state)
{
    static const struct {
        double value;
        const char *want;
    } rows[] = {
        { 0, "0" },
        { 1, "1" },
        { 1520, "1520" },
        { 1520.4, "1520" },
        { 99.96, "100.0" },
        { 12.34, "12.3" },
        { 1.234, "1.23" },
        { -1.234, "-1.23" },
        { 0.01234, "0.0123" },
        { 2e-9, "2.00e-09" },
        { 1048576, "1048576" },
        { 3e20, "3.00e+20" },
        { NAN, "-" },
        { INFINITY, "inf" },
    };
    char buf[FIGURE_TEXT];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(figure_number(buf, rows[i].value), rows[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_look_like_their_golden_files),
        cmocka_unit_test(changes_without_significance_are_a_tilde),
        cmocka_unit_test(what_is_not_finite_is_null_in_json_and_a_mark_in_print),
        cmocka_unit_test(an_empty_run_says_so),
        cmocka_unit_test(hostile_text_stays_text),
        cmocka_unit_test(markdown_stays_below_the_limit_of_a_step_summary),
        cmocka_unit_test(the_worst_verdict_comes_first),
        cmocka_unit_test(numbers_have_three_significant_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
