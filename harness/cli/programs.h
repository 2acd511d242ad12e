// SPDX-License-Identifier: MIT
/* programs.h -- which Google Benchmark programs a command is about, when it is not about this program's own scenarios:
 * that of --gbench, or those that a pawl.json names.
 *
 *     { "benchmarks": [ { "program": "build/bench", "name": "bench", "filter": "BM_Sort.*", "min_time": 0.1 } ],
 *       "targets": [ { "cases": "gbench/bench/BM_Sort*", "metric": "time_ns", "at_most": 1e6, "why": "..." } ],
 *       "baselines": "perf" }
 *
 * Paths are relative to the file. `program` alone is needed; `name`, its title in case ids, is else the file's own;
 * `targets` are as in targets.json; `baselines` is the folder of the accepted ones. It is read where --config names it, or
 * where one lies in the current folder and --gbench names nothing: for `list`, `run`, `gate` and `nightly`, to which its
 * programs are the matrix, and for `accept` and `dashboard`, to which targets and baselines are. */
#pragma once

#include "cli/options.h"
#include "judge/gate.h"
#include "measure/foreign.h"

#define PROGRAMS_CONFIG "pawl.json"

struct programs {
    char *config;     /* path of the pawl.json; NULL: --gbench */
    char *baselines;  /* its folder of baselines; NULL: the options' */
    bool has_targets; /* the file has some */
    struct foreign *all; /* every benchmark of every program that the filters leave */
    size_t n;
    const struct scenario **scenarios;
    struct registry registry; /* of them */
    char commit[64];          /* of the git work tree that we stand in; "": none */
    bool dirty;

    /* With --against-gbench. */
    char ref[16];            /* "build-1a2b3c4d", from a hash of the other builds' bytes; "": nothing */
    bool identical;          /* all of them are the same file as ours, byte for byte */
    bool *elsewhere;         /* by benchmark: the other build has it */
    char **missing;          /* case ids that the other builds have and ours lack */
    size_t n_missing;
};

/* 1: filled; 0: the command is about this program's own scenarios; -1: ERR_USAGE or ERR_CONFIG. programs_close() after all
 * of them. Without `ask` no program is asked for its benchmarks: only the file is read. */
int programs_open(const struct options *o, bool ask, struct programs *p, struct err *err);
void programs_close(struct programs *p); /* accepts {0} */

/* What the other build is to the gate: fills the `ref` fields of *rules, which point into *p. */
void programs_rules(const struct programs *p, struct gate_rules *rules);
