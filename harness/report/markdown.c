// SPDX-License-Identifier: MIT
#include "report/markdown.h"

#include "report/figure.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that the rows may reach. The limit of a step summary is 1 MiB = 1048576, and what follows the last row is a few
 * hundred bytes. Each table has its share, so that neither hides the other. */
enum { VERDICTS_MAX = 500 * 1000, ALL_MAX = 1000 * 1000 };

enum { WORST_MAX = 10 }; /* rows that are not folded away */

/* Takes the last row back where it ended beyond the limit. */
static bool row_fits(struct text *out, size_t before, size_t limit)
{
    if (out->len <= limit)
        return true;
    out->len = before;
    out->data[before] = '\0';
    return false;
}

/* Would GitHub send somebody a mail? "recall@10" is no mention, "@10" would be one. */
static bool is_mention(const char *text, const char *at)
{
    return *at == '@' && (at == text || !isalnum((unsigned char)at[-1]));
}

/* Backslashes rather than entities where GitHub takes both: the source stays readable in a log. `$` would begin
 * mathematics. An underscore inside a word is no emphasis, so ids keep theirs. A mention is looked for behind all
 * escapes, so that only something in between breaks it. */
void markdown_text(struct text *out, const char *s)
{
    struct text clean = { 0 };

    text_add(&clean, "");
    figure_clean(&clean, s);
    for (const char *p = clean.data; *p; p++) {
        if (*p == '<')
            text_add(out, "&lt;");
        else if (*p == '>')
            text_add(out, "&gt;");
        else if (*p == '&')
            text_add(out, "&amp;");
        else if (strchr("\\`*[]|~#$!", *p))
            text_addf(out, "\\%c", *p);
        else if (*p == '_' && (p == clean.data || p[-1] == ' ' || p[1] == ' ' || p[1] == '\0'))
            text_add(out, "\\_");
        else if (is_mention(clean.data, p))
            text_add(out, "@<!-- -->");
        else
            text_addf(out, "%c", *p);
    }
    text_free(&clean);
}

/* The verdict, in the first line. */
static void headline(const struct run_result *run, struct text *out)
{
    text_add(out, "### ");
    if (run->judged)
        figure_headline(out, run);
    else
        text_addf(out, "Not judged: %zu cases measured", run->n_cases);
    text_add(out, "\n\n");
}

/* What was measured, and where. */
static void circumstances(const struct run_result *run, struct text *out)
{
    const struct run_info *info = &run->info;

    text_add(out, "\n");
    if (*info->commit) {
        text_add(out, "commit ");
        markdown_text(out, info->commit);
        text_addf(out, "%s, ", info->dirty ? " with local changes" : "");
    }
    text_add(out, "host class ");
    markdown_text(out, *info->host.class ? info->host.class : "unknown");
    if (*info->started) {
        text_add(out, ", ");
        markdown_text(out, info->started);
    }
    if (isfinite(info->seconds))
        text_addf(out, ", %.0f s", info->seconds);
    if (*info->command) {
        text_add(out, ", pawl ");
        markdown_text(out, info->command);
    }
    text_add(out, "\n");
}

static void more(struct text *out, size_t n)
{
    if (n)
        text_addf(out, "\n%zu more rows\n", n);
}

/* "time +13.2 % (speedup 6.50, was 7.50)", or where no change is told the reason in words. */
static void change_text(struct text *out, const struct verdict *v)
{
    char now[FIGURE_TEXT], was[FIGURE_TEXT];

    if (!figure_tells_change(v)) {
        markdown_text(out, v->reason);
        return;
    }
    text_addf(out, "time %+.1f %%", (v->change.value - 1) * 100);
    if (v->against != AGAINST_BASELINE)
        return;
    text_add(out, " (");
    markdown_text(out, v->metric);
    text_addf(out, " %s, was %s)", figure_number(now, v->value), figure_number(was, v->limit));
}

/* "[+10.1, +16.3] %, 16 blocks, from 1.2 % on": the interval, what it rests on, and the least change it could tell. */
static void certainty_text(struct text *out, const struct verdict *v)
{
    char range[FIGURE_TEXT];

    if (figure_tells_change(v) && isfinite(v->change.low) && isfinite(v->change.high))
        text_addf(out, "[%+.1f, %+.1f] %%", (v->change.low - 1) * 100, (v->change.high - 1) * 100);
    else if (v->n_blocks)
        text_add(out, figure_interval(range, v->low, v->high));
    else
        text_add(out, isfinite(v->value) ? "exact" : "-");
    if (v->n_blocks)
        text_addf(out, ", %zu %s", v->n_blocks, v->against == AGAINST_REF ? "pairs of blocks" : "blocks");
    if (v->n_blocks && isfinite(v->detectable))
        text_addf(out, ", from %.1f %% on", v->detectable * 100);
}

static void since_text(struct text *out, const struct verdict *v)
{
    char commit[13];

    snprintf(commit, sizeof(commit), "%.12s", v->since);
    markdown_text(out, *commit ? commit : "-");
    if (*commit && strncmp(commit, "build-", 6) != 0) /* else it is no commit: another build that was given */
        text_addf(out, " (%s)", v->against == AGAINST_REF ? "merge base" : "accepted");
}

/* What a reviewer looks at: the worst, in a screen. What could not be told is among it, and what became faster. */
static void worst_table(const struct run_result *run, const struct verdict *const *sorted, struct text *out)
{
    size_t n = 0, left = 0;

    for (size_t i = 0; i < run->n_verdicts; i++) {
        const struct verdict *v = sorted[i];

        if (!figure_is_bad(v->outcome) && v->outcome != OUTCOME_IMPROVED)
            continue;
        if (n == WORST_MAX) {
            left++;
            continue;
        }
        if (n++ == 0)
            text_add(out, "| verdict | case | what changed | how sure | since |\n|---|---|---|---|---|\n");
        text_addf(out, figure_is_bad(v->outcome) ? "| **%s** | " : "| %s | ", outcome_name(v->outcome));
        markdown_text(out, v->case_id);
        text_add(out, " | ");
        change_text(out, v);
        text_add(out, " | ");
        certainty_text(out, v);
        text_add(out, " | ");
        since_text(out, v);
        text_add(out, " |\n");
    }
    if (left)
        text_addf(out, "\n%zu more, below\n", left);
}

/* All that is not a plain pass, with its reason in words; folded. */
static void verdict_table(const struct run_result *run, const struct verdict *const *sorted, size_t start,
                          struct text *out)
{
    size_t n = 0, i;

    while (n < run->n_verdicts && sorted[n]->outcome != OUTCOME_PASS)
        n++;
    if (n == 0)
        return;
    text_addf(out, "\n<details><summary>In words: %zu verdict%s that %s no plain pass</summary>\n\n", n, n == 1 ? "" : "s",
              n == 1 ? "is" : "are");
    text_add(out, "| verdict | case | metric | against | reason |\n|---|---|---|---|---|\n");
    for (i = 0; i < n; i++) {
        const struct verdict *v = sorted[i];
        size_t before = out->len;

        text_addf(out, figure_is_bad(v->outcome) ? "| **%s** | " : "| %s | ", outcome_name(v->outcome));
        markdown_text(out, v->case_id);
        text_add(out, " | ");
        markdown_text(out, v->metric);
        text_addf(out, " | %s | ", against_name(v->against));
        markdown_text(out, v->reason);
        text_add(out, " |\n");
        if (!row_fits(out, before, start + VERDICTS_MAX))
            break;
    }
    more(out, n - i);
    text_add(out, "\n</details>\n");
}

static void time_text(struct text *out, const struct case_result *c)
{
    const struct estimate *e = case_estimate(c, metric_time_ns.name);
    char buf[FIGURE_TEXT], half[FIGURE_TEXT];

    if (e && isfinite(e->value))
        text_addf(out, "%s ±%s", text_ns(buf, e->value), figure_plus_minus(half, e));
    else
        text_add(out, "-");
}

static void speedup_text(struct text *out, const struct case_result *c)
{
    const struct estimate *e = case_estimate(c, metric_speedup.name);
    char buf[FIGURE_TEXT], range[FIGURE_TEXT];

    if (e)
        text_addf(out, "%s× %s", figure_number(buf, e->value), figure_interval(range, e->low, e->high));
}

/* Names and figures of a scenario differ from those of the next one: one cell holds them all, "gflops 20.9 GFLOP/s". */
static void own_text(struct text *out, const struct case_result *c)
{
    const char *separator = "";

    for (size_t i = 0; i < c->n_estimates; i++) {
        const struct estimate *e = &c->estimates[i];
        char buf[FIGURE_TEXT];

        if (strcmp(e->metric, metric_time_ns.name) == 0 || strcmp(e->metric, metric_speedup.name) == 0)
            continue;
        text_add(out, separator);
        markdown_text(out, e->metric);
        text_addf(out, " %s%s", figure_number(buf, e->value), *e->unit ? " " : "");
        markdown_text(out, e->unit);
        separator = ", ";
    }
}

static void case_line(const struct case_result *c, struct text *out)
{
    char buf[FIGURE_TEXT];
    const struct estimate *time = case_estimate(c, metric_time_ns.name);

    text_add(out, "| ");
    markdown_text(out, c->id);
    text_addf(out, "%s%s | ", strcmp(c->variant, c->reference) == 0 ? " (reference)" : "", figure_role(c->role));
    if (c->status != CASE_OK) {
        text_addf(out, "**%s**: ", figure_status(c->status));
        markdown_text(out, *c->reason ? c->reason : "no reason given");
        text_add(out, " | | | | |\n");
        return;
    }
    time_text(out, c);
    text_addf(out, " | %s | ", time ? figure_percent(buf, time->spread) : "-");
    speedup_text(out, c);
    text_add(out, " | ");
    own_text(out, c);
    text_addf(out, " | %zu |\n", c->n_blocks);
}

void markdown_run(const struct run_result *run, struct text *out)
{
    size_t start = out->len, i;

    headline(run, out);
    if (run->judged) {
        const struct verdict **sorted = figure_worst_first(run);

        worst_table(run, sorted, out);
        circumstances(run, out);
        verdict_table(run, sorted, start, out);
        free(sorted);
    } else {
        circumstances(run, out);
    }
    if (run->n_cases == 0) {
        text_add(out, "\nNo cases.\n");
        return;
    }
    text_addf(out, "\n<details><summary>What was measured: %zu cases</summary>\n\n", run->n_cases);
    text_add(out, "| case | time | spread | speedup [low, high] | other metrics | blocks |\n"
                  "|---|---:|---:|---:|---|---:|\n");
    for (i = 0; i < run->n_cases; i++) {
        size_t before = out->len;

        case_line(&run->cases[i], out);
        if (!row_fits(out, before, start + ALL_MAX))
            break;
    }
    more(out, run->n_cases - i);
    text_add(out, "\n</details>\n");
}

/* Four spaces make a line code, in which nothing means anything. */
void markdown_failure(const char *headline, const char *message, struct text *out)
{
    text_add(out, "### ");
    markdown_text(out, headline);
    text_add(out, "\n\n");
    while (*message) {
        size_t n = strcspn(message, "\n");
        char line[512];

        snprintf(line, sizeof(line), "%.*s", (int)n, message);
        text_add(out, "    ");
        figure_clean(out, line);
        text_add(out, "\n");
        message += n + (message[n] == '\n');
    }
}
