// SPDX-License-Identifier: MIT
/* test_cli_baseline.c -- `gate --against baseline`: the program that was accepted is built and measured again, beside today's.
 * The planted slowdown is a factor of eight, so that no mood of a host hides it. */
#include "mini_fixture.h"

#define BUILD "cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DPAWL_SANITIZE='" PAWL_SANITIZERS "' && cmake --build build\n"

static void assert_gate(const char *args, int exit, const char *out, const char *err)
{
    struct result r = pawl(args);

    if (r.exit != exit)
        fail_msg("exit %d: %s\n%s", r.exit, r.out, r.err);
    assert_has(r.out, out);
    assert_has(r.err, err);
    done(&r);
}

static void accepted_commit_takes_turns_with_ours_whatever_became_of_its_branch(void **state)
{
    struct result r;

    (void)state;
    sh(BUILD "mkdir -p baselines && echo '{ \"targets\": [] }' >baselines/targets.json");
    assert_gate("gate --against baseline", 2, "", "--against baseline: there is no baseline for this host class");
    assert_gate("run", 0, "mini/chain", "");
    assert_gate("accept --reason first", 0, "", "accepted 1 case of");
#ifndef __SANITIZE_ADDRESS__ /* there two builds are never told to be the same */
    sh("echo '/* a remark */' >>subject.c\n" BUILD);
    assert_gate("gate --against baseline", 0, "1 pass", "accepted as the baseline: the same code");
#endif
#ifndef __SANITIZE_ADDRESS__ /* nor are two objects */
    sh("echo 'int more = 1;' >>lists.c\n" BUILD);
    assert_gate("gate --all --against baseline", 0, "what this case runs is the same code in ", "1 of 1 scenarios run the same code");
    sh("git checkout -q lists.c");
#endif
    sh("git checkout -q --orphan elsewhere\n" COMMIT(WORK("1600"), "slow") BUILD);
    r = pawl("gate --all --against baseline");
    if (r.exit != 1)
        fail_msg("exit %d: %s\n%s", r.exit, r.out, r.err);
    assert_has(r.out, "REGRESSED");
    assert_has(r.out, " pairs of blocks");
    assert_null(strstr(r.out, "accepted was")); /* the figures of that day say nothing beside */
    done(&r);
    sh("sed -i 's/\"commit\": \"/&0/' baselines/*-*.json");
    assert_gate("gate --against baseline", 2, "", "unknown commit '0");
    sh("sed -i 's/\\(\"commit\": \"[0-9a-f]*\\)/\\1-dirty/' baselines/*-*.json");
    assert_gate("gate --against baseline", 2, "", "the baseline has none of these cases from a clean commit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(accepted_commit_takes_turns_with_ours_whatever_became_of_its_branch, make_mini,
                                        remove_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
