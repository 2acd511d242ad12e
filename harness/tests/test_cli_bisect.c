// SPDX-License-Identifier: MIT
/* test_cli_bisect.c -- `pawl bisect` on a throw-away repository, each commit of which is built and measured. The planted
 * slowdown is a factor of eight, so that no mood of a host hides it. */
#include "mini_fixture.h"

/* good (tag), comment, broken, innocent, slow, comment, more comment (main) */
static int make_repo(void **state)
{
    if (make_mini(state) < 0)
        return -1;
    sh("git tag good\n"
       COMMIT("echo '/* a remark */' >>subject.c", "comment")
       COMMIT("echo '#error broken' >>work.h", "broken")
       COMMIT("sed -i '/#error/d' work.h && sed -i 's/0.999/0.998/' subject.c", "innocent: `touch HACK` <b>")
       COMMIT(WORK("1600"), "slow: eight times the work")
       COMMIT("sed -i 's/0.998/0.997/' subject.c", "later")
       COMMIT("echo '/* another remark */' >>subject.c", "later still"));
    return 0;
}

static size_t count(const char *text, const char *needle)
{
    size_t n = 0;

    for (; (text = strstr(text, needle)); text++)
        n++;
    return n;
}

static struct result bisect(const char *args)
{
    struct text words = { 0 };
    struct result r;

    text_addf(&words, "bisect --force --budget 20 --lock pawl.lock %s", args);
    r = finish(start("exec", words.data));
    text_free(&words);
    return r;
}

static void the_planted_slowdown_is_found_and_remembered(void **state)
{
    struct result r = bisect("good main mini/chain/fast");

    (void)state;
    if (r.exit != 0)
        fail_msg("exit %d: %s\n%s", r.exit, r.out, r.err);
    assert_has(r.out, "the first slower commit is\n  ");
    assert_has(r.out, "A U Thor: slow: eight times the work\n  mini/chain/fast: time +");
    assert_has(r.out, " pairs of blocks against ");
    assert_has(r.out, "symbol"); /* which changed, or why none is named */
    assert_has(r.err, "pawl bisect: 5 commits between ");
    assert_int_equal(count(r.err, "building "), count(r.err, "passed over: ") + count(r.err, "pawl bisect: good: ") +
                                                    count(r.err, "pawl bisect: bad: ") + 2); /* each once, and the ends */
    done(&r);
    r = bisect("good main mini/chain/fast"); /* nothing is built or measured again */
    assert_int_equal(r.exit, 0);
    assert_has(r.out, "A U Thor: slow: eight times the work\n");
    assert_int_equal(count(r.err, "building "), 0);
    done(&r);
}

static void a_commit_that_does_not_build_is_passed_over(void **state)
{
    struct result r;

    (void)state;
    sh("git checkout -q -b beside good && echo '#error broken' >>work.h && git commit -qam broken && "
       "sed -i '/#error/d; s/WORK = .*/WORK = 1600 };/' work.h && git commit -qam 'slow beside'");
    r = bisect("good beside mini/chain/fast");
    assert_int_equal(r.exit, 3); /* which of two, nobody can know */
    assert_has(r.out, "one of 2 commits, of which 1 could not be tested; the last of them is\n");
    assert_has(r.err, "pawl bisect: passed over: ");
    assert_has(r.err, "does not build");
    done(&r);
}

static void a_step_that_came_with_a_merge_is_found_in_what_was_merged(void **state)
{
    struct result r;

    (void)state;
    sh("git checkout -q -b side good\n"
       COMMIT("sed -i 's/0.999/0.998/' subject.c", "side one")
       COMMIT(WORK("1600"), "side two: slow")
       "git checkout -q -b trunk good\n"
       COMMIT("echo '/* a remark */' >>lists.c", "trunk")
       "git merge -q --no-ff -m merge side");
    r = bisect("good trunk mini/chain/fast");
    if (r.exit != 0)
        fail_msg("exit %d: %s\n%s", r.exit, r.out, r.err);
    assert_has(r.out, "the first slower commit is\n  ");
    assert_has(r.out, "A U Thor: side two: slow\n");
    done(&r);
}

static void mistakes_say_what_is_meant(void **state)
{
    static const struct { const char *args, *words; } rows[] = {
        { "good main", "needs two commits and a case" },
        { "main good mini/chain/fast", "is no ancestor of" },
        { "good mian mini/chain/fast", "did you mean 'main'?" },
        { "good good mini/chain/fast", "both ends are the same commit" },
        { "good main mini/chain/fats", "mini/chain/fats" },
        { "good main mini/chain/plain", "is a reference" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct result r = bisect(rows[i].args);

        assert_int_equal(r.exit, 2);
        assert_has(r.err, rows[i].words);
        done(&r);
    }
}

static void where_there_is_no_step_nothing_is_searched(void **state)
{
    struct result r;

    (void)state;
    sh("git branch same $(git log --format=%h --grep=comment)");
    r = bisect("good same mini/chain/fast");
    assert_int_equal(r.exit, 3);
    assert_has(r.out, "nothing to search"); /* the same code; where that cannot be told (sanitizers), the same time */
    done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_planted_slowdown_is_found_and_remembered, make_repo, remove_folder),
        cmocka_unit_test_setup_teardown(a_commit_that_does_not_build_is_passed_over, make_repo, remove_folder),
        cmocka_unit_test_setup_teardown(a_step_that_came_with_a_merge_is_found_in_what_was_merged, make_repo, remove_folder),
        cmocka_unit_test_setup_teardown(mistakes_say_what_is_meant, make_repo, remove_folder),
        cmocka_unit_test_setup_teardown(where_there_is_no_step_nothing_is_searched, make_repo, remove_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
