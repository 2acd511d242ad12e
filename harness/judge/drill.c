// SPDX-License-Identifier: MIT
#include "judge/drill.h"

void drill_count(struct drill_row *row, const struct run_result *run)
{
    int regressed = 0;

    for (size_t i = 0; i < run->n_verdicts; i++) {
        const struct verdict *v = &run->verdicts[i];

        if (v->against != (row->pairs ? AGAINST_REF : AGAINST_BASELINE))
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
