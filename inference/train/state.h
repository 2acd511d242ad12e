// SPDX-License-Identifier: MIT
/* state.h -- where a training stands: the weights, Adam's moments, the log; kept in a checkpoint. */
#pragma once

#include "base/text.h"
#include "inference/train/train.h"

struct train_state {
    size_t step; /* done */
    double seconds;
    struct net_parameters mean, square;
    struct text log;
};

/* All or nothing. */
int state_save(const char *path, const struct train_options *options, const struct net *net,
               const struct train_state *state, struct err *err);
/* 0 and nothing changed where there is no such file; -1 (ERR_CONFIG) where it is of another training or damaged. */
int state_load(const char *path, const struct train_options *options, struct net *net, struct train_state *state,
               struct err *err);
