// SPDX-License-Identifier: MIT
/* site.h -- the dashboard: a static site, plots by gnuplot (SVG, light and dark), no script needed to read it.
 *
 * DIR/index.html lists the scenarios with the state of their last run; DIR/<scenario with / as ->.html has a trend plot
 * a metric and parameter cell (one line a variant, interval band, target line), for a speedup a second one of its
 * relative change, in which a few per cent are seen, and the last figures in a table. Written beside DIR and
 * renamed into place, so that a reader never sees half a site and a failure leaves the old one. */
#pragma once

#include "report/steps.h"

struct registry;

struct site {
    const struct history *history;
    /* Finished runs, newest first within a host class: the last of every host class, and the last of every scenario on
     * it, which is an older one where the last run was of something else. */
    const struct run_result *runs;
    size_t n_runs;
    const struct drill_row *drills; /* oldest first, the rows of one drill together */
    size_t n_drills;
    double margin;         /* the gate's: 0.03 is 3 %; drawn into the power curve */
    const char *generated; /* UTC time to print, "2026-11-21T02:05:53Z": passed in, so that output is reproducible */
    const char *version;   /* of the program */
    const struct stepped *steps; /* one a series of the history, in its order; NULL: nobody looked */
    const struct judgement *judged; /* one a finished run, by number */
    size_t n_judged;
    const struct registry *registry; /* says what a scenario of this program is about; NULL: none is known */
};

/* Refuses (ERR_CONFIG) a `dir` that exists and is not a site of ours: it holds a marker file, .pawl-site, and nothing
 * that a site does not consist of; an empty folder is fine, missing parents are made. gnuplot missing: ERR_HOST with
 * the package to install. The same site gives the same bytes. */
int site_write(const struct site *site, const char *dir, struct err *err);
