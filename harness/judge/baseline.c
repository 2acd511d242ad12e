// SPDX-License-Identifier: MIT
#include "judge/baseline.h"

#include "base/mem.h"
#include "base/stats.h"
#include "base/text.h"
#include "judge/json_file.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool baseline_judges(const struct case_result *c, const struct estimate *e)
{
    if (c->role != ROLE_OURS || c->status != CASE_OK)
        return false;
    if (e->kind == METRIC_EXACT || strcmp(e->metric, metric_roof_percent.name) == 0)
        return true;
    return strcmp(e->metric, metric_speedup.name) == 0 && !case_estimate(c, metric_roof_percent.name);
}

/* What is judged, and the second opinion on it. */
static bool keeps(const struct case_result *c, const struct estimate *e)
{
    return baseline_judges(c, e) ||
           (c->role == ROLE_OURS && strcmp(e->metric, metric_instructions.name) == 0 && isfinite(e->low) && isfinite(e->high));
}

const struct accepted *baseline_find(const struct baseline *baseline, const char *id)
{
    for (size_t i = 0; i < baseline->n; i++)
        if (strcmp(baseline->cases[i].id, id) == 0)
            return &baseline->cases[i];
    return NULL;
}

const struct estimate *accepted_estimate(const struct accepted *accepted, const char *metric)
{
    for (size_t i = 0; i < accepted->n_estimates; i++)
        if (strcmp(accepted->estimates[i].metric, metric) == 0)
            return &accepted->estimates[i];
    return NULL;
}

size_t baseline_other_epochs(const struct baseline *baseline, const char *epoch)
{
    size_t n = 0;

    for (size_t i = 0; i < baseline->n; i++)
        n += *epoch && *baseline->cases[i].epoch && strcmp(baseline->cases[i].epoch, epoch) != 0;
    return n;
}

const char *baseline_commit(const struct baseline *baseline, const char *const *globs, size_t n_globs, size_t *others)
{
    const char *commit = NULL;
    size_t most = 0, all = 0;

    for (size_t i = 0; i < baseline->n; i++) {
        const char *candidate = baseline->cases[i].commit;
        size_t n = 0;

        if (!text_globs(globs, n_globs, baseline->cases[i].id))
            continue;
        all++;
        for (size_t j = 0; j < baseline->n; j++)
            n += strcmp(baseline->cases[j].commit, candidate) == 0 && text_globs(globs, n_globs, baseline->cases[j].id);
        if (n >= most && *candidate && !strchr(candidate, '-')) { /* not "-dirty" */
            most = n;
            commit = candidate;
        }
    }
    *others = all - most;
    return commit;
}

static void accepted_free(struct accepted *a)
{
    for (size_t i = 0; i < a->n_estimates; i++) {
        free(a->estimates[i].blocks);
        free(a->estimates[i].runs);
    }
    free(a->estimates);
    *a = (struct accepted){ 0 };
}

void baseline_free(struct baseline *baseline)
{
    for (size_t i = 0; i < baseline->n; i++)
        accepted_free(&baseline->cases[i]);
    free(baseline->cases);
    *baseline = (struct baseline){ 0 };
}

static struct accepted *add_case(struct baseline *baseline, const char *id)
{
    struct accepted *a;

    baseline->cases = mem_grow(baseline->cases, &baseline->capacity, baseline->n + 1, sizeof(*baseline->cases));
    a = &baseline->cases[baseline->n++];
    memset(a, 0, sizeof(*a));
    text_copy(a->id, sizeof(a->id), id);
    return a;
}

static struct estimate *add_estimate(struct accepted *a, const char *metric, size_t n_blocks)
{
    size_t capacity = a->n_estimates;
    struct estimate *e;

    a->estimates = mem_grow(a->estimates, &capacity, a->n_estimates + 1, sizeof(*a->estimates));
    e = &a->estimates[a->n_estimates++];
    memset(e, 0, sizeof(*e));
    text_copy(e->metric, sizeof(e->metric), metric);
    e->blocks = mem_array(n_blocks, sizeof(*e->blocks));
    e->n_blocks = n_blocks;
    return e;
}

/* ---- the file ---- */

/* A promise is a paired ratio with its blocks, or an exact value. */
static int read_estimate(struct accepted *a, const char *metric, json_t *json, struct err *err)
{
    bool exact = json_is_true(json_object_get(json, "exact"));
    json_t *blocks = NULL, *runs, *item;
    struct estimate *e;
    double value, low, high;
    size_t i;

    if (exact ? json_unpack(json, "{s:F}", "value", &value) < 0
              : json_unpack(json, "{s:F, s:F, s:F, s:o}", "value", &value, "low", &low, "high", &high, "blocks", &blocks) < 0)
        return err_set(err, ERR_CONFIG, "case '%s': metric '%s' lacks a number: %s", a->id, metric,
                       exact ? "value" : "value, low, high, blocks");
    if (!exact && strcmp(metric, metric_speedup.name) != 0 && strcmp(metric, metric_roof_percent.name) != 0 &&
        strcmp(metric, metric_instructions.name) != 0)
        return err_set(err, ERR_CONFIG,
                       "case '%s': metric '%s' is neither exact nor 'speedup' or 'roof_percent', and cannot be held",
                       a->id, metric);
    e = add_estimate(a, metric, json_array_size(blocks));
    e->kind = exact ? METRIC_EXACT : METRIC_TIMED;
    e->value = value;
    e->low = exact ? value : low;
    e->high = exact ? value : high;
    if (!exact && (e->n_blocks == 0 || e->n_blocks > STATS_SHIFT_MAX))
        return err_set(err, ERR_CONFIG, "case '%s': metric '%s' needs 1 to %d blocks", a->id, metric, STATS_SHIFT_MAX);
    json_array_foreach(blocks, i, item) {
        e->blocks[i] = json_number_value(item);
        if (!(e->blocks[i] > 0))
            return err_set(err, ERR_CONFIG, "case '%s': metric '%s' has a block that is no positive number", a->id, metric);
    }
    runs = json_object_get(json, "runs");
    e->runs = mem_array(json_array_size(runs), sizeof(*e->runs));
    e->n_runs = json_array_size(runs);
    json_array_foreach(runs, i, item) {
        e->runs[i] = json_number_value(item);
        if (!(e->runs[i] > 0))
            return err_set(err, ERR_CONFIG, "case '%s': metric '%s' has a run that is no positive number", a->id, metric);
    }
    return 0;
}

static int read_case(struct baseline *baseline, const char *id, json_t *json, struct err *err)
{
    const char *commit, *date, *reason, *metric, *epoch = "";
    struct accepted *a = add_case(baseline, id);
    json_t *metrics, *value;

    if (json_unpack(json, "{s:s, s:s, s:s, s:o, s?s}", "commit", &commit, "date", &date, "reason", &reason,
                    "metrics", &metrics, "epoch", &epoch) < 0)
        return err_set(err, ERR_CONFIG, "case '%s' lacks one of commit, date, reason, metrics", id);
    if (json_object_size(metrics) == 0)
        return err_set(err, ERR_CONFIG, "case '%s' has no metrics: it promises nothing", id);
    text_copy(a->commit, sizeof(a->commit), commit);
    text_copy(a->date, sizeof(a->date), date);
    text_copy(a->reason, sizeof(a->reason), reason);
    text_copy(a->epoch, sizeof(a->epoch), epoch);
    json_object_foreach(metrics, metric, value)
        if (read_estimate(a, metric, value, err) < 0)
            return -1;
    return 0;
}

int baseline_read(const char *path, const char *host_class, struct baseline *baseline, struct err *err)
{
    json_error_t e;
    json_t *json = NULL, *cases, *value;
    const char *id, *class;
    int ret = -1, schema;

    *baseline = (struct baseline){ 0 };
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return 0;
    json = json_load_file(path, JSON_REJECT_DUPLICATES, &e);
    if (!json) {
        err_set(err, ERR_CONFIG, "line %d: %s", e.line, e.text);
        goto out;
    }
    if (json_unpack(json, "{s:i, s:s, s:o}", "schema", &schema, "host_class", &class, "cases", &cases) < 0 ||
        schema != 1 || !json_is_object(cases)) {
        err_set(err, ERR_CONFIG, "not a baseline of schema 1 (schema, host_class and cases are needed)");
        goto out;
    }
    if (strcmp(class, host_class) != 0) {
        err_set(err, ERR_CONFIG, "it is of host class '%s', not '%s'", class, host_class);
        goto out;
    }
    text_copy(baseline->host_class, sizeof(baseline->host_class), class);
    json_object_foreach(cases, id, value)
        if (read_case(baseline, id, value, err) < 0)
            goto out;
    ret = 1;
out:
    json_decref(json);
    if (ret < 0) {
        baseline_free(baseline);
        err_wrap(err, "cannot read '%s'", path);
    }
    return ret;
}

static json_t *write_estimate(const struct estimate *e)
{
    json_t *blocks, *runs = NULL;

    if (e->kind == METRIC_EXACT)
        return json_pack("{s:b, s:f}", "exact", 1, "value", e->value);
    blocks = json_array();
    for (size_t i = 0; i < e->n_blocks; i++)
        json_array_append_new(blocks, json_real(e->blocks[i]));
    if (e->n_runs)
        runs = json_array();
    for (size_t i = 0; i < e->n_runs; i++)
        json_array_append_new(runs, json_real(e->runs[i]));
    return json_pack("{s:f, s:f, s:f, s:o, s:o*}", "value", e->value, "low", e->low, "high", e->high, "blocks", blocks, "runs",
                     runs);
}

/* NULL where something of it is not JSON: text that is not UTF-8, a figure that is not finite. Nothing may be left out
 * in silence. */
static json_t *to_json(const struct baseline *baseline)
{
    json_t *cases = json_object();

    for (size_t i = 0; i < baseline->n; i++) {
        const struct accepted *a = &baseline->cases[i];
        json_t *metrics = json_object();
        int failed = 0;

        for (size_t j = 0; j < a->n_estimates; j++)
            failed |= json_object_set_new(metrics, a->estimates[j].metric, write_estimate(&a->estimates[j]));
        failed |= json_object_set_new(cases, a->id, json_pack("{s:s, s:s, s:s, s:s, s:o}", "commit", a->commit, "date",
                                                              a->date, "reason", a->reason, "epoch", a->epoch, "metrics",
                                                              metrics));
        if (failed) {
            json_decref(cases);
            return NULL;
        }
    }
    return json_pack("{s:i, s:s, s:o}", "schema", 1, "host_class", baseline->host_class, "cases", cases);
}

int baseline_write(const char *path, const struct baseline *baseline, struct err *err)
{
    return json_file_write(path, to_json(baseline), 17, err);
}

/* ---- acceptance ---- */

static int acceptable(const struct run_result *run, const struct case_result *c, struct err *err)
{
    if (c->status != CASE_OK && c->status != CASE_SKIPPED)
        return err_set(err, ERR_CONFIG, "'%s' is %s: %.200s", c->id, case_status_name(c->status), c->reason);
    for (size_t i = 0; run->judged && i < run->n_verdicts; i++)
        if (run->verdicts[i].outcome == OUTCOME_INCONCLUSIVE && strcmp(run->verdicts[i].case_id, c->id) == 0)
            return err_set(err, ERR_CONFIG, "the gate could not tell about '%s': measure it longer, or on a quieter host", c->id);
    for (size_t i = 0; i < c->n_estimates; i++)
        if (baseline_judges(c, &c->estimates[i]) && !(isfinite(c->estimates[i].low) && isfinite(c->estimates[i].high)))
            return err_set(err, ERR_CONFIG,
                           "'%s' has too few blocks (%zu) for an interval of its %s: accept a 'pawl run --full'", c->id,
                           c->estimates[i].n_blocks, c->estimates[i].metric);
    for (size_t i = 0; i < c->n_estimates; i++)
        if (keeps(c, &c->estimates[i]) && c->estimates[i].n_blocks > STATS_SHIFT_MAX)
            return err_set(err, ERR_CONFIG, "'%s' has %zu blocks, more than %d: accept fewer runs at once", c->id,
                           c->estimates[i].n_blocks, STATS_SHIFT_MAX);
    return 0;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct accepted *)a)->id, ((const struct accepted *)b)->id);
}

static void take_over(struct baseline *baseline, const struct case_result *c, const struct run_result *run,
                      const char *reason)
{
    struct accepted *a = (struct accepted *)baseline_find(baseline, c->id);
    char id[CASE_ID_MAX];

    text_copy(id, sizeof(id), c->id);
    if (a)
        accepted_free(a);
    else
        a = add_case(baseline, id);
    text_copy(a->id, sizeof(a->id), id);
    snprintf(a->commit, sizeof(a->commit), "%.50s%s", run->info.commit, run->info.dirty ? "-dirty" : "");
    text_copy(a->date, sizeof(a->date), run->info.started);
    text_copy(a->reason, sizeof(a->reason), reason);
    text_copy(a->epoch, sizeof(a->epoch), host_fact(&run->info.host, "epoch"));
    for (size_t i = 0; i < c->n_estimates; i++) {
        const struct estimate *from = &c->estimates[i];
        struct estimate *e;

        if (!keeps(c, from))
            continue;
        e = add_estimate(a, from->metric, from->n_blocks);
        memcpy(e->blocks, from->blocks, from->n_blocks * sizeof(*e->blocks));
        e->runs = mem_array(from->n_runs, sizeof(*e->runs));
        e->n_runs = from->n_runs;
        if (from->n_runs)
            memcpy(e->runs, from->runs, from->n_runs * sizeof(*e->runs));
        e->kind = from->kind;
        e->value = from->value;
        e->low = from->low;
        e->high = from->high;
    }
}

static bool has_judged(const struct case_result *c)
{
    for (size_t i = 0; i < c->n_estimates; i++)
        if (baseline_judges(c, &c->estimates[i]))
            return true;
    return false;
}

/* Flags as cli/version has them. */
static bool slow_build(const char *flags)
{
    return strstr(flags, "-fsanitize") || strstr(flags, "-O0");
}

int baseline_accept(struct baseline *baseline, const struct run_result *run, const char *reason, bool replace,
                    bool any_build, size_t *changed, struct err *err)
{
    if (!text_is_utf8(reason) || strlen(reason) >= REASON_MAX)
        return err_set(err, ERR_USAGE, "the reason must be UTF-8 of at most %d bytes", REASON_MAX - 1);
    if (slow_build(run->info.flags) && !any_build)
        return err_set(err, ERR_CONFIG, "run %lld is of a build that nobody runs (%.100s); --force accepts it all the same",
                       (long long)run->info.id, run->info.flags);
    if (baseline->host_class[0] && strcmp(baseline->host_class, run->info.host.class) != 0)
        return err_set(err, ERR_CONFIG, "the run is of host class '%s', the baseline of '%s'", run->info.host.class,
                       baseline->host_class);
    for (size_t i = 0; i < run->n_cases; i++)
        if (acceptable(run, &run->cases[i], err) < 0)
            return err_wrap(err, "run %lld cannot be accepted", (long long)run->info.id);
    if (replace)
        baseline_free(baseline);
    text_copy(baseline->host_class, sizeof(baseline->host_class), run->info.host.class);
    *changed = 0;
    for (size_t i = 0; i < run->n_cases; i++)
        if (has_judged(&run->cases[i])) {
            take_over(baseline, &run->cases[i], run, reason);
            ++*changed;
        }
    qsort(baseline->cases, baseline->n, sizeof(*baseline->cases), by_id);
    return 0;
}
