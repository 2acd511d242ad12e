// SPDX-License-Identifier: MIT
#include "declare/gbench_report.h"

#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    double ns;
} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };

/* The string of that key where it is one. */
static const char *string_at(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));

    return s ? s : "";
}

/* jansson lets through what UTF-8 allows, and a name goes to tables and pages. */
static bool has_controls(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return true;
    return false;
}

static int read_time(const json_t *row, const char *key, double unit_ns, bool needed, double *ns, struct err *err)
{
    const json_t *value = json_object_get(row, key);

    if (!value && !needed) {
        *ns = NAN;
        return 0;
    }
    if (!json_is_number(value))
        return err_set(err, ERR_CONFIG, "'%s' is not a number", key);
    *ns = json_number_value(value) * unit_ns;
    if (!isfinite(*ns) || *ns < 0)
        return err_set(err, ERR_CONFIG, "'%s' is %g: not a time", key, json_number_value(value));
    return 0;
}

static int read_unit(const json_t *row, double *ns, struct err *err)
{
    const json_t *value = json_object_get(row, "time_unit");
    const char *name = value ? json_string_value(value) : "ns";

    for (size_t i = 0; name && i < ARRAY_LEN(units); i++)
        if (strcmp(units[i].name, name) == 0) {
            *ns = units[i].ns;
            return 0;
        }
    return err_set(err, ERR_CONFIG, "'time_unit' is '%.20s', none of ns, us, ms, s", name ? name : "no string");
}

/* "skipped" (1.8 and later) is a word or a flag, "error_occurred" (before) a flag. */
static bool failed(const json_t *row, bool *skipped)
{
    const json_t *skip = json_object_get(row, "skipped");

    *skipped = json_is_true(skip) || (json_is_string(skip) && strcmp(json_string_value(skip), "SKIPPED_WITH_MESSAGE") == 0);
    return json_is_true(json_object_get(row, "error_occurred")) || *skipped || (json_is_string(skip) && *json_string_value(skip));
}

/* Numbers of a row that are the library's own. */
static const char *const own[] = { "family_index", "per_family_instance_index", "repetitions", "repetition_index",
                                   "threads",      "iterations",                "real_time",   "cpu_time" };

static void read_counters(const json_t *row, struct gbench_row *to)
{
    size_t capacity = 0;
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)row, name, value) {
        bool is_own = !json_is_number(value) || !*name || has_controls(name) || !isfinite(json_number_value(value));

        for (size_t i = 0; i < ARRAY_LEN(own); i++)
            is_own |= strcmp(name, own[i]) == 0;
        if (is_own || to->n_counters == GBENCH_COUNTERS_MAX)
            continue;
        to->counters = mem_grow(to->counters, &capacity, to->n_counters + 1, sizeof(*to->counters));
        to->counters[to->n_counters++] = (struct gbench_counter){ mem_strdup(name), json_number_value(value) };
    }
}

const double *gbench_row_counter(const struct gbench_row *row, const char *name)
{
    for (size_t i = 0; i < row->n_counters; i++)
        if (strcmp(row->counters[i].name, name) == 0)
            return &row->counters[i].value;
    return NULL;
}

static int read_repetition(const json_t *row, const char *name, struct gbench_row *to, struct err *err)
{
    const char *words = *string_at(row, "error_message") ? string_at(row, "error_message") : string_at(row, "skip_message");
    const json_t *iterations = json_object_get(row, "iterations"), *threads = json_object_get(row, "threads");
    double unit_ns = 1;

    *to = (struct gbench_row){ .iterations = 1, .threads = 1, .cpu_ns = NAN };
    if (failed(row, &to->skipped)) {
        to->error = mem_strdup(*words ? words : "it gave no reason");
    } else {
        if (!json_is_number(iterations) || !(json_number_value(iterations) >= 1) || json_number_value(iterations) > 9e18)
            return err_set(err, ERR_CONFIG, "'iterations' is not a positive number");
        to->iterations = json_is_integer(iterations) ? json_integer_value(iterations) : (int64_t)json_number_value(iterations);
        if (threads && (!json_is_integer(threads) || json_integer_value(threads) < 1))
            return err_set(err, ERR_CONFIG, "'threads' is not a positive number");
        to->threads = threads ? json_integer_value(threads) : 1;
        if (read_unit(row, &unit_ns, err) < 0 || read_time(row, "real_time", unit_ns, true, &to->real_ns, err) < 0 ||
            read_time(row, "cpu_time", unit_ns, false, &to->cpu_ns, err) < 0)
            return -1;
        read_counters(row, to);
    }
    to->name = mem_strdup(name);
    return 0;
}

/* A row of a repetition is added, one of an aggregate left out. */
static int read_row(const json_t *row, struct gbench_report *report, struct err *err)
{
    const json_t *kind = json_object_get(row, "run_type");
    const char *name = *string_at(row, "run_name") ? string_at(row, "run_name") : string_at(row, "name");

    if (!json_is_object(row))
        return err_set(err, ERR_CONFIG, "it is not an object");
    if (kind && !json_is_string(kind))
        return err_set(err, ERR_CONFIG, "'run_type' is not a string");
    if (kind && strcmp(json_string_value(kind), "aggregate") == 0)
        return 0;
    if (kind && strcmp(json_string_value(kind), "iteration") != 0)
        return err_set(err, ERR_CONFIG, "'run_type' is '%.30s', neither 'iteration' nor 'aggregate'", json_string_value(kind));
    if (!*name || has_controls(name))
        return err_set(err, ERR_CONFIG, "'name' is %s", *name ? "text with control characters" : "missing");
    if (read_repetition(row, name, &report->rows[report->n], err) < 0) {
        free(report->rows[report->n].error);
        return -1;
    }
    report->n++;
    return 0;
}

static void read_context(const json_t *root, struct gbench_report *report)
{
    const json_t *context = json_object_get(root, "context");
    const struct { const char *key; char *to; size_t size; } texts[] = {
        { "date", report->date, sizeof(report->date) },
        { "host_name", report->host, sizeof(report->host) },
        { "executable", report->executable, sizeof(report->executable) },
        { "library_version", report->version, sizeof(report->version) },
        { "library_build_type", report->build_type, sizeof(report->build_type) },
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (!has_controls(string_at(context, texts[i].key)))
            text_copy(texts[i].to, texts[i].size, string_at(context, texts[i].key));
    report->cpus = json_integer_value(json_object_get(context, "num_cpus"));
}

int gbench_report_parse(const char *bytes, size_t n, struct gbench_report *report, struct err *err)
{
    json_error_t e;
    json_t *root = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &e), *rows = json_object_get(root, "benchmarks"), *row;
    size_t i;
    int ret = -1;

    *report = (struct gbench_report){ 0 };
    if (!root) {
        err_set(err, ERR_CONFIG, "line %d, column %d: %s", e.line, e.column, e.text);
        goto out;
    }
    if (!json_is_array(rows)) {
        err_set(err, ERR_CONFIG, "not a Google Benchmark report: no array 'benchmarks'");
        goto out;
    }
    read_context(root, report);
    report->rows = mem_array(json_array_size(rows), sizeof(*report->rows));
    json_array_foreach(rows, i, row)
        if (read_row(row, report, err) < 0) {
            err_wrap(err, "benchmarks[%zu] ('%.60s')", i, string_at(row, "name"));
            goto out;
        }
    if (report->n == 0) {
        err_set(err, ERR_CONFIG, json_array_size(rows) ? "it holds aggregates alone: without --benchmark_report_aggregates_only "
                                                         "the program reports its repetitions"
                                                       : "it holds no benchmark: did a filter leave none?");
        goto out;
    }
    ret = 0;
out:
    if (ret < 0)
        gbench_report_free(report);
    json_decref(root);
    return ret;
}

char *gbench_report_bytes(const char *path, size_t *n, struct err *err)
{
    enum { CHUNK = 65536 };
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    size_t capacity = 0, got = 1;
    char *bytes = NULL;

    *n = 0;
    if (!f) {
        err_set(err, ERR_CONFIG, "cannot open '%.150s': %s", path, strerror(errno));
        return NULL;
    }
    while (got > 0 && *n <= GBENCH_BYTES_MAX) {
        bytes = mem_grow(bytes, &capacity, *n + CHUNK, 1);
        *n += got = fread(bytes + *n, 1, CHUNK, f);
    }
    if (ferror(f) || *n > GBENCH_BYTES_MAX) {
        if (ferror(f))
            err_set(err, ERR_CONFIG, "cannot read '%.150s': %s", path, strerror(errno));
        else
            err_set(err, ERR_CONFIG, "'%.150s' is larger than %d MiB", path, GBENCH_BYTES_MAX >> 20);
        free(bytes);
        bytes = NULL;
    }
    if (f != stdin)
        fclose(f);
    return bytes;
}

int gbench_report_read(const char *path, struct gbench_report *report, struct err *err)
{
    size_t n;
    char *bytes = gbench_report_bytes(path, &n, err);
    int ret;

    *report = (struct gbench_report){ 0 };
    if (!bytes)
        return -1;
    ret = gbench_report_parse(bytes, n, report, err);
    free(bytes);
    return ret < 0 ? err_wrap(err, "cannot read '%.150s'", path) : 0;
}

void gbench_report_free(struct gbench_report *report)
{
    for (size_t i = 0; i < report->n; i++) {
        for (size_t k = 0; k < report->rows[i].n_counters; k++)
            free(report->rows[i].counters[k].name);
        free(report->rows[i].counters);
        free(report->rows[i].name);
        free(report->rows[i].error);
    }
    free(report->rows);
    *report = (struct gbench_report){ 0 };
}
