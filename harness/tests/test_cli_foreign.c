// SPDX-License-Identifier: MIT
/* test_cli_foreign.c -- programs that are almost, or not at all, as Google Benchmark would have them: whatever way they
 * report is understood, and how they fail is told. Shell scripts stand for them. */
#include "cli_fixture.h"

#define LISTS "#!/bin/sh\nfor a; do case $a in --benchmark_list_tests*) echo A; exit;; --benchmark_out=*) out=${a#*=};; esac; done\n"
#define ROW(name, fields) "{\"name\": \"" name "\", " fields "}"
#define REPORT(rows) "{\"context\": {}, \"benchmarks\": [" rows "]}"
#define TIME "\"real_time\": 1e-1, \"time_unit\": \"us\""

static void whatever_way_a_program_reports_is_understood(void **state)
{
    static const char *const scripts[] = {
        /* on its standard output, between other words */
        LISTS "echo Hello; echo '" REPORT(ROW("A", TIME)) "'; echo bye\n",
        /* no option at all: it always does everything */
        "#!/bin/sh\necho Hello\necho '" REPORT(ROW("A", TIME) ", " ROW("B", "\"real_time\": 5")) "'\n",
        /* behind something that closes what it does not know */
        LISTS "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-\necho '" REPORT(ROW("A", "\"iterations\": 3.0, " TIME)) "' > $out\n",
        /* an old version */
        LISTS "echo '" REPORT(ROW("A", TIME) ", " ROW("A", TIME) ", " ROW("A_mean", TIME) ", " ROW("A_stddev", "\"real_time\": 0")) "' > $out\n",
        /* only aggregates, by the author's will */
        LISTS "echo '" REPORT(ROW("A_mean", "\"run_name\": \"A\", \"run_type\": \"aggregate\", \"aggregate_name\": \"mean\", \"real_time\": 7")
                              ", " ROW("A_median", "\"run_name\": \"A\", \"run_type\": \"aggregate\", \"aggregate_name\": \"median\", " TIME)) "' > $out\n",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
        struct result r;
        const json_t *c;
        json_t *json;

        write_file("bench", scripts[i], 0755);
        r = pawl("run --json --gbench ./bench gbench/bench/A");
        json = document(&r);
        if (r.exit != 0)
            fail_msg("script %zu: exit %d: %s", i, r.exit, r.out);
        c = row(json, "cases", "id", "gbench/bench/A/run", NULL, NULL);
        assert_string_equal(text_of(c, "status"), "ok");
        assert_float_equal(json_number_value(json_object_get(json_object_get(json_object_get(c, "metrics"), "time_ns"), "value")),
                           100, 1e-9);
        json_decref(json);
        done(&r);
    }
}

static void how_a_program_fails_is_told_in_its_own_words(void **state)
{
    static const struct { const char *script, *status, *outcome, *says; int exit; } rows[] = {
        { LISTS "echo '" REPORT(ROW("A", "\"error_occurred\": true, \"error_message\": \"no such device\"")) "' > $out\n", "failed", "FAILED",
          "no such device", 1 },
        { LISTS "echo '" REPORT(ROW("A", "\"skipped\": true, \"skip_message\": \"no GPU here\"")) "' > $out\n", "skipped", "SKIPPED",
          "no GPU here", 0 },
        { LISTS "echo 'no data file' >&2; exit 3\n", "crashed", "CRASHED", "ended with exit status 3 (it said: no data file)", 1 },
        { LISTS "echo 'usage: bench'; exit 2\n", "crashed", "CRASHED", "(it said: usage: bench)", 1 },
        { LISTS "kill -SEGV $$\n", "crashed", "CRASHED", "killed by SIGSEGV", 1 },
        { LISTS, "crashed", "CRASHED", "reported nothing for 'A'", 1 },
        { LISTS "echo '{\"benchmarks\": [' > $out\n", "crashed", "CRASHED", "line 2", 1 },
        { LISTS "echo '" REPORT(ROW("A/8", TIME)) "' > $out\n", "crashed", "CRASHED", "lists a benchmark 'A', but reported 'A/8'", 1 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct result r;
        const json_t *c;
        json_t *json;

        write_file("bench", rows[i].script, 0755);
        r = pawl("gate --json --gbench ./bench");
        json = document(&r);
        c = row(json, "cases", "id", "gbench/bench/A/run", NULL, NULL);
        assert_has(text_of(c, "reason"), rows[i].says);
        assert_string_equal(text_of(c, "status"), rows[i].status);
        assert_string_equal(text_of(row(json, "verdicts", "case", "gbench/bench/A/run", NULL, NULL), "outcome"), rows[i].outcome);
        assert_int_equal(r.exit, rows[i].exit);
        json_decref(json);
        done(&r);
    }
}

static void a_greeting_is_no_benchmark(void **state)
{
    static const struct { const char *args; int exit; const char *says; } rows[] = {
        { "list --gbench ./bench", 0, "gbench/bench/A/run" },
        { "list --gbench ./bench --benchmark_filter=nothing", 2, "has no benchmark that matches 'nothing'" },
    };

    (void)state;
    write_file("bench", "#!/bin/sh\necho Hello world\ncase \"$*\" in *=nothing*|*'=^$'*) ;; *) echo A;; esac\n", 0755);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct result r = pawl(rows[i].args);

        assert_int_equal(r.exit, rows[i].exit);
        assert_has(i ? r.err : r.out, rows[i].says);
        if (strstr(r.out, "Hello"))
            fail_msg("%s", r.out);
        done(&r);
    }
}

static void a_program_that_never_lists_its_benchmarks_is_given_up(void **state)
{
    struct result r;

    (void)state;
    write_file("bench", "#!/bin/sh\nexec sleep 100\n", 0755);
    r = pawl("run --timeout 0.3 --gbench ./bench");
    assert_int_equal(r.exit, 2);
    assert_has(r.err, "(--benchmark_list_tests): '");
    assert_has(r.err, "was still running after 0.3 s");
    done(&r);
}

#define TARGETS(metric, limit) "{ \"benchmarks\": [ { \"program\": \"bench\" } ],\n\"targets\": [\n" \
                               "{ \"cases\": \"gbench/bench/A\", \"metric\": \"" metric "\", " limit ", \"why\": \"w\" } ] }"

static void a_target_may_name_a_counter(void **state)
{
    static const struct { const char *config, *outcome, *says, *better; int exit; } rows[] = {
        { TARGETS("widgets", "\"at_least\": 7"), "PASS", "at least 7 is promised", "higher", 0 },
        { TARGETS("widgets", "\"at_most\": 6.5"), "MISSED_TARGET", "at most 6.5 is promised", "lower", 1 },
        { TARGETS("wigdets", "\"at_most\": 7"), "MISSING", "the target (line 3) speaks of has reported a 'wigdets' (did you mean 'widgets'?)",
          NULL, 1 },
        { TARGETS("time_n", "\"at_most\": 7"), NULL, "line 3: unknown metric 'time_n' (did you mean 'time_ns'?)", NULL, 2 },
    };

    (void)state;
    write_file("bench", LISTS "echo '" REPORT(ROW("A", "\"widgets\": 7, " TIME)) "' > $out\n", 0755);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct result r;
        json_t *json;

        write_file("pawl.json", rows[i].config, 0644);
        r = pawl("gate --json");
        if (r.exit != rows[i].exit)
            fail_msg("row %zu: exit %d: %s%s", i, r.exit, r.out, r.err);
        if (rows[i].outcome) {
            const json_t *v;

            json = document(&r);
            v = row(json, "verdicts", "against", "target", NULL, NULL);
            assert_string_equal(text_of(v, "outcome"), rows[i].outcome);
            assert_has(text_of(v, "reason"), rows[i].says);
            json_decref(json);
        } else {
            assert_has(r.err, rows[i].says);
        }
        done(&r);
        if (rows[i].better) {
            struct text query = { 0 };

            text_addf(&query, "test \"$(sqlite3 %s/pawl.db \"SELECT better FROM estimate WHERE metric = 'widgets' ORDER BY run DESC"
                              " LIMIT 1\")\" = %s", folder, rows[i].better);
            assert_int_equal(system(query.data), 0);
            text_free(&query);
        }
    }
}

static void what_a_filter_leaves_out_is_not_missing(void **state)
{
    struct result r;
    json_t *json;

    (void)state;
    write_file("bench", "#!/bin/sh\ncase \"$*\" in *=B*|*^B*) n=B;; *) n=A;; esac\ncase $1 in *list*) echo $n; exit;; esac\n"
                        "echo '{\"benchmarks\": [{\"name\": \"'$n'\", " TIME "}]}'\n", 0755);
    write_file("pawl.json", TARGETS("time_ns", "\"at_most\": 200"), 0644);
    r = pawl("gate --json --benchmark_filter=B");
    json = document(&r);
    assert_int_equal(r.exit, 0);
    assert_int_equal(json_array_size(json_object_get(json, "verdicts")), 0);
    json_decref(json);
    done(&r);
}

static void an_import_tells_what_failed_in_the_program(void **state)
{
    struct result r;

    (void)state;
    write_file("report.json", REPORT(ROW("A", TIME) ", " ROW("A", TIME) ", " ROW("B", "\"error_occurred\": true, \"error_message\": \"no such device\"")), 0644);
    r = pawl("import gbench report.json");
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "FAILED: gbench/imported/B/run: no such device");
    done(&r);
    r = pawl("compare --all last last");
    assert_has(r.out, "gbench/imported/A/run");
    done(&r);
}

/* Nothing of it is there afterwards: the file had room for the tables, and no more. */
static void an_import_that_finds_no_room_leaves_nothing(void **state)
{
    struct result r;
    struct text csv = { 0 }, query = { 0 };

    (void)state;
    write_file("one.csv", "case,time\na,1\n", 0644);
    r = pawl("import csv one.csv");
    assert_int_equal(r.exit, 0);
    done(&r);
    text_add(&csv, "case,time\n");
    for (int i = 0; i < 20000; i++)
        text_addf(&csv, "case %d,%d\n", i % 200, i);
    write_file("many.csv", csv.data, 0644);
    text_free(&csv);
    r = finish(start("ulimit -f 500; exec", "import csv many.csv"));
    assert_int_equal(r.exit, 4);
    assert_has(r.err, "cannot record it");
    done(&r);
    text_addf(&query, "test \"$(sqlite3 %s/pawl.db 'SELECT count(*) FROM run' 'SELECT count(*) FROM series' 'PRAGMA integrity_check'"
                      " | tr '\\n' ' ')\" = '1 1 ok '", folder);
    assert_int_equal(system(query.data), 0);
    text_free(&query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whatever_way_a_program_reports_is_understood),
        TEST(how_a_program_fails_is_told_in_its_own_words),
        TEST(a_greeting_is_no_benchmark),
        TEST(a_program_that_never_lists_its_benchmarks_is_given_up),
        TEST(a_target_may_name_a_counter),
        TEST(what_a_filter_leaves_out_is_not_missing),
        TEST(an_import_tells_what_failed_in_the_program),
        TEST(an_import_that_finds_no_room_leaves_nothing),
    };

    return cmocka_run_group_tests_name("cli_foreign", tests, NULL, NULL);
}
