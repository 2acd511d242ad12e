// SPDX-License-Identifier: MIT
/* mini_fixture.h -- each test with a throw-away repository of a pawl that is built in seconds (mini/CMakeLists.txt), and a
 * cache of its own for what `gate --against` and `bisect` build. */
#pragma once

#include "cli_fixture.h"

/* Runs shell text in the test's folder. */
static void sh(const char *script)
{
    struct text command = { 0 };

    text_addf(&command, "cd '%s' && { %s\n} >sh.out 2>&1 </dev/null", folder, script);
    if (system(command.data) != 0)
        fail_msg("%s: %s", script, slurp("sh.out"));
    text_free(&command);
}

#define COMMIT(change, words) change " && git add -A && git commit -qm '" words "'\n"
#define WORK(n)               "sed -i 's/WORK = .*/WORK = " n " };/' work.h"

/* One commit, on main. */
static int make_mini(void **state)
{
    if (make_folder(state) < 0)
        return -1;
    setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    for (const char *const *who = (const char *const[]){ "GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL",
                                                         "GIT_COMMITTER_EMAIL", NULL }; *who; who++)
        setenv(*who, strstr(*who, "NAME") ? "A U Thor" : "author@example.org", 1);
    setenv("XDG_CACHE_HOME", folder, 1);
    sh("git init -q -b main . && cp " PAWL_MINI "/* " PAWL_ROOMS " . && git add CMakeLists.txt *.c *.h rooms.cmake && "
       "git commit -qm first && printf '%s\\n' out err pawl.db* pawl.lock* sh.out baselines build pawl >.git/info/exclude");
    return 0;
}
