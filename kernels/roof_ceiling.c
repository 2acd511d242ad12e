// SPDX-License-Identifier: MIT
#include "kernels/roof_ceiling.h"

#include "base/mem.h"
#include "declare/team.h"
#include "kernels/roof.h"

#include <stdlib.h>

struct state {
    struct team *team;
};

double roof_ceiling_gops(const struct params *params, double ns)
{
    return ROOF_CEILING_OPS * params_threads(params) / ns;
}

int roof_ceiling_setup(const struct bench *bench, void **out, struct err *err)
{
    struct state *state = mem_array(1, sizeof(*state));

    (void)err;
    state->team = bench->team;
    *out = state;
    return 0;
}

void roof_ceiling_run(void *arg, const struct variant *variant, int64_t n)
{
    struct state *state = arg;

    for (int64_t i = 0; i < n; i++)
        roof_compute_run(variant->impl, ROOF_CEILING_OPS * team_size(state->team), state->team);
}

void roof_ceiling_teardown(void *state)
{
    free(state);
}

int roof_ceiling_check(void *arg, const struct variant *variant, int64_t (*scalar)(int64_t n_products),
                       struct err *err)
{
    static const int64_t steps[] = { 0, 1, 2, 1000 };
    const struct roof_compute *roof = variant->impl;
    struct state *state = arg;

    for (size_t i = 0; i < 2 * ARRAY_LEN(steps); i++) {
        struct team *team = i % 2 ? state->team : NULL;
        int64_t all = steps[i / 2] * (team ? team_size(team) : 1);
        int64_t got = roof_compute_run(roof, (double)(all * roof->step_ops), team);
        int64_t want = scalar(all * roof->step_ops / 2);

        if (got != want)
            return err_set(err, ERR_HARNESS, "%s: %lld steps add up to %lld, want %lld", roof->name, (long long)all,
                           (long long)got, (long long)want);
    }
    return 0;
}
