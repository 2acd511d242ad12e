// SPDX-License-Identifier: MIT
/* block_private.h -- the half of a block that reads: what a worker says becomes the block's samples, values and status. */
#pragma once

#include "base/text.h"
#include "measure/block.h"

/* Start from { .block, .job, .phase_variant = -1 }; listener_free() it. */
struct listener {
    struct job *job;
    struct block *block;
    struct text line;   /* one that has not ended yet */
    char phase[64];     /* "in the timed run of 'avx512'" */
    int phase_variant;  /* -1: none */
    bool hello, done;
    size_t samples_capacity, exacts_capacity;
};

/* The next bytes from the worker, cut anywhere. -1: a line is not understood, or the worker says that the host or the
 * harness failed; nothing after it counts. */
int listener_take(struct listener *listener, const char *bytes, size_t n, struct err *err);
void listener_free(struct listener *listener); /* the block stays */
