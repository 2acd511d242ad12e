// SPDX-License-Identifier: MIT
/* against_private.h -- the parts of against: REF to commit, commit to program, program to "the same?". */
#pragma once

#include "base/text.h"
#include "cli/against.h"

#include <stdint.h>

/* How this program was built, one argument for cmake a line, from which folder and in which: made by CMakeLists.txt. */
extern const char against_recipe[], against_source[], against_build[];

/* FNV-1a (Fowler, Noll, Vo), 64 bits, for the names of files in the cache; begins with AGAINST_HASH. The end of each string
 * counts, too. */
#define AGAINST_HASH 0xcbf29ce484222325u
uint64_t against_hash(uint64_t h, const char *s);

struct against_place {
    const char *source;  /* top of the git work tree */
    const char *cache;   /* absolute; made where it is missing */
    const char *program; /* ours, to compare with */
};

/* What against_prepare() looks up: the clone that the user stands in, else the one that this program was built from, and the
 * user's cache. ERR_CONFIG. Both strings are the caller's. */
int against_find(char **source, char **cache, struct err *err);

/* Finds or builds the program of the very commit a->commit; `ref` is who named it, for the message, or NULL. 1: it does not
 * build, and *err says why. */
int against_make(const struct against_place *place, const char *ref, struct against_program *a, struct err *err);

/* against_prepare() with everything told, nothing looked up. */
int against_prepare_in(const struct against_place *place, const char *ref, bool exact, struct against_program *a,
                       struct err *err);

/* The merge base of `ref` and HEAD. ERR_CONFIG with the command that helps. */
int against_base(const char *source, const char *ref, char *commit, size_t size, struct err *err);

/* The commit that `ref` names, as a full hash. ERR_CONFIG with the command that helps. */
int against_commit(const char *source, const char *ref, char *commit, size_t size, struct err *err);

/* Runs git in `source` with these arguments (NULL behind the last, at most 12). Returns its exit status, or -1; what it
 * prints replaces *out and *why, without the last line's end. */
int against_git(const char *source, const char *const *args, struct text *out, struct text *why, struct err *err);

/* The top of the git work tree around `folder`; ERR_CONFIG where there is none. Owned by the caller. */
char *against_top(const char *folder, struct err *err);

/* Do both programs (paths) come from the same code: every section that is loaded, but for notes and versions? */
bool against_same_code(const char *a, const char *b);

/* A hash of that code: the same for two builds of it. 0: not an ELF program, or it cannot be read. */
uint64_t against_code_hash(const char *path);

/* Runs argv[0], looked up in PATH, without a shell, with nothing on standard input, in an environment that points git
 * at no other repository and cmake at no other flags. Returns its exit status, 128 + N where signal N ended it, or -1
 * where it could not be started, or we were interrupted: it has then been ended, too (interrupt_signal()). */
int against_run(const char *const *argv, int out, int messages, struct err *err);

/* The same, into strings without the last line's end. */
int against_capture(const char *const *argv, struct text *out, struct text *messages, struct err *err);
