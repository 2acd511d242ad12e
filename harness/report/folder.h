// SPDX-License-Identifier: MIT
/* folder.h -- a folder of generated files that is replaced as a whole.
 *
 * The files are written to a folder beside DIR (base/replace.h says how it is called) and swapped with DIR by one rename: a
 * reader sees the old or the new, and until folder_publish() nothing of the old is touched. What a killed process left goes
 * when the next one begins. A folder of ours holds the marker file .pawl-site and nothing but
 * pages, style sheets and plots/; any other folder is refused, and only such files are ever removed. */
#pragma once

#include "base/err.h"

struct folder {
    char *target; /* without slashes at its end, links followed */
    char *temp;
    int held; /* `temp`, open and locked; -1: not */
    size_t n_parent; /* how much of the target's path was there before */
};

/* ERR_CONFIG where `dir` exists and is not ours (an empty folder is fine). Makes missing parents and the temporary
 * folder with its plots/. After a failure there is nothing to clean up. */
int folder_begin(struct folder *folder, const char *dir, struct err *err);
int folder_write(const struct folder *folder, const char *name, const char *data, size_t n, struct err *err);
int folder_publish(struct folder *folder, struct err *err); /* on failure: folder_drop() it */
void folder_drop(struct folder *folder);                    /* removes what was made; accepts {0} and a published one */
