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
#include "declare/caches.h"
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
    uint32_t quick; /* --quick takes the values whose bits are set; 0: all. Of threads: not 0: one thread */
    enum axis_kind kind;
};

/* How many threads: pinned, one per core, inside one L3. setup() gets a team of that size. */
#define AXIS_THREADS { .name = "threads", .kind = AXIS_KIND_THREADS }
/* The same, but one thread alone in the quick part: a gate that asks everything of every team answers nothing in time. */
#define AXIS_THREADS_QUICK_ONE { .name = "threads", .quick = 1u << 0, .kind = AXIS_KIND_THREADS }

enum variant_role {
    ROLE_OURS, /* judged: against targets, baselines, other commits */
    ROLE_PEER, /* somebody else's code, to compare with: measured and shown, not gated against a baseline */
    ROLE_ROOF, /* a ceiling of the host: does as much of one resource's work as the cell needs, at the host's peak, and
                  nothing else. Its time is what no variant can beat that needs that resource. Shown, not gated */
};

const char *variant_role_name(enum variant_role role); /* "ours", "peer", "roof" */
const char *variant_role_note(enum variant_role role); /* the same, "" for ours: nothing to remark */

enum { ROOFS_MAX = 2 };

struct variant {
    const char *name;
    uint32_t isa;       /* what the host must have; else the case is SKIPPED, in print */
    const void *impl;   /* the scenario's own: what run() needs to know */
    enum variant_role role;
    const char *absent; /* non-NULL: this build lacks it; the reason, and what to do */
    const char *(*lacks)(void); /* the same of this host, asked for every plan: quick. NULL, or one that returns NULL */

    /* The roofs over this variant: names of the scenario's ROLE_ROOF variants, NULL where none. With them it has the
     * metric "roof_percent": 100 x the time of the slower roof / its own, paired, as in the roofline model (Williams,
     * Waterman & Patterson, CACM 52(4), 2009). Roofs are measured in the same rounds. */
    const char *roofs[ROOFS_MAX];

    bool (*has)(const struct params *params); /* whether it exists in this cell; NULL: in all. Not for variant 0 */

    /* Into how many equal, independent slices one operation of this cell falls. NULL: 1. For a reference too slow to be
     * timed whole, one iteration of run() does one slice, the next iteration the next one, and the harness multiplies:
     * time per operation = slices x time per iteration. Only for work whose slices truly cost the same. */
    int64_t (*slices)(const struct params *params);
};

enum metric_kind {
    METRIC_TIMED, /* follows from the time, or was timed apart: noisy, judged with an interval */
    METRIC_EXACT, /* the same in every run: bytes, ratios, recall; judged exactly */
};

enum metric_better { METRIC_HIGHER_IS_BETTER, METRIC_LOWER_IS_BETTER };

/* A timed "gflops" or "gops" beside an exact "intensity" (operations per byte that must be moved: each input once, each
 * output once) puts a case on the dashboard's roofline plot. A scenario whose reference is a roof is a ceiling: its gflops
 * and gops are level roofs, its "gbps" along an axis "level" (1 to 3: caches, 4: memory) are slopes. */
struct metric {
    const char *name; /* [a-z0-9_@]+, e.g. "gflops", "recall@10" */
    const char *unit; /* for people: "GFLOP/s" */
    enum metric_kind kind;
    enum metric_better better;

    /* Timed: the figure for `ns` nanoseconds per operation. Monotone in ns. */
    double (*from_ns)(const struct params *params, double ns);
    /* Timed apart, where from_ns is NULL: what setup() or check() took the time of; called as exact() is. */
    int (*timed)(void *state, const struct variant *variant, double *value, struct err *err);
    /* Exact: the figure itself; called once per block and variant after check(). */
    int (*exact)(void *state, const struct variant *variant, double *value, struct err *err);
};

/* Every case has "time_ns" (nanoseconds per operation, lower is better) and every case but the reference "speedup"
 * (time of the reference / time of the variant, paired, higher is better): scenario.metrics lists what comes on top. */
extern const struct metric metric_time_ns, metric_speedup;

/* Of a variant with roofs: see struct variant. */
extern const struct metric metric_roof_percent;

/* Where a run is held against another program (another commit): time there / time here, of blocks that took turns. */
extern const struct metric metric_vs_ref;

/* Where the kernel counts them: instructions of the measuring thread per operation. A second opinion beside the time,
 * kept in baselines but never judged. */
extern const struct metric metric_instructions;

/* The CPU time of the measuring thread per operation, as samples and other tools' reports have it: for imports and exports. */
extern const struct metric metric_cpu_time_ns;

enum { TUNABLES_MAX = 4, TUNABLE_VALUES_MAX = 12 };

/* A size that a variant can be run with, other than the one it chooses by itself; `pawl tune` searches for a better one
 * on a host. All variants of a scenario share its tunables. */
struct tunable {
    const char *name; /* [a-z0-9_]+, e.g. "kc" */
    /* The values worth a try for this variant in this cell on a core with these caches, positive, none twice: at most
     * TUNABLE_VALUES_MAX are put into `values`, their number is returned. 0: the variant has no such size. */
    size_t (*candidates)(const struct params *params, const struct variant *variant, const struct caches *caches,
                         int64_t values[TUNABLE_VALUES_MAX]);
};

/* What one block is about to do. Where setup() cannot make something for one variant (a library that cannot be loaded)
 * it does not fail: it keeps the error, and check() of that variant alone returns it. An ERR_HOST from check() means
 * that the variant cannot work here: a peer or a roof is then SKIPPED with that reason, and for one of ours it counts as
 * its crash. Any other error means that its result is wrong. */
struct bench {
    const struct params *params;
    struct team *team; /* params_threads(params) threads, pinned */
    uint64_t seed;     /* for the inputs: the same for all blocks of a run */
    uint64_t variants; /* bit i: variants[i] of the scenario is of this block; setup() makes nothing for the others */
    uint32_t isa;      /* what may be used: the host's, less what --isa excludes; for code that chooses by itself */
    struct caches caches; /* of the core that rank 0 is pinned to; zeros: not pinned, or not shown */
    const int64_t (*tuned)[TUNABLES_MAX]; /* by variant: see bench_tuned(); NULL: nothing is */
};

/* The value of that tunable for variants[variant], 0: its own choice. Another name than the scenario's is a BUG(). */
int64_t bench_tuned(const struct bench *bench, size_t variant, const char *tunable);

struct scenario {
    const char *name; /* "kernels/gemm_f32" */
    const char *summary;
    const char *libraries; /* what others wrote and it measures, for the record: "openblas 0.3.21"; NULL: nothing */
    const struct axis *axes;
    size_t n_axes;
    bool (*has)(const struct params *params); /* whether the matrix has this cell; NULL: all of the product */
    const struct variant *variants;
    size_t n_variants;
    const struct metric *metrics;
    size_t n_metrics;
    const struct tunable *tunables;
    size_t n_tunables;

    /* A scenario about a file of the user's (`--model FILE`): looks at it before anything is planned, in the program and in
     * each of its workers alike, and sets what depends on it, such as an axis' value that stands for what is in it. -1 with
     * what is wrong with the file. Without a file it is not called, and has() must say that there is no cell. NULL: about
     * none. */
    int (*file)(const char *path, struct err *err);

    /* Makes the inputs and room for the outputs. NULL: no state. */
    int (*setup)(const struct bench *bench, void **state, struct err *err);
    /* Does the work n times. No error path: what can fail is done in setup() or check(). */
    void (*run)(void *state, const struct variant *variant, int64_t n);
    /* -1 with the difference in words where the variant's output is wrong. NULL: nothing to compare (only `null`). */
    int (*check)(void *state, const struct variant *variant, struct err *err);
    void (*teardown)(void *state); /* accepts NULL */
};

/* Why this build or host lacks the variant, its ISA aside; NULL: it does not. */
const char *variant_absent(const struct variant *variant);

/* The index of the variant of that name; -1 where there is none. */
int scenario_variant(const struct scenario *s, const char *name);

/* The metric of that name, its own or one that the harness knows; NULL where there is none. */
const struct metric *scenario_metric(const struct scenario *s, const char *name);
