// SPDX-License-Identifier: MIT
/* store_backup.h -- a copy of a live store. Errors as in store.h. */
#pragma once

#include "record/store.h"

/* Copies what is committed now, by SQLite's online backup: whoever measures goes on writing. The copy is written beside
 * `path` and renamed over it, so that a failure leaves an older backup as it was. A file at `path` that is no store is
 * refused, as is the store itself. */
int store_backup(struct store *store, const char *path, struct err *err);
