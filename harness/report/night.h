// SPDX-License-Identifier: MIT
/* night.h -- a night in Markdown: for a step summary, a mail, or the terminal in the morning. */
#pragma once

#include "report/steps.h"

struct night_report {
    const char *night, *host_class, *commit; /* "2026-11-29" */
    const struct night_line {
        const char *part; /* a scenario, or a glob */
        long long run;    /* 0: none */
        int exit;         /* as of `pawl run` */
    } * lines;
    size_t n_lines, n_parts;       /* what is over, and how many there are */
    const char *missing;           /* "2026-11-27, 2026-11-28"; "": none before it is */
    const struct stepped *stepped; /* the history: what is news in it is told */
    size_t n_stepped;
    double margin; /* of the gate: what is worse than accepted by more is told */
};

/* A headline that counts what is bad, nights that are missing, parts that failed; how the night's figures stand beside targets
 * and what was accepted, then the changes: the worst first, at most 20 of each and how many more there are; at last what was
 * measured. Names from outside are escaped. */
void night_markdown(const struct night_report *report, struct text *out);
