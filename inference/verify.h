// SPDX-License-Identifier: MIT
/* verify.h -- may a written answer stand? Checked, not solved: nothing here computes what a problem asks for.
 *
 *   sums, differences   remainders by 9 and by 11 are those that the operands' remainders give (casting out nines and
 *                       elevens), and the length is one that such a result can have: of wrong answers one in 99 slips
 *                       through
 *   products            the same of every partial product and running sum, which must be as many as the factor's digits
 *   Countdown           the rules, step by step: each number used once, results positive, divisions exact, the target
 *                       reached. To find the steps is the problem; to follow them is not, and an answer that is
 * accepted is right
 *
 * What is rejected is wrong for certain (of a product: its way is, whatever the end). */
#pragma once

#include "base/err.h"
#include "inference/problems.h"

#include <stdbool.h>
#include <stddef.h>

enum verify { VERIFY_REJECTED, VERIFY_ACCEPTED };

/* Of answer[0..len), without the end token. Only the prompt is known, as problems.h writes it: one that is of none of
 * those kinds is ERR_CONFIG, -1. */
int verify_answer(const char *prompt, const char *answer, size_t len, struct err *err);

/* The truth, for scoring and tests: whether the answer ends in what the problem comes to, and of Countdown by the
 * rules. It knows the solution, so it has no place in anything that is timed. */
bool verify_is_right(const struct problem *p, const char *answer, size_t len);
