// SPDX-License-Identifier: MIT
/* version.h -- what this program was built from: looked up at every build, so that a run names the code it measured. */
#pragma once

#include <stdbool.h>

const char *version_commit(void); /* "" where it was built outside git */
bool version_dirty(void);         /* tracked files differed from the commit */
const char *version_compiler(void);
const char *version_flags(void);
