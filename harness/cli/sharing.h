// SPDX-License-Identifier: MIT
/* sharing.h -- which share of the matrix a run measures (--shard), cut by what each comparison took before. */
#pragma once

#include "cli/commands.h"
#include "declare/result.h"
#include "measure/shard.h"

struct sharing {
    struct shard shard; /* of 0: the run measures all */
    int64_t *shares;    /* by comparison of the plan */
};

/* Reads the costs, cuts, says what falls to this share, and notes it as a fact of the run. Without --shard it does nothing. */
int sharing_split(struct sharing *sharing, const struct context *context, const struct plan *plan, struct run_info *info,
                  struct err *err);
bool sharing_has(const struct sharing *sharing, size_t comparison);
void sharing_free(struct sharing *sharing);
