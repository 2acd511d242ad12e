// SPDX-License-Identifier: MIT
/* site_page.h -- the HTML pages of the dashboard, from the templates of dashboards/. */
#pragma once

#include "base/text.h"
#include "report/site_model.h"

void site_page_index(const struct site_model *model, struct text *out);
void site_page_scenario(const struct site_model *model, const struct site_scenario *s, struct text *out);

/* The frame around every page; `nav` is HTML. */
void site_page_frame(const struct site_model *model, const char *title, const char *nav, const struct text *main,
                     struct text *out);

/* The parts that the pages share (site_tables.c). Each appends HTML. */
void site_badge(struct text *out, const struct run_result *run,
                const struct site_scenario *s); /* NULL: the whole run */
int site_worst(const struct run_result *run, const struct site_scenario *s); /* an outcome; -1: there is none */
void site_fold(struct text *out, const char *what, size_t n, const char *html); /* a table of many rows: to be opened */
void site_verdicts(struct text *out, const struct site_model *model, const struct site_scenario *s,
                   const struct run_result *run);
void site_outcome_badge(struct text *out, enum outcome outcome);
void site_verdict_head(struct text *out, const char *host); /* opens a table: "</tbody></table></div>" ends it */
void site_verdict_row(struct text *out, const struct verdict *v, const char *unit, const char *shown); /* as its id */
void site_figures(struct text *out, const struct site_scenario *s, const struct run_result *run);
void site_commit(struct text *out, const char *commit, bool dirty); /* the first characters in a <code> */
void site_time(struct text *out, const char *started); /* "2026-11-21 02:05 UTC" in a <time> */
