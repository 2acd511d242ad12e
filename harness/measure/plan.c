// SPDX-License-Identifier: MIT
#include "measure/plan.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The values an axis takes here: threads become 1, 2, 4, ... and all. */
static size_t axis_values(const struct axis *axis, const struct plan_request *request, int64_t values[AXIS_VALUES_MAX])
{
    size_t n = 0;

    if (axis->kind == AXIS_KIND_THREADS) {
        int limit = request->max_threads < 1 || (request->quick && axis->quick) ? 1 : request->max_threads;

        for (int t = 1; t < limit; t *= 2)
            values[n++] = t;
        values[n++] = limit;
        return n;
    }
    if (axis->n_values > AXIS_VALUES_MAX)
        BUG("axis '%s' has more than %d values", axis->name, AXIS_VALUES_MAX);
    for (size_t i = 0; i < axis->n_values; i++)
        if (!request->quick || !axis->quick || axis->quick & 1u << i)
            values[n++] = axis->values[i];
    return n;
}

static void why_not(const struct variant *v, uint32_t isa, char *skip)
{
    char lacks[ISA_TEXT];

    if (variant_absent(v))
        text_copy(skip, REASON_MAX, variant_absent(v));
    else if (v->isa & ~isa)
        snprintf(skip, REASON_MAX, "needs %s, which %s", isa_format(v->isa & ~isa, lacks),
                 v->isa & ~isa & ~isa_host() ? "this host lacks" : "--isa excludes");
}

static bool has(const struct params *params, size_t v)
{
    const struct variant *variant = &params->scenario->variants[v];

    return !variant->has || variant->has(params);
}

/* A variant comes with its roofs, where the cell has them. */
static void want_roofs(const struct params *params, struct planned *variants)
{
    const struct scenario *s = params->scenario;

    for (size_t v = 0; v < s->n_variants; v++)
        for (size_t i = 0; i < ROOFS_MAX && variants[v].wanted && s->variants[v].roofs[i]; i++) {
            size_t roof = (size_t)scenario_variant(s, s->variants[v].roofs[i]);

            variants[roof].wanted = has(params, roof);
        }
}

/* Adds the comparison of these params, if a glob wants any of it. */
static void add(const struct plan_request *request, const struct params *params, struct plan *plan, size_t *capacity)
{
    const struct scenario *s = params->scenario;
    struct planned *variants = mem_array(s->n_variants, sizeof(*variants));
    bool any = false;
    struct comparison *c;

    for (size_t v = 0; v < s->n_variants; v++) {
        char id[CASE_ID_MAX];

        case_id(params, &s->variants[v], id, sizeof(id));
        variants[v].wanted = has(params, v) && text_globs(request->globs, request->n_globs, id);
        any |= variants[v].wanted;
        why_not(&s->variants[v], request->isa, variants[v].skip);
    }
    if (!any) {
        free(variants);
        return;
    }
    variants[0].wanted = true;
    want_roofs(params, variants);
    plan->comparisons = mem_grow(plan->comparisons, capacity, plan->n + 1, sizeof(*plan->comparisons));
    c = &plan->comparisons[plan->n++];
    c->params = *params;
    c->variants = variants;
    case_id(params, NULL, c->id, sizeof(c->id));
}

static void expand(const struct plan_request *request, struct params *params, size_t axis, struct plan *plan,
                   size_t *capacity)
{
    int64_t values[AXIS_VALUES_MAX];
    size_t n;

    if (axis == params->scenario->n_axes) {
        if (!params->scenario->has || params->scenario->has(params))
            add(request, params, plan, capacity);
        return;
    }
    n = axis_values(&params->scenario->axes[axis], request, values);
    for (size_t i = 0; i < n; i++) {
        params->values[axis] = values[i];
        expand(request, params, axis + 1, plan, capacity);
    }
}

/* A scenario of that name which has no cases for want of a file. */
static bool wants_file(const struct plan_request *request, const struct plan *plan, const char *glob)
{
    for (size_t i = 0; i < request->registry->n; i++) {
        const struct scenario *s = request->registry->scenarios[i];
        bool has_cases = false;

        for (size_t j = 0; j < plan->n; j++)
            has_cases |= plan->comparisons[j].params.scenario == s;
        if (s->file && !has_cases && strncmp(glob, s->name, strlen(s->name)) == 0)
            return true;
    }
    return false;
}

/* What may have been meant by a glob that selects nothing: the nearest scenario, variant or full case id, or what has it
 * behind a slash. */
static int nothing(const struct plan_request *request, const char *glob, struct err *err)
{
    struct plan_request all = *request;
    struct plan plan = { 0 };
    size_t capacity = 0, n = 0, n_names = 0;
    char(*ids)[CASE_ID_MAX] = NULL;
    const char **names = NULL, *near;
    char inside[GLOB_MAX + 3]; /* a name without what stands before it */

    all.n_globs = 0;
    for (size_t i = 0; i < request->registry->n; i++) {
        struct params params = { .scenario = request->registry->scenarios[i] };

        expand(&all, &params, 0, &plan, &capacity);
    }
    for (size_t i = 0; i < plan.n; i++)
        n += plan.comparisons[i].params.scenario->n_variants * 2 + 1;
    ids = mem_array(n, sizeof(*ids));
    names = mem_array(n, sizeof(*names));
    for (size_t i = 0; i < plan.n; i++) {
        const struct params *p = &plan.comparisons[i].params;

        names[n_names++] = p->scenario->name;
        for (size_t v = 0; v < p->scenario->n_variants; v++) {
            snprintf(ids[n_names], CASE_ID_MAX, "%s/%s", p->scenario->name, p->scenario->variants[v].name);
            names[n_names] = ids[n_names];
            n_names++;
            case_id(p, &p->scenario->variants[v], ids[n_names], CASE_ID_MAX);
            names[n_names] = ids[n_names];
            n_names++;
        }
    }
    near = text_suggest(glob, names, n_names);
    snprintf(inside, sizeof(inside), "*/%s", glob);
    for (size_t i = 0; i < n_names && !near; i++)
        near = text_glob(inside, names[i]) ? inside : NULL;
    if (wants_file(request, &plan, glob))
        err_set(err, ERR_USAGE, "no case matches '%s' without a file (--model FILE)", glob);
    else if (near)
        err_set(err, ERR_USAGE, "no case matches '%s' (did you mean '%s'?)", glob, near);
    else
        err_set(err, ERR_USAGE, "no case matches '%s' (see 'pawl list')", glob);
    free(names);
    free(ids);
    plan_free(&plan);
    return -1;
}

static bool selects_any(const struct plan *plan, const char *glob)
{
    for (size_t i = 0; i < plan->n; i++)
        for (size_t v = 0; v < plan->comparisons[i].params.scenario->n_variants; v++) {
            const struct params *params = &plan->comparisons[i].params;
            char id[CASE_ID_MAX];

            case_id(params, &params->scenario->variants[v], id, sizeof(id));
            if (has(params, v) && text_glob(glob, id))
                return true;
        }
    return false;
}

int plan_build(const struct plan_request *request, struct plan *plan, struct err *err)
{
    size_t capacity = 0;

    *plan = (struct plan){ 0 };
    for (size_t i = 0; i < request->n_globs; i++)
        if (text_glob_check(request->globs[i], err) < 0)
            return -1;
    for (size_t i = 0; i < request->registry->n; i++) {
        struct params params = { .scenario = request->registry->scenarios[i] };

        expand(request, &params, 0, plan, &capacity);
    }
    for (size_t i = 0; i < request->n_globs; i++)
        if (!selects_any(plan, request->globs[i])) {
            plan_free(plan);
            return nothing(request, request->globs[i], err);
        }
    return 0;
}

void plan_free(struct plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        free(plan->comparisons[i].variants);
    free(plan->comparisons);
    *plan = (struct plan){ 0 };
}
