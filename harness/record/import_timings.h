// SPDX-License-Identifier: MIT
/* import_timings.h -- times that other tools took, each of a process of its own: hyperfine's JSON, and CSV.
 *
 * CSV: a header with a column "case" (or "name", "command", "benchmark") and one of times ("value", "time", "real_time",
 * "seconds", "mean"), and perhaps "metric" and "unit" (ns, us, ms, s; default ns; "seconds" and "mean" are s). A line is one
 * time; lines of one case belong together. Where there is a "metric", lines of others than "time_ns" are figures of that
 * metric, in whatever unit they say. It reads what `pawl export csv` writes.
 *
 * ERR_CONFIG with the file and the line, or the number of the result; nothing is kept then. */
#pragma once

#include "base/err.h"
#include "base/names.h"

#include <stdbool.h>
#include <stddef.h>

struct timings {
    struct timing {
        char *name;         /* UTF-8 without control characters */
        char *metric, *unit; /* of another figure than the time; else NULL */
        bool exact;         /* its column "kind" says so */
        double *ns;         /* in the order of the file, >= 0 and finite; of another metric its values, in `unit` */
        size_t n, capacity;
    } *rows; /* in the order in which the names and their metrics appear */
    size_t n, capacity;
    struct names keys; /* of the rows */
};

/* `bytes` of a hyperfine --export-json. A run that ended with another exit code than 0 is refused. */
int import_hyperfine(const char *bytes, size_t n, struct timings *t, struct err *err);
int import_timings_csv(const char *path, struct timings *t, struct err *err);
void import_timings_free(struct timings *t); /* accepts {0} */
