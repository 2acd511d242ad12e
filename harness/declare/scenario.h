// SPDX-License-Identifier: MIT
/* scenario.h -- what a subject declares: a question worth asking every night.
 *
 * A scenario names its axes (the parameter matrix), its variants (ways of doing the same work; variant 0 is the
 * reference, the honest plain one), its metrics, and four functions. The harness calls them in a fresh child process
 * per block, on pinned cores:
 *
 *     setup(bench, &state) once   check(state, v) once per variant   run(state, v, n) many times   teardown(state) once
 *
 * All variants of a cell share one state, so that they work on the same input. Nothing here is timed but run(). */
#pragma once

#include "base/err.h"
#include "declare/isa.h"
#include "declare/params.h"

#include <stdint.h>

struct team;

enum axis_kind {
    AXIS_KIND_LIST,    /* the values listed */
    AXIS_KIND_THREADS, /* 1, 2, 4, ... and all of the cores of one L3, as the host has them */
};

struct axis {
    const char *name;
    const int64_t *values; /* strictly ascending, positive */
    size_t n_values;
    size_t n_quick; /* --quick takes the first so many of them; 0: all */
    enum axis_kind kind;
};

/* How many threads: pinned, one per core, inside one L3. setup() gets a team of that size. */
#define AXIS_THREADS { .name = "threads", .kind = AXIS_KIND_THREADS }

struct variant {
    const char *name;
    uint32_t isa;       /* what the host must have; else the case is SKIPPED, in print */
    const void *impl;   /* the scenario's own: what run() needs to know */
    bool peer;          /* somebody else's code, to compare with: measured and shown, not gated against a baseline */
    const char *absent; /* non-NULL: this build lacks it; the reason, and what to do */

    /* Into how many equal, independent slices one operation of this cell falls. NULL: 1. For a reference too slow to be
     * timed whole, one iteration of run() does one slice, the next iteration the next one, and the harness multiplies:
     * time per operation = slices x time per iteration. Only for work whose slices truly cost the same. */
    int64_t (*slices)(const struct params *params);
};

enum metric_kind {
    METRIC_TIMED, /* follows from the time: noisy, judged with an interval */
    METRIC_EXACT, /* the same in every run: bytes, ratios, recall; judged exactly */
};

enum metric_better { METRIC_HIGHER_IS_BETTER, METRIC_LOWER_IS_BETTER };

struct metric {
    const char *name; /* [a-z0-9_@]+, e.g. "gflops", "recall@10" */
    const char *unit; /* for people: "GFLOP/s" */
    enum metric_kind kind;
    enum metric_better better;

    /* Timed: the figure for `ns` nanoseconds per operation. Monotone in ns. */
    double (*from_ns)(const struct params *params, double ns);
    /* Exact: the figure itself; called once per block and variant after check(). */
    int (*exact)(void *state, const struct variant *variant, double *value, struct err *err);
};

/* Every case has "time_ns" (nanoseconds per operation, lower is better) and every case but the reference "speedup"
 * (time of the reference / time of the variant, paired, higher is better): scenario.metrics lists what comes on top. */
extern const struct metric metric_time_ns, metric_speedup;

/* Where a run is held against another program (another commit): time there / time here, of blocks that took turns. */
extern const struct metric metric_vs_ref;

/* Where the kernel counts them: instructions of the measuring thread per operation. A second opinion beside the time,
 * kept in baselines but never judged. */
extern const struct metric metric_instructions;

/* What one block is about to do. Where setup() cannot make something for one variant (a library that cannot be loaded)
 * it does not fail: it keeps the error, and check() of that variant alone returns it. An ERR_HOST from check() means
 * that the variant cannot work here, which counts as its crash; any other error that its result is wrong. */
struct bench {
    const struct params *params;
    struct team *team; /* params_threads(params) threads, pinned */
    uint64_t seed;     /* for the inputs: the same for all blocks of a run */
    uint32_t variants; /* bit i: variants[i] of the scenario is of this block; setup() makes nothing for the others */
    uint32_t isa;      /* what may be used: the host's, less what --isa excludes; for code that chooses by itself */
};

struct scenario {
    const char *name; /* "kernels/gemm_f32" */
    const char *summary;
    const char *libraries; /* what others wrote and it measures, for the record: "openblas 0.3.21"; NULL: nothing */
    const struct axis *axes;
    size_t n_axes;
    const struct variant *variants;
    size_t n_variants;
    const struct metric *metrics;
    size_t n_metrics;

    /* Makes the inputs and room for the outputs. NULL: no state. */
    int (*setup)(const struct bench *bench, void **state, struct err *err);
    /* Does the work n times. No error path: what can fail is done in setup() or check(). */
    void (*run)(void *state, const struct variant *variant, int64_t n);
    /* -1 with the difference in words where the variant's output is wrong. NULL: nothing to compare (only `null`). */
    int (*check)(void *state, const struct variant *variant, struct err *err);
    void (*teardown)(void *state); /* accepts NULL */
};

/* The metric of that name, its own or one of the two that every scenario has; NULL where there is none. */
const struct metric *scenario_metric(const struct scenario *s, const char *name);
