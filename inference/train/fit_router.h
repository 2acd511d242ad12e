// SPDX-License-Identifier: MIT
/* fit_router.h -- the complexity estimator's weights (inference/router.h): problems that may be trained on are answered
 * greedily by the reasoner, labelled by what came of it, and fitted. */
#pragma once

#include "base/err.h"
#include "base/text.h"
#include "inference/router.h"

#include <stdint.h>

enum { FIT_PROBLEMS = 1500 }; /* of each level */

/* gguf: the reasoner's file. Appends the header with the weights to *header, and what was right to *report. */
int fit_router(const char *gguf, uint64_t seed, struct text *header, struct text *report, struct err *err);

/* Softmax regression by gradient descent with momentum and a little decay: x (n, ROUTER_FEATURES), labels (n). */
void fit_weights(const float *x, const uint8_t *labels, size_t n, struct router *router);
