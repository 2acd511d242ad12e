// SPDX-License-Identifier: MIT
#include "cli/sharing.h"

#include "base/mem.h"
#include "record/store_costs.h"
#include "record/store_join.h"
#include "record/store_url.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { UNKNOWN_US = 1000000 }; /* where nothing at all is known */

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* What nobody has measured yet counts as the median of the rest. */
static void fill_unknown(int64_t *cost, size_t n)
{
    int64_t *known = mem_array(n + 1, sizeof(*known));
    size_t n_known = 0;

    for (size_t i = 0; i < n; i++)
        if (cost[i])
            known[n_known++] = cost[i];
    if (n_known)
        qsort(known, n_known, sizeof(*known), by_number);
    for (size_t i = 0; i < n; i++)
        if (!cost[i])
            cost[i] = n_known ? known[n_known / 2] : UNKNOWN_US;
    free(known);
}

static int load_costs(const struct context *context, const struct plan *plan, int64_t *cost, struct err *err)
{
    const struct options *o = context->options;
    const char *db = getenv("PAWL_DB"), *path = o->costs ? o->costs : db && store_url(db) ? db : o->db;
    const char **ids = mem_array(plan->n, sizeof(*ids));
    struct store *store = NULL;
    int ret = 0;

    for (size_t c = 0; c < plan->n; c++)
        ids[c] = plan->comparisons[c].id;
    /* Only this host's own history may be new. What all share has to be there: shares that are cut by different costs are
     * none of one matrix. */
    if (o->costs || store_url(path) || access(path, F_OK) == 0) {
        store = store_open(path, STORE_READ, err);
        ret = store ? store_load_costs(store, ids, plan->n, cost, err) : err_wrap(err, "--shard needs what comparisons take");
    }
    store_close(store);
    free(ids);
    return ret;
}

int sharing_split(struct sharing *sharing, const struct context *context, const struct plan *plan, struct run_info *info,
                  struct err *err)
{
    int64_t *cost, ours = 0, all = 0, n = 0;
    int ret;

    if (!context->options->shard)
        return 0;
    if (shard_parse(context->options->shard, &sharing->shard, err) < 0)
        return -1;
    cost = mem_array(plan->n, sizeof(*cost));
    sharing->shares = mem_array(plan->n, sizeof(*sharing->shares));
    ret = load_costs(context, plan, cost, err);
    if (ret == 0) {
        fill_unknown(cost, plan->n);
        shard_split(plan, cost, sharing->shard.of, sharing->shares);
        for (size_t c = 0; c < plan->n; c++) {
            all += cost[c];
            ours += sharing_has(sharing, c) ? cost[c] : 0;
            n += sharing_has(sharing, c);
        }
        say("pawl %s: share %s: %lld of %zu comparisons, %.1f of %.1f s a block each", context->command,
            context->options->shard, (long long)n, plan->n, (double)ours * 1e-6, (double)all * 1e-6);
        host_add(&info->host, STORE_SHARD, "%s %016" PRIx64, context->options->shard,
                 shard_name(plan, sharing->shares, sharing->shard.of, info->commit));
    }
    free(cost);
    return ret;
}

bool sharing_has(const struct sharing *sharing, size_t comparison)
{
    return !sharing->shares || sharing->shares[comparison] == sharing->shard.index;
}

void sharing_free(struct sharing *sharing)
{
    free(sharing->shares);
    sharing->shares = NULL;
}
