// SPDX-License-Identifier: MIT
/* measure_estimator.c -- the scenario inference/estimator: how often the complexity estimator is right about a problem,
 * and what it takes. Right is what the model's own greedy answer turns out to be (router_label()). */
#include "base/mem.h"
#include "inference/reasoning.h"

#include <stdlib.h>

static const int64_t problems[] = { 20, 250 };
static const struct axis axes[] = {
    { .name = "problems", .values = problems, .n_values = ARRAY_LEN(problems), .quick = 1u << 0 },
};

static const struct variant variants[] = { { .name = "regression" } };

struct state {
    struct reasoning *reasoning;
    double confusion[ROUTES][ROUTES]; /* problems, by what they are and what they are taken for */
    enum route sink;                  /* so that no estimate is thought to be of no use */
};

static int setup(const struct bench *bench, void **out, struct err *err)
{
    struct state *s = mem_array(1, sizeof(*s));

    s->reasoning = reasoning_open(bench, REASONING_ALL, (size_t)params_get(bench->params, "problems"), err);
    if (!s->reasoning) {
        free(s);
        return -1;
    }
    for (size_t i = 0; i < reasoning_count(s->reasoning); i++) {
        struct multipath_answer answer;

        reasoning_answer(s->reasoning, i, WAY_GREEDY | WAY_EARLY_STOP | WAY_SHARE, &answer);
        s->confusion[router_label(answer.len, answer.verified)]
                    [router_estimate(&router_shipped, reasoning_problem(s->reasoning, i)->prompt, NULL)]++;
    }
    *out = s;
    return 0;
}

static void teardown(void *state)
{
    struct state *s = state;

    if (s)
        reasoning_close(s->reasoning);
    free(s);
}

static void run(void *state, const struct variant *variant, int64_t n)
{
    struct state *s = state;

    (void)variant;
    for (int64_t k = 0; k < n; k++)
        for (size_t i = 0; i < reasoning_count(s->reasoning); i++)
            s->sink = router_estimate(&router_shipped, reasoning_problem(s->reasoning, i)->prompt, NULL);
}

static int accuracy(void *state, const struct variant *variant, double *value, struct err *err)
{
    const struct state *s = state;
    double right = 0;

    (void)variant, (void)err;
    for (int r = 0; r < ROUTES; r++)
        right += s->confusion[r][r];
    *value = right / (double)reasoning_count(s->reasoning);
    return 0;
}

static double per_prompt(const struct params *params, double ns)
{
    return ns / (double)(PROBLEM_LEVELS * params_get(params, "problems"));
}

#define CELL(is, taken)                                                                                                \
    static int is##_as_##taken(void *state, const struct variant *variant, double *value, struct err *err)             \
    {                                                                                                                  \
        (void)variant, (void)err;                                                                                      \
        *value = ((const struct state *)state)->confusion[is][taken];                                                  \
        return 0;                                                                                                      \
    }
#define ROW(is) CELL(is, SIMPLE) CELL(is, MEDIUM) CELL(is, COMPLEX) CELL(is, REASONING)
enum { SIMPLE = ROUTE_SIMPLE, MEDIUM = ROUTE_MEDIUM, COMPLEX = ROUTE_COMPLEX, REASONING = ROUTE_REASONING };
ROW(SIMPLE)
ROW(MEDIUM)
ROW(COMPLEX)
ROW(REASONING)

#define COUNT(text, is, taken)                                                                                         \
    {                                                                                                                  \
        .name = text, .unit = "problems", .kind = METRIC_EXACT,                                                        \
        .better = (is) == (taken) ? METRIC_HIGHER_IS_BETTER : METRIC_LOWER_IS_BETTER, .exact = is##_as_##taken         \
    }

static const struct metric metrics[] = {
    { .name = "accuracy", .unit = "", .kind = METRIC_EXACT, .better = METRIC_HIGHER_IS_BETTER, .exact = accuracy },
    { .name = "ns_per_prompt",
      .unit = "ns",
      .kind = METRIC_TIMED,
      .better = METRIC_LOWER_IS_BETTER,
      .from_ns = per_prompt },
    COUNT("simple_as_simple", SIMPLE, SIMPLE),
    COUNT("simple_as_medium", SIMPLE, MEDIUM),
    COUNT("simple_as_complex", SIMPLE, COMPLEX),
    COUNT("simple_as_reasoning", SIMPLE, REASONING),
    COUNT("medium_as_simple", MEDIUM, SIMPLE),
    COUNT("medium_as_medium", MEDIUM, MEDIUM),
    COUNT("medium_as_complex", MEDIUM, COMPLEX),
    COUNT("medium_as_reasoning", MEDIUM, REASONING),
    COUNT("complex_as_simple", COMPLEX, SIMPLE),
    COUNT("complex_as_medium", COMPLEX, MEDIUM),
    COUNT("complex_as_complex", COMPLEX, COMPLEX),
    COUNT("complex_as_reasoning", COMPLEX, REASONING),
    COUNT("reasoning_as_simple", REASONING, SIMPLE),
    COUNT("reasoning_as_medium", REASONING, MEDIUM),
    COUNT("reasoning_as_complex", REASONING, COMPLEX),
    COUNT("reasoning_as_reasoning", REASONING, REASONING),
};

const struct scenario scenario_measure_estimator = {
    .name = "inference/estimator",
    .summary = "what problems are taken for from their prompts alone, against what they are",
    .axes = axes,
    .n_axes = ARRAY_LEN(axes),
    .variants = variants,
    .n_variants = ARRAY_LEN(variants),
    .metrics = metrics,
    .n_metrics = ARRAY_LEN(metrics),
    .setup = setup,
    .run = run,
    .teardown = teardown,
};
