// SPDX-License-Identifier: MIT
/* train.h -- one run of training: batches of pairs, the loss, the optimiser, a log. */
#pragma once

#include "codecs/train/loss.h"
#include "codecs/train/net.h"

struct train_options {
    uint64_t seed;
    size_t words, buckets, width, hidden; /* of the model */
    size_t batch, steps, run;             /* pairs a batch; batches; neighbours in WordNet that stay together in it */
    double temperature, rate_table, rate_dense, decay;
    double spread;       /* loss.h */
    double drop, shared; /* of words: the share left out; the share that both halves of a text have */
};

extern const struct train_options train_defaults;

/* What a line of the log says: mean loss since the line before, of the pairs held out, by length of the prefix. */
struct train_progress {
    size_t step, steps;
    double seconds, loss, held_out, levels[MRL_LEVELS];
};

typedef void (*train_progress_fn)(void *arg, const struct train_progress *progress);

/* Everything a trained model needs to be used. */
struct trained {
    struct net net;
    struct net_vocabulary vocabulary;
    struct net_features features;
};

int train_run(const struct train_options *options, const struct wordnet *wordnet, const struct texts *texts,
              train_progress_fn progress, void *arg, struct trained *trained, struct err *err);
void trained_free(struct trained *trained);
