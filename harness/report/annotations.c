// SPDX-License-Identifier: MIT
#include "report/annotations.h"

#include "report/figure.h"

#include <stdlib.h>
#include <string.h>

/* A value of a property ends at ',' or at "::". What figure_clean() left of line ends is none; '%' would begin an escape. */
static void escape(struct text *out, const char *s, bool property)
{
    struct text clean = { 0 };

    text_add(&clean, "");
    figure_clean(&clean, s);
    for (const char *p = clean.data; *p; p++) {
        if (*p == '%' || (property && (*p == ':' || *p == ',')))
            text_addf(out, "%%%02X", (unsigned)*p);
        else
            text_addf(out, "%c", *p);
    }
    text_free(&clean);
}

/* One line. `what` is its title with the case behind it; `place` may be NULL. */
static void annotate(struct text *out, const char *level, const struct place *place, const char *what,
                     const char *case_id, const char *message)
{
    text_addf(out, "::%s ", level);
    if (place) {
        text_add(out, "file=");
        escape(out, place->file, true);
        text_addf(out, ",line=%d,", place->line);
    }
    text_addf(out, "title=%s%s", what, *case_id ? " " : "");
    escape(out, case_id, true);
    text_add(out, "::");
    escape(out, message, false);
    text_add(out, "\n");
}

static void more(struct text *out, size_t n)
{
    if (n > ANNOTATIONS_MAX)
        text_addf(out, "::notice title=pawl::%zu more: see the summary of this job\n", n - ANNOTATIONS_MAX);
}

static void of_verdicts(const struct run_result *run, const struct registry *registry, const struct place *places,
                        struct text *out)
{
    const struct verdict **sorted = figure_worst_first(run);
    size_t n = 0;

    for (size_t i = 0; i < run->n_verdicts; i++) {
        const struct verdict *v = sorted[i];

        if (!figure_is_bad(v->outcome) || n++ >= ANNOTATIONS_MAX)
            continue;
        annotate(out, v->outcome == OUTCOME_INCONCLUSIVE ? "warning" : "error",
                 registry_place(registry, places, v->case_id), outcome_name(v->outcome), v->case_id, v->reason);
    }
    more(out, n);
    free(sorted);
}

static void of_cases(const struct run_result *run, const struct registry *registry, const struct place *places,
                     struct text *out)
{
    size_t n = 0;

    for (size_t i = 0; i < run->n_cases; i++) {
        const struct case_result *c = &run->cases[i];

        if (c->status == CASE_OK || c->status == CASE_SKIPPED || n++ >= ANNOTATIONS_MAX)
            continue;
        annotate(out, "error", registry_place(registry, places, c->id), figure_status(c->status), c->id, c->reason);
    }
    more(out, n);
}

void annotations_run(const struct run_result *run, const struct registry *registry, const struct place *places,
                     struct text *out)
{
    text_add(out, "");
    if (run->judged)
        of_verdicts(run, registry, places, out);
    else
        of_cases(run, registry, places, out);
}

void annotations_failure(const char *message, struct text *out)
{
    annotate(out, "error", NULL, "pawl", "", message);
}
