// SPDX-License-Identifier: MIT
#include "inference/router.h"

#include "inference/models/router.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

const char *const route_names[ROUTES] = { "simple", "medium", "complex", "reasoning" };

enum { SHORT = 4, LONG = 12 }; /* characters of an answer: up to SHORT simple, from LONG on complex */

const struct router router_shipped = ROUTER_WEIGHTS;

/* About 1 in size all of them, so that one rate of learning does for all. */
void router_features(const char *prompt, float x[ROUTER_FEATURES])
{
    float numbers = 0, digits = 0, longest = 0, shortest = 16, run = 0, value = 0, place = 1, largest = 0, last = 0;
    bool star = strchr(prompt, '*'), minus = strchr(prompt, '-'), target = strchr(prompt, ':');

    for (const char *c = prompt; *c; c++) {
        if (isdigit((unsigned char)*c)) {
            digits++;
            run++;
            value += place * (float)(*c - '0');
            place *= 10;
            continue;
        }
        if (run > 0) {
            numbers++;
            longest = run > longest ? run : longest;
            shortest = run < shortest ? run : shortest;
            largest = value > largest ? value : largest;
            last = value;
        }
        run = value = 0;
        place = 1;
    }
    x[0] = 1;
    x[1] = (float)strlen(prompt) / 16;
    x[2] = numbers / 4;
    x[3] = digits / 16;
    x[4] = longest / 8;
    x[5] = shortest / 8;
    x[6] = star;
    x[7] = minus;
    x[8] = target;
    x[9] = star ? digits / 8 : 0;
    x[10] = target ? last / 256 : 0; /* the target */
    x[11] = target ? numbers / 4 : 0;
    x[12] = logf(1 + largest) / 16;
    x[13] = longest > 3 ? 1 : 0;
}

enum route router_estimate(const struct router *router, const char *prompt, float p[ROUTES])
{
    float x[ROUTER_FEATURES], scores[ROUTES], largest = -INFINITY, sum = 0;
    enum route best = ROUTE_SIMPLE;

    router_features(prompt, x);
    for (int r = 0; r < ROUTES; r++) {
        scores[r] = 0;
        for (int i = 0; i < ROUTER_FEATURES; i++)
            scores[r] += router->weights[r][i] * x[i];
        if (scores[r] > largest) {
            largest = scores[r];
            best = (enum route)r;
        }
    }
    for (int r = 0; p && r < ROUTES; r++) {
        p[r] = expf(scores[r] - largest);
        sum += p[r];
    }
    for (int r = 0; p && r < ROUTES; r++)
        p[r] /= sum;
    return best;
}

enum route router_label(size_t len, bool accepted)
{
    if (!accepted)
        return ROUTE_REASONING;
    return len <= SHORT ? ROUTE_SIMPLE : len < LONG ? ROUTE_MEDIUM : ROUTE_COMPLEX;
}
