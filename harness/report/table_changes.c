// SPDX-License-Identifier: MIT
#include "report/figure.h"
#include "report/grid.h"
#include "report/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "1.23 ms ±0.8%" */
static void value_cell(struct grid *grid, double value, double low, double high, const char *unit)
{
    struct estimate e = { .value = value, .low = low, .high = high };
    char number[FIGURE_TEXT], half[FIGURE_TEXT];
    struct text t = { 0 };
    bool exact = low == value && high == value;

    if (isnan(value))
        text_add(&t, "-");
    else if (strcmp(unit, "ns") == 0)
        text_add(&t, text_ns(number, value));
    else {
        text_addf(&t, "%s%s", figure_number(number, value), *unit && strcmp(unit, "x") != 0 ? " " : "");
        figure_clean(&t, strcmp(unit, "x") == 0 ? "×" : unit);
    }
    if (!isnan(value) && !exact)
        text_addf(&t, " ±%s", figure_plus_minus(half, &e));
    grid_cell(grid, t.data, NULL);
    text_free(&t);
}

/* "+3.2%"; from five-fold on as a factor, which is easier to grasp than "+1150%"; no percentage leads away from 0. */
static const char *ratio_text(char *buf, double ratio)
{
    char number[FIGURE_TEXT];

    if (isinf(ratio))
        snprintf(buf, FIGURE_TEXT, "from 0");
    else if (isnan(ratio))
        snprintf(buf, FIGURE_TEXT, "?");
    else if (ratio >= 5)
        snprintf(buf, FIGURE_TEXT, "%.30s×", figure_number(number, ratio));
    else
        snprintf(buf, FIGURE_TEXT, "%+.*f%%", fabs(ratio - 1) < 0.001 && ratio != 1 ? 2 : 1, 100 * (ratio - 1));
    return buf;
}

/* Better or worse, and is it said? */
static bool is_called(const struct change *c)
{
    return c->significant && figure_judges_change(c);
}

static void change_cells(struct grid *grid, const struct change *c)
{
    const char *colour = !is_called(c) ? NULL : c->better ? "\033[32m" : "\033[1;31m";
    char ratio[FIGURE_TEXT], low[FIGURE_TEXT], high[FIGURE_TEXT];
    struct text t = { 0 };

    grid_cell(grid, c->significant ? ratio_text(ratio, c->ratio) : "~", colour);
    if (c->low == c->ratio && c->high == c->ratio)
        text_add(&t, "exact");
    else if (isfinite(c->low) && isfinite(c->high))
        text_addf(&t, "[%s, %s]", ratio_text(low, c->low), ratio_text(high, c->high));
    else
        text_add(&t, "too few blocks");
    grid_cell(grid, t.data, NULL);
    t.len = 0;
    text_addf(&t, isnan(c->p) ? "-" : c->p < 0.0005 ? "<0.001" : "%.3f", c->p);
    grid_cell(grid, t.data, NULL);
    t.len = 0;
    text_addf(&t, "%zu+%zu", c->a.n_blocks, c->b.n_blocks);
    grid_cell(grid, t.data, "\033[2m");
    if (is_called(c))
        grid_cell(grid, c->better ? "better" : "worse", colour);
    text_free(&t);
}

static void clean_cell(struct grid *grid, const char *s, const char *colour)
{
    struct text t = { 0 };

    text_add(&t, "");
    figure_clean(&t, s);
    grid_cell(grid, t.data, colour);
    text_free(&t);
}

void table_epochs(const struct host *a, const struct host *b, const char *name_a, const char *name_b, struct text *out)
{
    const char *epoch_a = host_fact(a, "epoch"), *epoch_b = host_fact(b, "epoch");
    size_t n = 0;

    if (!*epoch_a || !*epoch_b || strcmp(epoch_a, epoch_b) == 0)
        return;
    text_addf(out, "the host changed between %s and %s: ", name_a, name_b);
    for (const char *const *key = host_epoch_keys; *key; key++) {
        const char *was = host_fact(a, *key), *is = host_fact(b, *key);

        if (strcmp(was, is) == 0)
            continue;
        text_addf(out, "%s%s ", n++ ? ", " : "", *key);
        figure_clean(out, *was ? was : "unknown");
        text_add(out, " → ");
        figure_clean(out, *is ? is : "unknown");
    }
    if (n == 0) { /* what one of the two programs hashed is not recorded under these names */
        text_add(out, "epoch ");
        figure_clean(out, epoch_a);
        text_add(out, " → ");
        figure_clean(out, epoch_b);
    }
    text_add(out, "; that alone may have moved times\n");
}

void table_changes(const struct change *changes, size_t n, const char *name_a, const char *name_b,
                   const struct table_style *style, struct text *out)
{
    struct grid grid = { .align = "llrrrlrrl" };
    const char *const header[] = { "case", "metric", name_a, name_b, "change", "[low, high]", "p", "blocks" };
    size_t better = 0, worse = 0, uncalled = 0;

    grid_row(&grid, false);
    for (size_t i = 0; i < ARRAY_LEN(header); i++)
        clean_cell(&grid, header[i], "\033[1m");
    for (size_t i = 0; i < n; i++) {
        struct change c = figure_change(&changes[i]);

        grid_row(&grid, false);
        clean_cell(&grid, c.case_id, NULL);
        clean_cell(&grid, c.metric, NULL);
        value_cell(&grid, c.a.value, c.a.low, c.a.high, c.unit);
        value_cell(&grid, c.b.value, c.b.low, c.b.high, c.unit);
        change_cells(&grid, &c);
        better += is_called(&c) && c.better;
        worse += is_called(&c) && !c.better;
        uncalled += c.significant && !is_called(&c);
    }
    grid_print(&grid, style->colour, out);
    text_addf(out, "\n%zu worse, %zu better, %zu without a significant change (~)\n", worse, better,
              n - worse - better - uncalled);
    if (uncalled)
        text_addf(out,
                  "%zu absolute time%s changed: not called better or worse, since two runs compare the moods of the "
                  "host too\n",
                  uncalled, uncalled == 1 ? "" : "s");
    grid_free(&grid);
}
