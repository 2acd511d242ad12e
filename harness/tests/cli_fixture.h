// SPDX-License-Identifier: MIT
/* cli_fixture.h -- runs the whole program, as a user does, over subjects that crash, hang and lie (faulty.c), each test
 * in a folder and with a history of its own. No test looks at how long anything took. */
#pragma once

#include "base/err.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <jansson.h>

struct result {
    int exit;   /* -1: killed */
    int signal; /* by this */
    char *out, *err;
};

static char folder[64];

static char *slurp(const char *name)
{
    struct text t = { 0 }, path = { 0 };
    char chunk[4096];
    size_t n;
    FILE *f;

    text_addf(&path, "%s%s%s", *name == '/' ? "" : folder, *name == '/' ? "" : "/", name);
    f = fopen(path.data, "r");
    text_add(&t, "");
    while (f && (n = fread(chunk, 1, sizeof(chunk) - 1, f)) > 0) {
        chunk[n] = '\0';
        text_add(&t, chunk);
    }
    if (f)
        fclose(f);
    text_free(&path);
    return t.data;
}

/* In the test's folder. */
static inline void write_file(const char *name, const char *text, mode_t mode)
{
    struct text path = { 0 };
    FILE *f;

    text_addf(&path, "%s/%s", folder, name);
    f = fopen(path.data, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(path.data, mode), 0);
    text_free(&path);
}

/* A command that measures does so on whatever host the tests run on, a build with sanitizers included, and waits for no
 * other job: those are tested by themselves, with start_with(). */
static const char *measuring_options(const char *args)
{
    static const char *const commands[] = { "run", "gate", "drill", "tune", "nightly" };

    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (strcspn(args, " ") == strlen(commands[i]) && strncmp(args, commands[i], strlen(commands[i])) == 0)
            return " --force --lock pawl.lock";
    return "";
}

/* `before` is shell text in front of the command ("ulimit -f 9; exec"); `more` goes behind its first word. */
static pid_t start_with(const char *before, const char *args, const char *more)
{
    struct text command = { 0 };
    int word = (int)strcspn(args, " ");
    pid_t pid;

    text_addf(&command, "cd %s && %s %s %.*s%s%s >out 2>err </dev/null", folder, before, PAWL_FAULTY, word, args, more,
              args + word);
    pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command.data, NULL);
        _exit(127);
    }
    text_free(&command);
    return pid;
}

static pid_t start(const char *before, const char *args)
{
    return start_with(before, args, measuring_options(args));
}

static struct result finish(pid_t pid)
{
    struct result r = { -1, 0, NULL, NULL };
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status))
        r.exit = WEXITSTATUS(status);
    else
        r.signal = WTERMSIG(status);
    r.out = slurp("out");
    r.err = slurp("err");
    return r;
}

static inline struct result pawl(const char *args)
{
    return finish(start("exec", args));
}

static void done(struct result *r)
{
    free(r->out);
    free(r->err);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in:\n%s", part, text);
}

/* The object of `array` whose `key` is `value`; fails the test where there is none. */
static inline const json_t *row(const json_t *document, const char *array, const char *key, const char *value,
                         const char *key2, const char *value2)
{
    const json_t *item;
    size_t i;

    json_array_foreach(json_object_get(document, array), i, item) {
        const char *one = json_string_value(json_object_get(item, key));
        const char *two = key2 ? json_string_value(json_object_get(item, key2)) : NULL;

        if (one && strcmp(one, value) == 0 && (!key2 || (two && strcmp(two, value2) == 0)))
            return item;
    }
    fail_msg("no '%s' with %s '%s'", array, key, value);
    return NULL;
}

static inline const char *text_of(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));

    return s ? s : "";
}

static inline json_t *document(const struct result *r)
{
    json_error_t e;
    json_t *json = json_loads(r->out, JSON_REJECT_DUPLICATES, &e);

    if (!json)
        fail_msg("standard output is not one JSON document: %s\n%s\n%s", e.text, r->out, r->err);
    return json;
}

static int make_folder(void **state)
{
    struct text path = { 0 };

    (void)state;
    strcpy(folder, "/tmp/pawl-cli-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    text_addf(&path, "%s/baselines", folder);
    if (mkdir(path.data, 0700) < 0)
        return -1;
    text_free(&path);
    text_addf(&path, "%s/pawl.db", folder);
    setenv("PAWL_DB", path.data, 1);
    text_free(&path);
    unsetenv("FAULTY_ANSWER");
    return 0;
}

static int remove_folder(void **state)
{
    struct text command = { 0 };
    int ret;

    (void)state;
    text_addf(&command, "rm -rf '%s'", folder);
    ret = system(command.data);
    text_free(&command);
    return ret;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
