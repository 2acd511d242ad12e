// SPDX-License-Identifier: MIT
#include "measure/wire.h"

#include "base/mem.h"
#include "base/text.h"
#include "declare/registry.h"
#include "declare/result.h"
#include "measure/foreign.h"
#include "measure/trial.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_t *seed_text(uint64_t seed)
{
    return json_sprintf("%" PRIu64, seed); /* JSON numbers stop at 2^53 for many readers */
}

/* NULL where there is none: json_pack's "o*" leaves the key out. */
static json_t *trial_json(const struct trial *trial)
{
    json_t *values;

    if (!trial)
        return NULL;
    values = json_array();
    for (int i = 0; i < trial->n; i++) {
        json_t *one = json_array();

        for (size_t t = 0; t < trial->of->n_tunables; t++)
            json_array_append_new(one, json_integer(trial->values[i][t]));
        json_array_append_new(values, one);
    }
    return json_pack("{s:s, s:o}", "variant", trial->of->variants[trial->variant].name, "values", values);
}

static json_t *variant_json(const struct job *job, int at)
{
    const struct scenario *s = job->comparison->params.scenario;
    json_t *tuned = json_object();

    for (size_t t = 0; t < s->n_tunables; t++)
        if (job->tuned[at][t])
            json_object_set_new(tuned, s->tunables[t].name, json_integer(job->tuned[at][t]));
    return json_pack("{s:s, s:I, s:o}", "name", s->variants[job->variants[at]].name, "iterations",
                     (json_int_t)job->iterations[at], "tuned", tuned);
}

/* NULL where it is not of a foreign program. */
static json_t *foreign_json(const struct job *job)
{
    const struct foreign *f = foreign_of(job->comparison->params.scenario);

    if (!f)
        return NULL;
    return json_pack("{s:s, s:s, s:f}", "program", job->build ? job->build : f->program, "benchmark", f->benchmark,
                     "min_time", f->min_time_s);
}

json_t *wire_job(const struct job *job)
{
    const struct params *p = &job->comparison->params;
    const struct scenario *s = p->scenario;
    json_t *params = json_object(), *variants = json_array(), *pus = json_array();

    for (size_t i = 0; i < s->n_axes; i++)
        json_object_set_new(params, s->axes[i].name, json_integer(p->values[i]));
    for (int i = 0; i < job->n_variants; i++)
        json_array_append_new(variants, variant_json(job, i));
    for (int i = 0; i < job->n_pus; i++)
        json_array_append_new(pus, json_integer(job->pus[i]));
    return json_pack("{s:i, s:s, s:o, s:o, s:b, s:f, s:I, s:i, s:i, s:f, s:o, s:o, s:o, s:o*, s:o*}", "protocol", WIRE_PROTOCOL,
                     "scenario", s->name, "params", params, "variants", variants, "check_only", job->check_only,
                     "slowdown", job->slowdown, "isa_without", (json_int_t)job->isa_without, "parent", job->parent,
                     "rounds", job->rounds, "min_sample_ns", job->min_sample_ns, "input_seed",
                     seed_text(job->input_seed), "order_seed", seed_text(job->order_seed), "pus", pus, "trial",
                     trial_json(job->trial), "foreign", foreign_json(job));
}

static int find_variant(const struct scenario *s, const char *name)
{
    for (size_t i = 0; i < s->n_variants; i++)
        if (strcmp(s->variants[i].name, name) == 0)
            return (int)i;
    return -1;
}

static int read_lists(json_t *values, json_t *variants, json_t *pus, struct job *job, struct params *params,
                      struct err *err)
{
    const struct scenario *s = params->scenario;
    size_t i;
    json_t *item;

    for (i = 0; i < s->n_axes; i++) {
        params->values[i] = json_integer_value(json_object_get(values, s->axes[i].name));
        if (params->values[i] < 1)
            return err_set(err, ERR_HARNESS, "the job has no value of %s for %s", s->axes[i].name, s->name);
    }
    if (json_array_size(variants) < 1 || json_array_size(variants) > VARIANTS_MAX || json_array_size(pus) > JOB_PUS_MAX)
        return err_set(err, ERR_HARNESS, "a job of %zu variants on %zu CPUs is not understood", json_array_size(variants),
                       json_array_size(pus));
    json_array_foreach(variants, i, item) {
        const char *name = json_string_value(json_object_get(item, "name"));

        job->variants[i] = find_variant(s, name ? name : "");
        if (job->variants[i] < 0)
            return err_set(err, ERR_HARNESS, "%s has no variant '%s'", s->name, name ? name : "");
        job->iterations[i] = json_integer_value(json_object_get(item, "iterations"));
        if (job->iterations[i] < 0)
            return err_set(err, ERR_HARNESS, "the job wants %s less than once", name);
        for (size_t t = 0; t < s->n_tunables; t++)
            job->tuned[i][t] = json_integer_value(json_object_get(json_object_get(item, "tuned"), s->tunables[t].name));
    }
    json_array_foreach(pus, i, item) {
        json_int_t pu = json_is_integer(item) ? json_integer_value(item) : -1;

        if (pu < 0 || pu > INT_MAX)
            return err_set(err, ERR_HARNESS, "the job is to run on a CPU that has no number");
        job->pus[i] = (int)pu;
    }
    job->n_variants = (int)json_array_size(variants);
    job->n_pus = (int)json_array_size(pus);
    return 0;
}

/* Puts the scenario of the trial in place of the one that it is of. */
static int read_trial(const json_t *json, struct job *job, struct params *params, struct err *err)
{
    const json_t *values = json_object_get(json, "values"), *one;
    const char *name = json_string_value(json_object_get(json, "variant"));
    int64_t choices[VARIANTS_MAX][TUNABLES_MAX] = { 0 };
    int variant = find_variant(params->scenario, name ? name : "");
    size_t i, n = json_array_size(values);

    if (variant < 0 || n == 0 || n > VARIANTS_MAX)
        return err_set(err, ERR_HARNESS, "the trial of %s is not understood", params->scenario->name);
    json_array_foreach(values, i, one)
        for (size_t t = 0; t < params->scenario->n_tunables; t++)
            choices[i][t] = json_integer_value(json_array_get(one, t));
    job->trial = mem_array(1, sizeof(*job->trial));
    trial_init(job->trial, params->scenario, (size_t)variant, (const int64_t (*)[TUNABLES_MAX])choices, (int)n);
    params->scenario = &job->trial->scenario;
    return 0;
}

/* The scenario of somebody else's benchmark is in no registry. */
static int read_foreign(const json_t *json, const char *scenario, struct job *job, struct params *params, struct err *err)
{
    const char *program, *benchmark;
    double min_time;

    if (json_unpack((json_t *)json, "{s:s, s:s, s:F}", "program", &program, "benchmark", &benchmark, "min_time", &min_time) < 0)
        return err_set(err, ERR_HARNESS, "the foreign benchmark of %s is not understood", scenario);
    job->foreign = mem_array(1, sizeof(*job->foreign));
    foreign_init(job->foreign, "", program, NULL, benchmark, min_time);
    text_copy(job->foreign->name, sizeof(job->foreign->name), scenario);
    params->scenario = &job->foreign->scenario;
    return 0;
}

int wire_read_job(const json_t *json, const struct registry *registry, struct job *job, struct params *params,
                  struct err *err)
{
    json_int_t isa_without = 0;
    const json_t *trial = json_object_get(json, "trial"), *foreign = json_object_get(json, "foreign");
    int protocol, check_only;
    const char *scenario, *input_seed, *order_seed;
    json_t *values, *variants, *pus;
    json_error_t e;

    *job = (struct job){ 0 };
    *params = (struct params){ 0 };
    /* What came to the protocol later is optional: a run of an older program is understood. */
    if (json_unpack_ex((json_t *)json, &e, 0, "{s:i, s:s, s:o, s:o, s:b, s?f, s?I, s?i, s:i, s:f, s:s, s:s, s:o}",
                       "protocol", &protocol, "scenario", &scenario, "params", &values, "variants", &variants,
                       "check_only", &check_only, "slowdown", &job->slowdown, "isa_without", &isa_without, "parent",
                       &job->parent, "rounds", &job->rounds, "min_sample_ns", &job->min_sample_ns, "input_seed",
                       &input_seed, "order_seed", &order_seed, "pus", &pus) < 0)
        return err_set(err, ERR_HARNESS, "the job is not understood: %s", e.text);
    if (protocol != WIRE_PROTOCOL)
        return err_set(err, ERR_HARNESS, "the job speaks protocol %d, this worker %d", protocol, WIRE_PROTOCOL);
    if (foreign ? read_foreign(foreign, scenario, job, params, err) < 0
                : !(params->scenario = registry_find(registry, scenario)))
        return foreign ? -1 : err_set(err, ERR_HARNESS, "no scenario '%s' in this program", scenario);
    if (job->rounds < 0 || !(job->min_sample_ns >= 0) || !(job->slowdown >= 0))
        return err_set(err, ERR_HARNESS, "the job's rounds, time or slowdown are negative");
    if (trial && read_trial(trial, job, params, err) < 0)
        return -1;
    job->check_only = check_only;
    job->isa_without = (uint32_t)isa_without;
    job->input_seed = strtoull(input_seed, NULL, 10);
    job->order_seed = strtoull(order_seed, NULL, 10);
    return read_lists(values, variants, pus, job, params, err);
}

/* The fields of a sample that may be unknown. */
static const struct {
    const char *key;
    size_t offset;
} optional[] = {
    { "mhz", offsetof(struct sample, mhz) },
    { "instructions", offsetof(struct sample, instructions) },
    { "cycles", offsetof(struct sample, cycles) },
    { "branch_misses", offsetof(struct sample, branch_misses) },
    { "cache_misses", offsetof(struct sample, cache_misses) },
};

json_t *wire_value(int variant, const char *metric, double value)
{
    return json_pack("{s:s, s:i, s:s, s:f}", "t", "exact", "variant", variant, "metric", metric, "value", value);
}

json_t *wire_sample(const struct sample *sample)
{
    json_t *message =
        json_pack("{s:s, s:i, s:i, s:i, s:I, s:f, s:f, s:i, s:I, s:b}", "t", "sample", "variant", sample->variant,
                  "round", sample->round, "order", sample->order, "iterations", (json_int_t)sample->iterations, "ns",
                  sample->ns, "cpu_ns", sample->cpu_ns, "cpu", sample->cpu, "switches", (json_int_t)sample->switches,
                  "migrated", sample->migrated);

    for (size_t i = 0; i < ARRAY_LEN(optional); i++) {
        double value = *(const double *)((const char *)sample + optional[i].offset);

        json_object_set_new(message, optional[i].key, isfinite(value) ? json_real(value) : json_null());
    }
    return message;
}

int wire_read_sample(const json_t *message, struct sample *sample)
{
    json_int_t iterations, switches;
    int migrated = false;

    *sample = (struct sample){ 0 };
    if (json_unpack((json_t *)message, "{s:i, s:i, s:i, s:I, s:f, s:f, s:i, s:I, s?b}", "variant", &sample->variant,
                    "round", &sample->round, "order", &sample->order, "iterations", &iterations, "ns", &sample->ns,
                    "cpu_ns", &sample->cpu_ns, "cpu", &sample->cpu, "switches", &switches, "migrated", &migrated) < 0)
        return -1;
    sample->iterations = iterations;
    sample->switches = switches;
    sample->migrated = migrated;
    for (size_t i = 0; i < ARRAY_LEN(optional); i++) {
        const json_t *value = json_object_get(message, optional[i].key);

        if (value && !json_is_null(value) && !json_is_number(value))
            return -1;
        *(double *)((char *)sample + optional[i].offset) = json_is_number(value) ? json_number_value(value) : NAN;
    }
    return 0;
}

void wire_send(int fd, json_t *message)
{
    char *line = message ? json_dumps(message, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    size_t n, sent = 0;

    json_decref(message);
    if (!line)
        BUG("a message that is not JSON");
    n = strlen(line);
    line[n++] = '\n'; /* over the NUL: n bytes are sent */
    while (sent < n) {
        ssize_t wrote = write(fd, line + sent, n - sent);

        if (wrote <= 0)
            break;
        sent += (size_t)wrote;
    }
    free(line);
}
