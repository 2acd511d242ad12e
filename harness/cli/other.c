// SPDX-License-Identifier: MIT
#include "cli/other.h"

#include "base/mem.h"
#include "cli/against_private.h"
#include "cli/against_reach.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has_case(void *arg, const char *case_id)
{
    const struct other *other = arg;

    for (size_t i = 0; i < other->n_cases; i++)
        if (strcmp(other->cases[i], case_id) == 0)
            return true;
    return false;
}

static int read_cases(const char *text, struct other *other, struct err *err)
{
    json_error_t e;
    json_t *document = json_loads(text, 0, &e), *cases = json_object_get(document, "cases"), *item;
    size_t i;

    if (!json_is_array(cases)) {
        json_decref(document);
        return err_set(err, ERR_CONFIG, "the program of %.12s does not list its cases as JSON: it is too old",
                       other->built.commit);
    }
    other->cases = mem_array(json_array_size(cases), sizeof(*other->cases));
    json_array_foreach(cases, i, item) {
        const char *id = json_string_value(json_object_get(item, "id"));

        if (id)
            other->cases[other->n_cases++] = mem_strdup(id);
    }
    json_decref(document);
    return 0;
}

/* Without the globs: one that selects nothing over there is not an error. */
static int list_cases(const struct context *context, struct other *other, struct err *err)
{
    const char *argv[6] = { other->built.program, "list", "--json" };
    struct text out = { 0 }, messages = { 0 };
    size_t n = 3;
    int ret;

    if (context->options->quick)
        argv[n++] = "--quick";
    ret = against_capture(argv, &out, &messages, err);
    if (ret == 0)
        ret = read_cases(out.data ? out.data : "", other, err);
    text_free(&out);
    text_free(&messages);
    return ret;
}

static bool planned(const struct plan *plan, const char *wanted)
{
    for (size_t i = 0; i < plan->n; i++)
        for (size_t v = 0; v < plan->comparisons[i].params.scenario->n_variants; v++) {
            char id[CASE_ID_MAX];

            case_id(&plan->comparisons[i].params, &plan->comparisons[i].params.scenario->variants[v], id, sizeof(id));
            if (strcmp(id, wanted) == 0)
                return true;
        }
    return false;
}

static int find_missing(const struct context *context, const struct topology *topology, struct other *other,
                        struct err *err)
{
    const struct options *o = context->options;
    struct plan plan;

    if (make_plan(context, topology, &plan, err) < 0)
        return -1;
    other->missing = mem_array(other->n_cases, sizeof(*other->missing));
    for (size_t i = 0; i < other->n_cases; i++)
        if (text_globs(o->args, o->n_args, other->cases[i]) && !planned(&plan, other->cases[i]))
            other->missing[other->n_missing++] = other->cases[i];
    plan_free(&plan);
    return 0;
}

static bool is_same(void *arg, const char *case_id)
{
    const struct other *other = arg;
    const struct place *place = registry_place(other->registry, other->places, case_id);

    return place && other->same[place - other->places];
}

/* Where the programs differ, many scenarios may still run the same code. */
static void find_same(const struct context *context, struct other *other, struct gate_rules *rules)
{
    size_t n = context->registry->n, n_same;
    const char **symbols;
    char self[PATH_MAX];

    if (other->built.identical || !context->places || !realpath("/proc/self/exe", self))
        return;
    other->registry = context->registry;
    other->places = context->places;
    other->same = mem_array(n, sizeof(*other->same));
    symbols = mem_array(n, sizeof(*symbols));
    for (size_t i = 0; i < n; i++)
        symbols[i] = other->places[i].symbol;
    n_same = against_reach(self, other->built.program, symbols, n, other->same);
    free(symbols);
    if (n_same == 0)
        return;
    rules->same_in_ref = is_same;
    say("pawl gate: %zu of %zu scenarios run the same code there: nothing to measure of these", n_same, n);
}

/* A program that somebody else has built: known by its bytes. */
static int find_program(const char *path, struct against_program *a, struct err *err)
{
    char real[PATH_MAX];

    if (!realpath(path, real) || access(real, X_OK) < 0)
        return err_set(err, ERR_CONFIG, "cannot run '%.200s': %s", path, strerror(errno));
    a->program = mem_strdup(real);
    a->identical = against_same_code("/proc/self/exe", real);
    snprintf(a->commit, sizeof(a->commit), "build-%06llx", (unsigned long long)against_code_hash(real) & 0xffffff);
    return 0;
}

/* --against baseline: the program of the commit that the baseline speaks of, whatever became of its branch. */
static int find_accepted(const struct context *context, const struct baseline *baseline, struct other *other,
                         struct err *err)
{
    size_t others;
    const char *commit;

    if (!baseline)
        return err_set(err, ERR_CONFIG, "there is no baseline for this host class: 'pawl accept' makes one");
    commit = baseline_commit(baseline, context->options->args, context->options->n_args, &others);
    if (!commit)
        return err_set(err, ERR_CONFIG, "the baseline has none of these cases from a clean commit, which could be built again");
    if (others)
        say("pawl gate: %zu cases were not accepted at %.12s: they are held against the times of their acceptance", others,
            commit);
    return against_prepare(commit, true, &other->built, err);
}

int other_prepare(const struct context *context, const struct topology *topology, struct other *other,
                  struct gate_rules *rules, struct err *err)
{
    const struct options *o = context->options;
    const char *name = o->against ? o->against : o->against_program;
    bool accepted = strcmp(name, "baseline") == 0 && o->against;
    int ret = accepted     ? find_accepted(context, rules->baseline, other, err)
              : o->against ? against_prepare(name, false, &other->built, err)
                           : find_program(name, &other->built, err);

    if (ret < 0 || list_cases(context, other, err) < 0 || find_missing(context, topology, other, err) < 0)
        return err_wrap(err, o->against ? "--against %.60s" : "--against-program %.60s", name);
    rules->ref = other->built.commit;
    rules->ref_is_baseline = accepted;
    rules->ref_identical = other->built.identical;
    rules->in_ref = has_case;
    rules->ref_arg = other;
    rules->ref_missing = other->missing;
    rules->n_ref_missing = accepted ? 0 : other->n_missing; /* what was accepted and is gone, the baseline tells */
    say("pawl gate: against %.12s, %s%s%s", other->built.commit,
        accepted     ? "accepted as the "
        : o->against ? "the merge base with "
                     : "",
        name,
        other->built.identical ? ": the same code as this program's, nothing to measure" : "");
    find_same(context, other, rules);
    return 0;
}

void other_free(struct other *other)
{
    for (size_t i = 0; i < other->n_cases; i++)
        free(other->cases[i]);
    free(other->cases);
    free(other->missing);
    free(other->same);
    against_free(&other->built);
    *other = (struct other){ 0 };
}
