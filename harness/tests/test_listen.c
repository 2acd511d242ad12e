// SPDX-License-Identifier: MIT
/* test_listen.c -- a worker may say anything: what is not understood ends the block with words, and is used nowhere. */
#include "worker_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of workers

#include "measure/block_private.h"

#include <sys/stat.h>

static const int both[] = { PLAIN, AGAIN };

static void what_is_not_understood_is_refused(void **state)
{
    static const char *const rows[] = {
        "\n",
        "hello\n",
        "{}\n",
        "[]\n",
        "{\"t\":\"what\"}\n",
        "{\"t\":\"hello\",\"protocol\":99}\n",
        "{\"t\":\"sample\",\"variant\":0}\n",
        "{\"t\":\"sample\",\"variant\":99,\"round\":0,\"order\":0,\"iterations\":1,\"ns\":1.0,\"cpu_ns\":1.0,\"cpu\":0,\"switches\":0}\n",
        "{\"t\":\"sample\",\"variant\":-1,\"round\":0,\"order\":0,\"iterations\":1,\"ns\":1.0,\"cpu_ns\":1.0,\"cpu\":0,\"switches\":0}\n",
        "{\"t\":\"sample\",\"variant\":0,\"round\":0,\"order\":0,\"iterations\":0,\"ns\":1.0,\"cpu_ns\":1.0,\"cpu\":0,\"switches\":0}\n",
        "{\"t\":\"phase\",\"what\":\"time\",\"variant\":99}\n",
        "{\"t\":\"calibrated\",\"variant\":0,\"iterations\":0}\n",
        "{\"t\":\"calibrated\",\"variant\":0,\"iterations\":-9223372036854775808}\n",
        "{\"t\":\"exact\",\"variant\":0,\"metric\":\"no such\",\"value\":1.0}\n",
        "{\"t\":\"exact\",\"variant\":99,\"metric\":\"cpu_0\",\"value\":1.0}\n",
        "{\"t\":\"wrong\",\"variant\":-1,\"reason\":\"r\"}\n",
        "{\"t\":\"wrong\",\"variant\":0}\n",
        "{\"t\":\"error\",\"code\":\"x\",\"reason\":\"r\"}\n",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct job job = job_of(&checked, both, 2);
        struct block block = { .variant = -1 };
        struct listener listener = { .job = &job, .block = &block, .phase_variant = -1 };
        struct err err = { 0 };

        print_message("%s", rows[i]);
        assert_int_equal(listener_take(&listener, rows[i], strlen(rows[i]), &err), -1);
        assert_int_equal(err.code, ERR_HARNESS);
        assert_non_null(strstr(err.msg, "not understood"));
        assert_int_equal(block.n_samples + block.n_exacts, 0);
        assert_int_equal(block.variant, -1);
        listener_free(&listener);
    }
}

/* A code from outside chooses the exit status of the whole program: only those that a worker has. */
static void an_error_before_the_start_is_the_hosts_or_the_harness_s(void **state)
{
    static const struct { int code; enum err_code want; } rows[] = {
        { ERR_HOST, ERR_HOST }, { ERR_CONFIG, ERR_CONFIG }, { 0, ERR_HARNESS }, { 77, ERR_HARNESS }, { -1, ERR_HARNESS },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct job job = job_of(&checked, both, 2);
        struct block block = { .variant = -1 };
        struct listener listener = { .job = &job, .block = &block, .phase_variant = -1 };
        struct err err = { 0 };
        char line[80];

        snprintf(line, sizeof(line), "{\"t\":\"error\",\"code\":%d,\"reason\":\"because\"}\n", rows[i].code);
        assert_int_equal(listener_take(&listener, line, strlen(line), &err), -1);
        assert_int_equal(err.code, rows[i].want);
        assert_string_equal(err.msg, "because");
        listener_free(&listener);
    }
}

/* Runs a block whose worker is a shell script; what became of it. */
static int run_script(const char *words, struct block *block, struct err *err)
{
    struct job job = job_of(&checked, both, 2);
    char path[] = "/tmp/pawl-worker-XXXXXX";
    struct block_options options = { .program = path, .timeout_s = 20 };
    int fd = mkstemp(path), ret;

    assert_true(fd >= 0);
    assert_true(dprintf(fd, "#!/bin/sh\n%s\n", words) > 0);
    assert_int_equal(fchmod(fd, 0700), 0);
    close(fd);
    ret = block_run(&job, &options, 0, block, err);
    unlink(path);
    return ret;
}

static void a_hostile_worker_ends_its_block_and_nothing_else(void **state)
{
    static const struct { const char *script, *error, *reason; } rows[] = {
        { "echo rubbish >&3; exec sleep 100", "'rubbish'", NULL },
        { "printf 'a\\0b\\n' >&3; exec sleep 100", "a NUL byte", NULL },
        { "exec cat /dev/zero >&3", "a NUL byte", NULL },
        { "while :; do printf '%01000d' 0; done >&3", "a line without an end", NULL },
        { "exit 0", NULL, "the worker ended early with exit status 0" },
        { "echo last words; kill -9 $$", NULL, "killed by SIGKILL (Killed) in set-up (it said: last words)" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct block block;
        struct err err = { 0 };
        int ret = run_script(rows[i].script, &block, &err);

        print_message("%s\n", rows[i].script);
        assert_int_equal(ret, rows[i].error ? -1 : 0);
        if (rows[i].error) {
            assert_non_null(strstr(err.msg, rows[i].error));
        } else {
            assert_int_equal(block.status, CASE_CRASHED);
            assert_non_null(strstr(block.reason, rows[i].reason));
            block_free(&block);
        }
    }
}

static int tests(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(what_is_not_understood_is_refused),
        cmocka_unit_test(an_error_before_the_start_is_the_hosts_or_the_harness_s),
        cmocka_unit_test(a_hostile_worker_ends_its_block_and_nothing_else),
    };

    return cmocka_run_group_tests_name("listen", all, NULL, NULL);
}

int main(int argc, char **argv)
{
    return main_of(argc, argv, tests);
}
