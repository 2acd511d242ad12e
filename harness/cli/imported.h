// SPDX-License-Identifier: MIT
/* imported.h -- a run of the history, made of what other tools have measured. */
#pragma once

#include "base/names.h"
#include "declare/registry.h"
#include "declare/result.h"

/* A run of more cases than that is refused: no report of this program could show it. */
enum { IMPORTED_CASES_MAX = 100000 };

struct imported {
    const struct registry *registry; /* cases of this program's own are known by it */
    struct run_result run;
    struct names ids; /* of its cases, in their order */
};

/* The case of that name, which is an id where `pawl export` has written it: it comes back as what it was. `*own`: the
 * scenario of this program that it is of; NULL: none. Valid until the next call. */
struct case_result *imported_case(struct imported *im, const char *kind, const char *title, const char *name,
                                  const struct scenario **own);

/* What the harness or the scenario knows of a metric of that name; else `m` as it is. */
const struct metric *imported_known(const struct scenario *own, const struct metric *m);

/* A figure for each block. `spread`: of the repetitions inside, NAN: there are none. One id for two names would mix them:
 * ERR_CONFIG. */
int imported_metric(struct case_result *c, const struct metric *m, const double *values, size_t n, double spread,
                    struct err *err);

/* "imported-myhost": figures of a host that this program has not looked at are no host class of its own. */
void imported_host(struct run_result *run, const char *host);

/* "2026-11-29T20:00:00+01:00" in UTC, also as older versions write it and without a zone; now where it is no date. */
void imported_start(struct run_result *run, const char *date);

/* Google Benchmark: a file is a process, and so a block (import_gbench.c). */
int import_gbench(struct imported *im, const char *const *paths, size_t n, struct err *err);
