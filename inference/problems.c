// SPDX-License-Identifier: MIT
#include "inference/problems.h"

#include "base/err.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
    HELD_OUT_OF = 16,       /* one problem of so many */
    COUNTDOWN_NUMBER = 15,  /* the largest to begin with */
    COUNTDOWN_RESULT = 500, /* the largest on the way and as a target */
    SUITE_SEED = 20261129,
    TUNING_SEED = 20261130,
};

static int64_t ten_to(int n)
{
    int64_t p = 1;

    while (n-- > 0)
        p *= 10;
    return p;
}

/* Of exactly so many digits, no leading zero but for 0 itself. */
static int64_t draw_number(struct rng *rng, int least_digits, int most_digits)
{
    int digits = least_digits + (int)rng_below(rng, (uint64_t)(most_digits - least_digits + 1));
    int64_t low = digits == 1 ? 0 : ten_to(digits - 1);

    return low + (int64_t)rng_below(rng, (uint64_t)(ten_to(digits) - low));
}

char *problem_digits(char *out, int64_t value)
{
    do {
        *out++ = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    *out = '\0';
    return out;
}

/* "a", the operator, "b". */
static char *write_pair(char *out, int64_t a, char op, int64_t b)
{
    out = problem_digits(out, a);
    *out++ = op;
    return problem_digits(out, b);
}

static void draw_sum(struct rng *rng, int least_digits, int most_digits, struct problem *p)
{
    int64_t a = draw_number(rng, least_digits, most_digits), b = draw_number(rng, least_digits, most_digits);

    p->op = rng_below(rng, 2) ? '+' : '-';
    p->n = 2;
    p->numbers[0] = p->op == '-' && a < b ? b : a;
    p->numbers[1] = p->op == '-' && a < b ? a : b;
    p->target = p->op == '+' ? a + b : p->numbers[0] - p->numbers[1];
    strcpy(write_pair(p->prompt, p->numbers[0], p->op, p->numbers[1]), "#");
    problem_digits(p->answer, p->target);
}

static void draw_product(struct rng *rng, struct problem *p)
{
    int64_t a = draw_number(rng, 2, 4), b = draw_number(rng, 2, 3), sum = 0, place = 1;
    char *out = p->answer;

    p->op = '*';
    p->n = 2;
    p->numbers[0] = a;
    p->numbers[1] = b;
    p->target = a * b;
    strcpy(write_pair(p->prompt, a, '*', b), "#");
    for (; place <= b; place *= 10) {
        int64_t partial = a * (b / place % 10) * place;

        if (place > 1)
            *out++ = '+';
        out = problem_digits(out, partial);
        sum += partial;
        if (place > 1) {
            *out++ = '=';
            out = problem_digits(out, sum);
        }
    }
}

/* Whether Countdown allows a op b, a >= b, and it is of use: a factor of 1 changes nothing. */
static bool countdown_result(char op, int64_t a, int64_t b, int64_t *result)
{
    *result = op == '+' ? a + b : op == '-' ? a - b : op == '*' ? a * b : a % b ? 0 : a / b;
    return *result > 0 && *result <= COUNTDOWN_RESULT && !(b == 1 && (op == '*' || op == '/'));
}

static void countdown_step(struct rng *rng, int64_t *numbers, int *n, char **out)
{
    int64_t a, b, c;
    char op;

    do {
        size_t i = rng_below(rng, (uint64_t)*n), j = rng_below(rng, (uint64_t)*n - 1);

        op = "+-*/"[rng_below(rng, 4)];
        j += j >= i;
        a = numbers[i];
        b = numbers[j];
        if (a < b || (a == b && i > j))
            continue;
        if (countdown_result(op, a, b, &c)) {
            *out = write_pair(*out, a, op, b);
            *(*out)++ = '=';
            *out = problem_digits(*out, c);
            numbers[i] = c;
            numbers[j] = numbers[--*n];
            return;
        }
    } while (true);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static bool is_one_of(const struct problem *p, int64_t value)
{
    for (int i = 0; i < p->n; i++)
        if (p->numbers[i] == value)
            return true;
    return false;
}

static void draw_countdown(struct rng *rng, struct problem *p)
{
    int64_t left[PROBLEM_NUMBERS];
    char *out;
    int n;

    p->op = ':';
    p->n = 3 + (int)rng_below(rng, 2);
    do { /* a target that is given already is no problem */
        for (int i = 0; i < p->n; i++)
            p->numbers[i] = 1 + (int64_t)rng_below(rng, COUNTDOWN_NUMBER);
        qsort(p->numbers, (size_t)p->n, sizeof(*p->numbers), by_value);
        memcpy(left, p->numbers, sizeof(left));
        out = p->answer;
        for (n = p->n; n > 1;) {
            if (n < p->n)
                *out++ = ';';
            countdown_step(rng, left, &n, &out);
        }
        p->target = left[0];
    } while (is_one_of(p, p->target));
    out = p->prompt;
    for (int i = 0; i < p->n; i++) {
        out = problem_digits(out, p->numbers[i]);
        *out++ = i + 1 < p->n ? ',' : ':';
    }
    strcpy(problem_digits(out, p->target), "#");
}

void problem_draw(struct rng *rng, int level, struct problem *p)
{
    *p = (struct problem){ .level = level };
    switch (level) {
    case 1:
        draw_sum(rng, 1, 3, p);
        break;
    case 2:
        draw_sum(rng, 4, 8, p);
        break;
    case 3:
        draw_product(rng, p);
        break;
    case 4:
        draw_countdown(rng, p);
        break;
    default:
        BUG("there is no level %d", level);
    }
}

/* A sum and the two differences that undo it are one fact about three numbers: the two smaller ones name it. */
uint64_t problem_hash(const struct problem *p)
{
    int64_t fact[PROBLEM_NUMBERS];
    uint64_t hash = (uint64_t)(p->op == '-' ? '+' : p->op);

    memcpy(fact, p->numbers, sizeof(fact));
    if (p->op == '-')
        fact[0] = p->target;
    qsort(fact, (size_t)p->n, sizeof(*fact), by_value);
    for (int i = 0; i < p->n; i++)
        hash = rng_mix(hash, (uint64_t)fact[i]);
    return p->op == ':' ? rng_mix(hash, (uint64_t)p->target) : hash;
}

bool problem_is_held_out(const struct problem *p)
{
    return problem_hash(p) % HELD_OUT_OF == 0;
}

static void draw_either(struct rng *rng, int level, bool held_out, struct problem *p)
{
    do
        problem_draw(rng, level, p);
    while (problem_is_held_out(p) != held_out);
}

void problem_draw_training(struct rng *rng, int level, struct problem *p)
{
    draw_either(rng, level, false, p);
}

void problem_draw_held_out(struct rng *rng, int level, struct problem *p)
{
    draw_either(rng, level, true, p);
}

static bool is_known(const struct problem *known, size_t n, const struct problem *p)
{
    for (size_t i = 0; i < n; i++)
        if (problem_hash(&known[i]) == problem_hash(p))
            return true;
    return false;
}

static void draw_suite(uint64_t seed, const struct problem *others, struct problem *suite)
{
    size_t n_others = others ? (size_t)PROBLEM_LEVELS * PROBLEM_SUITE_LEVEL : 0;
    size_t n = 0;

    for (int level = 1; level <= PROBLEM_LEVELS; level++) {
        struct rng rng = rng_seed(rng_mix(seed, (uint64_t)level));

        while (n < (size_t)level * PROBLEM_SUITE_LEVEL) {
            problem_draw_held_out(&rng, level, &suite[n]);
            n += !is_known(suite, n, &suite[n]) && !is_known(others, n_others, &suite[n]);
        }
    }
}

void problems_suite(struct problem *suite)
{
    draw_suite(SUITE_SEED, NULL, suite);
}

void problems_tuning(struct problem *problems)
{
    struct problem *suite = mem_array(PROBLEM_LEVELS * PROBLEM_SUITE_LEVEL, sizeof(*suite));

    problems_suite(suite);
    draw_suite(TUNING_SEED, suite, problems);
    free(suite);
}

const char *const problem_tokens[PROBLEM_VOCABULARY] = {
    "<pad>", "<s>",   "</s>",  "0",     "1",     "2",     "3",     "4",     "5",     "6",     "7",
    "8",     "9",     "+",     "-",     "*",     "/",     "=",     ";",     ",",     "#",     ":",
    "<u22>", "<u23>", "<u24>", "<u25>", "<u26>", "<u27>", "<u28>", "<u29>", "<u30>", "<u31>",
};

int problem_token(char c)
{
    for (int i = PROBLEM_END + 1; i < PROBLEM_VOCABULARY; i++)
        if (problem_tokens[i][0] == c && !problem_tokens[i][1])
            return i;
    return -1;
}

int problem_encode(const char *text, int32_t *tokens, int most)
{
    int n = 0;

    for (; text[n]; n++) {
        int token = problem_token(text[n]);

        if (token < 0 || n == most)
            return -1;
        tokens[n] = token;
    }
    return n;
}
