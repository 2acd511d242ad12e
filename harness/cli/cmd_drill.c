// SPDX-License-Identifier: MIT
/* cmd_drill.c -- the gate, tested on this host: whole gate runs of unchanged code and of code that is slower by a known
 * amount, through the same path as `pawl gate` (plan, workers, store, judge), against a baseline made at the start, or
 * with --pairs against this very program, whose blocks take turns with those of the slower one. */
#include "base/mem.h"
#include "base/text.h"
#include "cli/measuring.h"
#include "cli/session.h"
#include "cli/version.h"
#include "judge/compare.h"
#include "judge/drill.h"
#include "judge/pool.h"
#include "record/store.h"
#include "report/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const double effects[] = { 0, 0.01, 0.02, 0.03, 0.05, 0.10 };

enum { BASELINE_RUNS = 3 }; /* a host has moods: one run knows only one of them */

/* A drill in hand. Its runs are recorded in a database of their own, deleted at the end: they are not this host's
 * history. */
struct drill {
    struct context context; /* the command's, with the other database */
    struct options options;
    struct measuring *host;
    struct targets targets;
    struct baseline baseline;
    struct drill_row rows[ARRAY_LEN(effects)];
    double *seconds[ARRAY_LEN(effects)];
    char folder[64], db[96];
};

static int make_baseline(struct drill *d, struct err *err)
{
    struct session session = { .quiet = true, .full = true };
    struct run_result all = { 0 };
    size_t changed = 0;
    int ret = 0;

    for (int i = 0; i < BASELINE_RUNS && ret == 0; i++) {
        struct run_result run = { 0 };

        say("drill: making the baseline, run %d of %d", i + 1, (int)BASELINE_RUNS);
        ret = session_run(&d->context, &session, d->host->topology, &d->host->host, &run, err);
        if (i == 0)
            all.info = run.info;
        pool_add(&all, &run);
        run_result_free(&run);
    }
    if (ret == 0)
        ret = baseline_accept(&d->baseline, &all, "drill", true, true, &changed, err);
    run_result_free(&all);
    if (ret == 0 && changed == 0)
        return err_set(err, ERR_USAGE, "nothing here is judged against a baseline: choose other cases");
    return ret;
}

static bool everything(void *arg, const char *case_id)
{
    (void)arg;
    (void)case_id;
    return true;
}

/* One gate run with every judged variant slower by effects[e]. */
static int run_once(struct drill *d, size_t e, struct err *err)
{
    bool pairs = d->options.pairs;
    struct gate_rules rules = { .targets = &d->targets, .baseline = pairs ? NULL : &d->baseline,
                                .ref = pairs ? "itself" : NULL, .in_ref = everything };
    struct session session = { .rules = &rules, .other = pairs ? d->context.program : NULL, .quiet = true,
                               .slowdown = effects[e] };
    struct run_result run = { 0 };
    int ret = session_run(&d->context, &session, d->host->topology, &d->host->host, &run, err);

    if (ret == 0) {
        d->seconds[e][d->rows[e].runs] = run.info.seconds;
        drill_count(&d->rows[e], &run);
    }
    run_result_free(&run);
    if (ret == 0 && d->rows[e].verdicts == 0)
        return err_set(err, ERR_USAGE, "nothing here is judged: choose other cases");
    return ret;
}

/* Rounds over all effects, so that a bad quarter of an hour is shared by all. */
static int run_all(struct drill *d, int runs, struct err *err)
{
    measuring_watch(d->host);
    for (int i = 0; i < runs; i++)
        for (size_t e = 0; e < ARRAY_LEN(effects); e++) {
            if (run_once(d, e, err) < 0)
                return err_wrap(err, "run %d at %g %%", i + 1, effects[e] * 100);
            if (e + 1 == ARRAY_LEN(effects))
                say("drill: round %d of %d", i + 1, runs);
        }
    return 0;
}

static void describe(struct drill *d, const struct context *context)
{
    struct run_info info;
    struct text cases = { 0 };

    session_describe(context, &d->host->host, &info);
    for (size_t i = 0; i < context->options->n_args; i++)
        text_addf(&cases, "%s%s", i ? " " : "", context->options->args[i]);
    for (size_t e = 0; e < ARRAY_LEN(effects); e++) {
        struct drill_row *row = &d->rows[e];

        text_copy(row->host_class, sizeof(row->host_class), info.host.class);
        text_copy(row->started, sizeof(row->started), info.started);
        text_copy(row->commit, sizeof(row->commit), info.commit);
        text_copy(row->cases, sizeof(row->cases), cases.data ? cases.data : "everything");
        row->pairs = context->options->pairs;
        row->effect = effects[e];
    }
    text_free(&cases);
}

static void drill_text(const struct drill *d, struct text *out)
{
    text_add(out, "slower by   runs  runs with an alarm      verdicts  REGRESSED              inconclusive  passed  s/run\n");
    for (size_t e = 0; e < ARRAY_LEN(effects); e++) {
        const struct drill_row *r = &d->rows[e];
        struct interval a = drill_row_alarmed(r), v = drill_row_detected(r);
        char name[16] = "A/A";

        if (r->effect > 0)
            snprintf(name, sizeof(name), "%g %%", r->effect * 100);
        text_addf(out, "%-10s %5d  %5.1f %% [%4.1f, %5.1f]  %9d  %5.1f %% [%4.1f, %5.1f]  %12d %7d %6.1f\n", name, r->runs,
                  a.value * 100, a.low * 100, a.high * 100, r->verdicts, v.value * 100, v.low * 100, v.high * 100,
                  r->inconclusive, r->passed, r->seconds);
    }
    text_addf(out, "promised: at most %g %% of unchanged runs alarm; no slowdown of %g %% or more passes\n",
              COMPARE_SUITE_ERROR * 100, GATE_MARGIN * 100);
}

static int keep(const struct context *context, const struct drill *d, struct err *err)
{
    struct store *store = store_open(context->options->db, STORE_WRITE, err);
    int ret = store ? 0 : -1;

    for (size_t e = 0; e < ARRAY_LEN(effects) && ret == 0; e++)
        ret = store_add_drill(store, &d->rows[e], err);
    store_close(store);
    return ret;
}

static int prepare(struct drill *d, const struct context *context, struct err *err)
{
    const char *tmp = getenv("TMPDIR");

    d->options = *context->options;
    d->context = *context;
    d->context.options = &d->options;
    snprintf(d->folder, sizeof(d->folder), "%.40s/pawl-drill-XXXXXX", tmp && *tmp == '/' ? tmp : "/tmp");
    if (!mkdtemp(d->folder))
        return err_set(err, ERR_HARNESS, "cannot make '%s': %m", d->folder);
    snprintf(d->db, sizeof(d->db), "%s/drill.db", d->folder);
    d->options.db = d->db;
    for (size_t e = 0; e < ARRAY_LEN(effects); e++)
        d->seconds[e] = mem_array((size_t)context->options->runs, sizeof(double));
    describe(d, context);
    return 0;
}

static void clean_up(struct drill *d)
{
    static const char *const endings[] = { "", "-wal", "-shm" };

    for (size_t i = 0; i < ARRAY_LEN(endings) && d->db[0]; i++) {
        char path[128];

        snprintf(path, sizeof(path), "%s%s", d->db, endings[i]);
        unlink(path);
    }
    rmdir(d->folder);
    for (size_t e = 0; e < ARRAY_LEN(effects); e++)
        free(d->seconds[e]);
    baseline_free(&d->baseline);
}

int cmd_drill(const struct context *context)
{
    struct measuring host;
    struct drill d = { .host = &host };
    struct err err = { 0 };
    struct text out = { 0 };
    int ret = -1;

    if (measuring_begin(&host, context, &err) < 0 || prepare(&d, context, &err) < 0 ||
        (!context->options->pairs && make_baseline(&d, &err) < 0) ||
        run_all(&d, (int)context->options->runs, &err) < 0)
        goto out;
    measuring_tell(&host, &host.host);
    for (size_t e = 0; e < ARRAY_LEN(effects); e++) {
        stats_sort(d.seconds[e], (size_t)d.rows[e].runs);
        d.rows[e].seconds = stats_median(d.seconds[e], (size_t)d.rows[e].runs);
    }
    if (context->options->json)
        json_drill(d.rows, ARRAY_LEN(effects), &out);
    else
        drill_text(&d, &out);
    ret = print_text(&out, &err) < 0 || keep(context, &d, &err) < 0 ? -1 : 0;
out:
    clean_up(&d);
    measuring_end(&host);
    return ret < 0 ? say_error(context, &err) : 0;
}
