// SPDX-License-Identifier: MIT
#include "base/text.h"

#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_add(struct text *t, const char *s)
{
    size_t n = strlen(s);

    t->data = mem_grow(t->data, &t->capacity, t->len + n + 1, 1);
    memcpy(t->data + t->len, s, n + 1);
    t->len += n;
}

void text_addf(struct text *t, const char *fmt, ...)
{
    size_t room = t->capacity - t->len;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(t->data ? t->data + t->len : NULL, room, fmt, ap);
    va_end(ap);
    if (n < 0)
        BUG("bad format '%s'", fmt);
    if ((size_t)n >= room) { /* now it is known how much is needed */
        t->data = mem_grow(t->data, &t->capacity, t->len + (size_t)n + 1, 1);
        va_start(ap, fmt);
        vsnprintf(t->data + t->len, (size_t)n + 1, fmt, ap);
        va_end(ap);
    }
    t->len += (size_t)n;
}

void text_free(struct text *t)
{
    free(t->data);
    *t = (struct text){ 0 };
}

/* One brace-free pattern. A single point of return to the last `*` makes this linear in practice, never exponential.
 * `below` lets the pattern end where the id has a slash. */
static bool glob_plain(const char *p, const char *s)
{
    const char *star = NULL, *resume = NULL;

    for (;;) {
        if (*p == '*') {
            star = p++;
            resume = s;
        } else if ((*p == '\0' || (*p == '/' && p[1] == '\0')) && (*s == '\0' || *s == '/')) {
            return true;
        } else if (*s != '\0' && (*p == '?' || *p == *s)) {
            p++;
            s++;
        } else if (star && *resume != '\0') {
            p = star + 1;
            s = ++resume;
        } else {
            return false;
        }
    }
}

/* The comma or closing brace that ends the alternative starting at s, or NULL where braces do not balance. */
static const char *brace_end(const char *s, bool stop_at_comma)
{
    int depth = 0;

    for (; *s; s++) {
        if (*s == '{')
            depth++;
        else if (*s == '}' && depth-- == 0)
            return s;
        else if (*s == ',' && depth == 0 && stop_at_comma)
            return s;
    }
    return NULL;
}

int text_glob_check(const char *glob, struct err *err)
{
    size_t braces = 0;

    for (const char *c = glob; *c; c++)
        braces += *c == '{';
    if (!*glob)
        return err_set(err, ERR_USAGE, "an empty glob selects nothing ('*' selects everything)");
    if (strlen(glob) > GLOB_MAX || braces > GLOB_BRACES)
        return err_set(err, ERR_USAGE, "the glob '%.60s...' is too long, or has more than %d braces: give several globs", glob,
                       GLOB_BRACES);
    return 0;
}

bool text_glob(const char *glob, const char *id)
{
    const char *open = strchr(glob, '{'), *close = open ? brace_end(open + 1, false) : NULL;
    bool found = false;

    if (!close)
        return glob_plain(glob, id);
    for (const char *part = open + 1, *end; !found && part <= close; part = end + 1) {
        struct text t = { 0 };

        end = brace_end(part, true);
        text_addf(&t, "%.*s%.*s%s", (int)(open - glob), glob, (int)(end - part), part, close + 1);
        found = text_glob(t.data, id);
        text_free(&t);
    }
    return found;
}

bool text_globs(const char *const *globs, size_t n, const char *id)
{
    bool found = n == 0;

    for (size_t i = 0; !found && i < n; i++)
        found = text_glob(globs[i], id);
    return found;
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

/* Optimal string alignment distance; words longer than WORD_MAX are not slips of anything. */
enum { WORD_MAX = 160 };

static size_t distance(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b), row[3][WORD_MAX + 1], *before = row[0], *last = row[1], *now = row[2];

    if (na > WORD_MAX || nb > WORD_MAX)
        return WORD_MAX;
    for (size_t j = 0; j <= nb; j++)
        last[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t *spare = before;

        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        before = last;
        last = now;
        now = spare;
    }
    return last[nb];
}

const char *text_suggest(const char *word, const char *const *candidates, size_t n)
{
    size_t limit = strlen(word) / 3, best;
    const char *found = NULL;

    limit = limit < 1 ? 1 : limit > 4 ? 4 : limit;
    best = limit + 1;
    for (size_t i = 0; i < n; i++) {
        size_t d = distance(word, candidates[i]);

        if (d < best) {
            best = d;
            found = candidates[i];
        }
    }
    return found;
}

int text_int64(const char *s, int64_t low, int64_t high, int64_t *value, struct err *err)
{
    char *end;
    long long v;

    errno = 0;
    v = strtoll(s, &end, 10);
    if (end == s || *end != '\0' || strspn(s, "-0123456789") != strlen(s)) /* no blanks, no + */
        return err_set(err, ERR_USAGE, "'%s' is not a whole number", s);
    if (errno == ERANGE || v < low || v > high)
        return err_set(err, ERR_USAGE, "%s is out of range (%lld to %lld)", s, (long long)low, (long long)high);
    *value = v;
    return 0;
}

int text_double(const char *s, double low, double high, double *value, struct err *err)
{
    char *end;
    double v = strtod(s, &end);

    if (end == s || *end != '\0' || !isfinite(v) || strspn(s, "+-.0123456789eE") != strlen(s)) /* no blanks, no hex */
        return err_set(err, ERR_USAGE, "'%s' is not a number", s);
    if (v < low || v > high)
        return err_set(err, ERR_USAGE, "%s is out of range (%g to %g)", s, low, high);
    *value = v;
    return 0;
}

void text_copy(char *dst, size_t size, const char *s)
{
    size_t n = strlen(s);

    if (n >= size) {
        n = size - 1;
        while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80) /* the first byte left out continues a character */
            n--;
    }
    memmove(dst, s, n);
    dst[n] = '\0';
}

bool text_is_utf8(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;

    while (*p) {
        int more = *p < 0x80 ? 0 : *p >= 0xc2 && *p < 0xe0 ? 1 : *p >= 0xe0 && *p < 0xf0 ? 2 : *p >= 0xf0 && *p < 0xf5 ? 3 : -1;
        unsigned first = *p++;

        if (more < 0 || (first == 0xe0 && *p < 0xa0) || (first == 0xed && *p >= 0xa0) || (first == 0xf0 && *p < 0x90) ||
            (first == 0xf4 && *p >= 0x90))
            return false;
        for (; more > 0; more--)
            if ((*p++ & 0xc0) != 0x80)
                return false;
    }
    return true;
}

const char *text_ns(char *buf, double ns)
{
    static const struct { double scale; const char *unit; } units[] = {
        { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" }, { 1, "ns" },
    };
    size_t u = 0;

    while (u + 1 < ARRAY_LEN(units) && !(fabs(ns) >= 0.9995 * units[u].scale)) /* 999.6 ns is 1.00 us */
        u++;
    double v = ns / units[u].scale;
    snprintf(buf, TEXT_SHORT, "%.*f %s", fabs(v) >= 99.95 ? 0 : fabs(v) >= 9.995 ? 1 : 2, v, units[u].unit);
    return buf;
}
