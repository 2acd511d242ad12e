// SPDX-License-Identifier: MIT
/* against_files.h -- the cache of against as files: folders made and removed, and what a build's log says. */
#pragma once

#include "base/text.h"

/* `path` (absolute) and what is missing above it. */
int against_make_folders(const char *path, struct err *err);

/* A folder with all that is in it, as far as it can. */
void against_remove(const char *path);

/* Under the lock: removes what a killed build has left, and what was not used for 30 days. Touches only what has a
 * name of ours. */
void against_prune(const char *cache);

/* Appends the lines that say why a build failed, each behind a line's end and two spaces: from its first error on, or
 * its last. Paths below `temp`/src and `temp` are told from there. */
void against_last_words(int log, const char *temp, struct text *words);

/* Does the log say that there was no room for a file, or is there none for more of the log? */
bool against_disk_is_full(int log);

/* Is `folder` the top of a source tree of pawl? */
bool against_is_pawl(const char *folder);
