// SPDX-License-Identifier: MIT
/* foreign.h -- one benchmark of somebody's Google Benchmark program, as a scenario of its own.
 *
 * A block is a fresh process of that program, which runs this benchmark alone (--benchmark_filter), FOREIGN_ROUNDS
 * repetitions of it, pinned by its worker. The reference, variant 0, is the "clock": FOREIGN_CLOCK_TURNS turns of the loop
 * of burden.h, timed on the same core right before and right after the process. The speedup over it is the benchmark's
 * time counted in the core's clock, which is what can be held against a figure of another day. Against another build the
 * plain times of processes that took turns are compared. Its counters ("items_per_second", those of its author) are metrics,
 * timed apart: a block has the median of its repetitions. Whether the program computes what it should is not known here. */
#pragma once

#include "declare/gbench_report.h"
#include "declare/registry.h"
#include "declare/result.h"

enum { FOREIGN_ROUNDS = 4, FOREIGN_CLOCK_TURNS = 1 << 17, FOREIGN_VARIANTS = 2, FOREIGN_COUNTERS = 16 };

struct foreign {
    struct scenario scenario; /* what it looks like; the rest is found through it: never copy one */
    struct variant variants[FOREIGN_VARIANTS]; /* "clock", "run" */
    struct metric counters[FOREIGN_COUNTERS]; /* the scenario's metrics: as many as were met */
    char counter_names[FOREIGN_COUNTERS][NAME_MAX_LEN];
    char name[CASE_ID_MAX];   /* of the scenario: "gbench/<program>/<benchmark>" */
    char *benchmark;          /* as the program names it */
    char *program, *other;    /* absolute paths; other: the build to be held against, NULL: none */
    double min_time_s;        /* of a repetition */
};

/* "KIND/TITLE/NAME" as the name of a scenario: what an id may not hold is '_' in it; one that would be too long for the ids
 * of its variants is cut and ends in a hash. */
void foreign_name(const char *kind, const char *title, const char *name, char buf[CASE_ID_MAX]);

/* `title` is the program's name in case ids, of kind "gbench". Strings are copied. */
void foreign_init(struct foreign *f, const char *title, const char *program, const char *other, const char *benchmark,
                  double min_time_s);
void foreign_free(struct foreign *f); /* accepts {0} */

const struct foreign *foreign_of(const struct scenario *scenario); /* NULL: it is not of one */

/* A counter as a metric: what a name may not hold is '_' in it. Which way is better a report does not tell: rates
 * ("..._per_second") are taken to be better when higher, all else when lower, where no target says it. */
struct metric foreign_metric(const char *counter, char name[NAME_MAX_LEN]);

/* The metric of that name, made where it is met for the first time; NULL: the scenario is no foreign one, or has as many as
 * it can hold. */
const struct metric *foreign_counter(const struct scenario *scenario, const char *name);

/* The counter of that name, which a target promises something about, is better in that way. */
void foreign_want(struct foreign *f, const char *name, enum metric_better better);

/* The cores that it wants by its name ("/threads:4"); 1 where it names none. */
int foreign_threads(const char *benchmark);

/* Runs the program once for this benchmark, from where the calling thread is bound; its words go to standard error. The
 * rows are its repetitions, at least one. ERR_CONFIG: it failed, with how; what it reported is then lost. */
int foreign_run(const struct foreign *f, const char *program, struct gbench_report *report, struct err *err);

/* The names that `program --benchmark_list_tests` prints, each once, owned by the caller with their array. ERR_CONFIG: it is
 * no Google Benchmark program, is still running after that time, or the filter (a regular expression; NULL: all) leaves
 * nothing. */
int foreign_list(const char *program, const char *filter, double timeout_s, char ***names, size_t *n, struct err *err);
