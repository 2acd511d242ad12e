// SPDX-License-Identifier: MIT
/* hash.h -- XXH64: a checksum of files, a name for what a cache holds. Not against people who mean harm.
 *
 * Y. Collet, "xxHash fast digest algorithm", version 0.1.1 of the specification. */
#pragma once

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed);
