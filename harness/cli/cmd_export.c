// SPDX-License-Identifier: MIT
#include "base/mem.h"
#include "cli/commands.h"
#include "record/store_cpu.h"
#include "report/export.h"

#include <stdlib.h>
#include <string.h>

static int export_one(struct store *store, const char *format, const char *spec, struct text *out, struct err *err)
{
    struct run_result run = { 0 };
    int64_t id;
    int ret = store_find_run(store, spec, NULL, &id, err) == 0 && store_load_run(store, id, &run, err) == 0 &&
                      (strcmp(format, "gbench") != 0 || store_load_cpu(store, &run, err) == 0)
                  ? 0
                  : -1;

    if (ret == 0)
        export_format(format)(&run, out);
    run_result_free(&run);
    return ret;
}

/* A night measures each scenario in a run of its own, and so each of the three reports is of the newest run that has it: of
 * the host class of the last run. */
static int export_newest(struct store *store, struct text *out, struct err *err)
{
    int64_t *ids = NULL, last;
    size_t n_ids = 0, n = 0;
    struct run_result *runs = NULL;
    int ret = store_find_run(store, "last", NULL, &last, err) < 0 ? -1 : store_last_runs(store, &ids, &n_ids, err);

    runs = mem_array(n_ids + 1, sizeof(*runs));
    if (ret == 0)
        ret = store_load_run(store, last, &runs[n++], err);
    for (size_t i = 0; i < n_ids && ret == 0; i++) {
        if (ids[i] == last)
            continue;
        ret = store_load_run(store, ids[i], &runs[n], err);
        if (ret == 0 && strcmp(runs[n].info.host.class, runs->info.host.class) == 0)
            n++;
        else
            run_result_free(&runs[n]);
    }
    if (ret == 0)
        export_classic(runs, n, out);
    for (size_t i = 0; i < n; i++)
        run_result_free(&runs[i]);
    free(runs);
    free(ids);
    return ret;
}

int cmd_export(const struct context *context)
{
    const struct options *o = context->options;
    struct store *store = NULL;
    struct text out = { 0 };
    struct err err = { 0 };
    int ret = -1;

    if (o->n_args == 0)
        err_set(&err, ERR_USAGE, "say which format: %s", export_names());
    else if (!export_format(o->args[0]))
        err_set(&err, ERR_USAGE, "unknown format '%.40s' (known are %s)", o->args[0], export_names());
    else
        store = store_open(o->db, STORE_READ, &err);
    if (store)
        ret = o->n_args == 1 && strcmp(o->args[0], "classic") == 0
                  ? export_newest(store, &out, &err)
                  : export_one(store, o->args[0], o->n_args > 1 ? o->args[1] : "last", &out, &err);
    if (ret == 0)
        ret = print_text(&out, &err);
    text_free(&out);
    store_close(store);
    return ret < 0 ? say_error(context, &err) : 0;
}
