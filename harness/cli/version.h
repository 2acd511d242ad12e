// SPDX-License-Identifier: MIT
/* version.h -- what this program was built from: looked up at every build, so that a run names the code it measured. */
#pragma once

#include <stdbool.h>

/* What a program says of itself lies apart, so that two builds of the same code differ here alone (against.h). */
#define VERSION_SECTION "pawl_version"
#define VERSION_DATA    __attribute__((section(VERSION_SECTION)))

const char *version_commit(void); /* "" where it was built outside git */
bool version_dirty(void);         /* tracked files differed from the commit */
const char *version_compiler(void);
const char *version_flags(void);
