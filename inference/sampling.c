// SPDX-License-Identifier: MIT
#include "inference/sampling.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

int sampling_check(const struct sampling *s, struct err *err)
{
    if (!(s->temperature >= 0) || isinf(s->temperature))
        return err_set(err, ERR_USAGE, "a temperature of %g: it must be 0 (greedy) or more", (double)s->temperature);
    if (!(s->top_p >= 0))
        return err_set(err, ERR_USAGE, "a top-p of %g: it must be within 0 and 1", (double)s->top_p);
    return 0;
}

int32_t sampling_greedy(const float *logits, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (logits[i] > logits[best] || isnan(logits[best]))
            best = i;
    return (int32_t)best;
}

struct candidate {
    int32_t id;
    float logit;
    double p;
};

struct sampler {
    size_t n;
    struct candidate candidates[];
};

struct sampler *sampler_new(size_t n, struct err *err)
{
    struct sampler *s = mem_zeroed(1, sizeof(*s) + n * sizeof(s->candidates[0]), err);

    if (s)
        s->n = n;
    return s;
}

void sampler_free(struct sampler *sampler)
{
    free(sampler);
}

/* The largest logit first, of equals the lower id: one order, whatever the sort. */
static int by_logit(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->logit != y->logit)
        return x->logit > y->logit ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

int32_t sampler_draw(struct sampler *sampler, const struct sampling *s, const float *logits, struct rng *rng)
{
    struct candidate *c = sampler->candidates;
    size_t n = sampler->n, kept = 0;
    double sum = 0, left;

    if (s->temperature == 0)
        return sampling_greedy(logits, n);
    for (size_t i = 0; i < n; i++)
        c[i] = (struct candidate){ (int32_t)i, isnan(logits[i]) ? -INFINITY : logits[i], 0 };
    qsort(c, n, sizeof(*c), by_logit);
    if (s->top_k > 0 && s->top_k < n)
        n = s->top_k;
    for (size_t i = 0; i < n; i++) {
        c[i].p = isinf(c[0].logit) ? i == 0 : exp((double)(c[i].logit - c[0].logit) / (double)s->temperature);
        sum += c[i].p;
    }
    left = sum;
    if (s->top_p > 0 && s->top_p < 1)
        for (left = 0; kept < n && left < sum * (double)s->top_p; kept++)
            left += c[kept].p;
    left *= rng_uniform(rng);
    for (kept = 0; kept + 1 < n && left >= c[kept].p; kept++)
        left -= c[kept].p;
    return c[kept].id;
}
