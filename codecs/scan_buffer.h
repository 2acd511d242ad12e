// SPDX-License-Identifier: MIT
/* scan_buffer.h -- memory to stream through: aligned to a cache line, and from 2 MiB on on huge pages where the system
 * gives them, or a scan waits for the TLB. Not zeroed; free() it. NULL with *err (ERR_HOST) filled. */
#pragma once

#include "base/err.h"

void *scan_buffer(size_t n, size_t size, struct err *err);
