// SPDX-License-Identifier: MIT
#include "declare/scenario.h"

#include <string.h>

static double identity(const struct params *params, double ns)
{
    (void)params;
    return ns;
}

const struct metric metric_time_ns = {
    "time_ns", "ns", METRIC_TIMED, METRIC_LOWER_IS_BETTER, .from_ns = identity,
};
const struct metric metric_cpu_time_ns = { "cpu_time_ns", "ns", METRIC_TIMED, METRIC_LOWER_IS_BETTER, .from_ns = NULL };
const struct metric metric_roof_percent = { "roof_percent", "%", METRIC_TIMED, METRIC_HIGHER_IS_BETTER, .from_ns = NULL };
const struct metric metric_speedup = { "speedup", "x", METRIC_TIMED, METRIC_HIGHER_IS_BETTER, .from_ns = NULL };
const struct metric metric_instructions = { "instructions", "", METRIC_TIMED, METRIC_LOWER_IS_BETTER, .from_ns = NULL };
const struct metric metric_vs_ref = { "vs_ref", "x", METRIC_TIMED, METRIC_HIGHER_IS_BETTER, .from_ns = NULL };

const char *variant_role_name(enum variant_role role)
{
    static const char *const names[] = { [ROLE_OURS] = "ours", [ROLE_PEER] = "peer", [ROLE_ROOF] = "roof" };

    return names[role];
}

const char *variant_role_note(enum variant_role role)
{
    return role == ROLE_OURS ? "" : variant_role_name(role);
}

const char *variant_absent(const struct variant *variant)
{
    if (variant->absent)
        return variant->absent;
    return variant->lacks ? variant->lacks() : NULL;
}

int scenario_variant(const struct scenario *s, const char *name)
{
    for (size_t i = 0; i < s->n_variants; i++)
        if (strcmp(s->variants[i].name, name) == 0)
            return (int)i;
    return -1;
}

const struct metric *scenario_metric(const struct scenario *s, const char *name)
{
    if (strcmp(name, metric_time_ns.name) == 0)
        return &metric_time_ns;
    if (strcmp(name, metric_speedup.name) == 0)
        return &metric_speedup;
    if (strcmp(name, metric_roof_percent.name) == 0)
        return &metric_roof_percent;
    if (strcmp(name, metric_vs_ref.name) == 0)
        return &metric_vs_ref;
    if (strcmp(name, metric_instructions.name) == 0)
        return &metric_instructions;
    if (strcmp(name, metric_cpu_time_ns.name) == 0)
        return &metric_cpu_time_ns;
    for (size_t i = 0; i < s->n_metrics; i++)
        if (strcmp(name, s->metrics[i].name) == 0)
            return &s->metrics[i];
    return NULL;
}

int64_t bench_tuned(const struct bench *bench, size_t variant, const char *tunable)
{
    const struct scenario *s = bench->params->scenario;

    for (size_t i = 0; i < s->n_tunables; i++)
        if (strcmp(s->tunables[i].name, tunable) == 0)
            return bench->tuned ? bench->tuned[variant][i] : 0;
    BUG("%s has no tunable '%s'", s->name, tunable);
}
