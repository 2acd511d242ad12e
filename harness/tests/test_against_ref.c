// SPDX-License-Identifier: MIT
/* `gate --against` finds the commit that is meant, or says how to get it. */
#include "against_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of against

static int base_of(const char *ref, struct err *err)
{
    char commit[72];

    *err = (struct err){ 0 };
    return against_base(repo.data, ref, commit, sizeof(commit), err);
}

static void unknown_ref_is_told_with_what_was_meant(void **state)
{
    static const struct { const char *ref, *says; } rows[] = {
        { "mian", "unknown commit 'mian' (did you mean 'main'?)" },
        { "topic", "did you mean 'origin/topic'?" }, /* known, but only as the remote's */
        { "origin/tpic", "did you mean 'origin/topic'?" },
        { "v1.O", "did you mean 'v1.0'?" },
        { "something-else",
          "unknown commit 'something-else': run 'git fetch origin something-else:refs/remotes/origin/something-else', "
          "then use 'origin/something-else'" },
        { "0123456789", "unknown commit '0123456789': run 'git fetch origin'" },
        { "HEAD~99", "unknown commit 'HEAD~99': run 'git fetch origin'" },
        { "--help", "'--help' is not the name of a commit" },
        { "", "'' is not the name of a commit" },
    };
    struct err err;

    (void)state;
    run("git tag v1.0 && git clone -q . ../other && cd ../other && git checkout -qb topic && " COMMIT("topic"));
    run("git remote add origin ../other && git fetch -q origin && git update-ref -d refs/remotes/origin/main && "
        "git remote add another ../nowhere");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(base_of(rows[i].ref, &err), -1);
        assert_says(&err, rows[i].says);
    }
    run("git checkout -q --orphan alone && " COMMIT("alone"));
    assert_int_equal(base_of("main", &err), -1);
    assert_says(&err, "'main' and HEAD have no commit in common");
}

/* Runs the first 'quoted command' of a message: what it says must help. */
static void obey(const struct err *err)
{
    char *command = strdup(strstr(err->msg, "run '") + strlen("run '"));

    *strchr(command, '\'') = '\0';
    run(command);
    free(command);
}

static void shallow_clone_is_told_what_to_fetch(void **state)
{
    struct err err;

    (void)state;
    run(COMMIT("two") " && git checkout -qb mine && " COMMIT("mine") " && " COMMIT("more") " && "
        "git checkout -q main && " COMMIT("theirs") " && "
        "git clone -q --depth=1 --branch=mine \"file://$PWD\" ../single && "
        "git clone -q --depth=1 --no-single-branch --branch=mine \"file://$PWD\" ../both");
    text_free(&repo);
    text_addf(&repo, "%s/both", folder);
    assert_int_equal(base_of("origin/main", &err), -1);
    assert_says(&err, "this clone is shallow, and where HEAD left 'origin/main' is not in it: run "
                      "'git fetch --unshallow origin' (or, for a part, 'git fetch --deepen=100 origin')");
    obey(&err);
    assert_int_equal(base_of("origin/main", &err), 0);

    text_free(&repo);
    text_addf(&repo, "%s/single", folder);
    assert_int_equal(base_of("origin/main", &err), -1);
    assert_says(&err, "unknown commit 'origin/main' in this shallow clone: run 'git fetch --unshallow origin "
                      "main:refs/remotes/origin/main' (or did you mean 'origin/mine'?)");
    obey(&err);
    assert_int_equal(base_of("origin/main", &err), 0);
}

static void without_a_clone_it_says_so(void **state)
{
    struct err err = { 0 };

    (void)state;
    assert_null(against_top(folder, &err));
    assert_says(&err, "is not in a git work tree: run it in a clone");
    run("rm -rf .git && git init -q");
    assert_int_equal(base_of("main", &err), -1);
    assert_says(&err, "has no commit yet");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unknown_ref_is_told_with_what_was_meant),
        TEST(shallow_clone_is_told_what_to_fetch),
        TEST(without_a_clone_it_says_so),
    };

    return is_equipped() ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
