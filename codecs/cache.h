// SPDX-License-Identifier: MIT
/* cache.h -- what takes long to compute, kept by a hash of what it is computed from, in $XDG_CACHE_HOME/pawl/codecs
 * (~/.cache/pawl/codecs). It may be deleted at any time; what was not used for 30 days goes by itself. */
#pragma once

#include "codecs/codec.h"

/* Fills `found` (the caller frees it) and returns true where the cache holds all of it, undamaged. */
bool cache_get(const char *name, uint64_t key, struct blob *found);

/* -1 (ERR_HARNESS) where it cannot be kept: a reason to tell, not to fail. */
int cache_put(const char *name, uint64_t key, const struct blob *blob, struct err *err);

/* The folder; "" where neither $XDG_CACHE_HOME nor $HOME is an absolute path. */
enum { CACHE_PATH = 512 };
const char *cache_folder(char path[CACHE_PATH]);
