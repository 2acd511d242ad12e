// SPDX-License-Identifier: MIT
/* gnuplot.h -- the one place that starts gnuplot.
 *
 * Text for a script goes through gnuplot_string(): in single quotes, gnuplot expands nothing. In double quotes it would
 * execute what stands in backticks. */
#pragma once

#include "base/text.h"

/* Appends s as a gnuplot string: one line, in single quotes. A quote in it becomes ’ (U+2019): doubled, as the manual
 * says, it ends the string where it stands first (gnuplot 5.4 reads 'a' after '' as a second string). */
void gnuplot_string(struct text *script, const char *s);
void gnuplot_number(struct text *script, double value); /* exact; "NaN" where not finite */

/* Runs the script in `folder`, where its relative file names are; one process, a clean environment, no start-up files.
 * gnuplot missing: ERR_HOST with the package to install. A failing script: ERR_HARNESS with gnuplot's first message. */
int gnuplot_run(const struct text *script, const char *folder, struct err *err);

/* The same with a process a script, all at once. */
int gnuplot_run_all(const struct text *scripts, size_t n, const char *folder, struct err *err);
