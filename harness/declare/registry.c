// SPDX-License-Identifier: MIT
#include "declare/registry.h"

#include "declare/result.h"

#include <stdio.h>
#include <string.h>

static int check_name(const struct scenario *s, const char *what, const char *name, const char *extra, struct err *err)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    const char *c = name;

    if (!name || !*name)
        return err_set(err, ERR_HARNESS, "scenario '%s': a %s without a name", s->name ? s->name : "", what);
    if (strlen(name) >= NAME_MAX_LEN && *extra != '/') /* a result would cut it short */
        return err_set(err, ERR_HARNESS, "scenario '%s': %s '%s' is longer than %d", s->name, what, name,
                       NAME_MAX_LEN - 1);
    while (*c && (strchr(plain, *c) || strchr(extra, *c)))
        c++;
    if (*c)
        return err_set(err, ERR_HARNESS, "scenario '%s': %s '%s' has '%c' in its name (a-z, 0-9 and _ are allowed)",
                       s->name, what, name, *c);
    return 0;
}

static int twice(const struct scenario *s, const char *what, const char *name, struct err *err)
{
    return err_set(err, ERR_HARNESS, "scenario '%s': %s '%s' is declared twice", s->name, what, name);
}

/* "kernels/gemm_f32": the words between the slashes are the folders of reports, so that there are two at least and none
 * is empty. */
static int check_scenario_name(const struct scenario *s, struct err *err)
{
    size_t len;

    if (check_name(s, "scenario", s->name, "/", err) < 0)
        return -1;
    len = strlen(s->name);
    if (!strchr(s->name, '/'))
        return err_set(err, ERR_HARNESS, "scenario '%s' has no '/' in its name (kernels/gemm_f32 has)", s->name);
    if (s->name[0] == '/' || s->name[len - 1] == '/' || strstr(s->name, "//"))
        return err_set(err, ERR_HARNESS, "scenario '%s' has an empty word before, between or behind the slashes of "
                                         "its name", s->name);
    return 0;
}

static int check_axis(const struct scenario *s, size_t at, struct err *err)
{
    const struct axis *axis = &s->axes[at];

    if (check_name(s, "axis", axis->name, "", err) < 0)
        return -1;
    for (size_t i = 0; i < at; i++)
        if (strcmp(s->axes[i].name, axis->name) == 0)
            return twice(s, "axis", axis->name, err);
    if (axis->kind == AXIS_KIND_THREADS) {
        for (size_t i = 0; i < at; i++)
            if (s->axes[i].kind == AXIS_KIND_THREADS)
                return err_set(err, ERR_HARNESS, "scenario '%s' has two axes of threads", s->name);
        return 0;
    }
    if (axis->n_values == 0)
        return err_set(err, ERR_HARNESS, "scenario '%s': axis '%s' has no values", s->name, axis->name);
    if (axis->n_values > AXIS_VALUES_MAX)
        return err_set(err, ERR_HARNESS, "scenario '%s': axis '%s' has %zu values, more than %d", s->name, axis->name,
                       axis->n_values, AXIS_VALUES_MAX);
    if ((uint64_t)axis->quick >> axis->n_values)
        return err_set(err, ERR_HARNESS, "scenario '%s': axis '%s' has quick values that it does not have", s->name,
                       axis->name);
    for (size_t i = 0; i < axis->n_values; i++)
        if (axis->values[i] <= (i ? axis->values[i - 1] : 0))
            return err_set(err, ERR_HARNESS, "scenario '%s': axis '%s' must be positive and ascending", s->name,
                           axis->name);
    return 0;
}

/* Each roof of a variant is another one, of role ROLE_ROOF. */
static int check_roofs(const struct scenario *s, const struct variant *v, struct err *err)
{
    for (size_t i = 0; i < ROOFS_MAX && v->roofs[i]; i++) {
        int roof = scenario_variant(s, v->roofs[i]);

        if (roof < 0 || s->variants[roof].role != ROLE_ROOF || v->role == ROLE_ROOF)
            return err_set(err, ERR_HARNESS, "scenario '%s': '%s' cannot have the roof '%s': %s", s->name, v->name,
                           v->roofs[i], roof < 0 ? "there is no such variant" : "a roof is another variant of that role");
    }
    return 0;
}

static int check_variants(const struct scenario *s, struct err *err)
{
    if (s->n_variants == 0)
        return err_set(err, ERR_HARNESS, "scenario '%s' has no variants", s->name);
    if (s->n_variants > VARIANTS_MAX)
        return err_set(err, ERR_HARNESS, "scenario '%s' has %zu variants, more than %d", s->name, s->n_variants,
                       VARIANTS_MAX);
    if (s->variants[0].isa != ISA_ANY || s->variants[0].absent || s->variants[0].lacks || s->variants[0].has)
        return err_set(err, ERR_HARNESS, "scenario '%s': the reference '%s' must run everywhere", s->name,
                       s->variants[0].name);
    for (size_t i = 0; i < s->n_variants; i++) {
        if (check_name(s, "variant", s->variants[i].name, "", err) < 0 || check_roofs(s, &s->variants[i], err) < 0)
            return -1;
        for (size_t j = 0; j < i; j++)
            if (strcmp(s->variants[i].name, s->variants[j].name) == 0)
                return twice(s, "variant", s->variants[i].name, err);
    }
    return 0;
}

static int check_metrics(const struct scenario *s, struct err *err)
{
    for (size_t i = 0; i < s->n_metrics; i++) {
        const struct metric *m = &s->metrics[i];

        if (check_name(s, "metric", m->name, "@", err) < 0)
            return -1;
        if (scenario_metric(s, m->name) != m)
            return twice(s, "metric", m->name, err);
        if (m->kind == METRIC_TIMED ? !m->from_ns == !m->timed : !m->exact)
            return err_set(err, ERR_HARNESS, "scenario '%s': metric '%s' has no function", s->name, m->name);
    }
    return 0;
}

static int check_tunables(const struct scenario *s, struct err *err)
{
    if (s->n_tunables > TUNABLES_MAX)
        return err_set(err, ERR_HARNESS, "scenario '%s' has more than %d tunables", s->name, TUNABLES_MAX);
    for (size_t i = 0; i < s->n_tunables; i++) {
        if (check_name(s, "tunable", s->tunables[i].name, "", err) < 0)
            return -1;
        if (!s->tunables[i].candidates)
            return err_set(err, ERR_HARNESS, "scenario '%s': tunable '%s' has no candidates", s->name,
                           s->tunables[i].name);
        for (size_t j = 0; j < i; j++)
            if (strcmp(s->tunables[i].name, s->tunables[j].name) == 0)
                return twice(s, "tunable", s->tunables[i].name, err);
    }
    return 0;
}

/* The length of the longest of its case ids, those of its axes checked: the last value of each is the largest. */
static size_t longest_id(const struct scenario *s)
{
    enum { THREADS_DIGITS = 5 };
    size_t variant = 0, len = strlen(s->name);

    for (size_t i = 0; i < s->n_variants; i++)
        if (strlen(s->variants[i].name) > variant)
            variant = strlen(s->variants[i].name);
    len += 1 + variant;
    for (size_t i = 0; i < s->n_axes; i++) {
        const struct axis *axis = &s->axes[i];

        len += strlen(axis->name) + 2; /* '/' and '=' */
        len += axis->kind == AXIS_KIND_THREADS
                   ? THREADS_DIGITS
                   : (size_t)snprintf(NULL, 0, "%lld", (long long)axis->values[axis->n_values - 1]);
    }
    return len;
}

int registry_check(const struct registry *registry, struct err *err)
{
    for (size_t i = 0; i < registry->n; i++) {
        const struct scenario *s = registry->scenarios[i];

        if (check_scenario_name(s, err) < 0 || check_variants(s, err) < 0 || check_metrics(s, err) < 0 ||
            check_tunables(s, err) < 0)
            return -1;
        if (s->n_axes > AXES_MAX)
            return err_set(err, ERR_HARNESS, "scenario '%s' has more than %d axes", s->name, AXES_MAX);
        for (size_t a = 0; a < s->n_axes; a++)
            if (check_axis(s, a, err) < 0)
                return -1;
        if (longest_id(s) >= CASE_ID_MAX)
            return err_set(err, ERR_HARNESS, "scenario '%s': its longest case id has %zu characters, more than %d",
                           s->name, longest_id(s), CASE_ID_MAX - 1);
        if (!s->run || !s->summary)
            return err_set(err, ERR_HARNESS, "scenario '%s' has no run() or no summary", s->name);
        for (size_t j = 0; j < i; j++)
            if (strcmp(registry->scenarios[j]->name, s->name) == 0)
                return twice(s, "scenario", s->name, err);
    }
    return 0;
}

const struct scenario *registry_find(const struct registry *registry, const char *name)
{
    for (size_t i = 0; i < registry->n; i++)
        if (strcmp(registry->scenarios[i]->name, name) == 0)
            return registry->scenarios[i];
    return NULL;
}

const struct place *registry_place(const struct registry *registry, const struct place *places, const char *case_id)
{
    for (size_t i = 0; i < registry->n; i++) {
        const char *name = registry->scenarios[i]->name;
        size_t n = strlen(name);

        if (strncmp(case_id, name, n) == 0 && (case_id[n] == '/' || case_id[n] == '\0'))
            return places ? &places[i] : NULL;
    }
    return NULL;
}

int registry_file(const struct registry *registry, const char *path, struct err *err)
{
    for (size_t i = 0; i < registry->n; i++)
        if (registry->scenarios[i]->file && registry->scenarios[i]->file(path, err) < 0)
            return -1;
    return 0;
}
