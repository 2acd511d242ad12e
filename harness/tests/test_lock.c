// SPDX-License-Identifier: MIT
/* test_lock.c -- the lock of the host, between processes. No test waits longer than the lock's own polling. */
#include "machine/lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], path[80];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/pawl-lock-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/pawl.lock", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

/* A child that takes the lock, says so on the pipe that is returned, and holds it until it is killed. */
static pid_t start_holder(const char *who)
{
    int pipe_fds[2];
    pid_t child;
    char c;

    assert_int_equal(pipe(pipe_fds), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct err err = { 0 };
        struct lock lock;
        char holder[LOCK_HOLDER];

        if (lock_open(&lock, path, &err) == 0 && lock_try(&lock, who, holder, &err) == 1 &&
            write(pipe_fds[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    close(pipe_fds[1]);
    assert_int_equal(read(pipe_fds[0], &c, 1), 1);
    close(pipe_fds[0]);
    return child;
}

static void end_holder(pid_t child)
{
    int status;

    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
}

static void open_lock(struct lock *lock)
{
    struct err err = { 0 };

    if (lock_open(lock, path, &err) < 0)
        fail_msg("%s", err.msg);
}

static void second_job_is_told_whom_it_waits_for(void **state)
{
    pid_t child = start_holder("pawl gate");
    struct err err = { 0 };
    struct lock lock;
    char holder[LOCK_HOLDER], pid[32];

    (void)state;
    open_lock(&lock);
    assert_int_equal(lock_try(&lock, "pawl run", holder, &err), 0);
    snprintf(pid, sizeof(pid), "pid %d (pawl gate, since ", (int)child);
    if (strncmp(holder, pid, strlen(pid)) != 0)
        fail_msg("%s", holder);
    assert_int_equal(lock_wait(&lock, "pawl run", 0.15, holder, &err), 0); /* it gives up */
    assert_string_equal(err.msg, "");
    end_holder(child);
    lock_close(&lock);
}

static void lock_of_a_killed_job_is_free(void **state)
{
    pid_t child = start_holder("pawl gate");
    struct err err = { 0 };
    struct lock lock;
    char holder[LOCK_HOLDER];

    (void)state;
    open_lock(&lock);
    assert_int_equal(lock_try(&lock, "pawl run", holder, &err), 0);
    end_holder(child);
    assert_int_equal(lock_wait(&lock, "pawl run", -1, holder, &err), 1);
    assert_int_equal(lock_try(&lock, "pawl run", holder, &err), 1); /* whoever has it may ask again */
    lock_close(&lock);
    lock_close(&lock);
    open_lock(&lock);
    assert_int_equal(lock_try(&lock, "pawl run", holder, &err), 1);
    lock_close(&lock);
}

/* A worker that outlived its run must not keep the host. */
static void program_that_is_started_does_not_inherit_it(void **state)
{
    struct err err = { 0 };
    struct lock lock, other;
    char holder[LOCK_HOLDER];
    pid_t child;
    int status;

    (void)state;
    open_lock(&lock);
    assert_int_equal(lock_try(&lock, "pawl run", holder, &err), 1);
    child = fork();
    if (child == 0) {
        execl("/bin/sleep", "sleep", "60", NULL);
        _exit(127);
    }
    for (int i = 0; i < 500; i++) { /* until it is the other program */
        char name[64] = "", file[64];
        FILE *f;

        snprintf(file, sizeof(file), "/proc/%d/comm", (int)child);
        f = fopen(file, "r");
        if (f) {
            if (!fgets(name, sizeof(name), f))
                name[0] = '\0';
            fclose(f);
        }
        if (strcmp(name, "sleep\n") == 0)
            break;
        usleep(10000);
    }
    lock_close(&lock);
    open_lock(&other);
    assert_int_equal(lock_try(&other, "pawl run", holder, &err), 1);
    lock_close(&other);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
}

static void every_user_may_open_it_and_it_stays(void **state)
{
    struct err err = { 0 };
    struct lock lock;
    char holder[LOCK_HOLDER];
    struct stat st;
    mode_t mask = umask(077);

    (void)state;
    open_lock(&lock);
    umask(mask);
    assert_int_equal(lock_try(&lock, "pawl run", holder, &err), 1);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0666);
    assert_true(st.st_size > 0);
    lock_close(&lock);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 0); /* nobody holds it, so nobody is named */
}

static void file_that_was_replaced_is_not_what_is_held(void **state)
{
    struct err err = { 0 };
    struct lock one, two;
    char holder[LOCK_HOLDER];

    (void)state;
    open_lock(&one);
    assert_int_equal(unlink(path), 0); /* a cleaner of old files came by */
    open_lock(&two);
    assert_int_equal(lock_try(&two, "pawl run", holder, &err), 1);
    assert_int_equal(lock_try(&one, "pawl gate", holder, &err), 0);
    lock_close(&two);
    assert_int_equal(lock_try(&one, "pawl gate", holder, &err), 1);
    lock_close(&one);
}

static void what_is_no_plain_file_is_refused(void **state)
{
    char other[96];

    (void)state;
    snprintf(other, sizeof(other), "%s/other", folder);
    for (int i = 0; i < 4; i++) {
        struct err err = { 0 };
        struct lock lock;
        struct stat st;
        FILE *file = fopen(other, "w");

        assert_non_null(file);
        fputs("precious", file);
        fclose(file);
        if (i == 0)
            assert_int_equal(symlink(other, path), 0);
        else if (i == 1)
            assert_int_equal(link(other, path), 0);
        else if (i == 2)
            assert_int_equal(mkfifo(path, 0666), 0);
        else
            assert_int_equal(mkdir(path, 0777), 0);
        assert_int_equal(lock_open(&lock, path, &err), -1);
        assert_int_equal(err.code, ERR_HOST);
        assert_non_null(strstr(err.msg, path));
        assert_int_equal(lock.fd, -1);
        assert_int_equal(stat(other, &st), 0);
        assert_int_equal(st.st_size, 8);
        remove(path);
    }
    unlink(other);
}

static void lock_that_cannot_be_made_says_why(void **state)
{
    char longest[512], below[128];
    const char *paths[] = { below, longest };

    (void)state;
    snprintf(below, sizeof(below), "%s/missing/pawl.lock", folder);
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    for (int i = 0; i < 2; i++) {
        struct err err = { 0 };
        struct lock lock;

        assert_int_equal(lock_open(&lock, paths[i], &err), -1);
        assert_int_equal(err.code, ERR_HOST);
        lock_close(&lock);
    }
}

static void words_of_another_user_do_not_reach_the_terminal_raw(void **state)
{
    pid_t child = start_holder("pawl gate");
    struct err err = { 0 };
    struct lock lock;
    char holder[LOCK_HOLDER];
    FILE *file;

    (void)state;
    open_lock(&lock);
    for (int i = 0; i < 3; i++) {
        static const char *const texts[] = { "\033]0;mine\007 \xc3\xa9\nsecond line", "",
                                             "a name that is longer than what is read of it, again and again and again "
                                             "and again and again and again and again and again" };

        file = fopen(path, "w");
        assert_non_null(file);
        fputs(texts[i], file);
        fclose(file);
        assert_int_equal(lock_try(&lock, "pawl run", holder, &err), 0);
        assert_true(strlen(holder) > 0 && strlen(holder) < LOCK_HOLDER);
        for (const char *c = holder; *c; c++)
            assert_true(*c >= ' ' && *c <= '~');
        if (i == 0)
            assert_string_equal(holder, "?]0;mine? ??");
        if (i == 1)
            assert_string_equal(holder, "another process");
    }
    end_holder(child);
    lock_close(&lock);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(second_job_is_told_whom_it_waits_for),        TEST(lock_of_a_killed_job_is_free),
        TEST(program_that_is_started_does_not_inherit_it), TEST(every_user_may_open_it_and_it_stays),
        TEST(file_that_was_replaced_is_not_what_is_held),  TEST(what_is_no_plain_file_is_refused),
        TEST(lock_that_cannot_be_made_says_why),           TEST(words_of_another_user_do_not_reach_the_terminal_raw),
    };

    return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
