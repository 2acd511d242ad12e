// SPDX-License-Identifier: MIT
#include "cli/commands.h"
#include "judge/compare.h"
#include "record/store.h"
#include "report/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int load(struct store *store, const char *spec, struct run_result *run, struct err *err)
{
    int64_t id;

    return store_find_run(store, spec, NULL, &id, err) < 0 ? -1 : store_load_run(store, id, run, err);
}

static void print_changes(const struct context *context, const struct run_result *a, const struct run_result *b,
                          struct text *out)
{
    struct table_style style = stdout_style();
    struct change *changes;
    size_t n = compare_runs(a, b, &changes), kept = 0;
    char name_a[64], name_b[64];

    if (context->options->json) {
        json_changes(changes, n, &a->info, &b->info, out);
    } else {
        snprintf(name_a, sizeof(name_a), "run %lld", (long long)a->info.id);
        snprintf(name_b, sizeof(name_b), "run %lld", (long long)b->info.id);
        table_epochs(&a->info.host, &b->info.host, name_a, name_b, out);
        for (size_t i = 0; i < n; i++)
            if (context->options->all || changes[i].significant)
                changes[kept++] = changes[i];
        if (kept)
            table_changes(changes, kept, name_a, name_b, &style, out);
        if (kept < n)
            text_addf(out, "%zu of %zu figures did not change significantly between %s and %s (--all shows them)\n",
                      n - kept, n, name_a, name_b);
        if (n == 0)
            text_addf(out, "%s and %s have no figure in common\n", name_a, name_b);
    }
    free(changes);
}

int cmd_compare(const struct context *context)
{
    const struct options *o = context->options;
    struct err err = { 0 };
    struct store *store = NULL;
    struct run_result a = { 0 }, b = { 0 };
    struct text out = { 0 };
    int ret = 0;

    if (o->n_args == 1)
        err_set(&err, ERR_USAGE, "two runs are compared, not one: pawl compare RUN RUN");
    else
        store = store_open(o->db, STORE_READ, &err);
    if (!store || load(store, o->n_args ? o->args[0] : "last~1", &a, &err) < 0 ||
        load(store, o->n_args ? o->args[1] : "last", &b, &err) < 0) {
        ret = say_error(context, &err);
        goto out;
    }
    if (strcmp(a.info.host.class, b.info.host.class) != 0)
        say("pawl compare: the runs are of two host classes, '%s' and '%s': only ratios mean anything",
            a.info.host.class, b.info.host.class);
    print_changes(context, &a, &b, &out);
    if (print_text(&out, &err) < 0)
        ret = say_error(context, &err);
out:
    run_result_free(&a);
    run_result_free(&b);
    store_close(store);
    return ret;
}
