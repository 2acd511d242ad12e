// SPDX-License-Identifier: MIT
/* problems.h -- the arithmetic task that the shipped models are trained on and the scenarios are measured by.
 *
 * Four levels, written in characters, every number with its lowest digit first (so that a carry is known before the
 * digit that needs it):
 *
 *   1  sums and differences of 1 to 3 digits      prompt "21+543#"       answer "753"
 *   2  the same of 4 to 8 digits                  prompt "4321+8765#"    answer "2097"
 *   3  products of 2 to 4 by 2 to 3 digits        prompt "321*54#"       answer "516+0294=5355"
 *   4  Countdown: reach the target behind ':'     prompt "4,7,8:88#"     answer "7+4=11;11*8=88"
 *
 * A product is a running sum of its partial products, the first digit's first. Of Countdown's 3 or 4 numbers, smallest
 * first, each may be used once; results are positive integers, divisions exact (the rules of the television game). A
 * Countdown problem mostly has several answers; `answer` is the one it was made from, which uses all numbers.
 *
 * Problems are held out from training by a hash of what they ask: all ways of asking for a + b or of undoing it
 * (b + a, a + b - a, a + b - b), both orders of a product, and any order of Countdown's numbers fall together. */
#pragma once

#include "base/rng.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    PROBLEM_LEVELS = 4,
    PROBLEM_NUMBERS = 4,      /* at most */
    PROBLEM_TEXT = 64,        /* bytes of a prompt or an answer, its NUL counted */
    PROBLEM_SUITE_LEVEL = 250 /* problems of each level in the pinned suite */
};

struct problem {
    int level; /* 1.. */
    char op;   /* '+', '-' or '*'; of Countdown ':' */
    int n;
    int64_t numbers[PROBLEM_NUMBERS]; /* (n) in the order of the prompt */
    int64_t target;                   /* what it comes to */
    char prompt[PROBLEM_TEXT], answer[PROBLEM_TEXT];
};

/* Any problem of that level; one that may be trained on; one that is held out. */
void problem_draw(struct rng *rng, int level, struct problem *p);
void problem_draw_training(struct rng *rng, int level, struct problem *p);
void problem_draw_held_out(struct rng *rng, int level, struct problem *p);
bool problem_is_held_out(const struct problem *p);

/* Equal for problems that fall together. */
uint64_t problem_hash(const struct problem *p);

/* The pinned suite: PROBLEM_SUITE_LEVEL held-out problems of each level, none twice, level by level; the same ones on
 * every host and for ever. `suite` has room for PROBLEM_LEVELS * PROBLEM_SUITE_LEVEL. */
void problems_suite(struct problem *suite);

/* As many of other held-out problems, to choose settings by: none of them is in the suite. */
void problems_tuning(struct problem *problems);

/* The models' vocabulary: characters, and three that are none. */
enum { PROBLEM_VOCABULARY = 32, PROBLEM_PAD = 0, PROBLEM_BEGIN = 1, PROBLEM_END = 2 };
extern const char *const problem_tokens[PROBLEM_VOCABULARY];

int problem_token(char c); /* -1: not in it */
/* The tokens of text, at most `most` of them; -1 where it has a character that is none or is longer. */
int problem_encode(const char *text, int32_t *tokens, int most);

/* value in decimal, lowest digit first, with its NUL; value >= 0. Returns the end. */
char *problem_digits(char *out, int64_t value);
