// SPDX-License-Identifier: MIT
/* chunk.h -- how the trainer's loops are cut: in TRAIN_CHUNKS pieces whatever the size of the team, so that the same
 * seed trains the same weights with one thread or many. */
#pragma once

#include <stddef.h>

enum { TRAIN_CHUNKS = 4 };

struct chunk {
    size_t begin, end;
};

/* The i-th piece of 0..n. */
static inline struct chunk train_chunk(size_t n, size_t i)
{
    return (struct chunk){ n * i / TRAIN_CHUNKS, n * (i + 1) / TRAIN_CHUNKS };
}
