// SPDX-License-Identifier: MIT
/* replace.h -- writes a file all or nothing: beside it first, synced, then renamed over it.
 *
 * What is made beside PATH, here and by who replaces more than a file, is called PATH.tmp-XXXXXX (six letters or digits) and
 * is locked by flock() while its maker lives: what nobody holds was left by a process that was killed. */
#pragma once

#include "base/err.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* `write` gets the new file, and returns false where that fails. -1, and what was at `path` is still there: ERR_CONFIG
 * where the path is to blame (no such folder, no permission), ERR_HARNESS where the disk is. */
int replace_file(const char *path, bool (*write)(FILE *f, const void *arg), const void *arg, struct err *err);

/* The same of `len` bytes that are there already. */
int replace_file_bytes(const char *path, const void *data, size_t len, struct err *err);

/* For those that replace more than what they write themselves: an open, empty file beside `path`, held until it is closed; its
 * name is in *temp. What killed processes left there goes first. -1 with errno. */
int replace_begin(const char *path, struct text *temp);

/* Locks what is open at `fd` and was made at `temp`. -1 with errno where somebody took it for a leftover in between. On a file
 * system without locks nothing is locked, and nothing is ever cleared. */
int replace_hold(int fd, const char *temp);

/* A temporary file or folder is for its owner only; what replaces another should be like any that the user makes: `most` (0666,
 * 0777) less the umask. */
void replace_usual_mode(int fd, mode_t most);

/* Removes, by `remove`, what killed processes left beside `path`. What cannot be removed is there next time. */
void replace_clear(const char *path, void (*remove)(const char *temp));
