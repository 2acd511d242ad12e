// SPDX-License-Identifier: MIT
/* test_cli_gbench.c -- benchmarks of other programs. A shell script stands for a Google Benchmark program: it lists names
 * and reports times that the test has chosen. */
#include "cli_fixture.h"

/* Answers as the library does. $NS_name is a benchmark's time; "fail" makes it report an error, "crash" kills it. */
#define SCRIPT(names) \
    "#!/bin/sh\n" \
    "for a; do case $a in --benchmark_list_tests*) printf '" names "'; exit;; --benchmark_out=*) out=${a#*=};;" \
    " --benchmark_filter=*) name=${a#*=^}; name=${name%$};; esac; done\n" \
    "word=$(echo $name | tr -c 'A-Za-z0-9\\n' _); eval ns=\\$NS_$word; : ${ns:=100}\n" \
    "[ $ns = crash ] && kill -SEGV $$\n" \
    "bad=; [ $ns = fail ] && bad='\"error_occurred\": true, \"error_message\": \"no such device\", ' ns=0\n" \
    "row() { echo \"{\\\"name\\\": \\\"$name\\\", \\\"run_name\\\": \\\"$name\\\", \\\"run_type\\\": \\\"iteration\\\",\" \\\n" \
    " \"$bad \\\"iterations\\\": 1000, \\\"real_time\\\": $1, \\\"cpu_time\\\": $1, \\\"time_unit\\\": \\\"ns\\\", \\\"widgets\\\": 7}\"; }\n" \
    "echo \"{\\\"context\\\": {}, \\\"benchmarks\\\": [$(row $ns), $(row $ns), $(row $ns), $(row $ns)]}\" > $out\n"

static int make_programs(void **state)
{
    if (make_folder(state) < 0)
        return -1;
    unsetenv("NS_BM_B_8");
    unsetenv("NS_BM_A");
    write_file("bench", SCRIPT("BM_A\\nBM_B/8\\n"), 0755);
    write_file("old", "" SCRIPT("BM_A\\nBM_C\\n") "# another build\n", 0755);
    return 0;
}

static void its_benchmarks_are_cases_and_are_recorded_like_any(void **state)
{
    struct result r = pawl("list --gbench ./bench");
    const json_t *c;
    json_t *json;

    (void)state;
    assert_int_equal(r.exit, 0);
    assert_has(r.out, "gbench/bench/BM_A/run\n");
    assert_has(r.out, "gbench/bench/BM_B/8/run\n");
    done(&r);
    setenv("NS_BM_B_8", "250", 1);
    r = pawl("run --json --gbench ./bench");
    json = document(&r);
    assert_int_equal(r.exit, 0);
    c = row(json, "cases", "id", "gbench/bench/BM_B/8/run", NULL, NULL);
    assert_string_equal(text_of(c, "status"), "ok");
    assert_int_equal(json_integer_value(json_object_get(c, "blocks")), 8);
    assert_float_equal(json_number_value(json_object_get(json_object_get(json_object_get(c, "metrics"), "time_ns"), "value")),
                       250, 0);
    assert_float_equal(json_number_value(json_object_get(json_object_get(json_object_get(c, "metrics"), "widgets"), "value")),
                       7, 0); /* a counter of its author's */
    json_decref(json);
    done(&r);
    r = pawl("run --json --gbench ./bench gbench/bench/BM_A"); /* a glob over the ids, as everywhere */
    json = document(&r);
    assert_int_equal(json_array_size(json_object_get(json, "cases")), 2);
    json_decref(json);
    done(&r);
}

static void a_benchmark_that_fails_or_crashes_says_so(void **state)
{
    struct result r;
    json_t *json;

    (void)state;
    setenv("NS_BM_A", "fail", 1);
    setenv("NS_BM_B_8", "crash", 1);
    r = pawl("run --json --gbench ./bench");
    json = document(&r);
    assert_int_equal(r.exit, 1);
    assert_has(text_of(row(json, "cases", "id", "gbench/bench/BM_A/run", NULL, NULL), "reason"), "no such device");
    assert_has(text_of(row(json, "cases", "id", "gbench/bench/BM_B/8/run", NULL, NULL), "reason"), "SIGSEGV");
    json_decref(json);
    done(&r);
}

/* The old build answers with the same script, and a time of its own from a wrapper. */
static void another_build_is_held_against_in_turns(void **state)
{
    static const struct { const char *ns, *outcome; int exit; } rows[] = {
        { "80", "REGRESSED", 1 }, { "100", "PASS", 0 }, { "125", "IMPROVED", 0 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct text script = { 0 };
        struct result r;
        json_t *json;

        text_addf(&script, "#!/bin/sh\nNS_BM_A=%s NS_BM_B_8=%s exec %s/bench \"$@\"\n", rows[i].ns, rows[i].ns, folder);
        write_file("before", script.data, 0755);
        r = pawl("gate --json --gbench ./bench --against-gbench before gbench/bench/BM_A");
        json = document(&r);
        assert_int_equal(r.exit, rows[i].exit);
        assert_string_equal(text_of(row(json, "verdicts", "case", "gbench/bench/BM_A/run", "against", "ref"), "outcome"),
                            rows[i].outcome);
        json_decref(json);
        text_free(&script);
        done(&r);
    }
}

static void identical_builds_pass_unmeasured_and_what_one_side_lacks_is_told(void **state)
{
    struct result r;
    json_t *json;

    (void)state;
    r = pawl("gate --json --gbench ./bench --against-gbench bench");
    json = document(&r);
    assert_int_equal(r.exit, 0);
    assert_has(text_of(row(json, "verdicts", "case", "gbench/bench/BM_A/run", "against", "ref"), "reason"), "same code");
    json_decref(json);
    done(&r);
    r = pawl("gate --json --gbench ./bench --against-gbench old");
    json = document(&r);
    assert_int_equal(r.exit, 1);
    assert_string_equal(text_of(row(json, "verdicts", "case", "gbench/bench/BM_B/8/run", NULL, NULL), "outcome"), "NEW");
    assert_string_equal(text_of(row(json, "verdicts", "case", "gbench/bench/BM_C/run", NULL, NULL), "outcome"), "MISSING");
    json_decref(json);
    done(&r);
}

#define CONFIG(rest) "{ \"benchmarks\": [ { \"program\": \"bench\", \"name\": \"lib\" } ]" rest " }"

static void a_pawl_json_names_programs_and_targets(void **state)
{
    static const struct { const char *limit, *outcome; int exit; } rows[] = { { "120", "PASS", 0 }, { "80", "MISSED_TARGET", 1 } };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct text config = { 0 };
        struct result r;
        json_t *json;

        text_addf(&config, CONFIG(", \"targets\": [ { \"cases\": \"gbench/lib/BM_A\", \"metric\": \"time_ns\", "
                                  "\"at_most\": %s, \"why\": \"w\" } ]"),
                  rows[i].limit);
        write_file("pawl.json", config.data, 0644);
        r = pawl("gate --json");
        json = document(&r);
        assert_int_equal(r.exit, rows[i].exit);
        assert_string_equal(text_of(row(json, "verdicts", "case", "gbench/lib/BM_A/run", "against", "target"), "outcome"),
                            rows[i].outcome);
        json_decref(json);
        text_free(&config);
        done(&r);
    }
}

/* The first figures of a project, whose folder for baselines is yet to be made; its nights and pages know its file, too. */
static void a_night_and_its_pages_are_those_of_the_pawl_json(void **state)
{
    struct result r;

    (void)state;
    write_file("pawl.json", CONFIG(", \"targets\": [ { \"cases\": \"gbench/lib/BM_A\", \"metric\": \"time_ns\", "
                                   "\"at_most\": 50, \"why\": \"w\" } ], \"baselines\": \"perf\""), 0644);
    r = pawl("nightly --quick");
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "part 1 of 1: gbench/lib\n"); /* the whole program, not a part for each benchmark */
    assert_has(r.out, "**misses its target** | gbench/lib/BM_A/run");
    assert_null(strstr(r.err, "no target lines"));
    done(&r);
    r = pawl("accept --reason first");
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "made the folder './perf'");
    assert_has(r.err, "accepted 2 cases of run 1 into ./perf/");
    done(&r);
    write_file("bench", "#!/bin/sh\nexit 1\n", 0755); /* to draw what was recorded no program is asked */
    r = pawl("dashboard");
    assert_int_equal(r.exit, 0);
    assert_null(strstr(r.err, "no target lines"));
    done(&r);
    r = pawl("check harness/null");
    assert_has(r.err, "about pawl's own scenarios, not about the programs of pawl.json");
    done(&r);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    static const struct { const char *config, *args, *says; } rows[] = {
        { NULL, "run --gbench ./nowhere", "no program './nowhere'" },
        { NULL, "run --gbench baselines", "is no program that can be started" },
        { NULL, "run --gbench /bin/true", "lists no benchmark" },
        { NULL, "run --gbench /bin/false", "ended with exit status 1" },
        { NULL, "gate --against-gbench old", "needs --gbench PROGRAM" },
        { NULL, "gate --gbench ./bench --against HEAD", "--against-gbench" },
        { "{ \"benchmarks\": [\n", "run", "'pawl.json': line 2" },
        { "{ \"benchmarks\": [] }", "run", "at least one program" },
        { "{ \"benchmarks\": [ { \"programme\": \"bench\" } ] }", "run", "benchmarks[0]: unknown key 'programme' (did you mean 'program'?)" },
        { "{ \"benchmarks\": [ { \"program\": \"bench\", \"min_time\": -1 } ] }", "run", "min_time" },
        { "{ \"benchmarks\": [ { \"program\": \"bench\" }, { \"program\": \"bench\" } ] }", "run", "have one case id" },
        { CONFIG(", \"target\": []"), "run", "target" },
        { CONFIG(",\n\"targets\": [\n{ \"cases\": \"gbench/other\", \"metric\": \"time_ns\", \"at_most\": 1, \"why\": \"w\" } ]"),
          "gate", "line 3" },
        { CONFIG(""), "run --config nowhere.json", "nowhere.json" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct result r;

        if (rows[i].config)
            write_file("pawl.json", rows[i].config, 0644);
        r = pawl(rows[i].args);
        if (r.exit != 2)
            fail_msg("%s: exit %d: %s", rows[i].args, r.exit, r.err);
        assert_has(r.err, rows[i].says);
        done(&r);
    }
}

/* What `pawl export` writes of a run, imported and compared with it. */
static json_t *round_trip(const char *format, const char *run)
{
    struct result r;
    struct text args = { 0 };
    json_t *json;

    text_addf(&args, "export %s %s", format, run);
    r = pawl(args.data);
    assert_int_equal(r.exit, 0);
    write_file("exported", r.out, 0644);
    done(&r);
    args.len = 0;
    text_addf(&args, "import %s exported", format);
    r = pawl(args.data);
    if (r.exit != 0)
        fail_msg("%s", r.err);
    done(&r);
    args.len = 0;
    text_addf(&args, "compare --json %s last", run);
    r = pawl(args.data);
    assert_int_equal(r.exit, 0);
    json = document(&r);
    done(&r);
    text_free(&args);
    return json;
}

static void what_was_exported_comes_back_under_the_same_ids(void **state)
{
    static const struct { const char *format, *run, *id; } rows[] = {
        { "csv", "1", "tests/faulty/same/n=1" }, { "gbench", "1", "tests/faulty/same/n=1" },
        { "csv", "2", "gbench/bench/BM_A/run" },  { "gbench", "2", "gbench/bench/BM_A/run" },
    };
    struct result r = pawl("run --quick tests/faulty/same");

    (void)state;
    assert_int_equal(r.exit, 0);
    done(&r);
    r = pawl("run --gbench ./bench gbench/bench/BM_A");
    assert_int_equal(r.exit, 0);
    done(&r);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *json = round_trip(rows[i].format, rows[i].run), *change;
        size_t k, n = 0;

        json_array_foreach(json_object_get(json, "changes"), k, change)
            if (strcmp(text_of(change, "case"), rows[i].id) == 0) {
                n++;
                assert_float_equal(json_number_value(json_object_get(change, "ratio")), 1, 1e-9);
            }
        if (n < 2) /* time_ns and speedup */
            fail_msg("%s of run %s: %zu metrics came back", rows[i].format, rows[i].run, n);
        json_decref(json);
    }
}

static void a_report_of_more_than_256_MiB_is_refused(void **state)
{
    struct text path = { 0 };
    struct result r;

    (void)state;
    write_file("large", "{", 0644);
    text_addf(&path, "%s/large", folder);
    assert_int_equal(truncate(path.data, (256L << 20) + 1), 0); /* a hole: no disk is filled */
    text_free(&path);
    r = pawl("import gbench large");
    assert_int_equal(r.exit, 2);
    assert_has(r.err, "'large' is larger than 256 MiB");
    done(&r);
}

#define PROGRAM_TEST(name) cmocka_unit_test_setup_teardown(name, make_programs, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM_TEST(its_benchmarks_are_cases_and_are_recorded_like_any),
        PROGRAM_TEST(a_benchmark_that_fails_or_crashes_says_so),
        PROGRAM_TEST(another_build_is_held_against_in_turns),
        PROGRAM_TEST(identical_builds_pass_unmeasured_and_what_one_side_lacks_is_told),
        PROGRAM_TEST(a_pawl_json_names_programs_and_targets),
        PROGRAM_TEST(a_night_and_its_pages_are_those_of_the_pawl_json),
        PROGRAM_TEST(what_is_wrong_is_told_with_its_place),
        PROGRAM_TEST(what_was_exported_comes_back_under_the_same_ids),
        PROGRAM_TEST(a_report_of_more_than_256_MiB_is_refused),
    };

    return cmocka_run_group_tests_name("cli_gbench", tests, NULL, NULL);
}
