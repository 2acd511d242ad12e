// SPDX-License-Identifier: MIT
#include "judge/targets.h"

#include "base/mem.h"
#include "base/text.h"
#include "judge/json_file.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The lines on which the elements of the array "targets" begin: jansson parses, but forgets where. `text` is valid
 * JSON. */
static void row_lines(const char *text, struct target *rows, size_t n)
{
    int depth = 0, line = 1;
    size_t row = 0;
    bool string = false, fresh = false; /* fresh: at depth 2, and no element begun since the last comma */
    bool ours = false;                  /* the last string at depth 1 was "targets" */

    for (const char *c = text; *c; c++) {
        if (fresh && depth == 2 && !strchr(" \t\r\n]", *c) && row < n) {
            rows[row++].line = line;
            fresh = false;
        }
        if (*c == '\n')
            line++;
        if (string && *c == '\\')
            c++;
        else if (*c == '"') {
            string = !string;
            if (string && depth == 1)
                ours = strncmp(c, "\"targets\"", strlen("\"targets\"")) == 0;
        }
        else if (!string && (*c == '{' || *c == '['))
            fresh = ++depth == 2 && ours;
        else if (!string && (*c == '}' || *c == ']'))
            depth--;
        else if (!string && *c == ',' && depth == 2)
            fresh = ours;
    }
}

/* The whole file, NUL-terminated, free() it. */
static char *slurp(const char *path, struct err *err)
{
    FILE *f = fopen(path, "r");
    struct text t = { 0 };
    char chunk[4096];
    size_t n;

    if (!f) {
        err_set(err, ERR_CONFIG, "%m (run it in the clone, or give --baselines DIR)");
        return NULL;
    }
    text_add(&t, "");
    while ((n = fread(chunk, 1, sizeof(chunk) - 1, f)) > 0) {
        chunk[n] = '\0';
        text_add(&t, chunk);
    }
    if (ferror(f)) {
        err_set(err, ERR_CONFIG, "%m");
        text_free(&t);
    }
    fclose(f);
    return t.data;
}

/* A number or nothing: NAN where absent. */
static int number(json_t *row, const char *key, double *value, struct err *err)
{
    json_t *v = json_object_get(row, key);

    *value = v ? json_number_value(v) : NAN;
    return v && !json_is_number(v) ? err_set(err, ERR_CONFIG, "'%s' must be a number", key) : 0;
}

/* Does the glob match a case of this variant, on any host? All values of the axes are tried, and all team sizes up to
 * THREADS_TRIED. */
enum { THREADS_TRIED = 128 };

static bool matches(const char *glob, struct params *params, const struct variant *v, size_t axis)
{
    const struct scenario *s = params->scenario;
    char id[CASE_ID_MAX];

    if (axis == s->n_axes) {
        case_id(params, v, id, sizeof(id));
        return text_glob(glob, id);
    }
    if (s->axes[axis].kind == AXIS_KIND_THREADS) {
        for (params->values[axis] = 1; params->values[axis] <= THREADS_TRIED; params->values[axis]++)
            if (matches(glob, params, v, axis + 1))
                return true;
        return false;
    }
    for (size_t i = 0; i < s->axes[axis].n_values; i++) {
        params->values[axis] = s->axes[axis].values[i];
        if (matches(glob, params, v, axis + 1))
            return true;
    }
    return false;
}

/* Does what stands in the glob before its first wildcard allow any case of this variant? Asked first: to try every cell of
 * every scenario took seconds. */
static bool may_match(const char *glob, const struct scenario *s, const struct variant *v)
{
    char id[CASE_ID_MAX];
    size_t plain = strcspn(glob, "*?{"), n;

    snprintf(id, sizeof(id), "%s/%s", s->name, v->name);
    n = strlen(id) < plain ? strlen(id) : plain;
    return strncmp(glob, id, n) == 0;
}

/* Some selected scenario has the metric, and some scenario is selected. */
static int check_meaning(const struct target *t, const struct registry *registry, struct err *err)
{
    const char *names[64], *near;
    size_t n_names = 0;
    bool selected = false;

    for (size_t i = 0; i < registry->n; i++) {
        const struct scenario *s = registry->scenarios[i];

        for (size_t v = 0; v < s->n_variants; v++) {
            struct params params = { .scenario = s };

            if (!may_match(t->cases, s, &s->variants[v]) || !matches(t->cases, &params, &s->variants[v], 0))
                continue;
            selected = true;
            if (scenario_metric(s, t->metric))
                return 0;
            for (size_t m = 0; m < s->n_metrics && n_names < ARRAY_LEN(names) - 2; m++)
                names[n_names++] = s->metrics[m].name;
        }
    }
    if (!selected)
        return err_set(err, ERR_CONFIG, "no case matches '%s' (see 'pawl list')", t->cases);
    names[n_names++] = metric_time_ns.name;
    names[n_names++] = metric_speedup.name;
    near = text_suggest(t->metric, names, n_names);
    return near ? err_set(err, ERR_CONFIG, "unknown metric '%s' (did you mean '%s'?)", t->metric, near)
                : err_set(err, ERR_CONFIG, "no case of '%s' has a metric '%s'", t->cases, t->metric);
}

static int read_row(json_t *row, const struct registry *registry, struct target *t, struct err *err)
{
    const char *cases = json_string_value(json_object_get(row, "cases"));
    const char *metric = json_string_value(json_object_get(row, "metric"));
    const char *why = json_string_value(json_object_get(row, "why"));
    static const char *const keys[] = { "cases", "metric", "at_least", "at_most", "goal", "why" };

    if (!json_is_object(row))
        return err_set(err, ERR_CONFIG, "a target must be an object");
    if (json_file_keys(row, keys, ARRAY_LEN(keys), err) < 0)
        return -1;
    if (!cases || !metric)
        return err_set(err, ERR_CONFIG, "a target needs 'cases' and 'metric', both strings");
    if (!why || !*why)
        return err_set(err, ERR_CONFIG, "the target for '%s' has no 'why'", cases);
    t->cases = mem_strdup(cases);
    t->why = mem_strdup(why);
    text_copy(t->metric, sizeof(t->metric), metric);
    if (text_glob_check(cases, err) < 0 || number(row, "at_least", &t->at_least, err) < 0 ||
        number(row, "at_most", &t->at_most, err) < 0 || number(row, "goal", &t->goal, err) < 0) {
        err->code = ERR_CONFIG;
        return -1;
    }
    if (isnan(t->at_least) == isnan(t->at_most))
        return err_set(err, ERR_CONFIG, "the target for '%s' needs one of 'at_least' and 'at_most', a number", cases);
    return registry ? check_meaning(t, registry, err) : 0;
}

int targets_read(const char *path, const struct registry *registry, struct targets *targets, struct err *err)
{
    char *text = slurp(path, err);
    static const char *const top_keys[] = { "targets", "benchmarks", "baselines" };
    json_t *json = NULL, *rows, *row;
    json_error_t e;
    size_t i;
    int ret = -1;

    *targets = (struct targets){ 0 };
    if (!text)
        goto out;
    json = json_loads(text, JSON_REJECT_DUPLICATES, &e);
    if (!json) {
        err_set(err, ERR_CONFIG, "line %d: %s", e.line, e.text);
        goto out;
    }
    rows = json_object_get(json, "targets");
    if (json_is_object(json) && json_file_keys(json, top_keys, ARRAY_LEN(top_keys), err) < 0) {
        err_wrap(err, "line 1");
        goto out;
    }
    if (!json_is_array(rows)) {
        err_set(err, ERR_CONFIG, "line 1: no array 'targets'");
        goto out;
    }
    targets->rows = mem_array(json_array_size(rows), sizeof(*targets->rows));
    targets->n = json_array_size(rows);
    row_lines(text, targets->rows, targets->n);
    json_array_foreach(rows, i, row)
        if (read_row(row, registry, &targets->rows[i], err) < 0) {
            err_wrap(err, "line %d", targets->rows[i].line);
            goto out;
        }
    ret = 0;
out:
    if (ret < 0) {
        err_wrap(err, "cannot read '%s'", path);
        targets_free(targets);
    }
    json_decref(json);
    free(text);
    return ret;
}

void targets_free(struct targets *targets)
{
    for (size_t i = 0; i < targets->n; i++) {
        free(targets->rows[i].cases);
        free(targets->rows[i].why);
    }
    free(targets->rows);
    *targets = (struct targets){ 0 };
}
