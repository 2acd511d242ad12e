// SPDX-License-Identifier: MIT
/* `gate --against` turns a commit into a program, once. */
#include "against_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of against

#include "cli/interrupt.h"

#include <signal.h>
#include <sys/wait.h>

static void assert_prints(const char *script, const char *want)
{
    char *out = sh(script);

    assert_string_equal(out, want);
    free(out);
}

static int count(const char *file, const char *word)
{
    char *text = slurp(file);
    int n = 0;

    for (const char *p = text; (p = strstr(p, word)); p++)
        n++;
    free(text);
    return n;
}

static int prepare(const char *ref, const char *program, struct against_program *a, struct err *err)
{
    struct against_place place = { repo.data, cache.data, program };

    return against_prepare_in(&place, ref, false, a, err);
}

static void prepare_well(const char *ref, const char *program, struct against_program *a)
{
    struct err err = { 0 };

    if (prepare(ref, program, a, &err) < 0)
        fail_msg("%s", err.msg);
}

static void merge_base_is_built_though_the_tree_is_dirty(void **state)
{
    struct against_program a, again;
    char *status, *path = sh("printf %s \"$PATH\"");
    struct text only_git = { 0 };

    (void)state;
    run("git checkout -qb mine && " COMMIT("mine") " && git checkout -q main && " COMMIT("theirs") " && git checkout "
        "-q mine && echo garbage >harness/cli/main.c && echo new >untracked && git rm -q --cached CMakeLists.txt");
    status = sh("git status --porcelain; git worktree list; git rev-parse main~1");
    setenv("GIT_DIR", "/nowhere", 1); /* a hook that calls us sets it */
    setenv("CFLAGS", "-DNOT -garbage", 1);
    prepare_well("main", "/proc/self/exe", &a);
    unsetenv("GIT_DIR");
    unsetenv("CFLAGS");
    assert_prints(a.program, "one\n");
    assert_non_null(strstr(status, a.commit));
    assert_false(a.identical);
    assert_prints("git status --porcelain; git worktree list; git rev-parse main~1", status);

    /* The second time there is no cmake to be found, and none is missed. */
    run("mkdir ../bin && ln -s \"$(command -v git)\" ../bin/git");
    text_addf(&only_git, "%s/bin", folder);
    setenv("PATH", only_git.data, 1);
    prepare_well("main", "/proc/self/exe", &again);
    setenv("PATH", path, 1);
    assert_string_equal(a.program, again.program);
    assert_int_equal(count(said.data, "building"), 1);
    text_free(&only_git);
    free(path);
    free(status);
    against_free(&a);
    against_free(&again);
}

static void broken_commit_tells_the_compilers_words_and_is_not_kept(void **state)
{
    struct against_program a;
    struct err err = { 0 };
    char *log, *end;

    (void)state;
    run("echo 'int main(void) { return missing_thing; }' >harness/cli/main.c && git commit -qam broken && "
        COMMIT("mine"));
    assert_int_equal(prepare("HEAD~1", "/proc/self/exe", &a, &err), -1);
    assert_null(a.program);
    assert_says(&err, "where HEAD left 'HEAD~1', does not build (log: ");
    assert_says(&err, "\n  harness/cli/main.c:1:");
    assert_says(&err, "error: ");
    assert_says(&err, "missing_thing");
    log = strstr(err.msg, "(log: ") + strlen("(log: ");
    end = strchr(log, ')');
    assert_non_null(end);
    *end = '\0';
    assert_int_equal(count(log, "+ cmake"), 2);
    assert_prints("ls ../cache/pawl/against | sed 's/^[0-9a-f-]*//'", ".log\nlock\n");
    err = (struct err){ 0 };
    run("git rm -qr CMakeLists.txt harness && git commit -qm empty");
    assert_int_equal(prepare("HEAD", "/proc/self/exe", &a, &err), -1);
    assert_says(&err, "CMake Error");
    run("echo 'cmake_minimum_required(VERSION 3.25)\nproject(pawl LANGUAGES NONE)\nadd_custom_target(pawl)' "
        ">CMakeLists.txt && git add -A && git commit -qm elsewhere");
    assert_int_equal(prepare("HEAD", "/proc/self/exe", &a, &err), -1);
    assert_says(&err, "builds no build/harness/cli/pawl: name a later REF");
    assert_prints("ls ../cache/pawl/against | sed 's/^[0-9a-f-]*//'", ".log\n.log\nlock\n");
}

static void same_code_is_identical_whatever_it_says_of_itself(void **state)
{
    struct against_program a, b, c;

    (void)state;
    prepare_well("HEAD", "/proc/self/exe", &a);
    assert_false(a.identical);
    run("echo words >README && git add -A && git commit -qm words");
    prepare_well("HEAD", a.program, &b); /* built in another folder, and __FILE__ is in it */
    assert_string_not_equal(a.commit, b.commit);
    assert_int_equal(count(said.data, "building"), 2);
    assert_true(b.identical);
    run(COMMIT("two"));
    prepare_well("HEAD", a.program, &c);
    assert_false(c.identical);
    against_free(&a);
    against_free(&b);
    against_free(&c);
}

static void what_a_killed_build_left_is_not_used_and_goes(void **state)
{
    struct against_program a;

    (void)state;
    run("mkdir -p ../cache/pawl/against && cd ../cache/pawl/against && h=$(git -C ../../../repo rev-parse HEAD) && "
        "mkdir -p $h-0123456789abcdef.tmp-abcdef/src/sub $h-0123456789abcdef $h-1123456789abcdef keep-me && "
        "touch -d '40 days ago' $h-0123456789abcdef keep-me && touch $h-0123456789abcdef.tmp-abcdef/src/sub/file");
    prepare_well("HEAD", "/proc/self/exe", &a);
    assert_prints("cd ../cache/pawl/against && ls | sed \"s/^$(git -C ../../../repo rev-parse HEAD)-//\" | "
                  "grep -e ^0123 -e ^1123 -e keep -e tmp",
                  "1123456789abcdef\nkeep-me\n");
    against_free(&a);
}

/* A Ctrl-C, or a job that is cancelled: nothing is left of the build, and nothing goes on. */
static void interrupted_build_ends_and_leaves_nothing(void **state)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

    (void)state;
    run("echo 'echo $$ >$1; exec sleep 60' >slow.sh && printf 'add_custom_target(slow sh %s %s)\nadd_dependencies(pawl slow)\n' "
        "'${PROJECT_SOURCE_DIR}/slow.sh' '${PROJECT_BINARY_DIR}/pid' >>harness/cli/CMakeLists.txt && git add -A && "
        "git commit -qm slow");
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        int status;
        pid_t pid = fork();

        if (pid == 0) {
            struct against_program a;
            struct err err = { 0 };

            signal(SIGHUP, SIG_DFL);
            _exit(prepare("HEAD", "/proc/self/exe", &a, &err) == 0 || interrupt_signal() != signals[i] || !strstr(err.msg, "interrupted"));
        }
        run("for i in $(seq 600); do [ -s ../cache/pawl/against/*.tmp-*/build/pid ] && break; sleep 0.1; done\n"
            "cp ../cache/pawl/against/*.tmp-*/build/pid ../pid");
        kill(pid, signals[i]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_prints("ls ../cache/pawl/against; tr '\\0' ' ' 2>/dev/null </proc/$(cat ../pid)/cmdline || :", "lock\n");
    }
}

static void build_for_which_there_is_no_room_is_not_the_commits_fault(void **state)
{
    static const char *const words[] = { "tar: src: Cannot write: No space left on device\n", "cc: error: no such word\n" };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        FILE *f = tmpfile();

        assert_non_null(f);
        fputs(words[i], f);
        fflush(f);
        assert_int_equal(against_disk_is_full(fileno(f)), i == 0);
        fclose(f);
    }
}

static void two_gates_build_once(void **state)
{
    pid_t pids[2];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pids); i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            struct against_program a;
            struct err err;

            _exit(prepare("HEAD", "/proc/self/exe", &a, &err) < 0 || access(a.program, X_OK) < 0);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(pids); i++) {
        int status;

        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(count(said.data, "building"), 1);
}

static void clone_that_the_user_stands_in_is_the_one(void **state)
{
    struct against_program a;
    struct err err = { 0 };
    struct text path = { 0 };

    (void)state;
    text_addf(&path, "%s/my cache", folder);
    setenv("XDG_CACHE_HOME", path.data, 1);
    text_free(&path);
    text_addf(&path, "%s/harness", repo.data);
    assert_int_equal(chdir(path.data), 0);
    if (against_prepare("main", false, &a, &err) < 0)
        fail_msg("%s", err.msg);
    text_free(&path);
    text_addf(&path, "'%s'", a.program);
    assert_prints(path.data, "one\n");
    assert_non_null(strstr(a.program, "/my cache/pawl/against/"));
    against_free(&a);
    assert_int_equal(against_prepare("mian", false, &a, &err), -1);
    assert_says(&err, "unknown commit 'mian' (did you mean 'main'?)");
    text_free(&path);
    against_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(merge_base_is_built_though_the_tree_is_dirty),
        TEST(broken_commit_tells_the_compilers_words_and_is_not_kept),
        TEST(same_code_is_identical_whatever_it_says_of_itself),
        TEST(what_a_killed_build_left_is_not_used_and_goes),
        TEST(interrupted_build_ends_and_leaves_nothing),
        TEST(build_for_which_there_is_no_room_is_not_the_commits_fault),
        TEST(two_gates_build_once),
        TEST(clone_that_the_user_stands_in_is_the_one),
    };

    return is_equipped() ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
