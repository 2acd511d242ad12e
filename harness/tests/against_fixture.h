// SPDX-License-Identifier: MIT
/* against_fixture.h -- each test with a throw-away repository, of a pawl of one line that is built in a second. */
#pragma once

#include "base/text.h"
#include "cli/against_files.h"
#include "cli/against_private.h"
#include "cli/commands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], start_folder[4096];
static struct text repo, cache, said;

/* What the program would say on standard error: kept in a file, since some tests fork. */
void say(const char *fmt, ...)
{
    FILE *f = fopen(said.data, "ae");
    va_list ap;

    va_start(ap, fmt);
    vfprintf(f, fmt, ap);
    va_end(ap);
    fputc('\n', f);
    fclose(f);
}

static char *slurp(const char *path)
{
    struct text t = { 0 };
    char chunk[4096];
    size_t n;
    FILE *f = fopen(path, "r");

    text_add(&t, "");
    while (f && (n = fread(chunk, 1, sizeof(chunk) - 1, f)) > 0) {
        chunk[n] = '\0';
        text_add(&t, chunk);
    }
    if (f)
        fclose(f);
    return t.data;
}

/* Runs shell text in the repository; its standard output, owned by the caller. Fails the test where it fails. */
static char *sh(const char *script)
{
    struct text command = { 0 }, path = { 0 };
    char *out;

    text_addf(&path, "%s/out", folder);
    text_addf(&command, "cd '%s' && { %s\n} >'%s' 2>'%s.err' </dev/null", repo.data, script, path.data, path.data);
    if (system(command.data) != 0) {
        text_add(&path, ".err");
        fail_msg("%s: %s", script, slurp(path.data));
    }
    out = slurp(path.data);
    text_free(&command);
    text_free(&path);
    return out;
}

static void run(const char *script)
{
    free(sh(script));
}

static inline void assert_says(const struct err *err, const char *part)
{
    if (err->code != ERR_CONFIG || !strstr(err->msg, part))
        fail_msg("'%s' is not in (%d): %s", part, (int)err->code, err->msg);
}

/* A commit of a program that prints `word`, and where it was compiled. */
#define COMMIT(word) \
    "printf '%s' '#include <stdio.h>\nint main(void) { puts(\"" word "\"); return !__FILE__[0]; }\n' " \
    ">harness/cli/main.c && git add -A && git commit -qm " word

static int make_repo(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/pawl-against-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    text_addf(&repo, "%s/repo", folder);
    text_addf(&cache, "%s/cache/pawl/against", folder);
    text_addf(&said, "%s/said", folder);
    setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    for (const char *const *who = (const char *const[]){ "AUTHOR", "COMMITTER", NULL }; *who; who++) {
        char name[32];

        snprintf(name, sizeof(name), "GIT_%s_NAME", *who);
        setenv(name, "test", 1);
        snprintf(name, sizeof(name), "GIT_%s_EMAIL", *who);
        setenv(name, "test@example.org", 1);
    }
    if (mkdir(repo.data, 0700) < 0)
        return -1;
    run("git init -q -b main && mkdir -p harness/cli && "
        "printf 'cmake_minimum_required(VERSION 3.25)\nproject(pawl LANGUAGES C)\nadd_subdirectory(harness/cli)\n' "
        ">CMakeLists.txt && echo 'add_executable(pawl main.c)' >harness/cli/CMakeLists.txt && " COMMIT("one"));
    return 0;
}

static int remove_repo(void **state)
{
    (void)state;
    if (chdir(start_folder) < 0)
        return -1;
    against_remove(folder);
    text_free(&repo);
    text_free(&cache);
    text_free(&said);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_repo, remove_repo)

static bool is_equipped(void)
{
    if (!getcwd(start_folder, sizeof(start_folder)))
        return false;
    if (system("command -v git cmake tar cc >/dev/null 2>&1") == 0)
        return true;
    print_message("skipped: git, cmake, tar or cc is not installed\n");
    return false;
}
