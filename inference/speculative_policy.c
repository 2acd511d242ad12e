// SPDX-License-Identifier: MIT
#include "inference/speculative_policy.h"

#include <math.h>
#include <string.h>

static const double fade = 0.98;          /* of what was seen, a step: the last 50 matter */
static const double recent = 0.9;         /* what steps with drafts have come to: the last 10 matter */
static const double first_guess = 0.7;    /* the chance of a draft before any was seen, worth one of them */
static const double ration = 0.01;        /* of a plain token's time, that may be lost for each */
static const double start = 2, limit = 4; /* of the budget, in plain tokens */
static const double worth = 1.05;         /* drafts must promise so much more than plain decoding */

enum { PROBE_EVERY = 16 }; /* tokens, where drafts do not pay: one is tried, to see whether they do again */

void speculative_policy_init(struct speculative_policy *p, const double *costs)
{
    *p = (struct speculative_policy){ .draft = costs[SPECULATIVE_MOST + 1], .budget = start * costs[0] };
    memcpy(p->target + 1, costs, (SPECULATIVE_MOST + 1) * sizeof(*costs));
}

static double any_chance(const struct speculative_policy *p)
{
    return (p->all_hits + first_guess) / (p->all_tries + 1);
}

/* The chance of draft i where those before it were right: what was seen there, and `any` for as much as two. */
static double chance(const struct speculative_policy *p, size_t i, double any)
{
    return (p->hits[i] + 2 * any) / (p->tries[i] + 2);
}

double speculative_policy_tokens(const struct speculative_policy *p, size_t k)
{
    double tokens = 1, reach = 1, any = any_chance(p);

    for (size_t i = 0; i < k; i++) {
        reach *= chance(p, i, any);
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
    double tokens = 1, reach = 1, any = any_chance(p);
    size_t k = 0;

    for (size_t i = 1; i <= most; i++) {
        double ns = speculative_policy_ns(p, i) + extra_ns;

        reach *= chance(p, i - 1, any);
        tokens += reach;
        if (tokens > best * ns && ns <= bearable) {
            best = tokens / ns;
            k = i;
        }
    }
    if (p->ns > 4 * p->target[1] && p->tokens * p->target[1] < worth * p->ns) /* whatever the plan says: not lately */
        k = 0;
    if (k == 0 && most > 0 && p->plain >= PROBE_EVERY && speculative_policy_ns(p, 1) + extra_ns <= bearable)
        k = 1;
    return k;
}

/* Moves a cost towards a new time, by 1 / `slowness`. */
static double towards(double cost, double ns, double slowness)
{
    return cost + (fmin(fmax(ns, cost / 2), cost * 2) - cost) / slowness;
}

/* Each bin is half as far from certainty as the one before it. */
static size_t bin_of(double sure)
{
    double doubt = fmax(1 - sure, 0x1p-12);

    return (size_t)fmin(-log2(fmin(doubt, 1)), SPECULATIVE_BINS - 1);
}

double speculative_policy_trust(const struct speculative_policy *p, double sure)
{
    size_t bin = bin_of(sure);
    double taken_at_its_word = 1 - 0.75 * exp2(-(double)bin);

    return (p->sure_hits[bin] + 2 * taken_at_its_word) / (p->sure_tries[bin] + 2);
}

/* Tokens a nanosecond on the whole. */
static double rate(const struct speculative_policy *p)
{
    double plain = 1 / p->target[1];

    return p->ns > 0 ? fmax(plain, p->tokens / p->ns) : plain;
}

bool speculative_policy_keep(const struct speculative_policy *p, size_t k, double reach)
{
    return reach > rate(p) * (p->target[k + 1] - p->target[k]);
}

bool speculative_policy_more(const struct speculative_policy *p, size_t k, double reach)
{
    return reach * any_chance(p) > rate(p) * (p->target[k + 2] - p->target[k + 1] + p->draft);
}

static void learn_costs(struct speculative_policy *p, const struct speculative_outcome *o)
{
    double ratio = towards(1, o->target_ns / p->target[o->drafted + 1], 16);

    /* What a longer text adds to one batch it adds to all. */
    for (size_t n = 1; n <= SPECULATIVE_MOST + 1; n++)
        p->target[n] *= ratio;
    p->target[o->drafted + 1] = towards(p->target[o->drafted + 1], o->target_ns, 8);
    if (o->tried > 0)
        p->draft = towards(p->draft, o->draft_ns / (double)o->tried, 8);
}

static void learn_chances(struct speculative_policy *p, const struct speculative_outcome *o)
{
    p->all_hits = fade * p->all_hits + (double)o->accepted;
    p->all_tries = fade * p->all_tries + (double)(o->accepted < o->drafted ? o->accepted + 1 : o->drafted);
    for (size_t i = 0; i < SPECULATIVE_MOST;
         i++) { /* bad luck at a position that is not tried any more fades as well */
        bool tried = i < o->drafted && i <= o->accepted;

        p->hits[i] = fade * p->hits[i] + (tried && i < o->accepted);
        p->tries[i] = fade * p->tries[i] + tried;
    }
    for (size_t bin = 0; bin < SPECULATIVE_BINS; bin++) {
        p->sure_hits[bin] *= fade;
        p->sure_tries[bin] *= fade;
    }
    for (size_t i = 0; o->sure && i < o->drafted && i <= o->accepted; i++) {
        p->sure_hits[bin_of(o->sure[i])] += i < o->accepted;
        p->sure_tries[bin_of(o->sure[i])] += 1;
    }
}

void speculative_policy_learn(struct speculative_policy *p, const struct speculative_outcome *o)
{
    double plain_ns = p->target[1], made = (double)(o->accepted + 1), cost;

    learn_costs(p, o);
    cost = fmin(o->target_ns, 2 * p->target[o->drafted + 1]) + fmin(o->draft_ns, 4 * plain_ns);
    p->debt = fmax(0, p->debt - ration * made * plain_ns - (o->tried ? fmax(0, made * plain_ns - cost) : 0));
    p->budget += ration * made * plain_ns + (o->tried ? made * plain_ns - cost : 0);
    p->budget = fmin(p->budget, limit * plain_ns);
    p->plain = o->tried ? 0 : p->plain + 1;
    p->rest = o->tried || o->unasked ? 0 : PROBE_EVERY - 1;
    if (o->tried == 0)
        return;
    p->tokens = recent * p->tokens + made;
    p->ns = recent * p->ns + cost;
    learn_chances(p, o);
}

bool speculative_policy_rests(struct speculative_policy *p)
{
    if (p->rest == 0)
        return false;
    p->rest--;
    p->plain++;
    p->budget = fmin(p->budget + ration * p->target[1], limit * p->target[1]);
    return true;
}

bool speculative_policy_may_read(const struct speculative_policy *p, size_t most)
{
    return p->debt <= 0 && speculative_policy_choose(p, most, 0) > 0;
}

void speculative_policy_read(struct speculative_policy *p, double ns)
{
    p->debt += ns;
}
