// SPDX-License-Identifier: MIT
#include "record/import_csv.h"

#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CHUNK = 65536, MISSING = 1, NUMBER = 2 };

struct reader {
    const char *path;
    char *data, *at, *end; /* cells are cut out of it in place, each NUL-terminated */
    char separator;
    size_t line, next_line; /* where the row that was read began, and the next begins; from 1 */
    char *cells[IMPORT_CSV_COLUMNS_MAX];
    size_t n;
};

static int read_file(struct reader *r, struct err *err)
{
    FILE *f = strcmp(r->path, "-") == 0 ? stdin : fopen(r->path, "rb");
    size_t n = 0, capacity = 0, got = 1;
    int ret = -1;

    if (!f)
        return err_set(err, ERR_CONFIG, "cannot open '%s': %m", r->path);
    while (got > 0 && n <= IMPORT_CSV_BYTES_MAX) {
        r->data = mem_grow(r->data, &capacity, n + CHUNK + 1, 1);
        n += got = fread(r->data + n, 1, CHUNK, f);
    }
    if (ferror(f))
        err_set(err, ERR_CONFIG, "cannot read '%s': %m", r->path);
    else if (n > IMPORT_CSV_BYTES_MAX)
        err_set(err, ERR_CONFIG, "'%s' is larger than 1 GiB", r->path);
    else
        ret = 0;
    if (f != stdin)
        fclose(f);
    r->data[n] = '\0';
    r->at = r->data;
    r->end = r->data + n;
    return ret;
}

static int wrong(const struct reader *r, size_t line, size_t column, const char *what, struct err *err)
{
    return err_set(err, ERR_CONFIG, "'%s': line %zu, column %zu: %s", r->path, line, column, what);
}

static void find_separator(struct reader *r)
{
    static const char known[] = { ',', ';', '\t' };
    size_t count[3] = { 0 }, best = 0;
    bool quoted = false;

    if (!strchr(r->data, '\n'))
        for (char *s = r->data; (s = strchr(s, '\r'));)
            *s++ = '\n';
    if (r->end - r->data >= 3 && memcmp(r->data, "\xef\xbb\xbf", 3) == 0) /* a byte order mark */
        r->at += 3;
    for (const char *s = r->at; s < r->end && (quoted || *s != '\n'); s++) {
        quoted = quoted != (*s == '"');
        for (size_t k = 0; k < 3; k++)
            count[k] += !quoted && *s == known[k];
    }
    for (size_t k = 1; k < 3; k++)
        best = count[k] > count[best] ? k : best;
    r->separator = known[best];
    r->next_line = 1;
}

/* What is inside of the quotes moves to their place; r->at ends behind them. Returns the new end, NULL: there is none. */
static char *unquote(struct reader *r)
{
    char *to = r->at;

    for (char *s = r->at + 1; s < r->end; s++) {
        if (*s == '"' && (s + 1 == r->end || s[1] != '"')) {
            r->at = s + 1;
            return to;
        }
        s += *s == '"';
        r->next_line += *s == '\n';
        *to++ = *s;
    }
    return NULL;
}

/* One cell; *last: the row ends with it. */
static int read_cell(struct reader *r, bool *last, struct err *err)
{
    char *start, *stop, after;

    while (r->at < r->end && *r->at == ' ')
        r->at++;
    start = stop = r->at;
    if (*r->at == '"') {
        size_t line = r->next_line;

        stop = unquote(r);
        if (!stop)
            return wrong(r, line, r->n + 1, "the quote does not end", err);
    }
    while (r->at < r->end && *r->at != r->separator && *r->at != '\n')
        *stop++ = *r->at++;
    if (memchr(start, '\0', (size_t)(stop - start)))
        return wrong(r, r->next_line, r->n + 1, "a NUL byte: this is no text", err);
    while (stop > start && (stop[-1] == ' ' || stop[-1] == '\r'))
        stop--;
    after = r->at < r->end ? *r->at : '\n';
    *last = after == '\n';
    r->next_line += r->at < r->end && after == '\n';
    r->at += r->at < r->end;
    *stop = '\0';
    if (r->n == IMPORT_CSV_COLUMNS_MAX)
        return wrong(r, r->line, r->n, "more columns than 4096", err);
    r->cells[r->n++] = start;
    return 0;
}

/* 1 a row, 0 the end of the file. Blank lines are no rows. */
static int read_row(struct reader *r, struct err *err)
{
    bool last = false;

    for (; r->at < r->end && (*r->at == '\n' || *r->at == '\r'); r->at++)
        r->next_line += *r->at == '\n';
    if (r->at == r->end)
        return 0;
    r->line = r->next_line;
    r->n = 0;
    while (!last)
        if (read_cell(r, &last, err) < 0)
            return -1;
    return 1;
}

/* "1,5" of a spreadsheet where commas do not part the cells. */
static double decimal_comma(const char *s, char **end)
{
    size_t digits = strspn(s, "+-0123456789"), n = strlen(s);
    char point[64];
    double value;

    *end = (char *)s;
    if (digits == 0 || s[digits] != ',' || strspn(s + digits + 1, "0123456789eE+-") != n - digits - 1 || n >= sizeof(point))
        return NAN;
    memcpy(point, s, n + 1);
    point[digits] = '.';
    value = strtod(point, end);
    *end = (char *)s + (*end - point);
    return value;
}

/* NUMBER, MISSING or 0: neither. */
static int parse(const struct reader *r, const char *s, double *value)
{
    static const char *const missing[] = { "", "na", "n/a", "nan", "null", "none", "-" };
    char *end;

    *value = NAN;
    for (size_t i = 0; i < ARRAY_LEN(missing); i++)
        if (strcasecmp(s, missing[i]) == 0)
            return MISSING;
    *value = strtod(s, &end);
    if (*end == ',' && r->separator != ',')
        *value = decimal_comma(s, &end);
    return end != s && *end == '\0' && isfinite(*value) ? NUMBER : 0;
}

static bool is_header(const struct reader *r)
{
    double value;

    for (size_t i = 0; i < r->n; i++)
        if (!parse(r, r->cells[i], &value))
            return true;
    return false;
}

/* The column that is asked for, by the first row; SIZE_MAX: what the next row decides. */
static int choose(struct reader *r, const char *column, bool header, size_t *chosen, struct err *err)
{
    struct err detail;
    const char *near;
    int64_t number;

    *chosen = SIZE_MAX;
    for (size_t i = 0; column && header && i < r->n && *chosen == SIZE_MAX; i++)
        if (strcmp(r->cells[i], column) == 0)
            *chosen = i;
    if (!column || *chosen != SIZE_MAX)
        return 0;
    if (text_int64(column, 1, (int64_t)r->n, &number, &detail) == 0) {
        *chosen = (size_t)number - 1;
        return 0;
    }
    if (!header)
        return err_set(err, ERR_CONFIG, "'%s' has no header: name its column by a number, 1 to %zu, not '%s'", r->path,
                       r->n, column);
    near = text_suggest(column, (const char *const *)r->cells, r->n);
    return near ? err_set(err, ERR_CONFIG, "'%s': line %zu: no column '%s' (did you mean '%s'?)", r->path, r->line,
                          column, near)
                : err_set(err, ERR_CONFIG, "'%s': line %zu: no column '%s' among %zu", r->path, r->line, column, r->n);
}

static void choose_by_value(const struct reader *r, size_t *chosen)
{
    double value;

    for (size_t i = 0; i < r->n; i++)
        if (parse(r, r->cells[i], &value) == NUMBER)
            *chosen = i;
    if (*chosen == SIZE_MAX)
        *chosen = r->n - 1;
}

static int add(const struct reader *r, size_t chosen, struct import_csv *csv, size_t *capacity, struct err *err)
{
    double value;

    if (chosen >= r->n)
        return wrong(r, r->line, chosen + 1, "the row ends before it", err);
    if (!parse(r, r->cells[chosen], &value))
        return err_set(err, ERR_CONFIG, "'%s': line %zu, column %zu ('%.40s'): '%.40s' is no number", r->path, r->line,
                       chosen + 1, csv->column, r->cells[chosen]);
    csv->values = mem_grow(csv->values, capacity, csv->n + 1, sizeof(*csv->values));
    csv->values[csv->n++] = value;
    return 0;
}

static int read_rows(struct reader *r, const char *column, struct import_csv *csv, struct err *err)
{
    size_t chosen, capacity = 0;
    char **names = NULL;
    bool header;
    int more = read_row(r, err);

    if (more <= 0)
        return more < 0 ? -1 : err_set(err, ERR_CONFIG, "'%s' is empty", r->path);
    header = is_header(r);
    if (choose(r, column, header, &chosen, err) < 0)
        return -1;
    if (header) {
        size_t n_names = r->n;

        names = mem_array(n_names, sizeof(*names));
        memcpy(names, r->cells, n_names * sizeof(*names));
        more = read_row(r, err);
        if (more > 0 && chosen == SIZE_MAX)
            choose_by_value(r, &chosen);
        if (more > 0 && chosen < n_names)
            text_copy(csv->column, sizeof(csv->column), names[chosen]);
        free(names);
    } else if (chosen == SIZE_MAX) {
        choose_by_value(r, &chosen);
    }
    if (more > 0 && !csv->column[0])
        snprintf(csv->column, sizeof(csv->column), "%zu", chosen + 1);
    for (; more > 0; more = read_row(r, err))
        if (add(r, chosen, csv, &capacity, err) < 0)
            return -1;
    if (more == 0 && csv->n == 0)
        return err_set(err, ERR_CONFIG, "'%s': line %zu: a header, and no row below it", r->path, r->line);
    return more;
}

int import_csv(const char *path, const char *column, struct import_csv *csv, struct err *err)
{
    struct reader *r = mem_array(1, sizeof(*r));
    int ret = -1;

    *csv = (struct import_csv){ 0 };
    r->path = path;
    if (read_file(r, err) < 0)
        goto out;
    find_separator(r);
    ret = read_rows(r, column, csv, err);
out:
    if (ret < 0)
        import_csv_free(csv);
    free(r->data);
    free(r);
    return ret;
}

int import_csv_number(const struct import_csv_row *row, const char *cell, double low, double high, double *value, struct err *err)
{
    char *end;

    *value = row->decimal_comma ? decimal_comma(cell, &end) : NAN;
    if (row->decimal_comma && end != cell && !*end && *value >= low && *value <= high)
        return 0;
    if (text_double(cell, low, high, value, err) == 0)
        return 0;
    err->code = ERR_CONFIG;
    return -1;
}

static int find_column(const struct reader *r, const char *name, size_t *at, struct err *err)
{
    *at = SIZE_MAX;
    for (size_t i = 0; i < r->n; i++)
        if (strcasecmp(r->cells[i], name) == 0) {
            if (*at != SIZE_MAX)
                return err_set(err, ERR_CONFIG, "'%s': line %zu: columns %zu and %zu are both '%s'", r->path, r->line, *at + 1, i + 1, name);
            *at = i;
        }
    return 0;
}

static int take_rows(struct reader *r, const char *const *names, size_t n_names, import_csv_row_fn take, void *arg,
                     struct err *err)
{
    size_t at[IMPORT_CSV_NAMED_MAX], n_header;
    int more = read_row(r, err);

    if (more == 0)
        return err_set(err, ERR_CONFIG, "'%s' is empty", r->path);
    n_header = r->n;
    for (size_t k = 0; more > 0 && k < n_names; k++)
        if (find_column(r, names[k], &at[k], err) < 0)
            return -1;
    while (more > 0 && (more = read_row(r, err)) > 0) {
        const char *cells[IMPORT_CSV_NAMED_MAX];
        struct import_csv_row row = { cells, r->separator != ',' };

        for (size_t i = n_header; i < r->n; i++)
            if (*r->cells[i])
                return wrong(r, r->line, i + 1, "the header has no such column", err);
        for (size_t k = 0; k < n_names; k++) {
            if (at[k] != SIZE_MAX && at[k] >= r->n)
                return wrong(r, r->line, at[k] + 1, "the row ends before this column", err);
            cells[k] = at[k] == SIZE_MAX ? NULL : r->cells[at[k]];
        }
        if (take(arg, &row, err) < 0)
            return err_wrap(err, "'%s': line %zu", r->path, r->line);
    }
    return more;
}

int import_csv_rows(const char *path, const char *const *names, size_t n_names, import_csv_row_fn take, void *arg,
                    struct err *err)
{
    struct reader *r = mem_array(1, sizeof(*r));
    int ret = -1;

    if (n_names > IMPORT_CSV_NAMED_MAX)
        BUG("%zu columns are asked for", n_names);
    r->path = path;
    if (read_file(r, err) == 0) {
        find_separator(r);
        ret = take_rows(r, names, n_names, take, arg, err);
    }
    free(r->data);
    free(r);
    return ret;
}

void import_csv_free(struct import_csv *csv)
{
    free(csv->values);
    csv->values = NULL;
    csv->n = 0;
}
