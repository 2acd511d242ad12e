// SPDX-License-Identifier: MIT
#include "cli/limits.h"

#include "base/text.h"
#include "judge/baseline.h"
#include "judge/targets.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int limits_add_targets(const struct context *context, struct history *history, struct err *err)
{
    struct targets targets;
    const struct options *o = context->options;
    char path[1024];

    for (size_t i = 0; i < history->n_series; i++)
        history->series[i].at_least = history->series[i].at_most = NAN;
    snprintf(path, sizeof(path), "%s/targets.json", o->baselines);
    if (!o->targets && access(path, F_OK) < 0 && errno == ENOENT)
        return 0;
    /* The programs of a pawl.json are not asked what they have. */
    if (targets_read(o->targets ? o->targets : path, o->targets ? NULL : context->registry, &targets, err) < 0)
        return -1;
    for (size_t i = 0; i < history->n_series; i++)
        for (size_t t = 0; t < targets.n; t++)
            if (strcmp(targets.rows[t].metric, history->series[i].metric) == 0 &&
                text_glob(targets.rows[t].cases, history->series[i].case_id)) {
                history->series[i].at_least = targets.rows[t].at_least;
                history->series[i].at_most = targets.rows[t].at_most;
            }
    targets_free(&targets);
    return 1;
}

int limits_add_accepted(const struct context *context, const char *host_class, struct history *history, struct err *err)
{
    struct baseline baseline = { 0 };
    char path[1024];
    int known;

    snprintf(path, sizeof(path), "%s/%s.json", context->options->baselines, host_class);
    known = baseline_read(path, host_class, &baseline, err);
    for (size_t i = 0; i < history->n_series && known > 0; i++) {
        struct series *s = &history->series[i];
        const struct accepted *accepted =
            strcmp(s->host_class, host_class) == 0 ? baseline_find(&baseline, s->case_id) : NULL;
        const struct estimate *e = accepted ? accepted_estimate(accepted, s->metric) : NULL;

        if (e)
            s->accepted = e->value;
    }
    baseline_free(&baseline);
    return known < 0 ? -1 : 0;
}
