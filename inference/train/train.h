// SPDX-License-Identifier: MIT
/* train.h -- one run of training: batches of problems made on the fly, the loss, the optimiser, a log.
 *
 * AdamW (Loshchilov & Hutter, ICLR 2019); the rate climbs for `warm_up` steps, stays, and falls in a straight line to 0
 * over the last `cool_down` of them (Hu et al., "MiniCPM", arXiv:2404.06395). Weights decay in the first `decay_steps`
 * only: ternary ones have found their side by then (Ma et al., "The era of 1-bit LLMs: training tips", 2024).
 *
 * The problems of step i depend on the seed and i alone, and the gradient is summed over a fixed number of lanes in a
 * fixed order: neither the number of threads nor an interruption changes what is trained. */
#pragma once

#include "base/text.h"
#include "declare/team.h"
#include "inference/problems.h"
#include "inference/train/net.h"

struct train_options {
    struct net_shape shape;
    uint64_t seed;
    size_t batch; /* tokens a step */
    size_t steps, warm_up, cool_down, decay_steps, mix_steps;
    double rate, decay, exit_weight;
    double mix[2][PROBLEM_LEVELS]; /* levels' shares of the problems: at the first step, from mix_steps on */
    size_t every;                  /* steps between two lines of the log, and between two checkpoints */
};

/* What a line of the log says. Held out: problems never trained on; the loss by token of the answer, and the share of
 * problems whose every token was the likeliest one. */
struct train_progress {
    size_t step, steps;
    double seconds, tokens, rate, loss, exit_loss;
    double held_out[PROBLEM_LEVELS], exact[PROBLEM_LEVELS];
};

typedef void (*train_progress_fn)(void *arg, const struct train_progress *progress);

/* Trains `net`, made by net_new(options->shape). `checkpoint`: a file to go on from where it is there, and to keep up
 * to date; NULL: none. `log` gets a line of tab-separated values every `every` steps. */
int train_run(const struct train_options *options, struct team *team, const char *checkpoint, struct net *net,
              struct text *log, train_progress_fn progress, void *arg, struct err *err);
