// SPDX-License-Identifier: MIT
#include "inference/verify.h"

#include <string.h>

enum { DIGITS = 18 }; /* the longest number that is looked at: fits int64_t */

/* A number as written, lowest digit first. */
struct number {
    const char *digits;
    size_t n;
};

struct reader {
    const char *at, *end;
};

static bool read_char(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static char read_one_of(struct reader *r, const char *set)
{
    if (r->at == r->end || !*r->at || !strchr(set, *r->at))
        return '\0';
    return *r->at++;
}

/* No empty one, no zero in front (which is written last) but 0's own. */
static bool read_number(struct reader *r, struct number *number)
{
    *number = (struct number){ r->at, 0 };
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    number->n = (size_t)(r->at - number->digits);
    return number->n > 0 && number->n <= DIGITS && (number->n == 1 || r->at[-1] != '0');
}

static int64_t value_of(struct number x)
{
    int64_t value = 0;

    while (x.n-- > 0)
        value = 10 * value + (x.digits[x.n] - '0');
    return value;
}

/* Remainders by 9 and by 11: the sum of the digits, and their alternating sum. */
struct rest {
    int nine, eleven;
};

static int reduce(int value, int by)
{
    value %= by;
    return value < 0 ? value + by : value;
}

static struct rest rest_of(struct number x)
{
    struct rest rest = { 0, 0 };

    for (size_t i = 0; i < x.n; i++) {
        int digit = x.digits[i] - '0';

        rest.nine += digit;
        rest.eleven += i % 2 ? -digit : digit;
    }
    return (struct rest){ reduce(rest.nine, 9), reduce(rest.eleven, 11) };
}

static bool rest_is(struct rest a, int nine, int eleven)
{
    return a.nine == reduce(nine, 9) && a.eleven == reduce(eleven, 11);
}

static bool is_sum(struct number a, struct number b, struct number sum)
{
    struct rest x = rest_of(a), y = rest_of(b);
    size_t longest = a.n > b.n ? a.n : b.n;

    return sum.n >= longest && sum.n <= longest + 1 && rest_is(rest_of(sum), x.nine + y.nine, x.eleven + y.eleven);
}

static bool is_difference(struct number a, struct number b, struct number rest)
{
    struct rest x = rest_of(a), y = rest_of(b);

    return rest.n <= a.n && rest_is(rest_of(rest), x.nine - y.nine, x.eleven - y.eleven);
}

/* a times the digit b[place], with as many zeros as its place asks for. */
static bool is_partial(struct number a, struct number b, size_t place, struct number partial)
{
    struct rest x = rest_of(a);
    int digit = b.digits[place] - '0';

    if (digit == 0 || (a.n == 1 && a.digits[0] == '0'))
        return partial.n == 1 && partial.digits[0] == '0';
    for (size_t i = 0; i < place; i++)
        if (i >= partial.n || partial.digits[i] != '0')
            return false;
    return partial.n >= a.n + place && partial.n <= a.n + place + 1 &&
           rest_is(rest_of(partial), x.nine * digit, x.eleven * digit * (place % 2 ? -1 : 1)); /* 10 is -1 by 11 */
}

static bool product_stands(struct number a, struct number b, struct reader *answer)
{
    struct number sum, partial, next;

    if (!read_number(answer, &sum) || !is_partial(a, b, 0, sum))
        return false;
    for (size_t place = 1; place < b.n; place++) {
        if (!read_char(answer, '+') || !read_number(answer, &partial) || !is_partial(a, b, place, partial) ||
            !read_char(answer, '=') || !read_number(answer, &next) || !is_sum(sum, partial, next))
            return false;
        sum = next;
    }
    return answer->at == answer->end;
}

static bool take(int64_t *numbers, size_t *n, int64_t value)
{
    for (size_t i = 0; i < *n; i++)
        if (numbers[i] == value) {
            numbers[i] = numbers[--*n];
            return true;
        }
    return false;
}

static bool follows(char op, int64_t a, int64_t b, int64_t c)
{
    int64_t result = 0;

    switch (op) {
    case '+':
        result = a + b; /* 18 digits each */
        break;
    case '-':
        result = a - b;
        break;
    case '*':
        if (__builtin_mul_overflow(a, b, &result))
            return false;
        break;
    default:
        if (b == 0 || a % b)
            return false;
        result = a / b;
    }
    return result > 0 && result == c;
}

/* numbers: (n) left to use; steps until the last result is the target. */
static bool countdown_stands(int64_t *numbers, size_t n, int64_t target, struct reader *answer)
{
    struct number a, b, c;
    int64_t result;

    do {
        char op = '\0';

        if (!read_number(answer, &a) || !(op = read_one_of(answer, "+-*/")) || !read_number(answer, &b) ||
            !read_char(answer, '=') || !read_number(answer, &c))
            return false;
        result = value_of(c);
        if (!take(numbers, &n, value_of(a)) || !take(numbers, &n, value_of(b)) ||
            !follows(op, value_of(a), value_of(b), result))
            return false;
        numbers[n++] = result;
    } while (read_char(answer, ';'));
    return answer->at == answer->end && result == target;
}

static int verify_countdown(struct number first, struct reader *prompt, struct reader *answer)
{
    int64_t numbers[PROBLEM_NUMBERS] = { value_of(first) };
    struct number number;
    size_t n = 1;
    char sign;

    do {
        if (!read_number(prompt, &number))
            return -1;
        numbers[n++] = value_of(number);
        sign = read_one_of(prompt, ",:");
    } while (sign == ',' && n < PROBLEM_NUMBERS);
    if (sign != ':' || !read_number(prompt, &number) || !read_char(prompt, '#') || prompt->at != prompt->end)
        return -1;
    return countdown_stands(numbers, n, value_of(number), answer) ? VERIFY_ACCEPTED : VERIFY_REJECTED;
}

static int verify(struct reader *prompt, struct reader *answer)
{
    struct number a, b, c;
    char op;
    bool stands;

    if (!read_number(prompt, &a))
        return -1;
    op = read_one_of(prompt, "+-*,");
    if (op == ',')
        return verify_countdown(a, prompt, answer);
    if (!op || !read_number(prompt, &b) || !read_char(prompt, '#') || prompt->at != prompt->end)
        return -1;
    if (op == '*')
        stands = product_stands(a, b, answer);
    else
        stands = read_number(answer, &c) && answer->at == answer->end &&
                 (op == '+' ? is_sum(a, b, c) : is_difference(a, b, c));
    return stands ? VERIFY_ACCEPTED : VERIFY_REJECTED;
}

int verify_answer(const char *prompt, const char *answer, size_t len, struct err *err)
{
    struct reader p = { prompt, prompt + strlen(prompt) }, a = { answer, answer + len };
    int result = verify(&p, &a);

    return result < 0 ? err_set(err, ERR_CONFIG, "'%s' is no problem that can be checked", prompt) : result;
}

bool verify_is_right(const struct problem *p, const char *answer, size_t len)
{
    struct reader whole = { answer, answer + len };
    struct number last;
    struct err err;

    if (p->level == PROBLEM_LEVELS)
        return verify_answer(p->prompt, answer, len, &err) == VERIFY_ACCEPTED;
    for (size_t i = 0; i < len; i++)
        if (answer[i] == '=')
            whole.at = answer + i + 1;
    return read_number(&whole, &last) && whole.at == whole.end && value_of(last) == p->target;
}
