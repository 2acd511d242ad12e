// SPDX-License-Identifier: MIT
/* One row of a report. */
#include "declare/gbench_report.h"

#include "base/mem.h"
#include "base/text.h"
#include "declare/gbench_row.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    double ns;
} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };

const char *gbench_row_string(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));

    return s ? s : "";
}

/* jansson lets through what UTF-8 allows, and a name goes to tables and pages. */
bool gbench_row_has_controls(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return true;
    return false;
}

static int read_time(const json_t *row, const char *key, double unit_ns, bool needed, double *ns, struct err *err)
{
    const json_t *value = json_object_get(row, key);

    if (!needed && (!value || json_is_null(value))) {
        *ns = NAN;
        return 0;
    }
    if (!json_is_number(value))
        return err_set(err, ERR_CONFIG, value ? "'%s' is not a number" : "it has no '%s'", key);
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

static void add_counters(const json_t *object, struct gbench_row *to)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)object, name, value) {
        bool is_own = !json_is_number(value) || !*name || gbench_row_has_controls(name) || !isfinite(json_number_value(value));

        for (size_t i = 0; i < ARRAY_LEN(own); i++)
            is_own |= strcmp(name, own[i]) == 0;
        if (is_own || to->n_counters == GBENCH_COUNTERS_MAX)
            continue;
        to->counters = mem_grow(to->counters, &to->counters_capacity, to->n_counters + 1, sizeof(*to->counters));
        to->counters[to->n_counters++] = (struct gbench_counter){ mem_strdup(name), json_number_value(value) };
    }
}

/* Other writers have them in an object of their own. */
static void read_counters(const json_t *row, struct gbench_row *to)
{
    add_counters(row, to);
    add_counters(json_object_get(row, "counters"), to);
}

const double *gbench_row_counter(const struct gbench_row *row, const char *name)
{
    for (size_t i = 0; i < row->n_counters; i++)
        if (strcmp(row->counters[i].name, name) == 0)
            return &row->counters[i].value;
    return NULL;
}

/* A whole number that is at least 1, also written as 2.0 or 2e0; 1 where it is left out. */
static int read_count(const json_t *row, const char *key, int64_t *count, struct err *err)
{
    const json_t *value = json_object_get(row, key);

    *count = 1;
    if (!value)
        return 0;
    if (!json_is_number(value) || !(json_number_value(value) >= 1) || json_number_value(value) > 9e18)
        return err_set(err, ERR_CONFIG, "'%s' is not a positive number", key);
    *count = json_is_integer(value) ? json_integer_value(value) : (int64_t)json_number_value(value);
    return 0;
}

static int read_figures(const json_t *row, struct gbench_row *to, struct err *err)
{
    const char *words = *gbench_row_string(row, "error_message") ? "error_message" : "skip_message";
    double unit_ns = 1;

    if (failed(row, &to->skipped)) {
        to->error = mem_strdup(*gbench_row_string(row, words) ? gbench_row_string(row, words) : "it gave no reason");
        for (char *c = to->error; *c; c++)
            *c = (unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c;
        return 0;
    }
    if (read_count(row, "iterations", &to->iterations, err) < 0 || read_count(row, "threads", &to->threads, err) < 0 ||
        read_unit(row, &unit_ns, err) < 0 || read_time(row, "real_time", unit_ns, true, &to->real_ns, err) < 0 ||
        read_time(row, "cpu_time", unit_ns, false, &to->cpu_ns, err) < 0)
        return -1;
    read_counters(row, to);
    return 0;
}

/* "A_median" without its last word. */
static void cut_end(char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);

    if (n > m + 1 && name[n - m - 1] == '_' && strcmp(name + n - m, end) == 0)
        name[n - m - 1] = '\0';
}

/* What kind of aggregate it is, of those that can stand for repetitions; GBENCH_OTHER: another (a deviation, a
 * complexity). */
static enum gbench_kind aggregate_of(const json_t *row)
{
    const char *name = gbench_row_string(row, "aggregate_name");

    return strcmp(name, "median") == 0 ? GBENCH_MEDIAN : strcmp(name, "mean") == 0 ? GBENCH_MEAN : GBENCH_OTHER;
}

/* Reports of before 1.5 do not say what kind a row is of. */
static enum gbench_kind kind_of_old(const json_t *row, const char *name)
{
    static const char *const ends[] = { "_mean", "_median", "_stddev" };

    if (json_object_get(row, "big_o") || json_object_get(row, "cpu_coefficient") || json_object_get(row, "rms"))
        return GBENCH_OTHER;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (strlen(name) > strlen(ends[i]) && strcmp(name + strlen(name) - strlen(ends[i]), ends[i]) == 0)
            return GBENCH_PERHAPS;
    return GBENCH_REPETITION;
}

int gbench_row_read(const json_t *row, struct gbench_row *to, enum gbench_kind *kind, struct err *err)
{
    const json_t *type = json_object_get(row, "run_type");
    const char *name = *gbench_row_string(row, "run_name") ? gbench_row_string(row, "run_name") : gbench_row_string(row, "name");

    *to = (struct gbench_row){ .iterations = 1, .threads = 1, .cpu_ns = NAN };
    if (!json_is_object(row))
        return err_set(err, ERR_CONFIG, "it is not an object");
    if (!type)
        *kind = kind_of_old(row, name);
    else if (!json_is_string(type))
        return err_set(err, ERR_CONFIG, "'run_type' is not a string");
    else if (strcmp(json_string_value(type), "aggregate") == 0)
        *kind = aggregate_of(row);
    else if (strcmp(json_string_value(type), "iteration") == 0)
        *kind = GBENCH_REPETITION;
    else
        return err_set(err, ERR_CONFIG, "'run_type' is '%.30s', neither 'iteration' nor 'aggregate'", json_string_value(type));
    if (*kind == GBENCH_OTHER)
        return 0;
    if (!*name || gbench_row_has_controls(name))
        return err_set(err, ERR_CONFIG, "'name' is %s", *name ? "text with control characters" : "missing");
    if (read_figures(row, to, err) < 0)
        return -1;
    to->name = mem_strdup(name);
    if (*kind != GBENCH_REPETITION && !*gbench_row_string(row, "run_name"))
        cut_end(to->name, gbench_row_string(row, "aggregate_name"));
    return 0;
}

void gbench_row_free(struct gbench_row *row)
{
    for (size_t k = 0; k < row->n_counters; k++)
        free(row->counters[k].name);
    free(row->counters);
    free(row->name);
    free(row->error);
    *row = (struct gbench_row){ 0 };
}
