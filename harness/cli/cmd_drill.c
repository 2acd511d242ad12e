// SPDX-License-Identifier: MIT
/* cmd_drill.c -- the gate, tested on this host: whole gate runs of unchanged code and of code that is slower by a known
 * amount, through the same path as `pawl gate` (plan, workers, store, judge), against baselines made on the way, or with
 * --pairs against this very program, whose blocks take turns with those of the slower one. */
#include "base/mem.h"
#include "base/text.h"
#include "cli/against_private.h"
#include "cli/interrupt.h"
#include "cli/measuring.h"
#include "cli/scratch.h"
#include "cli/session.h"
#include "judge/compare.h"
#include "judge/drill.h"
#include "judge/pool.h"
#include "measure/block.h"
#include "record/store.h"
#include "report/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EFFECTS_MAX = 16,
    BASELINE_RUNS = 10,    /* a host has moods: one run knows only one of them */
    BASELINE_EVERY_S = 20, /* then the oldest run is replaced: the luck of one baseline is not the gate's */
    ROUNDS_TOLD = 10,
};

/* A drill in hand. The runs of its gate are recorded in a database of their own, deleted at the end: they are not this
 * host's history. What each came to is recorded in the history at once, so that a drill that is cut short, or done in
 * several parts, has lost nothing. */
struct drill {
    struct context context; /* the command's, with the other database */
    struct options options;
    struct measuring *host;
    struct targets targets;
    struct tuning tuning;
    struct baseline baseline;
    struct run_result accepted[BASELINE_RUNS]; /* what it is of */
    int n_accepted;                            /* so far, replaced ones included */
    double accepted_s;                         /* when the last of them began */
    struct drill_row rows[EFFECTS_MAX]; /* without counts: what all runs of this drill have in common */
    size_t n_rows;
    struct store *store; /* the history */
    struct scratch scratch;
};

/* One more run for the baseline, in the place of its oldest. */
static int run_for_baseline(struct drill *d, struct err *err)
{
    struct session session = { .tuning = &d->tuning, .quiet = true };
    struct run_result *run = &d->accepted[d->n_accepted++ % BASELINE_RUNS];

    run_result_free(run);
    d->accepted_s = block_clock_s();
    return session_run(&d->context, &session, d->host->topology, &d->host->host, run, err);
}

/* The baseline of the next gate run: as who accepts several runs of one commit, made at different times, would have it. */
static int renew_baseline(struct drill *d, struct err *err)
{
    struct run_result all = { 0 };
    size_t changed = 0;
    int ret = 0;

    if (d->n_accepted >= BASELINE_RUNS && block_clock_s() < d->accepted_s + BASELINE_EVERY_S)
        return 0;
    do
        ret = run_for_baseline(d, err);
    while (ret == 0 && d->n_accepted < BASELINE_RUNS);
    baseline_free(&d->baseline);
    all.info = d->accepted[0].info;
    for (int i = 0; i < BASELINE_RUNS && ret == 0; i++)
        pool_add(&all, &d->accepted[i]);
    if (ret == 0)
        ret = baseline_accept(&d->baseline, &all, "drill", true, true, &changed, err);
    run_result_free(&all);
    if (ret < 0)
        return err_wrap(err, "the baseline");
    return changed ? 0 : err_set(err, ERR_USAGE, "nothing here is judged against a baseline: choose other cases");
}

static bool everything(void *arg, const char *case_id)
{
    (void)arg;
    (void)case_id;
    return true;
}

/* Why a gate run judged no time: what befell its first case that failed, or that nothing is there to judge. */
static int say_unjudged(const struct run_result *run, struct err *err)
{
    for (size_t i = 0; i < run->n_cases; i++)
        if (run->cases[i].status != CASE_OK && run->cases[i].status != CASE_SKIPPED)
            return err_set(err, ERR_CONFIG, "'%s' is %s: %.160s", run->cases[i].id,
                           case_status_name(run->cases[i].status), run->cases[i].reason);
    return err_set(err, ERR_USAGE, "nothing here is judged: choose other cases");
}

/* One gate run with every judged variant slower by the effect of d->rows[e]. */
static int run_once(struct drill *d, size_t e, struct err *err)
{
    bool pairs = d->options.pairs;
    struct gate_rules rules = { .targets = &d->targets, .baseline = pairs ? NULL : &d->baseline, .margin = d->options.margin,
                                .ref = pairs ? "itself" : NULL, .in_ref = everything };
    struct session session = { .rules = &rules, .tuning = &d->tuning, .other = pairs ? d->context.program : NULL,
                               .quiet = true, .slowdown = d->rows[e].effect };
    struct drill_row row = d->rows[e];
    struct run_result run = { 0 };
    int ret = session_run(&d->context, &session, d->host->topology, &d->host->host, &run, err);

    if (ret == 0) {
        row.seconds = run.info.seconds;
        drill_count(&row, &run);
        if (row.verdicts == 0)
            ret = say_unjudged(&run, err);
        else
            ret = store_add_drill(d->store, &row, err);
    }
    run_result_free(&run);
    return ret;
}

/* Rounds over all effects, so that a bad quarter of an hour is shared by all. */
static int run_all(struct drill *d, struct err *err)
{
    int64_t runs = d->options.runs;

    measuring_watch(d->host);
    for (int64_t i = 0; i < runs; i++) {
        for (size_t e = 0; e < d->n_rows; e++)
            if ((!d->options.pairs && renew_baseline(d, err) < 0) || run_once(d, e, err) < 0)
                return err_wrap(err, "run %lld at %g %%", (long long)i + 1, d->rows[e].effect * 100);
        if (i == 0 || (i + 1) % ROUNDS_TOLD == 0 || i + 1 == runs)
            say("drill: round %lld of %lld", (long long)i + 1, (long long)runs);
    }
    return 0;
}

/* "0,1,2.5" per cent. */
static int parse_effects(struct drill *d, const char *list, struct err *err)
{
    for (const char *at = list, *end; d->n_rows == 0 || at[-1]; at = end + 1) {
        char word[32];
        double percent;

        end = at + strcspn(at, ",");
        snprintf(word, sizeof(word), "%.*s", (int)(end - at), at);
        if (d->n_rows == EFFECTS_MAX)
            return err_set(err, ERR_USAGE, "option '--slower': more than %d numbers", (int)EFFECTS_MAX);
        if (text_double(word, 0, 1000, &percent, err) < 0)
            return err_wrap(err, "option '--slower %.60s'", list);
        for (size_t i = 0; i < d->n_rows; i++)
            if (d->rows[i].effect == percent / 100)
                return err_set(err, ERR_USAGE, "option '--slower %.60s': %s stands there twice", list, word);
        d->rows[d->n_rows++].effect = percent / 100;
    }
    return 0;
}

static void describe(struct drill *d, const struct context *context)
{
    uint64_t build = against_code_hash(context->program);
    struct run_info info;
    struct text cases = { 0 };

    session_describe(context, &d->host->host, &info);
    for (size_t i = 0; i < context->options->n_args; i++)
        text_addf(&cases, "%s%s", i ? " " : "", context->options->args[i]);
    text_add(&cases, cases.len ? "" : "everything");
    text_add(&cases, context->options->quick ? " --quick" : "");
    for (size_t e = 0; e < d->n_rows; e++) {
        struct drill_row *row = &d->rows[e];

        text_copy(row->host_class, sizeof(row->host_class), info.host.class);
        text_copy(row->started, sizeof(row->started), info.started);
        snprintf(row->commit, sizeof(row->commit), "%.50s%s", info.commit, info.dirty ? "-dirty" : "");
        text_copy(row->cases, sizeof(row->cases), cases.data);
        if (build)
            snprintf(row->build, sizeof(row->build), "%016llx", (unsigned long long)build);
        row->pairs = context->options->pairs;
        row->margin = context->options->margin;
    }
    text_free(&cases);
}

static void kind_text(const struct drill_row *rows, size_t n, struct text *out)
{
    text_addf(out, "%s, %s, margin %g %%\n%s, commit %.12s, since %s\n", rows->cases,
              rows->pairs ? "in turns with the same program, as 'gate --against REF' and '--against baseline'"
                          : "against the figures of a baseline, as 'gate'",
              rows->margin * 100,
              rows->host_class, *rows->commit ? rows->commit : "unknown", rows->started);
    text_add(out, "slower by   runs  runs with an alarm      verdicts  REGRESSED              inconclusive  passed  s/run\n");
    for (size_t e = 0; e < n; e++) {
        const struct drill_row *r = &rows[e];
        struct interval a = drill_row_alarmed(r), v = drill_row_detected(r);
        char name[16] = "A/A";

        if (r->effect > 0)
            snprintf(name, sizeof(name), "%g %%", r->effect * 100);
        text_addf(out, "%-10s %5d  %5.1f %% [%4.1f, %5.1f]  %9d  %5.1f %% [%4.1f, %5.1f]  %12d %7d %6.1f\n", name, r->runs,
                  a.value * 100, a.low * 100, a.high * 100, r->verdicts, v.value * 100, v.low * 100, v.high * 100,
                  r->inconclusive, r->passed, r->seconds);
    }
    text_addf(out, "promised: at most %g %% of unchanged runs alarm; no slowdown of %g %% or more passes\n",
              COMPARE_SUITE_ERROR * 100, rows->margin * 100);
}

/* What the history has of that kind; all kinds of the newest build where it is NULL. */
static int print_drills(const struct context *context, struct store *store, const struct drill_row *kind, struct err *err)
{
    struct drill_row *rows, *sums;
    struct text out = { 0 };
    size_t n, n_sums, kept = 0;

    if (store_load_drills(store, &rows, &n, err) < 0)
        return -1;
    n_sums = drill_pool(rows, n, &sums);
    free(rows);
    for (size_t i = 0; i < n_sums; i++)
        if (kind ? drill_same_kind(&sums[i], kind) : strcmp(sums[i].build, sums[n_sums - 1].build) == 0)
            sums[kept++] = sums[i];
    if (context->options->json)
        json_drill(sums, kept, &out);
    for (size_t first = 0, end; first < kept && !context->options->json; first = end) {
        for (end = first; end < kept && drill_same_kind(&sums[first], &sums[end]);)
            end++;
        text_add(&out, first ? "\n" : "");
        kind_text(&sums[first], end - first, &out);
    }
    free(sums);
    if (kept == 0)
        return err_set(err, ERR_CONFIG, "no drill is in '%s' yet: make one with 'pawl drill'", context->options->db);
    return print_text(&out, err);
}

static int prepare(struct drill *d, const struct context *context, struct err *err)
{
    char path[1024];

    d->options = *context->options;
    d->context = *context;
    d->context.options = &d->options;
    tuning_path(context->options->baselines, d->host->host.class, path, sizeof(path));
    if (tuning_read(path, d->host->host.class, &d->tuning, err) < 0)
        return -1;
    describe(d, context);
    d->store = store_open(context->options->db, STORE_WRITE, err);
    if (!d->store)
        return -1;
    if (scratch_make(&d->scratch, "drill", err) < 0)
        return -1;
    d->options.db = d->scratch.db;
    return 0;
}

static void clean_up(struct drill *d)
{
    scratch_remove(&d->scratch);
    store_close(d->store);
    tuning_free(&d->tuning);
    for (int i = 0; i < BASELINE_RUNS; i++)
        run_result_free(&d->accepted[i]);
    baseline_free(&d->baseline);
}

static int show(const struct context *context)
{
    struct err err = { 0 };
    struct store *store = store_open(context->options->db, STORE_READ, &err);
    int ret = store ? print_drills(context, store, NULL, &err) : -1;

    store_close(store);
    return ret < 0 ? say_error(context, &err) : 0;
}

int cmd_drill(const struct context *context)
{
    struct measuring host = { .lock = { .fd = -1 } };
    struct drill d = { .host = &host };
    struct err err = { 0 };
    int ret = -1;

    if (context->options->show)
        return show(context);
    if (parse_effects(&d, context->options->slower, &err) < 0 || measuring_begin(&host, context, &err) < 0 ||
        prepare(&d, context, &err) < 0)
        goto out;
    ret = run_all(&d, &err);
    if (ret < 0 && interrupt_signal())
        say("pawl drill: interrupted: the runs that were finished are kept ('pawl drill --show' prints them)");
    if (ret == 0) {
        measuring_tell(&host, &host.host);
        ret = print_drills(context, d.store, &d.rows[0], &err);
    }
out:
    clean_up(&d);
    measuring_end(&host);
    return ret < 0 ? say_error(context, &err) : 0;
}
