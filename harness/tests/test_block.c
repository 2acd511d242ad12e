// SPDX-License-Identifier: MIT
/* test_block.c -- what befalls a worker, and what the run makes of it. */
#include "worker_fixture.h"

static void variant_whose_instructions_are_excluded_is_refused(void **state)
{
    static const int two[] = { PLAIN, WIDE };
    struct job job = job_of(&checked, two, 2);
    struct block_options options = { .program = "/proc/self/exe", .timeout_s = 60 };
    struct block block;
    struct err err = { 0 };

    (void)state;
    job.isa_without = ISA_AVX2;
    assert_int_equal(block_run(&job, &options, 0, &block, &err), -1);
    assert_non_null(strstr(err.msg, "variant 'wide' cannot run"));
}

static void check_that_cannot_work_is_no_wrong_result(void **state)
{
    static const struct { int variant; enum case_status status; const char *reason; } rows[] = {
        { UNABLE, CASE_CRASHED, "cannot load libfoo (apt install libfoo)" },
        { WRONG, CASE_WRONG_RESULT, "entry 3 is 4.5, want 4" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const int two[] = { PLAIN, rows[i].variant };
        struct job job = job_of(&checked, two, 2);
        struct block block = block_of(&job, 60);

        assert_int_equal(block.status, rows[i].status);
        assert_int_equal(block.variant, rows[i].variant);
        assert_string_equal(block.reason, rows[i].reason);
        block_free(&block);
    }
}

static void failed_setup_is_no_variants_fault(void **state)
{
    struct job job = job_of(&checked, three, 2);
    struct block block;

    (void)state;
    setenv("PROBE_NO_SETUP", "1", 1);
    block = block_of(&job, 60);
    unsetenv("PROBE_NO_SETUP");
    assert_int_equal(block.status, CASE_CRASHED);
    assert_int_equal(block.variant, -1);
    assert_string_equal(block.reason, "set-up: the corpus is not there");
    block_free(&block);
}

/* 5 s: time enough to come so far, on a slow host too. */
static void worker_that_hangs_with_all_closed_is_timed_out(void **state)
{
    static const int two[] = { PLAIN, CLOSES };
    struct job job = job_of(&checked, two, 2);
    struct block block = block_of(&job, 5);

    (void)state;
    assert_int_equal(block.status, CASE_TIMED_OUT);
    assert_int_equal(block.variant, CLOSES);
    assert_non_null(strstr(block.reason, "still running after 5 s, in the timed run of 'closes'"));
    block_free(&block);
}

static void worker_that_hangs_at_its_end_is_timed_out(void **state)
{
    struct job job = job_of(&checked, three, 2);
    struct block block;

    (void)state;
    setenv("PROBE_HANG", "1", 1);
    block = block_of(&job, 5);
    unsetenv("PROBE_HANG");
    assert_int_equal(block.status, CASE_TIMED_OUT);
    assert_int_equal(block.variant, -1);
    assert_non_null(strstr(block.reason, "in the tear-down"));
    block_free(&block);
}

/* No such process, or one that only waits for whoever adopted it. */
static bool is_gone(pid_t pid)
{
    char path[64], text[256] = "";
    const char *state;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    f = fopen(path, "r");
    if (!f)
        return true;
    if (!fgets(text, sizeof(text), f))
        text[0] = '\0';
    fclose(f);
    state = strrchr(text, ')');
    return !state || state[2] == 'Z' || state[2] == 'X';
}

static void what_a_subject_leaves_behind_is_killed_and_not_waited_for(void **state)
{
    static const int two[] = { PLAIN, STRAYS };
    struct job job = job_of(&checked, two, 2);
    struct block block = block_of(&job, 60);
    pid_t stray;

    (void)state;
    assert_ok(&block); /* though its child holds the pipe open */
    assert_int_equal(block.n_samples, 4);
    stray = (pid_t)value_of(&block, STRAYS, "stray_pid");
    assert_true(stray > 0);
    for (int i = 0; i < 1000 && !is_gone(stray); i++)
        usleep(10000);
    assert_true(is_gone(stray));
    block_free(&block);
}

static int tests(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(variant_whose_instructions_are_excluded_is_refused),
        cmocka_unit_test(check_that_cannot_work_is_no_wrong_result),
        cmocka_unit_test(failed_setup_is_no_variants_fault),
        cmocka_unit_test(worker_that_hangs_with_all_closed_is_timed_out),
        cmocka_unit_test(worker_that_hangs_at_its_end_is_timed_out),
        cmocka_unit_test(what_a_subject_leaves_behind_is_killed_and_not_waited_for),
    };

    return cmocka_run_group_tests_name("block", all, NULL, NULL);
}

int main(int argc, char **argv)
{
    return main_of(argc, argv, tests);
}
