// SPDX-License-Identifier: MIT
/* lock.h -- one measurement at a time on a host, whoever starts it.
 *
 * An flock on one file that all users may open; the kernel lets go of it when its holder dies, however that happens.
 * What stands in the file says who holds it, to people. The file stays: to remove it would let two hold it at once. A
 * container has a host's lock only where the file is mounted into it. */
#pragma once

#include "base/err.h"

#include <stdbool.h>

struct lock {
    int fd; /* -1: none */
    bool held;
    char path[256];
};

/* Opens `path`, or where NULL the host's: /run/lock/pawl.lock where everybody may write there, else /tmp/pawl.lock.
 * Nothing is held yet. -1: no lock can be made here (ERR_HOST, with the cause). Children do not inherit it. */
int lock_open(struct lock *lock, const char *path, struct err *err);

/* Takes it and writes `who` ("pawl gate") into it. 1: it is held now; 0: by another, and `holder` says by whom: "pid
 * 123 (pawl gate, since 02:31)", or "another process"; -1: it fails. */
enum { LOCK_HOLDER = 128 };
int lock_try(struct lock *lock, const char *who, char holder[LOCK_HOLDER], struct err *err);

/* Tries again ten times a second, for `seconds` (negative: for ever). Returns like lock_try(). Of several that wait,
 * any may be next. */
int lock_wait(struct lock *lock, const char *who, double seconds, char holder[LOCK_HOLDER], struct err *err);

void lock_close(struct lock *lock); /* lets go; accepts fd -1 */
