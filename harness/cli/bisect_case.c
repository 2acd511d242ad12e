// SPDX-License-Identifier: MIT
#include "cli/bisect_case.h"

#include "cli/session.h"

#include <string.h>

int bisect_case_check(const struct context *context, const char *id, struct err *err)
{
    struct topology *topology = topology_host(err);
    struct plan plan;
    bool judged = false;
    size_t n = 0;
    int ret = topology ? make_plan(context, topology, &plan, err) : -1;

    topology_free(topology);
    if (ret < 0)
        return -1;
    for (size_t i = 0; i < plan.n; i++)
        for (size_t v = 0; v < plan.comparisons[i].params.scenario->n_variants; v++) {
            const struct comparison *c = &plan.comparisons[i];
            char one[CASE_ID_MAX];

            case_id(&c->params, &c->params.scenario->variants[v], one, sizeof(one));
            n += c->variants[v].wanted && strcmp(one, id) == 0;
            judged |= strcmp(one, id) == 0 && v > 0 && c->params.scenario->variants[v].role == ROLE_OURS;
        }
    plan_free(&plan);
    if (n == 0)
        return err_set(err, ERR_USAGE, "'%s' is not the name of one case ('pawl list' has them)", id);
    if (!judged)
        return err_set(err, ERR_USAGE, "'%s' is a reference, a peer or a roof: no gate judges it against a commit", id);
    return 0;
}
