// SPDX-License-Identifier: MIT
#include "inference/reasoning.h"

#include "base/mem.h"
#include "inference/shipped.h"
#include "inference/speculative.h"
#include "inference/verify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Tried out on the tuning problems, not on the suite: README. */
static const struct multipath_options attempts = {
    .paths = REASONING_PATHS,
    .sampling = { .temperature = 0.8f },
    .seed = 1,
};

enum { WIDTH = 4 }; /* paths at once, where the next accepted one ends it */

struct reasoning {
    struct gguf *gguf[SHIPPED_MODELS];
    struct model *model[SHIPPED_MODELS];
    struct engine *engine;
    struct multipath *multipath;
    struct speculative *draft;
    bool draft_pays; /* on this host, on long answers */
    struct problem *problems;
    size_t n;
};

static size_t levels_in(int64_t level)
{
    return level == REASONING_ALL ? PROBLEM_LEVELS : 1;
}

static size_t problem_at(int64_t level, size_t per_level, size_t i)
{
    size_t first = level == REASONING_ALL ? i / per_level : (size_t)level - 1;

    return first * PROBLEM_SUITE_LEVEL + i % per_level;
}

static struct problem *draw_problems(int64_t level, size_t per_level, size_t *n)
{
    struct problem *suite = mem_array(PROBLEM_LEVELS * PROBLEM_SUITE_LEVEL, sizeof(*suite));
    struct problem *problems = mem_array(levels_in(level) * per_level, sizeof(*problems));

    problems_suite(suite);
    *n = levels_in(level) * per_level;
    for (size_t i = 0; i < *n; i++)
        problems[i] = suite[problem_at(level, per_level, i)];
    free(suite);
    return problems;
}

double reasoning_tokens(int64_t level, size_t per_level)
{
    size_t n;
    struct problem *problems = draw_problems(level, per_level, &n);
    double tokens = 0;

    for (size_t i = 0; i < n; i++)
        tokens += (double)strlen(problems[i].answer) + 1;
    free(problems);
    return tokens;
}

static int open_models(struct reasoning *r, const struct bench *bench, struct err *err)
{
    struct engine_options options = multipath_engine(&attempts);
    struct speculative_options drafts = { .kind = SPECULATIVE_MODEL, .team = bench->team };

    for (int i = 0; i < SHIPPED_MODELS; i++) {
        r->gguf[i] = shipped_open((enum shipped)i, err);
        r->model[i] = r->gguf[i] ? model_load(r->gguf[i], bench->isa, err) : NULL;
        if (!r->model[i])
            return -1;
    }
    options.team = bench->team;
    r->engine = engine_new(r->model[SHIPPED_REASONER], &options, err);
    r->multipath = r->engine ? multipath_new(r->engine, &attempts, err) : NULL;
    drafts.draft = r->model[SHIPPED_DRAFT];
    r->draft = r->multipath ? speculative_new(r->engine, &drafts, err) : NULL;
    return r->draft ? 0 : -1;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double time_greedy(struct reasoning *r, unsigned way)
{
    struct multipath_answer answer;
    double start = now();

    for (size_t i = 0; i < r->n; i++)
        reasoning_answer(r, i, way, &answer);
    return now() - start;
}

/* Whether a model this small is read faster than a draft is checked depends on the host's caches: tried out, on a few
 * long answers of problems that are not in the suite. */
static void try_drafts(struct reasoning *r)
{
    enum { TRIES = 5, FEW = 8 };
    struct problem *tuning = mem_array(PROBLEM_LEVELS * PROBLEM_SUITE_LEVEL, sizeof(*tuning));
    double plain = 0, drafted = 0;

    problems_tuning(tuning);
    r->problems = tuning + 2 * PROBLEM_SUITE_LEVEL; /* of level 3 */
    r->n = FEW;
    for (int t = 0; t < TRIES; t++) {
        double a = time_greedy(r, WAY_GREEDY | WAY_SHARE), b = time_greedy(r, WAY_GREEDY | WAY_SHARE | WAY_SPECULATE);

        plain = t == 0 || a < plain ? a : plain;
        drafted = t == 0 || b < drafted ? b : drafted;
    }
    r->draft_pays = drafted < plain;
    free(tuning);
}

void reasoning_keep_greedy(struct reasoning *r)
{
    struct multipath_answer answer;
    size_t kept = 0;

    for (size_t i = 0; i < r->n; i++) {
        reasoning_answer(r, i, WAY_GREEDY | WAY_SHARE, &answer);
        if (answer.verified)
            r->problems[kept++] = r->problems[i];
    }
    r->n = kept;
}

struct reasoning *reasoning_open(const struct bench *bench, int64_t level, size_t per_level, struct err *err)
{
    struct reasoning *r = mem_array(1, sizeof(*r));

    if (open_models(r, bench, err) < 0) {
        reasoning_close(r);
        return NULL;
    }
    try_drafts(r);
    r->problems = draw_problems(level, per_level, &r->n);
    return r;
}

void reasoning_close(struct reasoning *r)
{
    if (!r)
        return;
    speculative_free(r->draft);
    multipath_free(r->multipath);
    engine_free(r->engine);
    for (int i = 0; i < SHIPPED_MODELS; i++) {
        model_free(r->model[i]);
        gguf_close(r->gguf[i]);
    }
    free(r->problems);
    free(r);
}

size_t reasoning_count(const struct reasoning *r)
{
    return r->n;
}

const struct problem *reasoning_problem(const struct reasoning *r, size_t i)
{
    return &r->problems[i];
}

const struct multipath_stats *reasoning_stats(const struct reasoning *r)
{
    return multipath_stats(r->multipath);
}

size_t reasoning_bytes(const struct reasoning *r)
{
    return r->model[SHIPPED_REASONER]->weight_bytes + r->model[SHIPPED_DRAFT]->weight_bytes +
           engine_cache_bytes(r->engine) + engine_work_bytes(r->engine) + speculative_stats(r->draft)->draft_bytes;
}

/* Without the router path 0 goes first: it is the likeliest to do. With it, what is taken for hard begins with several
 * paths, and only a long answer is worth a draft. */
static struct multipath_plan plan_of(const struct reasoning *r, unsigned way, enum route route)
{
    bool early = way & WAY_EARLY_STOP, routed = way & WAY_ROUTE, hard = routed && route == ROUTE_REASONING;
    bool drafted = way & WAY_SPECULATE && (!routed || (route == ROUTE_COMPLEX && r->draft_pays));
    size_t all = attempts.paths, together = way & WAY_BATCH ? all : 1;
    struct multipath_plan plan = { .early_stop = early,
                                   .shared_prefix = way & WAY_SHARE,
                                   .only_first = way & WAY_GREEDY };

    plan.width = early && together > WIDTH ? WIDTH : together;
    plan.first = way & WAY_GREEDY ? 1 : early ? (hard ? plan.width : 1) : routed && !hard ? 1 : together;
    plan.first_may_do = !early && routed && !hard;
    plan.draft = drafted ? r->draft : NULL;
    if (plan.draft)
        plan.first = 1;
    return plan;
}

void reasoning_answer_as(struct reasoning *r, size_t i, unsigned way, enum route route, struct multipath_answer *answer)
{
    struct multipath_plan plan = plan_of(r, way, route);
    struct err err = { 0 };

    if (multipath_solve(r->multipath, r->problems[i].prompt, &plan, answer, &err) < 0)
        BUG("%s", err.msg);
}

void reasoning_answer(struct reasoning *r, size_t i, unsigned way, struct multipath_answer *answer)
{
    enum route route = way & WAY_ROUTE ? router_estimate(&router_shipped, r->problems[i].prompt, NULL) : ROUTE_SIMPLE;

    reasoning_answer_as(r, i, way, route, answer);
}

void reasoning_answer_all(struct reasoning *r, unsigned way)
{
    struct multipath_answer answer;

    for (size_t i = 0; i < r->n; i++)
        reasoning_answer(r, i, way, &answer);
}

void reasoning_score(struct reasoning *r, unsigned way, struct reasoning_result *results)
{
    for (size_t i = 0; i < r->n; i++) {
        reasoning_answer(r, i, way, &results[i].answer);
        results[i].right = verify_is_right(&r->problems[i], results[i].answer.text, results[i].answer.len);
    }
}

struct interval reasoning_share(size_t hits, size_t n)
{
    const double z = 1.959963984540054;
    double p = (double)hits / (double)n, squares = z * z / (double)n;
    double middle = (p + squares / 2) / (1 + squares);
    double half = z * sqrt(p * (1 - p) / (double)n + squares / (4 * (double)n)) / (1 + squares);

    return (struct interval){ p, middle - half, middle + half };
}
