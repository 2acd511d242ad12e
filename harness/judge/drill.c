// SPDX-License-Identifier: MIT
#include "judge/drill.h"

#include <string.h>

void drill_count(struct drill_row *row, const struct run_result *run)
{
    int regressed = 0;

    for (size_t i = 0; i < run->n_verdicts; i++) {
        const struct verdict *v = &run->verdicts[i];

        /* A slowdown moves no exact figure. */
        if (v->against != (row->pairs ? AGAINST_REF : AGAINST_BASELINE) ||
            (!row->pairs && strcmp(v->metric, metric_speedup.name) != 0 && strcmp(v->metric, metric_roof_percent.name) != 0))
            continue;
        row->verdicts++;
        regressed += v->outcome == OUTCOME_REGRESSED;
        row->inconclusive += v->outcome == OUTCOME_INCONCLUSIVE;
        row->passed += v->outcome == OUTCOME_PASS || v->outcome == OUTCOME_IMPROVED;
    }
    row->runs++;
    row->regressed += regressed;
    row->alarmed_runs += regressed > 0;
}
