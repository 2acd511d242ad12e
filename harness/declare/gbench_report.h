// SPDX-License-Identifier: MIT
/* gbench_report.h -- what a Google Benchmark program reports: its JSON (--benchmark_out), read whole or not at all.
 *
 * Format: `context` and `benchmarks` as in the library's docs/user_guide.md, of versions 1.0 to 1.9, and as other writers
 * have it, which leave out what they do not know: a row needs a name and a real_time. Of each name the repetitions are kept
 * ("run_type": "iteration"); aggregates (mean, median, ...) follow from them. Where a program reports no repetition its
 * median stands for them, else its mean. Lines of text before and behind the report are passed over. Times come in
 * nanoseconds whatever the row's time_unit. The input is anybody's: nothing in it is believed. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GBENCH_BYTES_MAX = 256 << 20 }; /* of a file; a larger one is refused */

struct gbench_row {
    char *name;         /* as the program names it: "BM_Sort<int>/1024"; UTF-8 without control characters */
    char *error;        /* the benchmark failed or skipped itself, with these words; NULL: it did not */
    bool skipped;       /* where `error` is set: of its own accord */
    int64_t iterations; /* positive */
    double real_ns, cpu_ns; /* per iteration, >= 0; cpu_ns NAN: not told */
    int64_t threads;    /* at least 1 */
    struct gbench_counter {
        char *name; /* as `name` above */
        double value;
    } *counters; /* every other number of the row: "items_per_second", what the benchmark's author counts; at most
                    GBENCH_COUNTERS_MAX */
    size_t n_counters, counters_capacity;
};

enum { GBENCH_COUNTERS_MAX = 64 };

struct gbench_report {
    struct gbench_row *rows; /* in the order of the file; rows of one name are its repetitions */
    size_t n;
    char date[40], host[72], executable[192], version[32], build_type[16]; /* of the context; "": not told */
    int64_t cpus;                                                          /* the same; 0 */
};

/* `bytes` need no NUL at the end. ERR_CONFIG with the line, or the number of the row, that is not understood. */
int gbench_report_parse(const char *bytes, size_t n, struct gbench_report *report, struct err *err);

/* The bytes of a file ("-": standard input), owned by the caller; NULL: it cannot be read, or is too large. */
char *gbench_report_bytes(const char *path, size_t *n, struct err *err);

/* From a file; "-" is standard input. Names the file in its errors. */
int gbench_report_read(const char *path, struct gbench_report *report, struct err *err);

const double *gbench_row_counter(const struct gbench_row *row, const char *name); /* NULL: it has none of that name */

/* Only the first `n` rows stay. */
void gbench_report_cut(struct gbench_report *report, size_t n);
void gbench_report_free(struct gbench_report *report); /* accepts {0} */
