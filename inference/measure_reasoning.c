// SPDX-License-Identifier: MIT
#include "inference/measure_reasoning.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The shortest of some tries, each route in turn. */
static enum route fastest(struct reasoning *r, size_t i)
{
    enum { TRIES = 3 };
    double best[ROUTES];
    struct multipath_answer answer;
    enum route choice = ROUTE_SIMPLE;

    for (int t = 0; t < TRIES; t++)
        for (int route = 0; route < ROUTES; route++) {
            double start = now(), took;

            reasoning_answer_as(r, i, WAYS - 1, (enum route)route, &answer);
            took = now() - start;
            best[route] = t == 0 || took < best[route] ? took : best[route];
        }
    for (int route = 1; route < ROUTES; route++)
        if (best[route] < best[choice])
            choice = (enum route)route;
    return choice;
}

static void find_best(struct measured *m, const struct bench *bench, size_t n_variants)
{
    bool wanted = false;

    for (size_t v = 0; v < n_variants; v++)
        wanted |= bench->variants >> v & 1 && ((const struct way *)m->variants[v].impl)->oracle;
    if (!wanted)
        return;
    m->best = mem_array(m->n, sizeof(*m->best));
    for (size_t i = 0; i < m->n; i++)
        m->best[i] = fastest(m->reasoning, i);
}

int measured_setup(const struct bench *bench, const struct variant *variants, size_t n_variants, void **state,
                   struct err *err)
{
    struct measured *m;

    if (n_variants > MEASURE_WAYS)
        BUG("%zu variants", n_variants);
    m = mem_array(1, sizeof(*m));
    m->variants = variants;
    m->reasoning = reasoning_open(bench, params_get(bench->params, "level"),
                                  (size_t)params_get(bench->params, "problems"), err);
    if (!m->reasoning) {
        free(m);
        return -1;
    }
    m->n = reasoning_count(m->reasoning);
    find_best(m, bench, n_variants);
    *state = m;
    return 0;
}

void measured_teardown(void *state)
{
    struct measured *m = state;

    if (!m)
        return;
    for (size_t i = 0; i < MEASURE_WAYS; i++)
        free(m->results[i]);
    reasoning_close(m->reasoning);
    free(m->best);
    free(m);
}

void measured_run(void *state, const struct variant *variant, int64_t n)
{
    struct measured *m = state;
    const struct way *way = variant->impl;
    struct multipath_answer answer;

    for (; n > 0; n--)
        for (size_t i = 0; i < m->n; i++)
            if (way->oracle)
                reasoning_answer_as(m->reasoning, i, way->way, m->best[i], &answer);
            else
                reasoning_answer(m->reasoning, i, way->way, &answer);
}

static const struct reasoning_result *score(struct measured *m, size_t at)
{
    const struct way *way = m->variants[at].impl;
    uint64_t before = reasoning_stats(m->reasoning)->rows;

    if (m->results[at])
        return m->results[at];
    m->results[at] = mem_array(m->n, sizeof(**m->results));
    reasoning_score(m->reasoning, way->way, m->results[at]);
    m->rows[at] = (double)(reasoning_stats(m->reasoning)->rows - before) / (double)m->n;
    return m->results[at];
}

int measured_check(void *state, const struct variant *variant, struct err *err)
{
    struct measured *m = state;
    unsigned ways = ((const struct way *)variant->impl)->way | ((const struct way *)m->variants[0].impl)->way;
    const struct reasoning_result *own = score(m, (size_t)(variant - m->variants)), *reference = score(m, 0);

    for (size_t i = 0; i < m->n; i++) {
        const struct multipath_answer *a = &own[i].answer, *b = &reference[i].answer;

        if (ways & WAY_GREEDY && (!a->verified || !b->verified))
            continue; /* another path may have done better */
        if (a->len != b->len || memcmp(a->text, b->text, a->len) != 0)
            return err_set(err, ERR_HARNESS, "%s is answered '%s', and '%s' by the reference: no speedup counts",
                           reasoning_problem(m->reasoning, i)->prompt, a->text, b->text);
    }
    return 0;
}

static size_t count_right(const struct measured *m, size_t at)
{
    size_t n = 0;

    for (size_t i = 0; i < m->n; i++)
        n += m->results[at][i].right;
    return n;
}

static struct interval accuracy(void *state, const struct variant *variant)
{
    struct measured *m = state;
    size_t at = (size_t)(variant - m->variants);

    score(m, at);
    return reasoning_share(count_right(m, at), m->n);
}

int measured_accuracy(void *state, const struct variant *variant, double *value, struct err *err)
{
    (void)err;
    *value = accuracy(state, variant).value;
    return 0;
}

int measured_accuracy_low(void *state, const struct variant *variant, double *value, struct err *err)
{
    (void)err;
    *value = accuracy(state, variant).low;
    return 0;
}

int measured_accuracy_high(void *state, const struct variant *variant, double *value, struct err *err)
{
    (void)err;
    *value = accuracy(state, variant).high;
    return 0;
}

int measured_verified(void *state, const struct variant *variant, double *value, struct err *err)
{
    struct measured *m = state;
    const struct reasoning_result *results = score(m, (size_t)(variant - m->variants));
    size_t n = 0;

    (void)err;
    for (size_t i = 0; i < m->n; i++)
        n += results[i].answer.verified;
    *value = (double)n / (double)m->n;
    return 0;
}

/* Accepted by the verifier, and wrong. */
int measured_slipped(void *state, const struct variant *variant, double *value, struct err *err)
{
    struct measured *m = state;
    const struct reasoning_result *results = score(m, (size_t)(variant - m->variants));
    size_t n = 0;

    (void)err;
    for (size_t i = 0; i < m->n; i++)
        n += results[i].answer.verified && !results[i].right;
    *value = (double)n / (double)m->n;
    return 0;
}

int measured_rows(void *state, const struct variant *variant, double *value, struct err *err)
{
    struct measured *m = state;
    size_t at = (size_t)(variant - m->variants);

    (void)err;
    score(m, at);
    *value = m->rows[at];
    return 0;
}

static double problems_of(const struct params *params)
{
    return (double)params_get(params, "problems") * (params_get(params, "level") == REASONING_ALL ? PROBLEM_LEVELS : 1);
}

double measured_rate(const struct params *params, double ns)
{
    return problems_of(params) / ns * 1e9;
}

double measured_tokens(const struct params *params, double ns)
{
    return reasoning_tokens(params_get(params, "level"), (size_t)params_get(params, "problems")) / ns * 1e9;
}

double measured_latency(const struct params *params, double ns)
{
    return ns / problems_of(params) * 1e-6;
}
