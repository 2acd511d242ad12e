// SPDX-License-Identifier: MIT
#include "judge/compare.h"

struct compare_rule compare_rule(size_t n_verdicts)
{
    double each = COMPARE_SUITE_ERROR / 2 / (double)(n_verdicts ? n_verdicts : 1);
    struct compare_rule rule = { .alpha = 2 * each / (COMPARE_LOOKS + 1), .between = each };
    size_t n = COMPARE_BLOCKS_MIN;

    while (stats_median_rank(n, rule.alpha) == 0)
        n++;
    for (int i = 0; i < COMPARE_LOOKS; i++, n += (n + 1) / 2)
        rule.looks[i] = n;
    return rule;
}

struct compare_rule compare_rule_unjudged(size_t blocks)
{
    struct compare_rule rule = { .alpha = 2 * COMPARE_SUITE_ERROR };

    for (int i = 0; i < COMPARE_LOOKS; i++)
        rule.looks[i] = blocks > COMPARE_BLOCKS_MIN ? blocks : COMPARE_BLOCKS_MIN;
    return rule;
}
