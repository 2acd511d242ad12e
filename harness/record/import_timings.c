// SPDX-License-Identifier: MIT
#include "record/import_timings.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/import_csv.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int check_name(const char *name, struct err *err)
{
    if (!*name || !text_is_utf8(name))
        return err_set(err, ERR_CONFIG, *name ? "its name is not UTF-8" : "it has no name");
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return err_set(err, ERR_CONFIG, "its name has control characters");
    return 0;
}

/* `metric` NULL: the time. */
static struct timing *row_of(struct timings *t, const char *name, const char *metric)
{
    struct text key = { 0 };
    size_t at;

    text_addf(&key, metric ? "%s\n%s" : "%s", name, metric); /* neither has a line end */
    at = names_add(&t->keys, key.data);
    text_free(&key);
    if (at == t->n) {
        t->rows = mem_grow(t->rows, &t->capacity, t->n + 1, sizeof(*t->rows));
        t->rows[t->n++] = (struct timing){ .name = mem_strdup(name), .metric = metric ? mem_strdup(metric) : NULL };
    }
    return &t->rows[at];
}

static void add_value(struct timing *row, double value)
{
    row->ns = mem_grow(row->ns, &row->capacity, row->n + 1, sizeof(*row->ns));
    row->ns[row->n++] = value;
}

static int add(struct timings *t, const char *name, double ns, struct err *err)
{
    if (!isfinite(ns) || ns < 0)
        return err_set(err, ERR_CONFIG, "%g ns is no time", ns);
    if (check_name(name, err) < 0)
        return -1;
    add_value(row_of(t, name, NULL), ns);
    return 0;
}

void import_timings_free(struct timings *t)
{
    for (size_t i = 0; i < t->n; i++) {
        free(t->rows[i].name);
        free(t->rows[i].metric);
        free(t->rows[i].unit);
        free(t->rows[i].ns);
    }
    free(t->rows);
    names_free(&t->keys);
    *t = (struct timings){ 0 };
}

/* ---- hyperfine ---- */

/* "sort --parallel threads=2": the parameters of a scan tell its results apart where the command does not. */
static void name_of(const json_t *result, struct text *name)
{
    const char *command = json_string_value(json_object_get(result, "command"));
    json_t *parameters = json_object_get(result, "parameters"), *value;
    const char *key;

    text_add(name, command ? command : "");
    json_object_foreach(parameters, key, value)
        if (json_is_string(value) && command && !strstr(command, json_string_value(value)))
            text_addf(name, " %s=%s", key, json_string_value(value));
}

static int read_result(const json_t *result, struct timings *t, struct err *err)
{
    const json_t *times = json_object_get(result, "times"), *codes = json_object_get(result, "exit_codes"), *value;
    struct text name = { 0 };
    size_t i;
    int ret = 0;

    if (!json_is_object(result) || !json_is_string(json_object_get(result, "command")))
        return err_set(err, ERR_CONFIG, "it has no 'command'");
    if (!json_is_array(times) || json_array_size(times) == 0)
        return err_set(err, ERR_CONFIG, "it has no 'times': is it of hyperfine 1.0 or later, from --export-json?");
    name_of(result, &name);
    json_array_foreach(times, i, value) {
        const json_t *code = json_array_get(codes, i);

        if (!json_is_number(value))
            ret = err_set(err, ERR_CONFIG, "times[%zu] is not a number", i);
        else if (code && !(json_is_integer(code) && json_integer_value(code) == 0))
            ret = err_set(err, ERR_CONFIG, "run %zu of the command failed (exit_codes): its time means nothing", i);
        else if (add(t, name.data, json_number_value(value) * 1e9, err) < 0)
            ret = err_wrap(err, "times[%zu]", i);
        if (ret < 0)
            break;
    }
    text_free(&name);
    return ret;
}

int import_hyperfine(const char *bytes, size_t n, struct timings *t, struct err *err)
{
    json_error_t e;
    json_t *root = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &e), *results = json_object_get(root, "results"), *result;
    size_t i;
    int ret = -1;

    *t = (struct timings){ 0 };
    if (!root)
        err_set(err, ERR_CONFIG, "line %d, column %d: %s", e.line, e.column, e.text);
    else if (!json_is_array(results) || json_array_size(results) == 0)
        err_set(err, ERR_CONFIG, "not a report of hyperfine: no array 'results'");
    else
        ret = 0;
    json_array_foreach(results, i, result)
        if (ret == 0 && read_result(result, t, err) < 0)
            ret = err_wrap(err, "results[%zu]", i);
    json_decref(root);
    if (ret < 0)
        import_timings_free(t);
    return ret;
}

/* ---- CSV ---- */

enum { NAME, NAME_2, NAME_3, NAME_4, VALUE, VALUE_2, VALUE_3, SECONDS, MEAN, METRIC, UNIT, KIND, COLUMNS };

static const char *const columns[COLUMNS] = {
    [NAME] = "case",      [NAME_2] = "name",       [NAME_3] = "command",   [NAME_4] = "benchmark",
    [VALUE] = "value",    [VALUE_2] = "time",      [VALUE_3] = "real_time", [SECONDS] = "seconds",
    [MEAN] = "mean",      [METRIC] = "metric",     [UNIT] = "unit",
    [KIND] = "kind",
};

/* The first of these cells that the file has a column for. */
static const char *first_of(const char *const *cells, int from, int to, int *which)
{
    for (int i = from; i <= to; i++)
        if (cells[i]) {
            *which = i;
            return cells[i];
        }
    return NULL;
}

static double unit_ns(const char *unit, int column)
{
    static const struct { const char *name; double ns; } units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };

    for (size_t i = 0; unit && i < ARRAY_LEN(units); i++)
        if (strcmp(unit, units[i].name) == 0)
            return units[i].ns;
    return unit && *unit ? NAN : column == SECONDS || column == MEAN ? 1e9 : 1;
}

static int add_other(struct timings *t, const char *name, const struct import_csv_row *csv, const char *text, struct err *err)
{
    const char *const *cells = csv->cells;
    const char *unit = cells[UNIT] ? cells[UNIT] : "";
    struct timing *row;
    double value;

    if (import_csv_number(csv, text, -HUGE_VAL, HUGE_VAL, &value, err) < 0)
        return -1;
    if (check_name(name, err) < 0 || check_name(cells[METRIC], err) < 0 || (*unit && check_name(unit, err) < 0))
        return -1;
    row = row_of(t, name, cells[METRIC]);
    row->exact = cells[KIND] && strcmp(cells[KIND], "exact") == 0;
    if (!row->unit)
        row->unit = mem_strdup(unit);
    add_value(row, value);
    return 0;
}

static int take_row(void *arg, const struct import_csv_row *csv, struct err *err)
{
    const char *const *cells = csv->cells;
    struct timings *t = arg;
    int column = 0, unused;
    const char *name = first_of(cells, NAME, NAME_4, &unused), *text = first_of(cells, VALUE, MEAN, &column);
    double unit = unit_ns(cells[UNIT], column), value;

    if (!name || !text)
        return err_set(err, ERR_CONFIG, "the header has no column %s",
                       name ? "of times (value, time, real_time, seconds or mean)" : "of names (case, name, command or benchmark)");
    if (cells[METRIC] && strcmp(cells[METRIC], "time_ns") != 0)
        return add_other(t, name, csv, text, err);
    if (isnan(unit))
        return err_set(err, ERR_CONFIG, "unit '%.20s' is none of ns, us, ms, s", cells[UNIT]);
    if (import_csv_number(csv, text, 0, 1e18, &value, err) < 0)
        return -1;
    return add(t, name, value * unit, err);
}

int import_timings_csv(const char *path, struct timings *t, struct err *err)
{
    *t = (struct timings){ 0 };
    if (import_csv_rows(path, columns, COLUMNS, take_row, t, err) < 0) {
        import_timings_free(t);
        return -1;
    }
    if (t->n == 0)
        err_set(err, ERR_CONFIG, "'%.150s' holds no time", path);
    return t->n ? 0 : -1;
}
