// SPDX-License-Identifier: MIT
#include "base/mem.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/version.h"
#include "judge/targets.h"
#include "record/store.h"
#include "report/site.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The target line of each series; without a targets.json there are none. */
static int add_targets(const struct context *context, struct history *history, struct err *err)
{
    struct targets targets;
    char path[1024];

    for (size_t i = 0; i < history->n_series; i++)
        history->series[i].at_least = history->series[i].at_most = NAN;
    snprintf(path, sizeof(path), "%s/targets.json", context->options->baselines);
    if (access(path, F_OK) < 0 && errno == ENOENT) {
        say("pawl dashboard: no '%s': the plots have no target lines", path);
        return 0;
    }
    if (targets_read(path, context->registry, &targets, err) < 0)
        return -1;
    for (size_t i = 0; i < history->n_series; i++)
        for (size_t t = 0; t < targets.n; t++)
            if (strcmp(targets.rows[t].metric, history->series[i].metric) == 0 &&
                text_glob(targets.rows[t].cases, history->series[i].case_id)) {
                history->series[i].at_least = targets.rows[t].at_least;
                history->series[i].at_most = targets.rows[t].at_most;
            }
    targets_free(&targets);
    return 0;
}

static bool seen(const struct run_result *runs, size_t n, const char *host_class)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(runs[i].info.host.class, host_class) == 0)
            return true;
    return false;
}

/* The latest finished run of every host class that the history knows. */
static int load_latest(struct store *store, const struct history *history, struct run_result **runs, size_t *n_runs,
                       struct err *err)
{
    size_t capacity = 0;

    for (size_t i = 0; i < history->n_series; i++) {
        const char *host_class = history->series[i].host_class;
        int64_t id;

        if (seen(*runs, *n_runs, host_class))
            continue;
        *runs = mem_grow(*runs, &capacity, *n_runs + 1, sizeof(**runs));
        if (store_find_run(store, "last", host_class, &id, err) < 0 ||
            store_load_run(store, id, &(*runs)[*n_runs], err) < 0)
            return -1;
        ++*n_runs;
    }
    return 0;
}

int cmd_dashboard(const struct context *context)
{
    struct err err = { 0 };
    struct store *store = store_open(context->options->db, STORE_READ, &err);
    struct history history = { 0 };
    struct run_result *runs = NULL;
    size_t n_runs = 0;
    char generated[32];
    time_t now = time(NULL);
    struct tm utc;
    int ret = 0;

    strftime(generated, sizeof(generated), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    if (!store || store_load_history(store, &history, &err) < 0 || add_targets(context, &history, &err) < 0 ||
        load_latest(store, &history, &runs, &n_runs, &err) < 0)
        ret = say_error(context, &err);
    if (ret == 0) {
        struct site site = { &history, runs, n_runs, generated, PAWL_VERSION };

        if (site_write(&site, context->options->out, &err) < 0)
            ret = say_error(context, &err);
        else
            say("dashboard: %zu series of %zu host classes: %s/index.html", history.n_series, n_runs,
                context->options->out);
    }
    for (size_t i = 0; i < n_runs; i++)
        run_result_free(&runs[i]);
    free(runs);
    history_free(&history);
    store_close(store);
    return ret;
}
