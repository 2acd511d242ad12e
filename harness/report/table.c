// SPDX-License-Identifier: MIT
#include "report/table.h"

#include "report/figure.h"
#include "report/grid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOLD   "\033[1m"
#define DIM    "\033[2m"
#define RED    "\033[1;31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"

static const char *outcome_colour(enum outcome outcome)
{
    return outcome == OUTCOME_INCONCLUSIVE                          ? YELLOW
           : figure_is_bad(outcome)                                 ? RED
           : outcome == OUTCOME_SKIPPED                             ? DIM
           : outcome == OUTCOME_PASS || outcome == OUTCOME_IMPROVED ? GREEN
                                                                    : NULL;
}

/* A cell from outside. */
static void cell(struct grid *grid, const char *s, const char *colour)
{
    struct text t = { 0 };

    text_add(&t, "");
    figure_clean(&t, s);
    grid_cell(grid, t.data, colour);
    text_free(&t);
}

static void time_cells(struct grid *grid, const struct case_result *c, double scale)
{
    const struct estimate *e = case_estimate(c, metric_time_ns.name);
    char buf[FIGURE_TEXT];

    grid_cell(grid, e ? figure_number(buf, e->value / scale) : "-", NULL);
    grid_cell(grid, e ? figure_plus_minus(buf, e) : "-", NULL);
    grid_cell(grid, e ? figure_percent(buf, e->spread) : "-", DIM);
}

static void speedup_cells(struct grid *grid, const struct case_result *c)
{
    const struct estimate *e = case_estimate(c, metric_speedup.name);
    char buf[FIGURE_TEXT], times[FIGURE_TEXT + 4];

    if (!e) {
        grid_cell(grid, "", NULL);
        grid_cell(grid, "", NULL);
        return;
    }
    snprintf(times, sizeof(times), "%s×", figure_number(buf, e->value));
    grid_cell(grid, times, BOLD);
    grid_cell(grid, figure_interval(buf, e->low, e->high), NULL);
}

/* "naive (reference)" */
static void variant_cell(struct grid *grid, const struct case_result *c)
{
    struct text t = { 0 };

    text_add(&t, "  ");
    figure_clean(&t, c->variant);
    if (strcmp(c->variant, c->reference) == 0)
        text_add(&t, " (reference)");
    text_add(&t, figure_role(c->role));
    grid_cell(grid, t.data, NULL);
    text_free(&t);
}

static void case_row(struct grid *grid, const struct case_result *c, double scale, const struct estimate **own,
                     size_t n_own)
{
    char buf[FIGURE_TEXT];

    grid_row(grid, false);
    variant_cell(grid, c);
    if (c->status != CASE_OK) {
        struct text t = { 0 };

        text_addf(&t, "%s: ", figure_status(c->status));
        figure_clean(&t, *c->reason ? c->reason : "no reason given");
        grid_tail(grid, t.data, c->status == CASE_SKIPPED ? DIM : RED);
        text_free(&t);
        return;
    }
    time_cells(grid, c, scale);
    speedup_cells(grid, c);
    for (size_t i = 0; i < n_own; i++) {
        const struct estimate *e = case_estimate(c, own[i]->metric);

        grid_cell(grid, e ? figure_number(buf, e->value) : "-", NULL);
    }
    snprintf(buf, sizeof(buf), "%zu", c->n_blocks);
    grid_cell(grid, buf, DIM);
}

static void header_row(struct grid *grid, const char *params, const char *unit, const struct estimate **own,
                       size_t n_own)
{
    struct text t = { 0 };

    grid_row(grid, true);
    figure_params(&t, params);
    grid_cell(grid, t.data, BOLD);
    t.len = 0;
    text_addf(&t, "time (%s)", unit);
    grid_cell(grid, t.data, DIM);
    grid_cell(grid, "±", DIM);
    grid_cell(grid, "spread", DIM);
    grid_cell(grid, "speedup", DIM);
    grid_cell(grid, "[low, high]", DIM);
    for (size_t i = 0; i < n_own; i++) {
        t.len = 0;
        text_addf(&t, *own[i]->unit ? "%s (%s)" : "%s%s", own[i]->metric, own[i]->unit);
        cell(grid, t.data, DIM);
    }
    grid_cell(grid, "blocks", DIM);
    text_free(&t);
}

static bool same_comparison(const struct case_result *a, const struct case_result *b)
{
    return strcmp(a->scenario, b->scenario) == 0 && strcmp(a->params, b->params) == 0;
}

/* The unit in which the fastest variant of a comparison has a digit before the point: all rows share it. */
static const char *comparison_unit(const struct run_result *run, const struct case_result *first, double *scale)
{
    double fastest = NAN;

    for (size_t i = 0; i < run->n_cases; i++) {
        const struct estimate *e = case_estimate(&run->cases[i], metric_time_ns.name);

        if (e && run->cases[i].status == CASE_OK && same_comparison(&run->cases[i], first))
            fastest = fmin(fastest, e->value); /* fmin() leaves a NAN out */
    }
    return figure_time_unit(fastest, scale);
}

static void comparison_rows(struct grid *grid, const struct run_result *run, const struct case_result *first,
                            const struct estimate **own, size_t n_own)
{
    double scale;
    const char *unit = comparison_unit(run, first, &scale);

    header_row(grid, first->params, unit, own, n_own);
    for (int reference = 1; reference >= 0; reference--)
        for (size_t i = 0; i < run->n_cases; i++) {
            const struct case_result *c = &run->cases[i];

            if (same_comparison(c, first) && (strcmp(c->variant, c->reference) == 0) == reference)
                case_row(grid, c, scale, own, n_own);
        }
}

/* Is cases[i] the first of its comparison (or of its scenario)? Reports keep the order of the run. */
static bool is_first(const struct run_result *run, size_t i, bool of_scenario)
{
    for (size_t j = 0; j < i; j++)
        if (of_scenario ? strcmp(run->cases[j].scenario, run->cases[i].scenario) == 0
                        : same_comparison(&run->cases[j], &run->cases[i]))
            return false;
    return true;
}

static void scenario_table(const struct run_result *run, size_t first, const struct table_style *style,
                           struct text *out)
{
    const char *scenario = run->cases[first].scenario;
    struct grid grid = { .align = "lrrrrlrrrrrrrrrrrrrrrrrr" };
    size_t n_own;
    const struct estimate **own = figure_own_metrics(run, scenario, &n_own);

    text_addf(out, "%s%s", out->len && first ? "\n" : "", style->colour ? BOLD : "");
    figure_clean(out, scenario);
    text_addf(out, "%s\n", style->colour ? "\033[0m" : "");
    for (size_t i = first; i < run->n_cases; i++)
        if (strcmp(run->cases[i].scenario, scenario) == 0 && is_first(run, i, false))
            comparison_rows(&grid, run, &run->cases[i], own, n_own);
    grid_print(&grid, style->colour, out);
    grid_free(&grid);
    free(own);
}

static bool lacks_interval(const struct run_result *run)
{
    for (size_t i = 0; i < run->n_cases; i++)
        for (size_t j = 0; j < run->cases[i].n_estimates; j++) {
            const struct estimate *e = &run->cases[i].estimates[j];

            if (e->kind == METRIC_TIMED && run->cases[i].status == CASE_OK && !(isfinite(e->low) && isfinite(e->high)))
                return true;
        }
    return false;
}

void table_run(const struct run_result *run, const struct table_style *style, struct text *out)
{
    if (run->n_cases == 0)
        text_add(out, "no cases\n");
    for (size_t i = 0; i < run->n_cases; i++)
        if (is_first(run, i, true))
            scenario_table(run, i, style, out);
    if (lacks_interval(run))
        text_add(out, "\n?: too few blocks for an interval\n");
}

void table_verdicts(const struct run_result *run, bool all, const struct table_style *style, struct text *out)
{
    struct grid grid = { .align = "llll" };
    const struct verdict **sorted;

    if (!run->judged) {
        text_add(out, "gate: not judged\n");
        return;
    }
    sorted = figure_worst_first(run);
    for (size_t i = 0; i < run->n_verdicts && (all || sorted[i]->outcome != OUTCOME_PASS); i++) {
        const struct verdict *v = sorted[i];
        struct text reason = { 0 };

        grid_row(&grid, false);
        grid_cell(&grid, outcome_name(v->outcome), outcome_colour(v->outcome));
        cell(&grid, v->case_id, NULL);
        cell(&grid, v->metric, NULL);
        text_add(&reason, "");
        figure_clean(&reason, v->reason);
        grid_tail(&grid, reason.data, NULL);
        text_free(&reason);
    }
    grid_print(&grid, style->colour, out);
    text_addf(out, "%s%sgate: ", grid.n_rows ? "\n" : "", !style->colour ? "" : run->exit == 0 ? GREEN : RED);
    figure_counts(out, run);
    text_addf(out, ": exit %d (%s)%s\n", run->exit, figure_exit(run->exit), style->colour ? "\033[0m" : "");
    grid_free(&grid);
    free(sorted);
}
