// SPDX-License-Identifier: MIT
/* measure_reasoning.h -- what the scenarios of the reasoner share: a cell is a level (or REASONING_ALL) and a number of
 * problems of each; a variant is a way (reasoning.h); one operation answers all of the cell's problems. */
#pragma once

#include "inference/reasoning.h"

enum { MEASURE_WAYS = 40 }; /* variants at most */

struct measured {
    struct reasoning *reasoning;
    struct reasoning_result *results[MEASURE_WAYS]; /* by variant; NULL: not yet checked */
    double rows[MEASURE_WAYS];                      /* tokens through the model, a problem */
    size_t n;
    const struct variant *variants;
    enum route *best; /* (n) the fastest route of each problem, where a variant is an oracle */
};

/* A variant's impl. */
struct way {
    unsigned way;
    bool oracle; /* routes are given by what is fastest, not estimated */
};

/* The axes "level" and "problems" of each. */
int measured_setup(const struct bench *bench, const struct variant *variants, size_t n_variants, void **state,
                   struct err *err);
void measured_teardown(void *state);
void measured_run(void *state, const struct variant *variant, int64_t n);

/* Answers all problems, keeps them, and compares them with the reference's: identical to the last character, but where
 * one of the two is greedy decoding, and its answer is rejected. */
int measured_check(void *state, const struct variant *variant, struct err *err);

/* Exact metrics of what was checked. */
int measured_accuracy(void *state, const struct variant *variant, double *value, struct err *err);
int measured_accuracy_low(void *state, const struct variant *variant, double *value, struct err *err);
int measured_accuracy_high(void *state, const struct variant *variant, double *value, struct err *err);
int measured_verified(void *state, const struct variant *variant, double *value, struct err *err);
int measured_slipped(void *state, const struct variant *variant, double *value, struct err *err);
int measured_rows(void *state, const struct variant *variant, double *value, struct err *err);
double measured_rate(const struct params *params, double ns);    /* problems a second */
double measured_tokens(const struct params *params, double ns);  /* tokens of answers a second */
double measured_latency(const struct params *params, double ns); /* ms to an answer that is certain */

#define MEASURED_METRICS                                                                                               \
    { .name = "accuracy",                                                                                              \
      .unit = "",                                                                                                      \
      .kind = METRIC_EXACT,                                                                                            \
      .better = METRIC_HIGHER_IS_BETTER,                                                                               \
      .exact = measured_accuracy },                                                                                    \
        { .name = "accuracy_low",                                                                                      \
          .unit = "",                                                                                                  \
          .kind = METRIC_EXACT,                                                                                        \
          .better = METRIC_HIGHER_IS_BETTER,                                                                           \
          .exact = measured_accuracy_low },                                                                            \
        { .name = "accuracy_high",                                                                                     \
          .unit = "",                                                                                                  \
          .kind = METRIC_EXACT,                                                                                        \
          .better = METRIC_HIGHER_IS_BETTER,                                                                           \
          .exact = measured_accuracy_high },                                                                           \
        { .name = "verified",                                                                                          \
          .unit = "",                                                                                                  \
          .kind = METRIC_EXACT,                                                                                        \
          .better = METRIC_HIGHER_IS_BETTER,                                                                           \
          .exact = measured_verified },                                                                                \
        { .name = "slipped",                                                                                           \
          .unit = "",                                                                                                  \
          .kind = METRIC_EXACT,                                                                                        \
          .better = METRIC_LOWER_IS_BETTER,                                                                            \
          .exact = measured_slipped },                                                                                 \
        { .name = "problems_per_s",                                                                                    \
          .unit = "1/s",                                                                                               \
          .kind = METRIC_TIMED,                                                                                        \
          .better = METRIC_HIGHER_IS_BETTER,                                                                           \
          .from_ns = measured_rate },                                                                                  \
        { .name = "tokens_per_s",                                                                                      \
          .unit = "tokens/s",                                                                                          \
          .kind = METRIC_TIMED,                                                                                        \
          .better = METRIC_HIGHER_IS_BETTER,                                                                           \
          .from_ns = measured_tokens },                                                                                \
    {                                                                                                                  \
        .name = "ttft_ms", .unit = "ms", .kind = METRIC_TIMED, .better = METRIC_LOWER_IS_BETTER,                       \
        .from_ns = measured_latency                                                                                    \
    }
