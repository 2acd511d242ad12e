// SPDX-License-Identifier: MIT
/* gate.h -- the verdicts: what was measured, held against the targets and the accepted baseline.
 *
 * One rule for every noisy figure: the whole interval beyond the limit decides, an interval that straddles it is
 * INCONCLUSIVE. Every verdict says in words what was seen, and carries the smallest change it could have told.
 *
 * A slowdown against the baseline has two limits, with a zone between them in which either answer is right (Bechhofer,
 * "A single-sample multiple decision procedure", Ann. Math. Stat. 25(1), 1954): what is tolerated is never an alarm, the
 * margin and more never passes. The whole interval above the first is REGRESSED; the whole interval below the
 * second, and fine enough that a slowdown of the second would have been told, is PASS. The margin can be chosen; what is
 * tolerated is a third of it, or what the baseline's own runs differ by, where that is more (compare_between() in
 * judge/compare.h); and a pass has to stay below the margin by that difference.
 *
 * A host has epochs (machine/fingerprint.h): a new microcode, kernel or boost policy moves times that no commit moved.
 * A slowdown against a figure accepted in another epoch is therefore no alarm, but INCONCLUSIVE, and says why.
 * Neither epochs nor what runs differ by matter where the accepted program is measured again beside ours (ref_is_baseline). */
#pragma once

#include "base/stats.h"
#include "judge/baseline.h"
#include "judge/targets.h"

#define GATE_MARGIN    0.03      /* where the user names none */
#define GATE_TOLERATED (1.0 / 3) /* of the margin: 1 % of 3 %, what another layout of the same code can cost */

/* What the run was asked for: a baseline's case inside this scope must be in the run. */
struct gate_scope {
    bool (*contains)(void *arg, const char *case_id);
    void *arg;
    bool whole; /* everything was asked for: a target that matches nothing is then MISSING too */
    int max_threads; /* that this process may pin: what needs more is not missing, it cannot be told here */
};

/* What a run is held against. */
struct gate_rules {
    const struct targets *targets;
    const struct baseline *baseline; /* NULL: there is none for this host class */
    const char *epoch;               /* the host's, now; NULL: not known */
    double alpha;                    /* of every interval: compare_rule() */
    double between;                  /* of compare_between(): compare_rule() */
    double margin;                   /* 0.03 is 3 %; 0: GATE_MARGIN */
    bool isa_limited;                /* --isa left variants out on purpose: a skipped one is not missed */

    /* gate --against: the commit whose program took turns with ours; NULL: none. Its cases are those of this run with an
     * estimate of "vs_ref" to come, and `ref_missing`, which it has and this run lacks. */
    const char *ref;
    bool (*in_ref)(void *arg, const char *case_id);
    void *ref_arg;
    const char *const *ref_missing;
    size_t n_ref_missing;
    bool ref_identical; /* the two programs are the same code: nothing was measured against it */
    bool (*same_in_ref)(void *arg, const char *case_id); /* what this case runs is: it was not; NULL: none are known to be */
    bool ref_is_baseline; /* `ref` is the full name of a commit at which cases of the baseline were accepted: these are held
                             against that program here and now instead of against the times of that day, others not at all */
    double step; /* `bisect`: REGRESSED is what lies beyond half of this slowdown, PASS what does not (bisect_side()); 0: the
                    limits above */
};

/* Fills run->verdicts (any before are dropped), run->judged and run->exit. `scope` NULL: nothing can be missing. */
void gate_judge(struct run_result *run, const struct gate_rules *rules, const struct gate_scope *scope);

/* The outcome of a slowdown (time now / time of the baseline: above 1 is slower), and the smallest one that its interval
 * could have told from a tolerated one: 0.02 is 2 %, NAN none. `between`: what runs of one program differ by, 0.005 is 0.5 %. */
enum outcome gate_regression(const struct interval *slowdown, double margin, double between);
double gate_detectable(const struct interval *slowdown, double margin, double between);

/* The outcome of a value in [low, high] against a target. */
enum outcome gate_target(double low, double high, const struct target *target);

/* 0 pass, 1 a failure, 3 something is inconclusive and nothing failed. */
int gate_exit(const struct run_result *run);
