// SPDX-License-Identifier: MIT
#include "report/site_fall.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double site_fall_time(const struct case_result *c)
{
    const struct estimate *e = case_estimate(c, metric_time_ns.name);

    return e && e->value > 0 && isfinite(e->value) ? e->value : NAN;
}

/* The time of the variant with exactly these letters on; NAN where there is none. */
static double time_with(const struct case_result *const *cases, size_t n, const char *on)
{
    for (size_t i = 0; i < n; i++) {
        const char *name = strcmp(cases[i]->variant, "none") == 0 ? "" : cases[i]->variant;

        if (strlen(name) == strlen(on) && strspn(name, on) == strlen(name) && strspn(on, name) == strlen(on))
            return site_fall_time(cases[i]);
    }
    return NAN;
}

static void set_bar(struct site_fall_bar *bar, double low, double high, const char *name, const char *sign, double factor)
{
    *bar = (struct site_fall_bar){ .low = low, .high = high };
    text_copy(bar->name, sizeof(bar->name), name);
    snprintf(bar->text, sizeof(bar->text), "%s%.2f×", sign, factor);
}

static void set_whole(struct site_fall_bar *bar, double high, const char *name)
{
    set_bar(bar, 1, high, name, "", high);
    bar->whole = true;
}

/* The reference, and variants that are no set of the letters. */
static void add_others(const struct case_result *const *cases, size_t n, const char *letters, double none, struct site_fall *fall)
{
    for (size_t i = 0; i < n && fall->n < SITE_FALL_BARS; i++) {
        const char *name = cases[i]->variant;
        bool reference = strcmp(name, cases[i]->reference) == 0;

        if (strcmp(name, "none") != 0 && strcmp(name, letters) != 0 && (reference || name[strspn(name, letters)]))
            set_whole(&fall->bars[fall->n++], none / site_fall_time(cases[i]), name);
    }
}

bool site_fall_find(const struct case_result *const *cases, size_t n, struct site_fall *fall)
{
    double none = time_with(cases, n, ""), at = none;
    char on[SITE_FALL_BARS] = "";

    *fall = (struct site_fall){ 0 };
    if (isnan(none))
        return false;
    set_whole(&fall->bars[fall->n++], 1, "none");
    for (;;) { /* the letter that helps most comes next */
        char best = 0, with[SITE_FALL_BARS + 1], name[4];
        double best_time = INFINITY;
        size_t letters = strlen(on);

        for (char c = 'a'; c <= 'z' && strlen(on) + 2 < sizeof(on); c++) {
            double t;

            memcpy(with, on, letters);
            with[letters] = c;
            with[letters + 1] = '\0';
            t = strchr(on, c) ? NAN : time_with(cases, n, with);
            if (t < best_time) {
                best_time = t;
                best = c;
            }
        }
        if (!best || fall->n + 2 > SITE_FALL_BARS)
            break;
        snprintf(name, sizeof(name), "+%c", best);
        set_bar(&fall->bars[fall->n++], none / at, none / best_time, name, "", at / best_time);
        on[letters] = best;
        at = best_time;
    }
    if (fall->n < 3)
        return false;
    set_whole(&fall->bars[fall->n++], none / at, on);
    fall->n_steps = fall->n;
    add_others(cases, n, on, none, fall);
    return true;
}
