// SPDX-License-Identifier: MIT
#include "measure/trial.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* By variant of the trial; NULL state: not of this block, or it could not be set up, and why. */
struct state {
    const struct trial *trial;
    void *states[VARIANTS_MAX];
    bool made[VARIANTS_MAX];
    struct err why_not[VARIANTS_MAX];
};

void trial_name(const struct scenario *of, const int64_t values[TUNABLES_MAX], char *buf, size_t size)
{
    int used = 0;

    buf[0] = '\0';
    for (size_t i = 0; i < of->n_tunables; i++)
        if (values[i] && used < (int)size)
            used += snprintf(buf + used, size - (size_t)used, "%s%s=%lld", used ? "," : "", of->tunables[i].name,
                             (long long)values[i]);
    if (!used)
        text_copy(buf, size, "default");
}

/* Runs with the reference of the scenario beside it, as in any block. */
static int make(struct state *state, size_t i, const struct bench *bench, struct err *err)
{
    const struct trial *t = state->trial;
    int64_t tuned[VARIANTS_MAX][TUNABLES_MAX] = { 0 };
    struct params params = *bench->params;
    struct bench one = *bench;

    params.scenario = t->of;
    memcpy(tuned[t->variant], t->values[i], sizeof(tuned[0]));
    one.params = &params;
    one.tuned = (const int64_t (*)[TUNABLES_MAX])tuned;
    one.variants = 1u | UINT64_C(1) << t->variant;
    if (t->of->setup && t->of->setup(&one, &state->states[i], err) < 0)
        return -1;
    state->made[i] = true;
    return 0;
}

static void teardown(void *arg)
{
    struct state *state = arg;

    for (int i = 0; state && i < state->trial->n; i++)
        if (state->made[i] && state->trial->of->teardown)
            state->trial->of->teardown(state->states[i]);
    free(state);
}

static int setup(const struct bench *bench, void **out, struct err *err)
{
    struct state *state = mem_array(1, sizeof(*state));

    state->trial = (const struct trial *)bench->params->scenario; /* its first member */
    *out = state;
    for (int i = 0; i < state->trial->n; i++)
        if (bench->variants >> i & 1 && make(state, (size_t)i, bench, &state->why_not[i]) < 0 && i == 0) {
            *err = state->why_not[0];
            return -1;
        }
    return 0;
}

static size_t at(const struct state *state, const struct variant *variant)
{
    return (size_t)(variant - state->trial->variants);
}

static void run(void *arg, const struct variant *variant, int64_t n)
{
    struct state *state = arg;
    const struct trial *t = state->trial;

    t->of->run(state->states[at(state, variant)], &t->of->variants[t->variant], n);
}

static int check(void *arg, const struct variant *variant, struct err *err)
{
    struct state *state = arg;
    const struct trial *t = state->trial;
    size_t i = at(state, variant);

    if (!state->made[i]) {
        *err = state->why_not[i];
        return -1;
    }
    return t->of->check ? t->of->check(state->states[i], &t->of->variants[t->variant], err) : 0;
}

void trial_init(struct trial *trial, const struct scenario *of, size_t variant, const int64_t (*values)[TUNABLES_MAX],
                int n)
{
    const struct variant *v = &of->variants[variant];

    if (n < 1 || n > VARIANTS_MAX || variant >= of->n_variants)
        BUG("a trial of %d choices for variant %zu of %s", n, variant, of->name);
    *trial = (struct trial){ .of = of, .variant = variant, .n = n };
    for (int i = 0; i < n; i++) {
        memcpy(trial->values[i], values[i], sizeof(trial->values[i]));
        trial_name(of, values[i], trial->names[i], sizeof(trial->names[i]));
        trial->variants[i] =
            (struct variant){ .name = trial->names[i], .isa = v->isa, .absent = v->absent, .slices = v->slices };
    }
    trial->scenario = (struct scenario){ .name = of->name,
                                         .summary = of->summary,
                                         .axes = of->axes,
                                         .n_axes = of->n_axes,
                                         .variants = trial->variants,
                                         .n_variants = (size_t)n,
                                         .setup = setup,
                                         .run = run,
                                         .check = check,
                                         .teardown = teardown };
}
