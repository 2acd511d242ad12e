// SPDX-License-Identifier: MIT
#include "base/mem.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/limits.h"
#include "cli/stepping.h"
#include "cli/version.h"
#include "judge/drill.h"
#include "judge/gate.h"
#include "record/store_judged.h"
#include "report/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The target line of each series; without a targets.json there are none. */
static int add_targets(const struct context *context, struct history *history, struct err *err)
{
    int known = limits_add_targets(context, history, err);

    if (known == 0)
        say("pawl dashboard: no '%s/targets.json': the plots have no target lines", context->options->baselines);
    return known < 0 ? -1 : 0;
}

/* Of the host classes that the runs are of, which lie together. */
static int add_accepted(const struct context *context, const struct run_result *runs, size_t n_runs,
                        struct history *history, struct err *err)
{
    for (size_t i = 0; i < n_runs; i++)
        if ((i == 0 || strcmp(runs[i].info.host.class, runs[i - 1].info.host.class) != 0) &&
            limits_add_accepted(context, runs[i].info.host.class, history, err) < 0)
            return -1;
    return 0;
}

/* Newest first within a host class, and these together. */
static int load_runs(struct store *store, struct run_result **runs, size_t *n_runs, struct err *err)
{
    int64_t *ids;
    size_t n;
    int ret = store_last_runs(store, &ids, &n, err);

    *runs = ret < 0 ? NULL : mem_array(n, sizeof(**runs));
    for (size_t i = 0; ret == 0 && i < n; i++, ++*n_runs)
        ret = store_load_run(store, ids[i], &(*runs)[i], err);
    free(ids);
    return ret;
}

static size_t count_hosts(const struct run_result *runs, size_t n)
{
    size_t hosts = 0;

    for (size_t i = 0; i < n; i++)
        hosts += i == 0 || strcmp(runs[i].info.host.class, runs[i - 1].info.host.class) != 0;
    return hosts;
}

int cmd_dashboard(const struct context *context)
{
    struct err err = { 0 };
    struct store *store = store_open(context->options->db, STORE_READ, &err);
    struct history history = { 0 };
    struct run_result *runs = NULL;
    struct drill_row *drills = NULL, *sums = NULL;
    struct stepping stepping = { 0 };
    struct judgement *judged = NULL;
    size_t n_runs = 0, n_drills = 0, n_judged = 0;
    char generated[32];
    time_t now = time(NULL);
    struct tm utc;
    int ret = 0;

    strftime(generated, sizeof(generated), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    if (!store || load_runs(store, &runs, &n_runs, &err) < 0 || store_load_history(store, NULL, 0, &history, &err) < 0 ||
        add_targets(context, &history, &err) < 0 || add_accepted(context, runs, n_runs, &history, &err) < 0 ||
        stepping_find(store, &history, &stepping, &err) < 0 || store_load_drills(store, &drills, &n_drills, &err) < 0 ||
        store_load_judged(store, &judged, &n_judged, &err) < 0)
        ret = say_error(context, &err);
    if (ret == 0) {
        size_t hosts = count_hosts(runs, n_runs), n_sums = drill_pool(drills, n_drills, &sums);
        struct site site = { &history, runs, n_runs, sums, n_sums, GATE_MARGIN, generated, PAWL_VERSION,
                             stepping.all, judged, n_judged, context->registry };

        if (site_write(&site, context->options->out, &err) < 0)
            ret = say_error(context, &err);
        else
            say("dashboard: %zu series of %zu host class%s: %s/index.html", history.n_series, hosts,
                hosts == 1 ? "" : "es", context->options->out);
    }
    for (size_t i = 0; i < n_runs; i++)
        run_result_free(&runs[i]);
    free(runs);
    free(drills);
    store_free_judged(judged, n_judged);
    free(sums);
    stepping_free(&stepping);
    history_free(&history);
    store_close(store);
    return ret;
}
