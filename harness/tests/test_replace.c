// SPDX-License-Identifier: MIT
/* test_replace.c -- a file is replaced whole, or stays as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/replace.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/pawl-replace-XXXXXX";

static int in_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int gone(void **state)
{
    (void)state;
    unlink("file");
    rmdir("taken");
    return chdir("/") == 0 ? rmdir(folder) : -1; /* fails where something was left behind */
}

static void assert_holds(const char *path, const char *text)
{
    char got[64] = "";
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(got, text);
}

static size_t n_entries(void)
{
    DIR *dir = opendir(".");
    size_t n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2;
}

static bool half_then_fail(FILE *f, const void *arg)
{
    fputs(arg, f);
    return false;
}

static void new_then_replaced(void **state)
{
    struct stat st;
    struct err err;

    (void)state;
    umask(022);
    assert_int_equal(replace_file_bytes("file", "one", 3, &err), 0);
    assert_holds("file", "one");
    assert_int_equal(replace_file_bytes("file", "", 0, &err), 0);
    assert_holds("file", "");
    assert_int_equal(replace_file_bytes("file", "two", 3, &err), 0);
    assert_holds("file", "two");
    assert_int_equal(stat("file", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    assert_int_equal(n_entries(), 1);
}

static void a_failure_leaves_the_old_one(void **state)
{
    struct err err = { 0 };

    (void)state;
    assert_int_equal(replace_file_bytes("file", "old", 3, &err), 0);
    assert_int_equal(replace_file("file", half_then_fail, "half", &err), -1);
    assert_holds("file", "old");
    assert_int_equal(n_entries(), 1);
}

static void the_path_may_be_to_blame(void **state)
{
    struct err err = { 0 };

    (void)state;
    assert_int_equal(replace_file_bytes("no/such", "x", 1, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.msg, "'no/such'"));
    assert_non_null(strstr(err.msg, "make its folder"));

    assert_int_equal(mkdir("taken", 0777), 0);
    assert_int_equal(replace_file_bytes("taken", "x", 1, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_int_equal(rmdir("taken"), 0);
    assert_int_equal(n_entries(), 1);
}

static void touch(const char *path)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fclose(f);
}

/* By a lock, not by a number of a process: two containers that share a folder count their processes apart. */
static void what_a_killed_process_left_goes_and_nothing_else(void **state)
{
    static const char *const kept[] = { "file.tmp-abcde", "file.tmp-abcdefg", "file.tmp-abc_ef", "file.tmp", "other.tmp-abcdef",
                                        "afile.tmp-abcdef" };
    struct err err = { 0 };
    int held;

    (void)state;
    touch("file.tmp-dead01");
    touch("file.tmp-alive1");
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        touch(kept[i]);
    held = open("file.tmp-alive1", O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(held, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(replace_file_bytes("file", "new", 3, &err), 0);
    assert_int_equal(access("file.tmp-dead01", F_OK), -1);
    assert_int_equal(unlink("file.tmp-alive1"), 0);
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        assert_int_equal(unlink(kept[i]), 0);
    close(held);
    assert_int_equal(n_entries(), 1);
}

static bool killed_at_work(FILE *f, const void *arg)
{
    fputs(arg, f);
    fflush(f);
    raise(SIGKILL);
    return true;
}

static void killed_at_work_the_old_one_stays_and_the_next_one_clears_up(void **state)
{
    struct err err = { 0 };
    int status;
    pid_t pid;

    (void)state;
    assert_int_equal(replace_file_bytes("file", "old", 3, &err), 0);
    pid = fork();
    if (pid == 0)
        _exit(replace_file("file", killed_at_work, "half", &err) == 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_holds("file", "old");
    assert_int_equal(n_entries(), 2);
    assert_int_equal(replace_file_bytes("./file", "new", 3, &err), 0);
    assert_holds("file", "new");
    assert_int_equal(n_entries(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_then_replaced),
        cmocka_unit_test(a_failure_leaves_the_old_one),
        cmocka_unit_test(the_path_may_be_to_blame),
        cmocka_unit_test(what_a_killed_process_left_goes_and_nothing_else),
        cmocka_unit_test(killed_at_work_the_old_one_stays_and_the_next_one_clears_up),
    };

    return cmocka_run_group_tests(tests, in_folder, gone);
}
