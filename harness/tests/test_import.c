// SPDX-License-Identifier: MIT
/* test_import.c -- what other tools measured is read whole, or refused with the place. */
#include "base/text.h"
#include "declare/gbench_report.h"
#include "record/import_timings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <math.h>

static const char *corpus(const char *name)
{
    static char path[512];

    snprintf(path, sizeof(path), "%s/../corpus/gbench_report/%s", PAWL_TEST_DATA, name);
    return path;
}

static void repetitions_are_read_in_nanoseconds_and_aggregates_are_not(void **state)
{
    struct gbench_report r;
    struct err err = { 0 };

    (void)state;
    if (gbench_report_read(corpus("repetitions.json"), &r, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(r.n, 2);
    assert_string_equal(r.rows[1].name, "BM_Sum/8");
    assert_float_equal(r.rows[1].real_ns, 160e3, 1e-6);
    assert_float_equal(r.rows[1].cpu_ns, 150e3, 1e-6);
    assert_int_equal(r.rows[1].iterations, 1000);
    assert_string_equal(r.host, "host");
    assert_string_equal(r.date, "2026-11-29T19:00:00+00:00");
    assert_int_equal(r.cpus, 2);
    assert_int_equal(r.rows[0].n_counters, 1); /* and no number of the library's own */
    assert_string_equal(r.rows[0].counters[0].name, "items_per_second");
    assert_float_equal(*gbench_row_counter(&r.rows[0], "items_per_second"), 1e6, 0);
    assert_null(gbench_row_counter(&r.rows[1], "items_per_second"));
    gbench_report_free(&r);
}

#define OLD(name) "{ \"name\": \"" name "\", \"iterations\": 1, \"real_time\": 1 }"
#define MADE(name, how) "{ \"name\": \"" name "_" how "\", \"run_name\": \"" name "\", \"run_type\": \"aggregate\", \"aggregate_name\": \"" \
                        how "\", \"real_time\": 2 }"

/* Writers of other languages, versions and options: what is left of their rows. */
static void other_writers_are_understood(void **state)
{
    static const struct { const char *text; size_t n; const char *first; double ns; } rows[] = {
        { "{ \"benchmarks\": [ { \"name\": \"A\", \"real_time\": 1.5e1, \"time_unit\": \"us\" } ] }", 1, "A", 15e3 }, /* the least */
        { "{ \"benchmarks\": [ { \"name\": \"A\", \"real_time\": 3, \"cpu_time\": null, \"iterations\": 2.0, \"threads\": 1e0 } ] }", 1, "A", 3 },
        { "Hello\n  world {\n{ \"benchmarks\": [ " OLD("A") " ] }\nbye\n", 1, "A", 1 }, /* of a standard output */
        { "\xef\xbb\xbf{ \"benchmarks\": [ " OLD("A") " ] }", 1, "A", 1 },
        /* before 1.5: no run_type */
        { "{ \"benchmarks\": [ " OLD("A") ", " OLD("A") ", " OLD("A_mean") ", " OLD("A_median") ", " OLD("A_stddev") " ] }", 2, "A", 1 },
        { "{ \"benchmarks\": [ " OLD("x_mean") ", " OLD("y") " ] }", 2, "x_mean", 1 }, /* a name like any */
        { "{ \"benchmarks\": [ " OLD("A") ", { \"name\": \"A_BigO\", \"cpu_coefficient\": 1, \"big_o\": \"N\" }, "
          "{ \"name\": \"A_RMS\", \"rms\": 1 } ] }", 1, "A", 1 },
        /* aggregates alone: the median, else the mean, beside the repetitions of others */
        { "{ \"benchmarks\": [ " MADE("A", "mean") ", " MADE("A", "median") ", " MADE("A", "stddev") " ] }", 1, "A", 2 },
        { "{ \"benchmarks\": [ { \"name\": \"A_median\", \"run_type\": \"aggregate\", \"aggregate_name\": \"median\", \"real_time\": 1 }, " OLD("B") " ] }",
          2, "A", 1 },
        { "{ \"benchmarks\": [ " MADE("A", "stddev") ", " MADE("A", "mean") ", " OLD("B") ", " MADE("B", "mean") " ] }", 2, "A", 2 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct gbench_report r;
        struct err err = { 0 };

        if (gbench_report_parse(rows[i].text, strlen(rows[i].text), &r, &err) < 0)
            fail_msg("row %zu: %s", i, err.msg);
        if (r.n != rows[i].n)
            fail_msg("row %zu: %zu rows", i, r.n);
        assert_string_equal(r.rows[0].name, rows[i].first);
        assert_float_equal(r.rows[0].real_ns, rows[i].ns, 1e-9);
        gbench_report_free(&r);
    }
}

static void what_failed_or_skipped_itself_has_its_words_and_no_time(void **state)
{
    struct gbench_report r;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(gbench_report_read(corpus("failed.json"), &r, &err), 0);
    assert_int_equal(r.n, 2);
    assert_string_equal(r.rows[0].error, "no such device");
    assert_false(r.rows[0].skipped);
    assert_string_equal(r.rows[1].error, "w");
    assert_true(r.rows[1].skipped);
    gbench_report_free(&r);
}

#define ROW(fields) "{ \"benchmarks\": [ { \"name\": \"A\", \"iterations\": 1, \"real_time\": 1 }, { \"name\": \"B\", " fields " } ] }"

static void a_report_that_is_not_understood_is_refused_with_its_place(void **state)
{
    static const struct { const char *text, *says; } rows[] = {
        { "", "line 1" },
        { "{\n\"benchmarks\": [ { \"name\": \"A\", \"iterations\": 1, \"real_ti", "line 2" },
        { "{ \"benchmarks\": {} }", "not a Google Benchmark report" },
        { "[]", "not a Google Benchmark report" },
        { "{ \"benchmarks\": [] }", "no benchmark" },
        { "{ \"benchmarks\": [ { \"name\": \"A_cv\", \"run_type\": \"aggregate\", \"aggregate_name\": \"cv\" } ] }", "no repetition" },
        { "{ \"benchmarks\": [ { \"name\": \"A\", \"iterations\": 1 } ] }", "benchmarks[0] ('A'): it has no 'real_time'" },
        { "Hello\n{ \"benchmarks\": [\n{ \"name\": 1e } ] }", "line 3" },
        { "\001\n{ \"benchmarks\": [] }", "line 1" },
        { ROW("\"iterations\": 1, \"real_time\": 1") " {", "line 1: the report ends, and more follows" },
        { ROW("\"iterations\": 1, \"real_time\": 1") "\nwords\n" ROW("\"iterations\": 1, \"real_time\": 1"), "line 3: another report" },
        { "{ \"benchmarks\": [ 3 ] }", "benchmarks[0]" },
        { ROW("\"iterations\": 0, \"real_time\": 1"), "benchmarks[1] ('B'): 'iterations'" },
        { ROW("\"iterations\": 1, \"real_time\": -1"), "benchmarks[1] ('B'): 'real_time'" },
        { ROW("\"iterations\": 1, \"real_time\": \"1\""), "benchmarks[1] ('B'): 'real_time'" },
        { ROW("\"iterations\": 1, \"real_time\": 1e308, \"time_unit\": \"s\""), "benchmarks[1] ('B'): 'real_time'" },
        { ROW("\"iterations\": 1, \"real_time\": 1, \"time_unit\": \"h\""), "'time_unit' is 'h'" },
        { ROW("\"iterations\": 1, \"real_time\": 1, \"threads\": 0"), "'threads'" },
        { ROW("\"iterations\": 1, \"real_time\": 1, \"run_type\": \"guess\""), "'run_type' is 'guess'" },
        { "{ \"benchmarks\": [ { \"name\": \"a\\u0007b\", \"iterations\": 1, \"real_time\": 1 } ] }", "control characters" },
        { "{ \"benchmarks\": [ { \"name\": \"A\", \"name\": \"B\" } ] }", "duplicate" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct gbench_report r;
        struct err err = { 0 };

        assert_int_equal(gbench_report_parse(rows[i].text, strlen(rows[i].text), &r, &err), -1);
        if (err.code != ERR_CONFIG || !strstr(err.msg, rows[i].says))
            fail_msg("'%s' lacks '%s'", err.msg, rows[i].says);
        assert_null(r.rows);
    }
}

static void hyperfine_times_are_seconds_of_processes(void **state)
{
    static const struct { const char *text, *says; } bad[] = {
        { "{ \"results\": [] }", "no array 'results'" },
        { "{ \"results\": [ { \"command\": \"a\" } ] }", "results[0]: it has no 'times'" },
        { "{ \"results\": [ { \"command\": \"a\", \"times\": [1] }, { \"times\": [1] } ] }", "results[1]" },
        { "{ \"results\": [ { \"command\": \"a\", \"times\": [1, \"x\"] } ] }", "times[1]" },
        { "{ \"results\": [ { \"command\": \"a\", \"times\": [1, -1] } ] }", "times[1]" },
        { "{ \"results\": [ { \"command\": \"a\", \"times\": [1, 1], \"exit_codes\": [0, 3] } ] }", "run 1 of the command failed" },
        { "{ \"results\": [ { \"command\": \"a\", \"times\": [1", "line 1" },
    };
    size_t n;
    struct timings t;
    struct err err = { 0 };
    char *bytes = gbench_report_bytes(corpus("hyperfine.json"), &n, &err);

    (void)state;
    assert_non_null(bytes);
    assert_int_equal(import_hyperfine(bytes, n, &t, &err), 0);
    free(bytes);
    assert_int_equal(t.n, 1);
    assert_string_equal(t.rows[0].name, "sleep 0 n=3");
    assert_int_equal(t.rows[0].n, 3);
    assert_float_equal(t.rows[0].ns[1], 2e6, 1e-3);
    import_timings_free(&t);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        err = (struct err){ 0 };
        assert_int_equal(import_hyperfine(bad[i].text, strlen(bad[i].text), &t, &err), -1);
        if (err.code != ERR_CONFIG || !strstr(err.msg, bad[i].says))
            fail_msg("'%s' lacks '%s'", err.msg, bad[i].says);
        assert_null(t.rows);
    }
}

static int read_csv(const char *text, struct timings *t, struct err *err)
{
    char path[] = "/tmp/pawl-import-XXXXXX";
    int fd = mkstemp(path), ret;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    *err = (struct err){ 0 };
    ret = import_timings_csv(path, t, err);
    unlink(path);
    return ret;
}

static void csv_lines_of_a_case_belong_together(void **state)
{
    static const struct { const char *text, *says; } bad[] = {
        { "", "is empty" },
        { "case,value\n", "holds no time" },
        { "case,value\na,1\na,soon\n", "line 3" },
        { "case,value\na,1\nb\n", "line 3, column 2" },
        { "case,value,unit\na,1,h\n", "unit 'h'" },
        { "what,value\na,1\n", "no column of names" },
        { "case,when\na,1\n", "no column of times" },
        { "case,value\na,-1\n", "line 2" },
        { "case,value\n\"a,1\n", "quote does not end" },
        { "case,value\na,1,5\n", "line 2, column 3: the header has no such column" }, /* and not 1 */
        { "case,value,Value\na,1,5\n", "line 1: columns 2 and 3 are both 'value'" },
        { "case;value\na;1.234,5\n", "line 2" },
        { "case,value\na,\"1,5\"\n", "line 2" },
        { "case,metric,value\na,ratio,soon\n", "line 2" },
        { "case,metric,value\na,,1\n", "line 2" },
    };
    struct timings t;
    struct err err;

    (void)state;
    assert_int_equal(read_csv("case,metric,unit,value\r\na,time_ns,us,2\r\n\"b,c\",time_ns,us,5\r\na,time_ns,us,3\r\na,speedup,x,9\r\n",
                              &t, &err), 0);
    assert_int_equal(t.n, 3);
    assert_string_equal(t.rows[1].name, "b,c");
    assert_null(t.rows[1].metric);
    assert_string_equal(t.rows[2].metric, "speedup");
    assert_string_equal(t.rows[2].unit, "x");
    assert_float_equal(t.rows[2].ns[0], 9, 0);
    assert_int_equal(t.rows[0].n, 2);
    assert_float_equal(t.rows[0].ns[1], 3000, 1e-9);
    import_timings_free(&t);
    assert_int_equal(read_csv("command;mean\nls;0.5\n", &t, &err), 0); /* seconds, as hyperfine's own CSV */
    assert_float_equal(t.rows[0].ns[0], 5e8, 1);
    import_timings_free(&t);
    assert_int_equal(read_csv("\xef\xbb\xbf" "Case;Value;Unit;\r\na;1,5;ms;\r\n\"a\";\"2,5e1\";ms;\r\n\r\n", &t, &err), 0); /* of a spreadsheet */
    assert_int_equal(t.n, 1);
    assert_float_equal(t.rows[0].ns[0], 1.5e6, 1e-3);
    assert_float_equal(t.rows[0].ns[1], 25e6, 1e-3);
    import_timings_free(&t);
    assert_int_equal(read_csv("case\ttime\ra\t1,5\r", &t, &err), 0); /* of an old one */
    assert_float_equal(t.rows[0].ns[0], 1.5, 1e-9);
    import_timings_free(&t);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(read_csv(bad[i].text, &t, &err), -1);
        if (err.code != ERR_CONFIG || !strstr(err.msg, bad[i].says))
            fail_msg("'%s' lacks '%s'", err.msg, bad[i].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repetitions_are_read_in_nanoseconds_and_aggregates_are_not),
        cmocka_unit_test(other_writers_are_understood),
        cmocka_unit_test(what_failed_or_skipped_itself_has_its_words_and_no_time),
        cmocka_unit_test(a_report_that_is_not_understood_is_refused_with_its_place),
        cmocka_unit_test(hyperfine_times_are_seconds_of_processes),
        cmocka_unit_test(csv_lines_of_a_case_belong_together),
    };

    return cmocka_run_group_tests_name("import", tests, NULL, NULL);
}
