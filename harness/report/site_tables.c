// SPDX-License-Identifier: MIT
#include "base/mem.h"
#include "report/figure.h"
#include "report/site_page.h"
#include "report/template.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *outcome_class(enum outcome outcome)
{
    return outcome == OUTCOME_INCONCLUSIVE                          ? "warn"
           : figure_is_bad(outcome)                                 ? "bad"
           : outcome == OUTCOME_PASS || outcome == OUTCOME_IMPROVED ? "good"
                                                                    : "mute";
}

static void badge(struct text *out, const char *class, const char *word)
{
    text_addf(out, "<span class=\"badge %s\">", class);
    template_escape(out, word);
    text_add(out, "</span>");
}

/* "MISSED TARGET" */
void site_outcome_badge(struct text *out, enum outcome outcome)
{
    char word[NAME_MAX_LEN];

    text_copy(word, sizeof(word), outcome_name(outcome));
    for (char *p = word; *p; p++)
        *p = *p == '_' ? ' ' : *p;
    badge(out, outcome_class(outcome), word);
}

/* What befell a case is worse than any verdict on its figures, and is known without a judge. */
static int status_outcome(enum case_status status)
{
    static const int outcomes[] = {
        [CASE_OK] = -1,
        [CASE_SKIPPED] = -1,
        [CASE_WRONG_RESULT] = OUTCOME_WRONG_RESULT,
        [CASE_CRASHED] = OUTCOME_CRASHED,
        [CASE_TIMED_OUT] = OUTCOME_TIMED_OUT,
        [CASE_FAILED] = OUTCOME_FAILED,
    };

    return outcomes[status];
}

/* One skipped variant does not make a scenario skipped: SKIPPED and NEW count only where nothing passed. */
int site_worst(const struct run_result *run, const struct site_scenario *s)
{
    int worst = -1;
    bool passed = false;

    for (size_t i = 0; i < run->n_cases; i++)
        if (!s || strcmp(run->cases[i].scenario, s->name) == 0)
            worst = worst > status_outcome(run->cases[i].status) ? worst : status_outcome(run->cases[i].status);
    for (size_t i = 0; run->judged && i < run->n_verdicts; i++) {
        const struct verdict *v = &run->verdicts[i];
        const struct case_result *c = run_case(run, v->case_id);

        if (s && !(c ? strcmp(c->scenario, s->name) == 0 : figure_belongs(v->case_id, s->name)))
            continue;
        passed |= v->outcome == OUTCOME_PASS || v->outcome == OUTCOME_IMPROVED;
        worst = worst > (int)v->outcome ? worst : (int)v->outcome;
    }
    if (worst >= 0 && passed && !figure_is_bad((enum outcome)worst))
        worst = worst == OUTCOME_IMPROVED ? OUTCOME_IMPROVED : OUTCOME_PASS;
    return worst;
}

void site_badge(struct text *out, const struct run_result *run, const struct site_scenario *s)
{
    int worst = site_worst(run, s);

    if (worst >= 0)
        site_outcome_badge(out, (enum outcome)worst);
    else
        badge(out, "mute", run->judged ? "NO VERDICT" : "NOT JUDGED");
}

void site_time(struct text *out, const char *started)
{
    text_add(out, "<time datetime=\"");
    template_escape(out, started);
    text_add(out, "\">");
    if (strlen(started) == 20 && started[10] == 'T' && started[19] == 'Z')
        text_addf(out, "%.10s %.5s UTC", started, started + 11);
    else
        template_escape(out, *started ? started : "unknown");
    text_add(out, "</time>");
}

void site_commit(struct text *out, const char *commit, bool dirty)
{
    char shown[13];

    text_copy(shown, sizeof(shown), commit);
    if (!*shown) {
        text_add(out, "unknown commit");
        return;
    }
    text_add(out, "<code>");
    template_escape(out, shown);
    text_addf(out, "</code>%s", dirty ? " with local changes" : "");
}

/* `label`: what a narrow screen, which has no header row, says before the value. */
static void labelled(struct text *out, const char *label, const char *class, const char *value)
{
    text_addf(out, *label ? "<td data-label=\"%s\"" : "<td%s", label);
    text_addf(out, *class ? " class=\"%s\">" : "%s>", class);
    template_escape(out, value);
    text_add(out, "</td>");
}

static void cell(struct text *out, const char *class, const char *value)
{
    labelled(out, "", class, value);
}

static void verdict_figures(struct text *out, const struct verdict *v, const char *unit)
{
    bool time = strcmp(v->metric, metric_time_ns.name) == 0;
    char value[FIGURE_TEXT], interval[FIGURE_TEXT], limit[FIGURE_TEXT];

    if (time) {
        labelled(out, "Measured", "num", isfinite(v->value) ? text_ns(value, v->value) : "-");
        labelled(out, "Limit", "num", isfinite(v->limit) ? text_ns(limit, v->limit) : "-");
        return;
    }
    text_add(out, "<td data-label=\"Measured\" class=\"num\">");
    template_escape(out, figure_number(value, v->value));
    if (*unit && isfinite(v->value)) {
        text_add(out, " ");
        template_escape(out, strcmp(unit, "x") == 0 ? "×" : unit);
    }
    if (isfinite(v->low) && isfinite(v->high) && v->low != v->high)
        text_addf(out, " <span class=\"range\">%s</span>", figure_interval(interval, v->low, v->high));
    text_add(out, "</td>");
    labelled(out, "Limit", "num", figure_number(limit, v->limit));
}

void site_verdict_row(struct text *out, const struct verdict *v, const char *unit, const char *shown)
{
    text_add(out, "<tr><td>");
    site_outcome_badge(out, v->outcome);
    text_add(out, "</td>");
    text_add(out, "<th scope=\"row\">");
    template_escape(out, shown);
    text_add(out, "</th>");
    labelled(out, "Metric", "", v->metric);
    verdict_figures(out, v, unit);
    labelled(out, "Against", "", against_name(v->against));
    labelled(out, "Reason", "reason", v->reason);
    text_add(out, "</tr>\n");
}

static void open_region(struct text *out, const char *classes, const char *label, const char *host)
{
    text_addf(out, "<div class=\"scroll %s\" role=\"region\" aria-label=\"%s%s", classes, label, *host ? " of " : "");
    template_escape(out, host);
    text_add(out, "\" tabindex=\"0\"><table>\n");
}

void site_verdict_head(struct text *out, const char *host)
{
    open_region(out, "stacked", "Verdicts", host);
    text_add(out, "<thead><tr><th scope=\"col\">Verdict</th><th scope=\"col\">Case</th>"
                  "<th scope=\"col\">Metric</th><th scope=\"col\" class=\"num\">Measured [low, high]</th>"
                  "<th scope=\"col\" class=\"num\">Limit</th><th scope=\"col\">Against</th>"
                  "<th scope=\"col\">Reason</th></tr></thead>\n<tbody>\n");
}

/* Verdicts carry no unit of their own: the case's estimate has it; the page's title says the rest of the id. */
static void verdict_row(struct text *out, const struct run_result *run, const struct verdict *v,
                        const struct site_scenario *s)
{
    const struct case_result *c = run_case(run, v->case_id);
    const struct estimate *e = c ? case_estimate(c, v->metric) : NULL;
    const char *id = v->case_id;

    if (figure_belongs(id, s->name) && id[strlen(s->name)] == '/')
        id += strlen(s->name) + 1;
    site_verdict_row(out, v, e ? e->unit : "", id);
}

void site_verdicts(struct text *out, const struct site_model *model, const struct site_scenario *s,
                   const struct run_result *run)
{
    const struct verdict **sorted;
    size_t shown = 0, passes = 0;

    text_add(out, "");
    if (!run->judged)
        return; /* the badge says so */
    sorted = figure_worst_first(run);
    for (size_t i = 0; i < run->n_verdicts; i++) {
        if (site_model_of_case(model, run, sorted[i]->case_id) != s)
            continue;
        if (sorted[i]->outcome == OUTCOME_PASS) {
            passes++;
            continue;
        }
        if (shown++ == 0)
            site_verdict_head(out, run->info.host.class);
        verdict_row(out, run, sorted[i], s);
    }
    if (shown)
        text_add(out, "</tbody></table></div>\n");
    text_addf(out, "<p>%zu verdict%s passed%s.</p>\n", passes, passes == 1 ? "" : "s", shown ? " besides" : "");
    free(sorted);
}

static void figures_head(struct text *out, const char *host, const struct estimate **own, size_t n_own)
{
    open_region(out, "figures", "Last figures", host);
    text_add(out, "<thead><tr>"
                  "<th scope=\"col\">Variant</th><th scope=\"col\" class=\"num\">Time</th>"
                  "<th scope=\"col\" class=\"num\">Speedup [low, high]</th>");
    for (size_t i = 0; i < n_own; i++) {
        text_add(out, "<th scope=\"col\" class=\"num\">");
        template_escape(out, own[i]->metric);
        if (*own[i]->unit) {
            text_add(out, " (");
            template_escape(out, own[i]->unit);
            text_add(out, ")");
        }
        text_add(out, "</th>");
    }
    text_add(out, "<th scope=\"col\" class=\"num\">Time ±</th><th scope=\"col\" class=\"num\">Spread</th>"
                  "<th scope=\"col\" class=\"num\">Blocks</th></tr></thead>\n");
}

static void figure_cells(struct text *out, const struct case_result *c, const struct estimate **own, size_t n_own)
{
    const struct estimate *time = case_estimate(c, metric_time_ns.name);
    const struct estimate *speedup = case_estimate(c, metric_speedup.name);
    char a[FIGURE_TEXT], b[FIGURE_TEXT];

    cell(out, "num", time && isfinite(time->value) ? text_ns(a, time->value) : "-");
    if (speedup)
        text_addf(out, "<td class=\"num\">%s × <span class=\"range\">%s</span></td>", figure_number(a, speedup->value),
                  figure_interval(b, speedup->low, speedup->high));
    else
        cell(out, "num", "");
    for (size_t i = 0; i < n_own; i++) {
        const struct estimate *e = case_estimate(c, own[i]->metric);

        cell(out, "num", e ? figure_number(a, e->value) : "-");
    }
    cell(out, "num", time ? figure_plus_minus(a, time) : "-");
    cell(out, "num", time ? figure_percent(a, time->spread) : "-");
    text_addf(out, "<td class=\"num\">%zu</td>", c->n_blocks);
}

static void figures_row(struct text *out, const struct case_result *c, const struct estimate **own, size_t n_own)
{
    text_add(out, "<tr><th scope=\"row\">");
    template_escape(out, c->variant);
    text_addf(out, "%s%s%s%s</th>", strcmp(c->variant, c->reference) == 0 ? " <small>reference</small>" : "",
              c->role != ROLE_OURS ? " <small>" : "", variant_role_note(c->role), c->role != ROLE_OURS ? "</small>" : "");
    if (c->status == CASE_OK) {
        figure_cells(out, c, own, n_own);
    } else {
        text_addf(out, "<td class=\"reason\" colspan=\"%zu\">", 5 + n_own);
        badge(out, c->status == CASE_SKIPPED ? "mute" : "bad", figure_status(c->status));
        text_add(out, " ");
        template_escape(out, *c->reason ? c->reason : "no reason given");
        text_add(out, "</td>");
    }
    text_add(out, "</tr>\n");
}

/* A cell of the matrix: its reference first, the others in the order of the run. */
static size_t figures_cell(struct text *out, const struct site_scenario *s, const struct run_result *run, size_t from,
                           bool *done, const struct estimate **own, size_t n_own)
{
    struct text params = { 0 };
    size_t n = 0;

    figure_params(&params, *run->cases[from].params ? run->cases[from].params : "all");
    text_addf(out, "<tbody><tr class=\"cell\"><th scope=\"rowgroup\" colspan=\"%zu\">", 6 + n_own);
    template_escape(out, params.data);
    text_add(out, "</th></tr>\n");
    for (int reference = 1; reference >= 0; reference--)
        for (size_t j = from; j < run->n_cases; j++) {
            const struct case_result *c = &run->cases[j];

            if (done[j] || strcmp(c->scenario, s->name) != 0 || strcmp(c->params, run->cases[from].params) != 0 ||
                (reference && strcmp(c->variant, c->reference) != 0))
                continue;
            figures_row(out, c, own, n_own);
            done[j] = true;
            n++;
        }
    text_add(out, "</tbody>\n");
    text_free(&params);
    return n;
}

void site_figures(struct text *out, const struct site_scenario *s, const struct run_result *run)
{
    size_t n_own, n = 0;
    const struct estimate **own = figure_own_metrics(run, s->name, &n_own);
    bool *done = mem_array(run->n_cases, sizeof(*done));
    struct text table = { 0 };

    figures_head(&table, run->info.host.class, own, n_own);
    for (size_t i = 0; i < run->n_cases; i++)
        if (!done[i] && strcmp(run->cases[i].scenario, s->name) == 0)
            n += figures_cell(&table, s, run, i, done, own, n_own);
    text_add(&table, "</table></div>\n");
    if (n == 0)
        text_add(out, "<p>This run did not measure it.</p>\n");
    else
        site_fold(out, "Figures of the last run", n, table.data);
    text_free(&table);
    free(done);
    free(own);
}

void site_fold(struct text *out, const char *what, size_t n, const char *html)
{
    enum { SEEN_MOST = 24 };

    if (n > SEEN_MOST)
        text_addf(out, "<details><summary>%s: %zu rows</summary>\n%s</details>\n", what, n, html);
    else
        text_add(out, html);
}
