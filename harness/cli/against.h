// SPDX-License-Identifier: MIT
/* against.h -- the program of another commit, to be measured beside this one.
 *
 * The merge base of REF and HEAD is taken out of git into the user's cache and built there as this program was built:
 * same compiler, build type, flags and options, under a folder of its own. The work tree, its index and the list of
 * its worktrees are left alone, so a dirty tree does not matter. What is built is kept by commit and recipe, and found
 * again at once; what nobody asked for in 30 days goes.
 *
 * Two builds of the same code differ in what they say of themselves and in the folder that they were built in. The
 * first lies in a section of its own (VERSION_SECTION, see version.cmake), and the other's folder is given the name of
 * ours by -ffile-prefix-map: then the rest is equal byte for byte, and `identical` says so. It never says so wrongly;
 * where it cannot tell it says no (AddressSanitizer keeps the names of folders whatever it is told: there it never
 * can). Where they differ, most scenarios may still run the same code (against_reach.h). */
#pragma once

#include "base/err.h"

#include <stdbool.h>

struct against_program {
    char commit[72]; /* of the merge base of REF and HEAD, or REF's own */
    char *program;   /* path of its pawl, owned */
    bool identical;  /* both programs have the same code */
};

/* `exact`: of the commit REF itself, not of the merge base. Says on standard error what it builds. -1: ERR_CONFIG where REF, the clone or the code of the merge base is at fault,
 * with what to do or with the words of the build; ERR_HARNESS where the disk is. */
int against_prepare(const char *ref, bool exact, struct against_program *a, struct err *err);
void against_free(struct against_program *a);
