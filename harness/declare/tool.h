// SPDX-License-Identifier: MIT
/* tool.h -- what a folder of subjects offers beside its scenarios: a command of its own, `pawl NAME ...`.
 *
 * A tool is declared as a subject is: TOOL.c defines `const struct tool tool_NAME`, add_tool(NAME ...) in CMakeLists.txt
 * puts it into the list. The program dispatches to it and knows no more of it. It parses its own arguments and prints:
 * results to standard output, all else to standard error. */
#pragma once

#include "base/err.h"

struct team;

/* What a tool may ask of the host that it runs on. */
struct tool_host {
    /* A team of that many threads, the caller its rank 0, each bound to a core of its own inside one L3; 0: all of its
     * cores. ERR_HOST where there are not as many. Once in a process; to be freed by team_free(). */
    struct team *(*team)(int threads, struct err *err);
};

struct tool {
    const char *name, *args, *summary; /* as in the list of commands: "codec", "COMMAND ...", "train, encode, ..." */

    /* Without the program's name: argv[0] is the tool's. Returns the exit status (README: exit codes). */
    int (*run)(int argc, char **argv, const struct tool_host *host);
};
