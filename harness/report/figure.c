// SPDX-License-Identifier: MIT
#include "report/figure.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the well-formed UTF-8 sequence at s, 0 where it is none (Unicode 15, table 3-7). */
static size_t utf8_length(const unsigned char *s)
{
    size_t n = s[0] < 0x80                   ? 1
               : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
               : (s[0] & 0xf0) == 0xe0       ? 3
               : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                             : 0;

    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0)) /* overlong; surrogates */
        return 0;
    if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90)) /* overlong; beyond U+10FFFF */
        return 0;
    return n;
}

/* What would move the cursor, hide or reorder text, or is no character of XML: not to be printed. */
static bool is_control(const unsigned char *s, size_t n)
{
    if (n == 1)
        return s[0] < 0x20 || s[0] == 0x7f;
    if (n == 2)
        return s[0] == 0xc2 && s[1] < 0xa0;
    if (n == 3 && s[0] == 0xe2) /* U+2028..202e, U+2066..2069: line ends and bidirectional overrides */
        return (s[1] == 0x80 && s[2] >= 0xa8 && s[2] <= 0xae) || (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9);
    return n == 3 && s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe; /* U+fffe, U+ffff */
}

/* Bytes at s that a CI runner would take for the beginning of a command in its log: "::" in front, "##[" anywhere. */
static size_t command_length(const char *s, bool in_front)
{
    return in_front && strncmp(s, "::", 2) == 0 ? 1 : strncmp(s, "##[", 3) == 0 ? 2 : 0;
}

void figure_clean(struct text *out, const char *s)
{
    bool in_front = true;

    while (*s) {
        size_t n = utf8_length((const unsigned char *)s), command = command_length(s, in_front);

        in_front = in_front && (*s == ' ' || (n && is_control((const unsigned char *)s, n)));
        if (command)
            text_addf(out, "%.*s ", (int)(n = command), s);
        else if (n == 0)
            text_add(out, "?");
        else if (is_control((const unsigned char *)s, n))
            text_add(out, " ");
        else
            text_addf(out, "%.*s", (int)n, s);
        s += n ? n : 1;
    }
}

size_t figure_columns(const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += (*s & 0xc0) != 0x80;
    return n;
}

const char *figure_time_unit(double ns, double *scale)
{
    static const struct {
        double scale;
        const char *name;
    } units[] = {
        { 1e9, "s" },
        { 1e6, "ms" },
        { 1e3, "us" },
        { 1, "ns" },
    };
    size_t u = 0;

    while (u + 1 < ARRAY_LEN(units) && !(isfinite(ns) && fabs(ns) >= units[u].scale))
        u++;
    *scale = units[u].scale;
    return units[u].name;
}

const char *figure_number(char *buf, double value)
{
    double size = fabs(value);

    if (isnan(value))
        snprintf(buf, FIGURE_TEXT, "-");
    else if (isinf(value))
        snprintf(buf, FIGURE_TEXT, value > 0 ? "inf" : "-inf");
    else if (value == floor(value) && size < 1e15)
        snprintf(buf, FIGURE_TEXT, "%.0f", value); /* a count of bytes is shown whole */
    else if (size >= 1e15 || size < 1e-6)
        snprintf(buf, FIGURE_TEXT, "%.2e", value);
    else
        snprintf(buf, FIGURE_TEXT, "%.*f", size >= 100 ? 0 : 2 - (int)floor(log10(size)), value);
    return buf;
}

const char *figure_with_unit(char *buf, double value, const char *unit)
{
    char number[FIGURE_TEXT];

    if (strcmp(unit, "ns") == 0 && isfinite(value))
        return text_ns(buf, value);
    figure_number(number, value);
    snprintf(buf, FIGURE_TEXT, *unit && isfinite(value) ? "%.19s %.20s" : "%.19s", number, strcmp(unit, "x") == 0 ? "×" : unit);
    return buf;
}

const char *figure_percent(char *buf, double fraction)
{
    double percent = 100 * fraction;

    if (isnan(fraction))
        snprintf(buf, FIGURE_TEXT, "-");
    else
        snprintf(buf, FIGURE_TEXT, "%.*f%%",
                 fabs(percent) < 0.1 && percent != 0 ? 2
                 : fabs(percent) < 100               ? 1
                                                     : 0,
                 percent);
    return buf;
}

const char *figure_plus_minus(char *buf, const struct estimate *e)
{
    double half = fmax(e->high - e->value, e->value - e->low);

    if (!isfinite(e->low) || !isfinite(e->high) || !isfinite(e->value) || e->value == 0)
        snprintf(buf, FIGURE_TEXT, "?");
    else
        figure_percent(buf, half / fabs(e->value));
    return buf;
}

const char *figure_interval(char *buf, double low, double high)
{
    char a[FIGURE_TEXT], b[FIGURE_TEXT];

    if (!isfinite(low) || !isfinite(high))
        snprintf(buf, FIGURE_TEXT, "[?, ?]");
    else
        snprintf(buf, FIGURE_TEXT, "[%.17s, %.17s]", figure_number(a, low), figure_number(b, high));
    return buf;
}

void figure_params(struct text *out, const char *params)
{
    size_t from = out->len;

    figure_clean(out, *params ? params : "-");
    for (size_t i = from; i < out->len; i++)
        if (out->data[i] == '/')
            out->data[i] = ' ';
}

const struct estimate **figure_own_metrics(const struct run_result *run, const char *scenario, size_t *n)
{
    const struct estimate **found = NULL;
    size_t capacity = 0;

    *n = 0;
    for (size_t i = 0; i < run->n_cases; i++) {
        const struct case_result *c = &run->cases[i];

        if (strcmp(c->scenario, scenario) != 0)
            continue;
        for (size_t j = 0; j < c->n_estimates; j++) {
            const struct estimate *e = &c->estimates[j];
            size_t k = 0;

            if (strcmp(e->metric, metric_time_ns.name) == 0 || strcmp(e->metric, metric_speedup.name) == 0)
                continue;
            while (k < *n && strcmp(found[k]->metric, e->metric) != 0)
                k++;
            if (k < *n)
                continue;
            found = mem_grow(found, &capacity, *n + 1, sizeof(void *));
            k = strcmp(e->metric, metric_roof_percent.name) == 0 ? 0 : *n; /* what travels from host to host: first */
            memmove(found + k + 1, found + k, (*n - k) * sizeof(*found));
            found[k] = e;
            ++*n;
        }
    }
    return found;
}

bool figure_belongs(const char *case_id, const char *scenario)
{
    size_t n = strlen(scenario);

    return strncmp(case_id, scenario, n) == 0 && (case_id[n] == '/' || case_id[n] == '\0');
}

bool figure_tells_change(const struct verdict *v)
{
    return isfinite(v->change.value) && v->change.value > 0;
}

static int compare_verdicts(const void *a, const void *b)
{
    const struct verdict *x = *(const struct verdict *const *)a, *y = *(const struct verdict *const *)b;
    int d = (int)y->outcome - (int)x->outcome;

    if (d == 0 && figure_tells_change(x) && figure_tells_change(y))
        d = (y->change.value > x->change.value) - (y->change.value < x->change.value);
    else if (d == 0)
        d = figure_tells_change(y) - figure_tells_change(x);
    d = d ? d : strverscmp(x->case_id, y->case_id); /* n=512 before n=1024 */
    d = d ? d : strcmp(x->metric, y->metric);
    return d ? d : (int)x->against - (int)y->against;
}

const struct verdict **figure_worst_first(const struct run_result *run)
{
    const struct verdict **sorted = mem_array(run->n_verdicts, sizeof(void *));

    for (size_t i = 0; i < run->n_verdicts; i++)
        sorted[i] = &run->verdicts[i];
    if (run->n_verdicts)
        qsort(sorted, run->n_verdicts, sizeof(void *), compare_verdicts);
    return sorted;
}

bool figure_is_bad(enum outcome outcome)
{
    return outcome >= OUTCOME_INCONCLUSIVE;
}

const char *figure_outcome(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_PASS:
        return "pass";
    case OUTCOME_IMPROVED:
        return "improved";
    case OUTCOME_NEW:
        return "new";
    case OUTCOME_SKIPPED:
        return "skipped";
    default:
        return outcome_name(outcome);
    }
}

void figure_counts(struct text *out, const struct run_result *run)
{
    const char *separator = "";

    for (int outcome = OUTCOME_WRONG_RESULT; outcome >= OUTCOME_PASS; outcome--) {
        size_t n = 0;

        for (size_t i = 0; i < run->n_verdicts; i++)
            n += (int)run->verdicts[i].outcome == outcome;
        if (n == 0)
            continue;
        text_addf(out, "%s%zu %s", separator, n, figure_outcome((enum outcome)outcome));
        separator = ", ";
    }
    if (run->n_verdicts == 0)
        text_add(out, "nothing judged");
}

void figure_headline(struct text *out, const struct run_result *run)
{
    text_addf(out, "%s: ", run->exit == 0 ? "PASS" : run->exit == 3 ? "INCONCLUSIVE" : "FAIL");
    figure_counts(out, run);
    text_addf(out, " (exit %d: %s)", run->exit, figure_exit(run->exit));
}

const char *figure_exit(int status)
{
    static const char *const words[] = {
        "pass",
        "a regression, a missed target or a wrong result",
        "usage or configuration",
        "inconclusive, or the host is not fit to measure",
        "the harness itself failed",
    };

    return status >= 0 && status < (int)ARRAY_LEN(words) ? words[status] : "unknown";
}

const char *figure_status(enum case_status status)
{
    static const char *const words[] = {
        [CASE_OK] = "ok",           [CASE_SKIPPED] = "SKIPPED",     [CASE_WRONG_RESULT] = "WRONG RESULT",
        [CASE_CRASHED] = "CRASHED", [CASE_TIMED_OUT] = "TIMED OUT", [CASE_FAILED] = "FAILED",
    };

    return words[status];
}

static bool is_exact(const struct change *c)
{
    return c->a.low == c->a.value && c->a.high == c->a.value && c->b.low == c->b.value && c->b.high == c->b.value;
}

struct change figure_change(const struct change *change)
{
    struct change c = *change;

    if (is_exact(&c) && c.a.value == c.b.value)
        c.ratio = c.low = c.high = 1;
    return c;
}

bool figure_judges_change(const struct change *change)
{
    return is_exact(change) || strcmp(change->metric, metric_speedup.name) == 0;
}

const char *figure_role(enum variant_role role)
{
    static const char *const notes[] = { [ROLE_OURS] = "", [ROLE_PEER] = " (peer)", [ROLE_ROOF] = " (roof)" };

    return notes[role];
}
