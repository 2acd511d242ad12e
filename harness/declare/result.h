// SPDX-License-Identifier: MIT
/* result.h -- what flows from measure through record and judge to report: the nouns that those rooms share.
 *
 * Times are nanoseconds; "not known" is NAN for a double, "" for a string. Structs own what they point to; the _free
 * functions accept NULL and {0}. */
#pragma once

#include "base/stats.h"
#include "declare/params.h"
#include "declare/scenario.h"

#include <stdbool.h>
#include <stdint.h>

enum { REASON_MAX = 320, NAME_MAX_LEN = 48 };

/* CASE_FAILED: it said itself that it could not do its work (a benchmark of another program). */
enum case_status { CASE_OK, CASE_SKIPPED, CASE_WRONG_RESULT, CASE_CRASHED, CASE_TIMED_OUT, CASE_FAILED };

enum outcome { /* worst last: gate_exit and the reports sort by it */
    OUTCOME_PASS,
    OUTCOME_IMPROVED,
    OUTCOME_NEW,
    OUTCOME_SKIPPED,
    OUTCOME_INCONCLUSIVE,
    OUTCOME_REGRESSED,
    OUTCOME_MISSED_TARGET,
    OUTCOME_MISSING,
    OUTCOME_FAILED,
    OUTCOME_TIMED_OUT,
    OUTCOME_CRASHED,
    OUTCOME_WRONG_RESULT,
};

/* What the verdict holds the case against. */
enum against { AGAINST_RESULT, AGAINST_TARGET, AGAINST_BASELINE, AGAINST_REF };

/* The words of the JSON document, the store and the tables: "wrong_result", "MISSED_TARGET", "baseline". The _parse
 * functions return -1 for a word that is none. */
const char *case_status_name(enum case_status status);
int case_status_parse(const char *name);
const char *outcome_name(enum outcome outcome);
int outcome_parse(const char *name);
const char *against_name(enum against against);
int against_parse(const char *name);

/* The cases that differ only in variant: measured together, interleaved, in one process. What is planned. */
struct comparison {
    struct params params; /* names the scenario */
    char id[CASE_ID_MAX]; /* without a variant: "kernels/gemm_f32/n=1024/threads=1" */
    /* Per variant of the scenario, in its order. */
    struct planned {
        bool wanted;            /* selected by the globs, or the reference of one that is */
        bool elsewhere;         /* the other program of the run has it too */
        char skip[REASON_MAX];  /* "" or why it cannot be measured here */
        int64_t tuned[TUNABLES_MAX]; /* what it is to be run with; 0: its own choice */
    } *variants;
};

/* One repetition. */
struct sample {
    int variant;        /* index in the scenario */
    int round;          /* samples of one round are paired: each variant once */
    int order;          /* position in the block, 0.. */
    int64_t iterations; /* how many run() did */
    double ns;          /* wall time per *operation* (slices accounted for) */
    double cpu_ns;      /* CPU time of the measuring thread per operation */
    int cpu;            /* where it ended */
    int64_t switches;   /* involuntary context switches during it */
    bool migrated;      /* the thread ended on another CPU than it began on */
    double mhz;         /* effective frequency right after it */
    /* User-space events per operation, of the measuring thread; NAN where the kernel counts none. */
    double instructions, cycles, branch_misses, cache_misses;
};

/* What a block says of a metric that does not follow from its samples: an exact one, or one that was timed apart. */
struct exact_value {
    int variant;
    const struct metric *metric;
    double value;
};

/* What one child process did with one comparison. */
struct block {
    int index; /* in the comparison */
    int side;  /* 0: this program; 1: the other one that the run is held against. Sides 0 and 1 of a pair follow each
                  other, with indexes 2 n and 2 n + 1 */
    struct sample *samples;
    size_t n_samples;
    struct exact_value *exacts;
    size_t n_exacts;
    enum case_status status; /* CASE_OK, or what befell `variant` and ended the block */
    int variant;             /* the culprit; -1: before any variant was touched */
    char reason[REASON_MAX];
    char cpus[NAME_MAX_LEN * 2]; /* "1" or "0,1": where the team was pinned; "unbound: why" */
    double seconds;
};

void block_free(struct block *block); /* frees what it owns, not *block */

/* One metric of one case over a run. */
struct estimate {
    char metric[NAME_MAX_LEN], unit[NAME_MAX_LEN];
    enum metric_kind kind;
    enum metric_better better;
    double value, low, high; /* low = high = value for exact metrics; -inf..inf: too few blocks for an interval */
    double spread;           /* timed: median within-block relative interquartile range; NAN for exact */
    double *blocks;          /* one value a block, in block order */
    size_t n_blocks;
    double *runs;            /* of several runs in one (judge/pool.h): each one's value; NULL: it is of one run */
    size_t n_runs;
    bool has_there;          /* exact: the other program of the run has it, too, and says `there` */
    double there;
};

struct case_result {
    char id[CASE_ID_MAX], scenario[CASE_ID_MAX], variant[NAME_MAX_LEN], reference[NAME_MAX_LEN];
    char params[CASE_ID_MAX]; /* "n=1024/threads=1" */
    enum variant_role role;
    enum case_status status;
    char reason[REASON_MAX];
    char ref_fault[REASON_MAX]; /* what befell it, or its reference, in the other program; "": nothing */
    size_t n_blocks;
    struct estimate *estimates;
    size_t n_estimates;
};

const struct estimate *case_estimate(const struct case_result *c, const char *metric); /* NULL where it has none */

struct verdict {
    char case_id[CASE_ID_MAX], metric[NAME_MAX_LEN];
    enum against against;
    enum outcome outcome;
    bool final;              /* inconclusive for a reason that more blocks do not mend */
    bool hasty;              /* not to be believed of few blocks: judge/compare.h, COMPARE_ALARM_LOOK */
    double value, low, high; /* what was measured, in the metric's unit */
    double limit;            /* what it is held against: the target, or the baseline's value */
    double detectable;       /* the smallest relative change this verdict could have told from none: 0.02 is 2 % */
    /* Of a slowdown, as it was judged: time now / time then, 1.05 is 5 % slower; value 0: not told. Not stored. */
    struct interval change;
    size_t n_blocks; /* that it rests on; 0: none, or an exact figure. Not stored */
    char since[72];  /* the commit that it is held against; "": none, or not stored */
    char reason[REASON_MAX];
};

enum { FACTS_MAX = 32 };

/* Where a run was made. Class: from stable fields only, a file name: [a-z0-9-]+. */
struct host {
    char class[96];
    struct fact {
        char key[NAME_MAX_LEN], value[192];
    } facts[FACTS_MAX]; /* "cpu", "kernel", "microcode", ...: for people and for the epoch */
    size_t n_facts;
};

void host_add(struct host *host, const char *key, const char *fmt, ...) PRINTF_LIKE(3, 4); /* beyond FACTS_MAX: BUG */
const char *host_fact(const struct host *host, const char *key);                           /* "" where unknown */

/* The facts that the epoch is of, in the order of its hash (machine/fingerprint.h): what may move times without a
 * commit's doing. NULL behind the last. */
extern const char *const host_epoch_keys[];

struct run_info {
    int64_t id; /* the store's; 0: not stored */
    char command[256]; /* "gate --quick": its words */
    char against[72];  /* the commit whose program took turns with this one; "": none */
    char commit[64];   /* of the measured program; "" where it was built outside git */
    bool dirty;
    struct host host;
    char compiler[96], flags[256], libraries[256]; /* "benchmark 1.7.1, hwloc 2.9.0, ..." */
    uint64_t seed;
    char started[32]; /* UTC, "2026-11-21T02:05:53Z" */
    double seconds;   /* NAN while it runs, or where it was cut short */
};

struct run_result {
    struct run_info info;
    struct case_result *cases;
    size_t n_cases, cases_capacity;
    struct verdict *verdicts;
    size_t n_verdicts, verdicts_capacity;
    bool judged; /* verdicts and exit are meant */
    int exit;
};

struct case_result *run_add_case(struct run_result *run);  /* zeroed; valid until the next call */
struct verdict *run_add_verdict(struct run_result *run);   /* the same */
struct estimate *case_add_estimate(struct case_result *c); /* the same */
const struct case_result *run_case(const struct run_result *run, const char *id); /* NULL where absent */
void run_result_free(struct run_result *run);

/* What was judged in a run of the history, and what befell its cases: for the page of its night. */
struct judgement {
    int64_t run;
    char command[256];
    bool judged;
    size_t counts[OUTCOME_WRONG_RESULT + 1]; /* verdicts of each outcome */
    struct verdict *bad; /* those that did not pass; of a run that was not judged, the cases that are not ok */
    size_t n_bad, capacity;
};

/* How one metric of one case differs between two runs. */
struct change {
    char case_id[CASE_ID_MAX], metric[NAME_MAX_LEN], unit[NAME_MAX_LEN];
    struct { double value, low, high; size_t n_blocks; } a, b;
    double ratio, low, high; /* b / a with its interval; -inf..inf: too few blocks */
    bool significant;        /* the interval excludes 1 */
    bool better;             /* meaningful where significant */
    double p;                /* of no change, exact Mann-Whitney over the blocks; NAN for exact metrics */
};

/* One metric of one case over the runs of one host class: what a trend plot shows. */
struct point {
    int64_t run;
    char started[32], commit[64];
    char epoch[16]; /* the host's; "": not known */
    double value, low, high;
};

/* Of time, then of number: as strcmp(). A run that came from another store has a number that says nothing of its time. */
int point_order(const struct point *a, const struct point *b);

/* Did the host change before this point? *known is the last epoch that was known before it, "" at first, and is moved
 * on. A point of no known epoch is taken for one of the epoch before it. */
bool point_opens_epoch(const struct point *point, const char **known);

struct series {
    char case_id[CASE_ID_MAX], scenario[CASE_ID_MAX], variant[NAME_MAX_LEN], params[CASE_ID_MAX];
    char reference[NAME_MAX_LEN]; /* the variant that it is held against; the reference names itself, "": not known */
    char metric[NAME_MAX_LEN], unit[NAME_MAX_LEN], host_class[96];
    enum variant_role role;
    enum metric_kind kind;
    enum metric_better better;
    double at_least, at_most; /* the target's limits, NAN where none: filled in by who knows the targets */
    double accepted;          /* the baseline's value, NAN where none: the same */
    struct point *points;     /* oldest first */
    size_t n_points;
};

/* What a drill found on a host: how often the gate alarmed when the variants were made slower by `effect`. The store has
 * one row a gate run; drill_pool() (judge/drill.h) adds them up. */
struct drill_row {
    char host_class[96], started[32], commit[64], cases[256]; /* cases: the globs, or "everything" */
    char build[24];                                           /* a hash of the program; "": not known */
    bool pairs;                                               /* as `gate --against` judges; else against a baseline */
    double margin;                                            /* of the gate: 0.03 is 3 % */
    double effect;                                            /* 0.03: 3 % slower; 0: nothing changed (A/A) */
    int runs;                                                 /* whole gate runs */
    int alarmed_runs;                                         /* with at least one REGRESSED */
    int verdicts, regressed, inconclusive, passed;            /* over all runs; passed: PASS or IMPROVED */
    double seconds;                                           /* median time of a run to its verdict */
};

/* The share of verdicts that were REGRESSED, and of runs that alarmed, with their 95 % intervals. Verdicts of one run
 * share its host's mood: the interval over verdicts is honest only as far as blocks are independent. */
struct interval drill_row_detected(const struct drill_row *row);
struct interval drill_row_alarmed(const struct drill_row *row);

struct history {
    struct series *series; /* by case id, then metric, then host class */
    size_t n_series;
};

void history_free(struct history *history);
