// SPDX-License-Identifier: MIT
#include "declare/gbench_report.h"

#include "base/mem.h"
#include "base/text.h"
#include "declare/gbench_row.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        if (!gbench_row_has_controls(gbench_row_string(context, texts[i].key)))
            text_copy(texts[i].to, texts[i].size, gbench_row_string(context, texts[i].key));
    report->cpus = json_integer_value(json_object_get(context, "num_cpus"));
}

/* Its rows, and of what kind each is. */
struct rows {
    struct gbench_report *report;
    enum gbench_kind *kinds;
    size_t *by_name; /* their indexes, by name and then by kind */
};

static int by_name_and_kind(const void *a, const void *b, void *arg)
{
    const struct rows *rows = arg;
    size_t i = *(const size_t *)a, k = *(const size_t *)b;
    int names = strcmp(rows->report->rows[i].name, rows->report->rows[k].name);

    return names ? names : rows->kinds[i] != rows->kinds[k] ? (int)rows->kinds[i] - (int)rows->kinds[k] : (i > k) - (i < k);
}

/* Is there a benchmark of that name, without its last word? Then the row is an aggregate of its repetitions. */
static bool has_base(const struct rows *rows, const char *name)
{
    size_t length = (size_t)(strrchr(name, '_') - name), low = 0, high = rows->report->n;

    while (low < high) {
        size_t middle = (low + high) / 2;
        const char *other = rows->report->rows[rows->by_name[middle]].name;
        int order = strncmp(other, name, length);

        if (order == 0 && !other[length])
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* Of each name its repetitions are kept; where there are none its median, else its mean. */
static void drop_aggregates(struct rows *rows)
{
    struct gbench_report *r = rows->report;
    bool *drop = mem_array(r->n, sizeof(*drop));
    size_t first = 0, kept = 0; /* first: of a name, in the sorted order */

    for (size_t i = 0; i < r->n; i++)
        rows->by_name[i] = i;
    if (r->n)
        qsort_r(rows->by_name, r->n, sizeof(*rows->by_name), by_name_and_kind, rows);
    for (size_t i = 0; i < r->n; i++) {
        size_t at = rows->by_name[i];

        if (strcmp(r->rows[at].name, r->rows[rows->by_name[first]].name) != 0)
            first = i;
        drop[at] = rows->kinds[at] == GBENCH_PERHAPS ? has_base(rows, r->rows[at].name)
                                                     : rows->kinds[at] != rows->kinds[rows->by_name[first]];
    }
    for (size_t i = 0; i < r->n; i++)
        if (drop[i])
            gbench_row_free(&r->rows[i]);
        else
            r->rows[kept++] = r->rows[i];
    r->n = kept;
    free(drop);
}

static int read_rows(const json_t *array, struct gbench_report *report, struct err *err)
{
    size_t n = json_array_size(array), i;
    struct rows rows = { report, mem_array(n, sizeof(*rows.kinds)), mem_array(n, sizeof(*rows.by_name)) };
    const json_t *row;
    int ret = 0;

    report->rows = mem_array(n, sizeof(*report->rows));
    json_array_foreach(array, i, row) {
        struct gbench_row *to = &report->rows[report->n];

        ret = gbench_row_read(row, to, &rows.kinds[report->n], err);
        if (ret < 0) {
            gbench_row_free(to);
            err_wrap(err, "benchmarks[%zu] ('%.60s')", i, gbench_row_string(row, "name"));
            break;
        }
        report->n += rows.kinds[report->n] != GBENCH_OTHER;
    }
    if (ret == 0)
        drop_aggregates(&rows);
    free(rows.kinds);
    free(rows.by_name);
    if (ret == 0 && report->n == 0)
        ret = err_set(err, ERR_CONFIG, n ? "it holds no repetition, no median and no mean"
                                         : "it holds no benchmark: did a filter leave none?");
    return ret;
}

/* Where the report begins: at the first line that opens an object. Before it stand at most lines of text, as a program greets
 * on the standard output that the report was taken from; what is no text is left to the reader of JSON. */
static const char *find_start(const char *bytes, const char *end, int *lines)
{
    const char *start = end - bytes >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? bytes + 3 : bytes; /* a byte order mark */
    bool fresh = true;

    *lines = 0;
    for (const char *c = start; c < end; c++) {
        if (fresh && *c == '{')
            return c;
        if ((unsigned char)*c < 0x20 && !strchr("\t\r\n\033", *c))
            break;
        *lines += *c == '\n';
        fresh = *c == '\n' || (fresh && strchr(" \t\r", *c));
    }
    *lines = 0;
    return start;
}

/* Behind the report may be lines of text, but no other report: which of them was meant nobody knows. */
static int check_end(const char *rest, const char *end, int line, struct err *err)
{
    bool same_line = true, fresh = false;

    for (const char *c = rest; c < end; c++) {
        if (same_line && !strchr(" \t\r\n", *c))
            return err_set(err, ERR_CONFIG, "line %d: the report ends, and more follows", line);
        if (fresh && *c == '{')
            return err_set(err, ERR_CONFIG, "line %d: another report follows: import each from a file of its own", line);
        line += *c == '\n';
        same_line &= *c != '\n';
        fresh = *c == '\n' || (fresh && strchr(" \t\r", *c));
    }
    return 0;
}

int gbench_report_parse(const char *bytes, size_t n, struct gbench_report *report, struct err *err)
{
    int before, ret = -1;
    const char *end = bytes + n, *start = find_start(bytes, end, &before);
    json_error_t e;
    json_t *root = json_loadb(start, (size_t)(end - start), JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &e);
    json_t *rows = json_object_get(root, "benchmarks");

    *report = (struct gbench_report){ 0 };
    if (!root) {
        err_set(err, ERR_CONFIG, "line %d, column %d: %s", e.line + before, e.column, e.text);
    } else if (!json_is_array(rows)) {
        err_set(err, ERR_CONFIG, "not a Google Benchmark report: no array 'benchmarks'");
    } else {
        for (const char *c = start; c < start + e.position; c++)
            before += *c == '\n';
        ret = check_end(start + e.position, end, before + 1, err);
        if (ret == 0) {
            read_context(root, report);
            ret = read_rows(rows, report, err);
        }
    }
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

void gbench_report_cut(struct gbench_report *report, size_t n)
{
    while (report->n > n)
        gbench_row_free(&report->rows[--report->n]);
}

void gbench_report_free(struct gbench_report *report)
{
    gbench_report_cut(report, 0);
    free(report->rows);
    *report = (struct gbench_report){ 0 };
}
