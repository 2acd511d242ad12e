// SPDX-License-Identifier: MIT
/* test_hostile.c -- what a stranger can choose (a branch's name, a commit's message, a benchmark's name, the last words of
 * a crash) goes through every report, and is text in each of them. */
#include "site_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the dashboard

#include "report/annotations.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/steps.h"
#include "report/table.h"

#include <jansson.h>

static const char *const hostile[] = {
    "harmless",
    "`touch HACK`",
    "$(touch HACK)",
    "'; system(\"touch HACK\") #",
    "\"; !touch HACK\n",
    "it's \"quoted\" \\",
    "::error::owned",
    "  ::set-output name=verdict::pass",
    "x\n::error file=a.c,line=1::owned",
    "x\r\n::stop-commands::owned",
    "a ##[error]owned",
    "%0A::error::owned",
    ",line=1,title=owned::owned",
    "pawl_0\nverdict=pass",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</code></details></svg><b>owned</b>",
    "[owned](javascript:alert(1)) ![](x) @everyone | a | b |",
    // NOLINTNEXTLINE: two literals, or the d would be a digit of \xae
    "\x1b[31mred\x07 \xff\xfe \xe2\x80\xae" "desrever \xe2\x80\xa8next",
    "%s%n%d 100%",
};

/* The last name shows in file names, which are cut. */
static void poison(struct run_result *run, struct history *h, const char *s)
{
    struct case_result *c;
    struct verdict *v;

    fill_run(run);
    fill_history(h, 3);
    text_copy(run->info.command, sizeof(run->info.command), s);
    text_copy(run->info.against, sizeof(run->info.against), s);
    text_copy(run->info.commit, sizeof(run->info.commit), s);
    text_copy(run->info.compiler, sizeof(run->info.compiler), s);
    text_copy(run->info.flags, sizeof(run->info.flags), s);
    text_copy(run->info.libraries, sizeof(run->info.libraries), s);
    host_add(&run->info.host, "forced", "%s", s);
    c = add_case(run, s, s, s);
    c->status = CASE_CRASHED;
    text_copy(c->reason, sizeof(c->reason), s);
    c = add_case(run, "a/b", s, s);
    add_estimate(c, &metric_time_ns, 1000, 0.01);
    text_copy(add_estimate(c, &metric_gflops, 7, 0.01)->metric, NAME_MAX_LEN, s);
    text_copy(c->estimates[1].unit, NAME_MAX_LEN, s);
    text_copy(run->cases[0].variant, NAME_MAX_LEN, s);
    text_copy(run->cases[0].params, CASE_ID_MAX, s);
    v = add_verdict(run, s, OUTCOME_REGRESSED, s);
    v->change = (struct interval){ 1.1, 1.05, 1.2 };
    v->n_blocks = 9;
    text_copy(v->metric, sizeof(v->metric), s);
    text_copy(v->since, sizeof(v->since), s);
    for (size_t i = 0; i < 2; i++) {
        text_copy(h->series[i].variant, NAME_MAX_LEN, s);
        text_copy(h->series[i].unit, NAME_MAX_LEN, s);
        text_copy(h->series[i].host_class, sizeof(h->series[i].host_class), s);
        text_copy(h->series[i].points[1].commit, sizeof(h->series[i].points[1].commit), s);
    }
    text_copy(h->series[3].scenario, sizeof(h->series[3].scenario), s);
    text_copy(h->series[3].params, sizeof(h->series[3].params), s);
}

static void free_both(struct run_result *run, struct history *h)
{
    run_result_free(run);
    history_free(h);
}

/* No line that a runner obeys, but those that may begin with `own`; nothing that moves a cursor or hides. */
static void assert_inert(const struct text *t, const char *own)
{
    const char *const never[] = { "\x1b", "\x07", "\r", "\xff", "\xe2\x80\xae", "\xe2\x80\xa8", "##[" };

    for (size_t i = 0; i < ARRAY_LEN(never); i++)
        if (strstr(t->data, never[i]))
            fail_msg("'%s' is in: %s", never[i], t->data);
    for (const char *line = t->data; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        const char *word = line + strspn(line, " \t");

        if (strncmp(word, "::", 2) == 0 && !(own && strncmp(line, own, strlen(own)) == 0))
            fail_msg("a command: %.80s", line);
    }
}

static size_t count_lines(const struct text *t)
{
    size_t n = 0;

    for (const char *p = t->data; p && *p; p++)
        n += *p == '\n';
    return n;
}

static void tables(const struct run_result *run, struct text *t)
{
    static const struct table_style plain = { 0 };
    struct change change = { .ratio = 1.1, .low = 1.05, .high = 1.2, .significant = true, .p = 0.01 };
    const char *s = run->info.command;

    text_copy(change.case_id, sizeof(change.case_id), s);
    text_copy(change.metric, sizeof(change.metric), s);
    text_copy(change.unit, sizeof(change.unit), s);
    table_run(run, &plain, t);
    table_verdicts(run, true, &plain, t);
    table_changes(&change, 1, s, s, &plain, t);
    table_epochs(&run->info.host, &run->info.host, s, s, t);
}

static void words_for_a_terminal_stay_in_their_lines(void **state)
{
    size_t lines = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        struct run_result run;
        struct history h;
        struct text t = { 0 };
        struct step step = { .index = 1, .before = 1, .after = 2, .effect = 1, .p = 0.001, .n_after = 2 };
        struct stepped stepped = { NULL, NULL, NULL, 3, &step, 1 };

        poison(&run, &h, hostile[i]);
        tables(&run, &t);
        stepped.series = &h.series[0];
        steps_table(&stepped, 1, true, &(struct table_style){ 0 }, &t);
        stepped = (struct stepped){ NULL, hostile[i], hostile[i], 3, &step, 1 };
        steps_table(&stepped, 1, true, &(struct table_style){ 0 }, &t);
        assert_inert(&t, NULL);
        if (i == 0)
            lines = count_lines(&t);
        assert_int_equal(count_lines(&t), lines);
        text_free(&t);
        free_both(&run, &h);
    }
}

static void markdown_holds_no_markup_of_strangers(void **state)
{
    static const char *const never[] = { "<script", "<img", "<b>", "</code>", "</svg>", "[owned](", "![](", "@everyone" };
    size_t lines = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        struct run_result run;
        struct history h;
        struct text t = { 0 };

        poison(&run, &h, hostile[i]);
        markdown_run(&run, &t);
        assert_inert(&t, NULL);
        for (size_t k = 0; k < ARRAY_LEN(never); k++)
            if (strstr(t.data, never[k]))
                fail_msg("'%s' is in: %s", never[k], t.data);
        if (i == 0)
            lines = count_lines(&t);
        assert_int_equal(count_lines(&t), lines);
        t.len = 0;
        markdown_failure("NOT JUDGED", hostile[i], &t); /* in a code block: every line is indented */
        assert_inert(&t, NULL);
        for (const char *line = strstr(t.data, "\n\n") + 2; *line; line = strchr(line, '\n') + 1)
            assert_int_equal(strncmp(line, "    ", 4), 0);
        text_free(&t);
        free_both(&run, &h);
    }
}

static void annotations_are_one_command_a_line(void **state)
{
    static const struct scenario gemm = { .name = "kernels/gemm_f32" };
    static const struct scenario *const scenarios[] = { &gemm };
    static const struct registry registry = { scenarios, 1 };
    static const struct place places[] = { { "a.c", 1, "" } };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        struct run_result run;
        struct history h;
        struct text t = { 0 };

        poison(&run, &h, hostile[i]);
        annotations_run(&run, &registry, places, &t);
        annotations_failure(hostile[i], &t);
        assert_inert(&t, "::error ");
        assert_int_equal(count_lines(&t), 5); /* the fixture's three, ours, and the failure */
        for (const char *line = t.data; *line; line = strchr(line, '\n') + 1) {
            const char *end = strstr(line + 2, "::"), *title = strstr(line, "title=");

            assert_true(end && title && title < end && title < strchr(line, '\n'));
            for (const char *p = title; p < end; p++)
                assert_true(*p != ',' && *p != ':'); /* the title is the last property */
        }
        text_free(&t);
        free_both(&run, &h);
    }
}

static void json_is_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        struct run_result run;
        struct history h;
        struct text t = { 0 };
        json_error_t error;
        json_t *document, *verdicts;

        poison(&run, &h, hostile[i]);
        json_run(&run, &t);
        document = json_loads(t.data, JSON_REJECT_DUPLICATES, &error);
        assert_non_null(document);
        verdicts = json_object_get(document, "verdicts");
        assert_int_equal(json_array_size(verdicts), run.n_verdicts);
        assert_int_equal(json_integer_value(json_object_get(document, "exit")), 1);
        json_decref(document);
        text_free(&t);
        free_both(&run, &h);
    }
}

/* Pages, SVG, and gnuplot's own language, which runs commands. */
static void the_dashboard_neither_runs_nor_shows_markup(void **state)
{
    (void)state;
    need_gnuplot();
    assert_int_equal(chdir(root), 0);
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        struct run_result run;
        struct history h;
        struct err err;

        poison(&run, &h, hostile[i]);
        assert_written(write_site(&h, &run, at("site"), &err), &err);
        assert_int_equal(access(at("HACK"), F_OK), -1);
        assert_int_equal(access(at("site/HACK"), F_OK), -1);
        assert_int_equal(access(at("site/plots/HACK"), F_OK), -1);
        assert_int_equal(count_entries(root), 1);
        if (system("grep -rqE '<script>alert|<img src=x|<b>owned|</code></details>' site") == 0)
            fail_msg("markup of %s", hostile[i]);
        free_both(&run, &h);
    }
    assert_int_equal(chdir("/"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_for_a_terminal_stay_in_their_lines),
        cmocka_unit_test(markdown_holds_no_markup_of_strangers),
        cmocka_unit_test(annotations_are_one_command_a_line),
        cmocka_unit_test(json_is_json),
        IN_A_FOLDER(the_dashboard_neither_runs_nor_shows_markup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
