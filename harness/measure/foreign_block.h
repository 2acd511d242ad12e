// SPDX-License-Identifier: MIT
/* foreign_block.h -- the worker's part of foreign.h: one block of somebody else's benchmark. */
#pragma once

#include "measure/wire.h"

/* Pins itself, says hello, measures job->foreign and sends the samples. -1: ERR_HOST before the hello; after it the
 * program failed, and how. */
int foreign_block(const struct job *job, struct err *err);
