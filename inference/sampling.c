// SPDX-License-Identifier: MIT
#include "inference/sampling.h"

#include "base/mem.h"

#include <math.h>
#include <stdbool.h>
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
    double p; /* not yet divided by the sum */
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

/* The larger logit first, of equals the lower id. */
static bool before(const struct candidate *a, const struct candidate *b)
{
    return a->logit > b->logit || (a->logit == b->logit && a->id < b->id);
}

static void sift(struct candidate *c, size_t n, size_t i)
{
    struct candidate moving = c[i];
    size_t child;

    for (; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && before(&c[child + 1], &c[child]))
            child++;
        if (!before(&c[child], &moving))
            break;
        c[i] = c[child];
    }
    c[i] = moving;
}

/* Moves the likeliest of the heap c[0 .. n) to its end, c[n - 1]. */
static void take(struct candidate *c, size_t n)
{
    struct candidate top = c[0];

    c[0] = c[n - 1];
    sift(c, n - 1, 0);
    c[n - 1] = top;
}

/* The candidates that are drawn among, as a range of the array: all of them, or the likeliest at its end, which leave a
 * heap as they are needed: no order is made of those that nobody asks for. */
static size_t narrow(struct candidate *c, size_t n, const struct sampling *s)
{
    size_t most = s->top_k > 0 && s->top_k < n ? s->top_k : n, first = n;
    double sum = 0, kept = 0;

    for (size_t i = n / 2; i-- > 0;)
        sift(c, n, i);
    if (most < n)
        for (; n - first < most; sum += c[first].p)
            take(c, first--);
    else
        for (size_t i = 0; i < n; i++)
            sum += c[i].p;
    if (!(s->top_p > 0 && s->top_p < 1))
        return most < n ? first : 0;
    if (most < n) { /* they stand in order already, the likeliest last */
        for (first = n; first > n - most && kept < sum * (double)s->top_p; kept += c[first].p)
            first--;
        return first;
    }
    for (; first > 0 && kept < sum * (double)s->top_p; kept += c[first].p)
        take(c, first--);
    return first;
}

int32_t sampler_draw(struct sampler *sampler, const struct sampling *s, const float *logits, struct rng *rng)
{
    struct candidate *c = sampler->candidates;
    size_t n = sampler->n, first = 0, i;
    double sum = 0, left;
    float most;

    if (s->temperature == 0)
        return sampling_greedy(logits, n);
    most = logits[sampling_greedy(logits, n)];
    if (!isfinite(most))
        return sampling_greedy(logits, n);
    for (i = 0; i < n; i++) {
        float logit = isnan(logits[i]) ? -INFINITY : logits[i];

        c[i] = (struct candidate){ (int32_t)i, logit, exp((double)(logit - most) / (double)s->temperature) };
    }
    if ((s->top_k > 0 && s->top_k < n) || (s->top_p > 0 && s->top_p < 1))
        first = narrow(c, n, s);
    for (i = first; i < n; i++)
        sum += c[i].p;
    left = sum * rng_uniform(rng);
    for (i = n - 1; i > first && left >= c[i].p; i--)
        left -= c[i].p;
    return c[i].id;
}
