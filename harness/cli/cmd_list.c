// SPDX-License-Identifier: MIT
#include "cli/commands.h"
#include "report/json.h"

static const char *note(const struct comparison *c, size_t v)
{
    const struct variant *variant = &c->params.scenario->variants[v];

    return c->variants[v].skip[0] ? c->variants[v].skip : v == 0 ? "reference" : variant_role_note(variant->role);
}

static void list_text(const struct plan *plan, struct text *out)
{
    const struct scenario *last = NULL;

    for (size_t i = 0; i < plan->n; i++) {
        const struct comparison *c = &plan->comparisons[i];

        if (c->params.scenario != last) {
            last = c->params.scenario;
            text_addf(out, "%s# %s: %s\n", i ? "\n" : "", last->name, last->summary);
        }
        for (size_t v = 0; v < last->n_variants; v++) { // NOLINT: a comparison has a scenario
            char id[CASE_ID_MAX];
            const char *words = note(c, v);

            if (!c->variants[v].wanted)
                continue;
            case_id(&c->params, &last->variants[v], id, sizeof(id));
            text_addf(out, *words ? "%-52s %s%s\n" : "%s\n", id, c->variants[v].skip[0] ? "SKIPPED: " : "", words);
        }
    }
}

int cmd_list(const struct context *context)
{
    struct err err = { 0 };
    struct topology *topology = topology_host(&err);
    struct plan plan = { 0 };
    struct text out = { 0 };
    int ret = 0;

    if (!topology || make_plan(context, topology, &plan, &err) < 0) {
        ret = say_error(context, &err);
        goto out;
    }
    if (context->options->json)
        json_plan(plan.comparisons, plan.n, &out);
    else
        list_text(&plan, &out);
    if (print_text(&out, &err) < 0)
        ret = say_error(context, &err);
out:
    plan_free(&plan);
    topology_free(topology);
    return ret;
}
