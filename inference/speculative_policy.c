// SPDX-License-Identifier: MIT
#include "inference/speculative_policy.h"

#include <math.h>
#include <string.h>

static const double fade = 0.98;          /* of what was seen, a step: the last 50 matter */
static const double first_guess = 0.7;    /* the chance of a draft before any was seen, worth one of them */
static const double ration = 0.015;       /* of a plain token's time, that may be lost for each */
static const double start = 2, limit = 4; /* of the budget, in plain tokens */
static const double worth = 1.01;         /* drafts must promise so much more than plain decoding */

enum { PROBE_EVERY = 16 }; /* tokens, where drafts do not pay: one is tried, to see whether they do again */

void speculative_policy_init(struct speculative_policy *p, const double *costs)
{
    *p = (struct speculative_policy){ .draft = costs[SPECULATIVE_MOST + 1], .budget = start * costs[0] };
    memcpy(p->target + 1, costs, (SPECULATIVE_MOST + 1) * sizeof(*costs));
}

/* The chance of draft i where those before it were right: what was seen there, and everywhere for as much as two. */
static double chance(const struct speculative_policy *p, size_t i)
{
    double any = (p->all_hits + first_guess) / (p->all_tries + 1);

    return (p->hits[i] + 2 * any) / (p->tries[i] + 2);
}

double speculative_policy_tokens(const struct speculative_policy *p, size_t k)
{
    double tokens = 1, reach = 1;

    for (size_t i = 0; i < k; i++) {
        reach *= chance(p, i);
        tokens += reach;
    }
    return tokens;
}

double speculative_policy_ns(const struct speculative_policy *p, size_t k)
{
    return p->target[k + 1] + (double)k * p->draft;
}

size_t speculative_policy_choose(const struct speculative_policy *p, size_t most, double extra_ns)
{
    double best = worth / p->target[1], bearable = p->budget + p->target[1];
    size_t k = 0;

    for (size_t i = 1; i <= most; i++) {
        double ns = speculative_policy_ns(p, i) + extra_ns, rate = speculative_policy_tokens(p, i) / ns;

        if (rate > best && ns <= bearable) {
            best = rate;
            k = i;
        }
    }
    if (k == 0 && most > 0 && p->plain >= PROBE_EVERY && speculative_policy_ns(p, 1) + extra_ns <= bearable)
        k = 1;
    return k;
}

/* Moves a cost towards a new time, by 1 / `slowness`. */
static double towards(double cost, double ns, double slowness)
{
    return cost + (fmin(fmax(ns, cost / 2), cost * 2) - cost) / slowness;
}

static void learn_costs(struct speculative_policy *p, size_t drafted, double target_ns, double draft_ns)
{
    double ratio = towards(1, target_ns / p->target[drafted + 1], 16);

    /* What a longer text adds to one batch it adds to all. */
    for (size_t n = 1; n <= SPECULATIVE_MOST + 1; n++)
        p->target[n] *= ratio;
    p->target[drafted + 1] = towards(p->target[drafted + 1], target_ns, 8);
    if (drafted > 0)
        p->draft = towards(p->draft, draft_ns / (double)drafted, 8);
}

void speculative_policy_learn(struct speculative_policy *p, size_t drafted, size_t accepted, double target_ns,
                              double draft_ns)
{
    double gain;

    learn_costs(p, drafted, target_ns, draft_ns);
    gain = drafted ? (double)(accepted + 1) * p->target[1] - p->target[drafted + 1] - fmin(draft_ns, 4 * p->target[1])
                   : 0;
    p->budget = fmin(p->budget + gain + ration * (double)(accepted + 1) * p->target[1], limit * p->target[1]);
    p->plain = drafted ? 0 : p->plain + 1;
    if (drafted == 0)
        return;
    p->all_hits = fade * p->all_hits + (double)accepted;
    p->all_tries = fade * p->all_tries + (double)(accepted < drafted ? accepted + 1 : drafted);
    for (size_t i = 0; i < SPECULATIVE_MOST;
         i++) { /* bad luck at a position that is not tried any more fades as well */
        bool tried = i < drafted && i <= accepted;

        p->hits[i] = fade * p->hits[i] + (tried && i < accepted);
        p->tries[i] = fade * p->tries[i] + tried;
    }
}
