// SPDX-License-Identifier: MIT
#include "cli/bisect_perf.h"

#include "base/mem.h"
#include "cli/scratch.h"
#include "report/figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN = 5, SECONDS = 4 };

#define SHARE_MIN 1.0 /* per cent of the samples: a smaller change is noise */

struct symbol {
    char name[96];
    double share[2]; /* per cent, before and after */
};

struct profile {
    struct symbol *symbols;
    size_t n, capacity;
};

static struct symbol *find(struct profile *p, const char *name)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->symbols[i].name, name) == 0)
            return &p->symbols[i];
    p->symbols = mem_grow(p->symbols, &p->capacity, p->n + 1, sizeof(*p->symbols));
    p->symbols[p->n] = (struct symbol){ 0 };
    text_copy(p->symbols[p->n].name, sizeof(p->symbols[p->n].name), name);
    return &p->symbols[p->n++];
}

/* Lines of "    62.31%  [.] gemm_f32_avx2": of this program's own code, user space. */
static void add_report(struct profile *p, char *report, int side)
{
    for (char *line; (line = strsep(&report, "\n"));) {
        char *end, *name = strstr(line, "[.] ");
        double share = strtod(line, &end);

        if (!name || end == line || *end != '%' || !(share > 0))
            continue;
        name += 4;
        name[strcspn(name, " ")] = '\0';
        find(p, name)->share[side] += share;
    }
}

/* Profiles a short run of the case. What perf says when it cannot is in *why. */
static int profile(struct profile *p, int side, const char *program, const char *case_id, const struct scratch *scratch,
                   struct text *why, struct err *err)
{
    char data[128], seconds[16], lock[128];
    const char *const record[] = { "perf", "record", "-q", "-e", "cpu-clock:u", "-F", "1999", "-o", data, "--", program, "run",
                                   case_id, "--db", scratch->db, "--budget", seconds, "--force", "--wait", "0", "--lock", lock,
                                   NULL };
    const char *const report[] = { "perf", "report", "--stdio", "-q", "--no-children", "-g", "none", "--sort", "symbol",
                                   "-i", data, NULL };
    struct text out = { 0 };
    int ret;

    snprintf(data, sizeof(data), "%s/perf.data", scratch->folder);
    snprintf(lock, sizeof(lock), "%s/lock", scratch->folder); /* the host's is held by us */
    snprintf(seconds, sizeof(seconds), "%d", (int)SECONDS);
    ret = against_capture(record, &out, why, err);
    if (ret == 0) {
        text_free(&out);
        text_free(why);
        ret = against_capture(report, &out, why, err);
    }
    if (ret == 0)
        add_report(p, out.data, side);
    unlink(data);
    unlink(lock);
    text_free(&out);
    return ret;
}

static int by_change(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;
    double dx = fabs(x->share[1] - x->share[0]), dy = fabs(y->share[1] - y->share[0]);

    return (dy > dx) - (dy < dx);
}

static void show(struct profile *p, struct text *out)
{
    size_t n = 0;

    if (p->n)
        qsort(p->symbols, p->n, sizeof(*p->symbols), by_change);
    while (n < p->n && n < SHOWN && fabs(p->symbols[n].share[1] - p->symbols[n].share[0]) >= SHARE_MIN)
        n++;
    if (n == 0) {
        text_addf(out, "no symbol's share of the CPU time changed by %g %% or more\n", SHARE_MIN);
        return;
    }
    text_add(out, "hottest changed symbols, in per cent of the CPU time of a run:\n  before   after  symbol\n");
    for (size_t i = 0; i < n; i++) {
        text_addf(out, "  %6.1f  %6.1f  ", p->symbols[i].share[0], p->symbols[i].share[1]);
        figure_clean(out, p->symbols[i].name);
        text_add(out, "\n");
    }
}

void bisect_perf(const struct against_place *place, const char *case_id, const char *from, const char *to, struct text *out)
{
    const char *const commits[] = { from, to };
    struct profile p = { 0 };
    struct scratch scratch;
    struct text why = { 0 };
    struct err err = { 0 };
    int ret = scratch_make(&scratch, "perf", &err);

    for (int side = 0; side < 2 && ret == 0; side++) {
        struct against_program a = { 0 };

        text_copy(a.commit, sizeof(a.commit), commits[side]);
        ret = against_make(place, NULL, &a, &err);
        if (ret == 0)
            ret = profile(&p, side, a.program, case_id, &scratch, &why, &err);
        against_free(&a);
    }
    if (ret == 0) {
        show(&p, out);
    } else {
        text_add(out, "no symbols: ");
        figure_clean(out, ret < 0 ? err.msg : why.data ? why.data : err.msg);
        text_add(out, "\n");
    }
    free(p.symbols);
    text_free(&why);
    scratch_remove(&scratch);
}
