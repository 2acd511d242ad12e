// SPDX-License-Identifier: MIT
/* tokenizer_merge.c -- merges by rank, with a heap of candidate pairs: n log n, whatever the text. */
#include "base/mem.h"
#include "inference/tokenizer_private.h"

#include <stdlib.h>

enum { NONE = -1 };

struct symbol {
    struct gguf_string text; /* len 0: gone */
    int prev, next;
};

struct pair {
    float rank;
    int left, right;
    size_t bytes; /* of both when it was put here: a pair that has changed since is stale */
};

struct merge {
    struct symbol *symbols;
    size_t n, capacity;
    struct pair *heap; /* the least first */
    size_t n_heap, heap_capacity;
};

struct merge *merge_new(void)
{
    return mem_array(1, sizeof(struct merge));
}

void merge_free(struct merge *m)
{
    if (!m)
        return;
    free(m->symbols);
    free(m->heap);
    free(m);
}

void merge_clear(struct merge *m)
{
    m->n = 0;
    m->n_heap = 0;
}

void merge_add(struct merge *m, struct gguf_string symbol)
{
    m->symbols = mem_grow(m->symbols, &m->capacity, m->n + 1, sizeof(*m->symbols));
    m->symbols[m->n] = (struct symbol){ symbol, (int)m->n - 1, NONE };
    if (m->n > 0)
        m->symbols[m->n - 1].next = (int)m->n;
    m->n++;
}

static bool before(const struct pair *a, const struct pair *b)
{
    return a->rank < b->rank || (a->rank == b->rank && a->left < b->left);
}

static void push(struct merge *m, struct pair pair)
{
    size_t i = m->n_heap++;

    m->heap = mem_grow(m->heap, &m->heap_capacity, m->n_heap, sizeof(*m->heap));
    for (; i > 0 && before(&pair, &m->heap[(i - 1) / 2]); i = (i - 1) / 2)
        m->heap[i] = m->heap[(i - 1) / 2];
    m->heap[i] = pair;
}

static struct pair pop(struct merge *m)
{
    struct pair top = m->heap[0], last = m->heap[--m->n_heap];
    size_t i = 0, child;

    while ((child = 2 * i + 1) < m->n_heap) {
        if (child + 1 < m->n_heap && before(&m->heap[child + 1], &m->heap[child]))
            child++;
        if (!before(&m->heap[child], &last))
            break;
        m->heap[i] = m->heap[child];
        i = child;
    }
    m->heap[i] = last;
    return top;
}

static void consider(struct merge *m, const struct tokenizer *t, merge_rank_fn *rank, int left, int right)
{
    struct gguf_string both;
    struct pair pair = { 0, left, right, 0 };

    if (left == NONE || right == NONE)
        return;
    both = m->symbols[left].text;
    both.len += m->symbols[right].text.len;
    pair.bytes = both.len;
    if (rank(t, both, m->symbols[left].text.len, &pair.rank))
        push(m, pair);
}

void merge_run(struct merge *m, const struct tokenizer *t, merge_rank_fn *rank)
{
    for (size_t i = 1; i < m->n; i++)
        consider(m, t, rank, (int)i - 1, (int)i);
    while (m->n_heap > 0) {
        struct pair pair = pop(m);
        struct symbol *left = &m->symbols[pair.left], *right = &m->symbols[pair.right];

        if (left->text.len == 0 || right->text.len == 0 || left->text.len + right->text.len != pair.bytes)
            continue;
        left->text.len = pair.bytes;
        right->text.len = 0;
        left->next = right->next;
        if (right->next != NONE)
            m->symbols[right->next].prev = pair.left;
        consider(m, t, rank, left->prev, pair.left);
        consider(m, t, rank, pair.left, left->next);
    }
}

size_t merge_count(const struct merge *m)
{
    return m->n;
}

struct gguf_string merge_at(const struct merge *m, size_t i)
{
    return m->symbols[i].text;
}
