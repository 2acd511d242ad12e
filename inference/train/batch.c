// SPDX-License-Identifier: MIT
#include "inference/train/batch.h"

#include "base/mem.h"

#include <stdlib.h>

enum { SHORTEST = 6 }; /* tokens of the shortest problem: "1+1#2" and the end */

int batch_new(struct net_batch *batch, size_t capacity, struct err *err)
{
    int32_t *tokens = mem_aligned(3 * capacity, sizeof(*tokens), MEM_LINE, err);

    *batch = (struct net_batch){ .tokens = tokens };
    if (!tokens)
        return -1;
    batch->positions = tokens + capacity;
    batch->targets = tokens + 2 * capacity;
    batch->first = mem_array(capacity / SHORTEST + 2, sizeof(*batch->first));
    return 0;
}

void batch_free(struct net_batch *batch)
{
    free(batch->tokens);
    free(batch->first);
    *batch = (struct net_batch){ 0 };
}

bool batch_add(struct net_batch *batch, size_t capacity, const struct problem *p)
{
    int32_t line[NET_POSITIONS + 1];
    int prompt = problem_encode(p->prompt, line, NET_POSITIONS);
    int answer = prompt < 0 ? -1 : problem_encode(p->answer, line + prompt, NET_POSITIONS - prompt);
    size_t n;

    if (answer < 0)
        BUG("'%s%s' cannot be trained on", p->prompt, p->answer);
    n = (size_t)(prompt + answer);
    line[n] = PROBLEM_END;
    if (batch->n + n > capacity || (batch->n_sequences + 1) * SHORTEST > capacity)
        return false;
    for (size_t i = 0; i < n; i++) { /* the end token is never an input */
        batch->tokens[batch->n + i] = line[i];
        batch->positions[batch->n + i] = (int32_t)i;
        batch->targets[batch->n + i] = i + 1 < (size_t)prompt ? -1 : line[i + 1];
    }
    batch->n += n;
    batch->first[++batch->n_sequences] = batch->n;
    return true;
}

static int draw_level(struct rng *rng, const double mix[PROBLEM_LEVELS])
{
    double sum = 0, at;
    int level = 0;

    for (int i = 0; i < PROBLEM_LEVELS; i++)
        sum += mix[i];
    at = rng_uniform(rng) * sum;
    while (level < PROBLEM_LEVELS - 1 && at >= mix[level])
        at -= mix[level++];
    return level + 1;
}

void batch_draw(struct net_batch *batch, size_t capacity, struct rng *rng, const double mix[PROBLEM_LEVELS])
{
    struct problem p;

    batch->n = batch->n_sequences = 0;
    do
        problem_draw_training(rng, draw_level(rng, mix), &p);
    while (batch_add(batch, capacity, &p));
}
