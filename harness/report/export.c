// SPDX-License-Identifier: MIT
#include "report/export.h"

#include "base/mem.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* JSON has no infinity: an open end of an interval is null. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static void print(json_t *root, struct text *out)
{
    char *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17));

    if (!text)
        BUG("an export that is not JSON");
    text_add(out, text);
    text_add(out, "\n");
    free(text);
    json_decref(root);
}

/* What a row of the format has of its own: no metric of ours may take its place. */
static bool is_reserved(const char *name)
{
    static const char *const own[] = { "name", "run_name", "run_type", "repetitions", "repetition_index", "threads",
                                       "iterations", "real_time", "cpu_time", "time_unit" };

    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (strcmp(name, own[i]) == 0)
            return true;
    return false;
}

/* The other figures of that block, as counters. */
static void add_counters(const struct case_result *c, size_t block, json_t *row)
{
    for (size_t i = 0; i < c->n_estimates; i++) {
        const struct estimate *e = &c->estimates[i];
        double value = e->kind == METRIC_EXACT ? e->value : block < e->n_blocks ? e->blocks[block] : NAN;

        if (isfinite(value) && !is_reserved(e->metric) && strcmp(e->metric, metric_time_ns.name) != 0 &&
            strcmp(e->metric, metric_cpu_time_ns.name) != 0)
            json_object_set_new(row, e->metric, json_real(value));
    }
}

static json_t *repetition(const struct case_result *c, const struct estimate *e, size_t block)
{
    const struct estimate *cpu = case_estimate(c, metric_cpu_time_ns.name);
    double cpu_ns = cpu && cpu->n_blocks == e->n_blocks ? cpu->blocks[block] : e->blocks[block];
    json_t *row = json_pack("{s:s, s:i, s:i, s:s, s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:s}", "name", c->id, "family_index", 0,
                            "per_family_instance_index", 0, "run_name", c->id, "run_type", "iteration", "repetitions",
                            (int)e->n_blocks, "repetition_index", (int)block, "threads", 1, "iterations", 1, "real_time",
                            e->blocks[block], "cpu_time", cpu_ns, "time_unit", "ns");

    add_counters(c, block, row);
    return row;
}

static void export_gbench(const struct run_result *run, struct text *out)
{
    const struct run_info *i = &run->info;
    json_t *rows = json_array();
    json_t *context = json_pack("{s:s, s:s, s:s, s:i, s:i, s:b, s:[], s:[], s:s, s:i, s:s, s:s}", "date", i->started,
                                "host_name", i->host.class, "executable", "pawl", "num_cpus", 0, "mhz_per_cpu", 0,
                                "cpu_scaling_enabled", 0, "caches", "load_avg", "library_build_type", "release",
                                "json_schema_version", 1, "pawl_commit", i->commit, "pawl_note",
                                "a repetition is a block (a process of its own); where no CPU time is known cpu_time "
                                "repeats real_time");

    for (size_t c = 0; c < run->n_cases; c++) {
        const struct estimate *e = case_estimate(&run->cases[c], metric_time_ns.name);

        for (size_t b = 0; e && run->cases[c].status == CASE_OK && b < e->n_blocks; b++)
            json_array_append_new(rows, repetition(&run->cases[c], e, b));
    }
    print(json_pack("{s:o, s:o}", "context", context, "benchmarks", rows), out);
}

/* RFC 4180: quoted where it must be. */
static void cell(struct text *out, const char *s)
{
    if (!s[strcspn(s, ",\"\r\n")]) {
        text_add(out, s);
        return;
    }
    text_add(out, "\"");
    for (; *s; s++)
        text_addf(out, *s == '"' ? "\"%c" : "%c", *s);
    text_add(out, "\"");
}

static void csv_line(const struct case_result *c, const struct estimate *e, size_t block, double value, struct text *out)
{
    cell(out, c->id);
    text_addf(out, ",%s,", e->metric);
    cell(out, e->unit);
    text_addf(out, ",%s,%zu,%.17g\r\n", e->kind == METRIC_EXACT ? "exact" : "timed", block, value);
}

static void export_csv(const struct run_result *run, struct text *out)
{
    text_add(out, "case,metric,unit,kind,block,value\r\n");
    for (size_t c = 0; c < run->n_cases; c++)
        for (size_t k = 0; k < run->cases[c].n_estimates && run->cases[c].status == CASE_OK; k++) {
            const struct estimate *e = &run->cases[c].estimates[k];

            if (e->kind == METRIC_EXACT)
                csv_line(&run->cases[c], e, 0, e->value, out);
            for (size_t b = 0; b < e->n_blocks && e->kind != METRIC_EXACT; b++)
                csv_line(&run->cases[c], e, b, e->blocks[b], out);
        }
}

static void export_bmf(const struct run_result *run, struct text *out)
{
    json_t *root = json_object();

    for (size_t c = 0; c < run->n_cases; c++) {
        json_t *metrics = json_object();

        for (size_t k = 0; k < run->cases[c].n_estimates && run->cases[c].status == CASE_OK; k++) {
            const struct estimate *e = &run->cases[c].estimates[k];
            json_t *one = json_pack("{s:o}", "value", number(e->value));

            if (isfinite(e->low) && isfinite(e->high) && e->kind != METRIC_EXACT) {
                json_object_set_new(one, "lower_value", number(e->low));
                json_object_set_new(one, "upper_value", number(e->high));
            }
            json_object_set_new(metrics, e->metric, one);
        }
        if (json_object_size(metrics))
            json_object_set_new(root, run->cases[c].id, metrics);
        else
            json_decref(metrics);
    }
    print(root, out);
}

/* A label's value: backslash, quote and line end are escaped (OpenMetrics 1.0, section 5.1). */
static void label(struct text *out, const char *name, const char *value)
{
    text_addf(out, "%s=\"", name);
    for (; *value; value++)
        text_addf(out, *value == '\n' ? "\\n" : strchr("\\\"", *value) ? "\\%c" : "%c", *value);
    text_add(out, "\"");
}

static void gauge(const struct case_result *c, const struct estimate *e, const char *bound, double value, struct text *out)
{
    if (!isfinite(value))
        return;
    text_add(out, "pawl_estimate{");
    label(out, "case", c->id);
    text_add(out, ",");
    label(out, "metric", e->metric);
    text_add(out, ",");
    label(out, "unit", e->unit);
    text_addf(out, ",bound=\"%s\"} %.17g\n", bound, value);
}

static void export_openmetrics(const struct run_result *run, struct text *out)
{
    text_add(out, "# TYPE pawl_estimate gauge\n# HELP pawl_estimate The estimate of a metric of a case, and its interval.\n");
    for (size_t c = 0; c < run->n_cases; c++)
        for (size_t k = 0; k < run->cases[c].n_estimates && run->cases[c].status == CASE_OK; k++) {
            const struct estimate *e = &run->cases[c].estimates[k];

            gauge(&run->cases[c], e, "value", e->value, out);
            if (e->kind == METRIC_EXACT)
                continue;
            gauge(&run->cases[c], e, "low", e->low, out);
            gauge(&run->cases[c], e, "high", e->high, out);
        }
    text_add(out, "# EOF\n");
}

static void export_classic_one(const struct run_result *run, struct text *out)
{
    export_classic(run, 1, out);
}

static const struct {
    const char *name;
    export_fn fn;
} formats[] = {
    { "gbench", export_gbench }, { "csv", export_csv }, { "bmf", export_bmf }, { "openmetrics", export_openmetrics },
    { "classic", export_classic_one },
};

export_fn export_format(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (strcmp(formats[i].name, name) == 0)
            return formats[i].fn;
    return NULL;
}

const char *export_names(void)
{
    return "gbench, csv, bmf, openmetrics, classic";
}
