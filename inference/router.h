// SPDX-License-Identifier: MIT
/* router.h -- how hard is a problem? Told from its prompt alone, to decide how it is to be answered.
 *
 *   simple     the greedy answer will stand, and is short
 *   medium     ... and is of some length
 *   complex    ... and is long: steps have to be written out
 *   reasoning  the greedy answer will be rejected: it takes several attempts
 *
 * What a problem really is, the model's own greedy answer and the verifier say: router_label(). The estimate is a
 * multinomial logistic regression over features of the prompt's characters, fitted by `pawl_train_reasoner router` to
 * problems that are not held out. A wrong estimate costs time, never the answer (multipath.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum route { ROUTE_SIMPLE, ROUTE_MEDIUM, ROUTE_COMPLEX, ROUTE_REASONING, ROUTES };
extern const char *const route_names[ROUTES];

enum { ROUTER_FEATURES = 14 };

/* scores = weights x: the first feature is 1. */
struct router {
    float weights[ROUTES][ROUTER_FEATURES];
};

extern const struct router router_shipped;

void router_features(const char *prompt, float x[ROUTER_FEATURES]);

/* The likeliest route; p, where not NULL, gets the probabilities. */
enum route router_estimate(const struct router *router, const char *prompt, float p[ROUTES]);

/* Of a greedy answer of len characters. */
enum route router_label(size_t len, bool accepted);
