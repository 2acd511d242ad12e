// SPDX-License-Identifier: MIT
#include "inference/kvcache.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static size_t pages_of(size_t positions)
{
    return (positions + KVCACHE_PAGE - 1) / KVCACHE_PAGE;
}

int kvcache_new(struct kvcache *c, size_t layers, size_t kv_heads, size_t head_dim, size_t paths, size_t length,
              size_t positions, struct err *err)
{
    *c = (struct kvcache){ .layers = layers, .kv_heads = kv_heads, .head_dim = head_dim, .n_paths = paths };
    c->value_stride = (head_dim + 15) / 16 * 16;
    c->path_pages = pages_of(length);
    c->n_pages = pages_of(positions);
    c->keys_floats = kv_heads * head_dim * KVCACHE_PAGE;
    c->layer_floats = c->keys_floats + kv_heads * c->value_stride * KVCACHE_PAGE;
    c->page_floats = layers * c->layer_floats;
    c->data = mem_huge(c->n_pages, c->page_floats * sizeof(float), err);
    c->refs = mem_zeroed(c->n_pages, sizeof(*c->refs), err);
    c->spare = mem_zeroed(c->n_pages, sizeof(*c->spare), err);
    c->tables = mem_zeroed(paths, c->path_pages * sizeof(*c->tables), err);
    c->lengths = mem_zeroed(paths, sizeof(*c->lengths), err);
    if (!c->data || !c->refs || !c->spare || !c->tables || !c->lengths) {
        kvcache_free(c);
        return err_wrap(err, "a cache of %zu positions", positions);
    }
    memset(c->data, 0, c->n_pages * c->page_floats * sizeof(float)); /* what lies beside a value is read, times 0 */
    for (size_t i = 0; i < c->n_pages; i++)
        c->spare[c->n_spare++] = (uint32_t)(c->n_pages - 1 - i);
    return 0;
}

void kvcache_free(struct kvcache *c)
{
    free(c->data);
    free(c->refs);
    free(c->spare);
    free(c->tables);
    free(c->lengths);
    *c = (struct kvcache){ 0 };
}

size_t kvcache_bytes(const struct kvcache *c)
{
    return c->n_pages * c->page_floats * sizeof(float);
}

static uint32_t *table(const struct kvcache *c, size_t path)
{
    return c->tables + path * c->path_pages;
}

const uint32_t *kvcache_table(const struct kvcache *c, size_t path)
{
    return table(c, path);
}

static void drop(struct kvcache *c, uint32_t page)
{
    if (--c->refs[page] == 0)
        c->spare[c->n_spare++] = page;
}

static int take(struct kvcache *c, uint32_t *page)
{
    if (c->n_spare == 0)
        return -1;
    *page = c->spare[--c->n_spare];
    c->refs[*page] = 1;
    return 0;
}

int kvcache_append(struct kvcache *c, size_t path)
{
    uint32_t *last = table(c, path) + c->lengths[path] / KVCACHE_PAGE, fresh;

    if (c->lengths[path] % KVCACHE_PAGE == 0) {
        if (take(c, last) < 0)
            return -1;
    } else if (c->refs[*last] > 1) {
        if (take(c, &fresh) < 0)
            return -1;
        memcpy(c->data + fresh * c->page_floats, c->data + *last * c->page_floats, c->page_floats * sizeof(float));
        drop(c, *last);
        *last = fresh;
    }
    c->lengths[path]++;
    return 0;
}

void kvcache_truncate(struct kvcache *c, size_t path, size_t length)
{
    if (length > c->lengths[path])
        BUG("path %zu cannot be cut from %zu to %zu positions", path, c->lengths[path], length);
    for (size_t i = pages_of(length); i < pages_of(c->lengths[path]); i++)
        drop(c, table(c, path)[i]);
    c->lengths[path] = length;
}

void kvcache_fork(struct kvcache *c, size_t from, size_t to)
{
    if (from == to)
        return;
    kvcache_truncate(c, to, 0);
    c->lengths[to] = c->lengths[from];
    for (size_t i = 0; i < pages_of(c->lengths[from]); i++) {
        table(c, to)[i] = table(c, from)[i];
        c->refs[table(c, to)[i]]++;
    }
}

float *kvcache_keys(const struct kvcache *c, size_t layer, size_t kv_head)
{
    return c->data + layer * c->layer_floats + kv_head * c->head_dim * KVCACHE_PAGE;
}

float *kvcache_values(const struct kvcache *c, size_t layer, size_t kv_head)
{
    return c->data + layer * c->layer_floats + c->keys_floats + kv_head * c->value_stride * KVCACHE_PAGE;
}

void kvcache_put(const struct kvcache *c, size_t path, size_t position, size_t layer, size_t kv_head, const float *key,
               const float *value)
{
    size_t page = table(c, path)[position / KVCACHE_PAGE] * c->page_floats, lane = position % KVCACHE_PAGE;
    float *keys = kvcache_keys(c, layer, kv_head) + page + lane;

    for (size_t e = 0; e < c->head_dim; e++)
        keys[e * KVCACHE_PAGE] = key[e];
    memcpy(kvcache_values(c, layer, kv_head) + page + lane * c->value_stride, value, c->head_dim * sizeof(float));
}
