// SPDX-License-Identifier: MIT
/* github.h -- `--github`: a run as a step of GitHub Actions.
 *
 * From github_begin() to the end the runner obeys nothing that is printed (`::stop-commands::`): what a compiler, a worker
 * or a branch's name says stays text. Then come the annotations, on standard error as all words do, so that standard output
 * is what it is without --github. The summary is appended to $GITHUB_STEP_SUMMARY, and to $GITHUB_OUTPUT:
 *
 *     verdict   pass, fail, inconclusive, measured (not judged) or error (no result)
 *     exit      the exit status
 *     headline  one line
 *     run       its number in the history; 0 without a result
 *     text      the headline, and what is no plain pass as plain text, for a comment in a code block
 *     summary   the same in Markdown, where it fits a comment of GitHub's 65536 characters; else the headline alone
 *
 * A run that comes to no result leaves its reason in the same places. */
#pragma once

#include "cli/commands.h"
#include "declare/result.h"

struct github {
    bool on; /* false: without --github; then all of these do nothing */
    /* Private. */
    char token[33];
    const char *summary, *output; /* paths */
};

/* -1, ERR_USAGE: this is no step of GitHub Actions. Nothing has been measured then. */
int github_begin(struct github *g, const struct context *context, struct err *err);

/* Ends with a result, or without one: `message` says why. -1 where a file cannot be written (github_result). */
int github_result(struct github *g, const struct context *context, const struct run_result *run, int exit, struct err *err);
void github_failed(struct github *g, const struct context *context, const char *message, int exit);
