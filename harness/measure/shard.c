// SPDX-License-Identifier: MIT
#include "measure/shard.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct item {
    const char *id;
    int64_t cost;
    size_t at;
};

int shard_parse(const char *text, struct shard *shard, struct err *err)
{
    const char *slash = strchr(text, '/');
    char index[16] = "";
    struct err detail;

    if (slash && (size_t)(slash - text) < sizeof(index))
        memcpy(index, text, (size_t)(slash - text));
    if (!slash || text_int64(slash + 1, 1, SHARDS_MAX, &shard->of, &detail) < 0 ||
        text_int64(index, 1, shard->of, &shard->index, &detail) < 0)
        return err_set(err, ERR_USAGE, "'%s' is no share: write 2/3 for the second of three", text);
    return 0;
}

static int longest_first(const void *a, const void *b)
{
    const struct item *x = a, *y = b;

    return x->cost != y->cost ? (x->cost < y->cost) - (x->cost > y->cost) : strcmp(x->id, y->id);
}

void shard_split(const struct plan *plan, const int64_t *cost, int64_t of, int64_t *shares)
{
    struct item *items = mem_array(plan->n, sizeof(*items));
    int64_t *load = mem_array((size_t)of, sizeof(*load));

    for (size_t c = 0; c < plan->n; c++)
        items[c] = (struct item){ plan->comparisons[c].id, cost[c], c };
    if (plan->n)
        qsort(items, plan->n, sizeof(*items), longest_first);
    for (size_t i = 0; i < plan->n; i++) {
        int64_t least = 0;

        for (int64_t s = 1; s < of; s++)
            if (load[s] < load[least])
                least = s;
        load[least] += items[i].cost;
        shares[items[i].at] = least + 1;
    }
    free(items);
    free(load);
}

static uint64_t mix_text(uint64_t name, const char *text)
{
    for (; *text; text++)
        name = rng_mix(name, (unsigned char)*text);
    return rng_mix(name, 0x100); /* no byte: the end */
}

uint64_t shard_name(const struct plan *plan, const int64_t *shares, int64_t of, const char *commit)
{
    uint64_t name = mix_text((uint64_t)of, commit);

    for (size_t c = 0; c < plan->n; c++)
        name = rng_mix(mix_text(name, plan->comparisons[c].id), (uint64_t)shares[c]);
    return name;
}
