// SPDX-License-Identifier: MIT
#include "cli/commands.h"
#include "declare/isa.h"
#include "judge/baseline.h"
#include "judge/pool.h"
#include "machine/fingerprint.h"
#include "record/store.h"

#include <stdio.h>
#include <sys/stat.h>

static int load_one(struct store *store, const char *spec, const char *host_class, struct run_result *run,
                    struct err *err)
{
    int64_t id;

    return store_find_run(store, spec, host_class, &id, err) < 0 ? -1 : store_load_run(store, id, run, err);
}

/* All runs that were named, as one. */
static int load(const struct context *context, const char *host_class, struct run_result *run, struct err *err)
{
    const struct options *o = context->options;
    struct store *store = store_open(o->db, STORE_READ, err);
    int ret = store ? load_one(store, o->n_args ? o->args[0] : "last", host_class, run, err) : -1;

    for (size_t i = 1; i < o->n_args && ret == 0; i++) {
        struct run_result more = { 0 };

        ret = load_one(store, o->args[i], host_class, &more, err);
        for (size_t j = 1; j < i && ret == 0; j++) {
            struct run_result other = { 0 };

            ret = load_one(store, o->args[j], host_class, &other, err);
            if (ret == 0)
                ret = pool_check(&other, &more, err);
            run_result_free(&other);
        }
        if (ret == 0)
            ret = pool_check(run, &more, err);
        if (ret == 0)
            pool_add(run, &more);
        run_result_free(&more);
    }
    store_close(store);
    return ret;
}

int cmd_accept(const struct context *context)
{
    const struct options *o = context->options;
    struct err err = { 0 };
    struct topology *topology = topology_host(&err);
    struct run_result run = { 0 };
    struct baseline baseline = { 0 };
    struct host host = { 0 };
    char path[1024];
    size_t changed;
    int ret = -1;

    if (!topology)
        goto out;
    if (!o->reason) {
        err_set(&err, ERR_USAGE, "say why these figures are right: --reason TEXT");
        goto out;
    }
    fingerprint_host(topology, isa_host(), &host);
    if (load(context, o->n_args ? NULL : host.class, &run, &err) < 0)
        goto out;
    snprintf(path, sizeof(path), "%s/%s.json", o->baselines, run.info.host.class);
    if (baseline_read(path, run.info.host.class, &baseline, &err) < 0 ||
        baseline_accept(&baseline, &run, o->reason, o->replace, o->force, &changed, &err) < 0)
        goto out;
    if (changed == 0 && !o->replace) {
        err_set(&err, ERR_CONFIG, "run %lld has nothing that a baseline keeps: references, peers and roofs are not judged",
                (long long)run.info.id);
        goto out;
    }
    if (mkdir(o->baselines, 0777) == 0) /* the first one of a project; what else may be wrong the write says */
        say("pawl accept: made the folder '%s'", o->baselines);
    if (baseline_write(path, &baseline, &err) < 0)
        goto out;
    say("accepted %zu case%s of run %lld%s into %s: commit that file", changed, changed == 1 ? "" : "s", (long long)run.info.id,
        o->n_args > 1 ? " and the others" : "", path);
    ret = 0;
out:
    if (ret < 0)
        ret = say_error(context, &err);
    baseline_free(&baseline);
    run_result_free(&run);
    topology_free(topology);
    return ret;
}
