// SPDX-License-Identifier: MIT
#include "cli/commands.h"
#include "record/store_cpu.h"
#include "report/export.h"

#include <string.h>

int cmd_export(const struct context *context)
{
    const struct options *o = context->options;
    export_fn write = o->n_args ? export_format(o->args[0]) : NULL;
    struct run_result run = { 0 };
    struct store *store = NULL;
    struct text out = { 0 };
    struct err err = { 0 };
    int64_t id;
    int ret = -1;

    if (o->n_args == 0)
        err_set(&err, ERR_USAGE, "say which format: %s", export_names());
    else if (!write)
        err_set(&err, ERR_USAGE, "unknown format '%.40s' (known are %s)", o->args[0], export_names());
    else
        store = store_open(o->db, STORE_READ, &err);
    if (store && store_find_run(store, o->n_args > 1 ? o->args[1] : "last", NULL, &id, &err) == 0 &&
        store_load_run(store, id, &run, &err) == 0 &&
        (strcmp(o->args[0], "gbench") != 0 || store_load_cpu(store, &run, &err) == 0)) {
        write(&run, &out);
        ret = print_text(&out, &err);
    }
    run_result_free(&run);
    store_close(store);
    return ret < 0 ? say_error(context, &err) : 0;
}
