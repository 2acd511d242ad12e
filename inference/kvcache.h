// SPDX-License-Identifier: MIT
/* kvcache.h -- keys and values of many paths, in pages of 16 positions that paths share (Kwon et al., "Efficient memory
 * management for large language model serving with PagedAttention", SOSP 2023).
 *
 * A page holds all layers: per layer the keys (kv_heads, head_dim, 16), then the values (kv_heads, 16, value_stride).
 */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { KVCACHE_PAGE = 16 };

struct kvcache {
    size_t layers, kv_heads, head_dim;
    size_t value_stride; /* head_dim rounded up to 16 */
    size_t n_pages, n_paths, path_pages; /* path_pages: of the longest path */
    size_t keys_floats, layer_floats, page_floats;
    float *data;
    uint32_t *refs;  /* (n_pages): paths that hold it */
    uint32_t *spare; /* pages that nobody holds: the first n_spare are the stack */
    size_t n_spare;
    uint32_t *tables; /* (n_paths, path_pages) */
    size_t *lengths;  /* (n_paths), in positions */
};

/* Fills *c; kvcache_free() is fine on {0} and on what is half made. */
int kvcache_new(struct kvcache *c, size_t layers, size_t kv_heads, size_t head_dim, size_t paths, size_t length,
              size_t positions, struct err *err);
void kvcache_free(struct kvcache *c);
size_t kvcache_bytes(const struct kvcache *c); /* of keys and values */

/* Makes room for one more position of the path, in a page that is its own. -1: there is no page left (the path itself
 * is not too long: the caller has looked). */
int kvcache_append(struct kvcache *c, size_t path);
void kvcache_truncate(struct kvcache *c, size_t path, size_t length);
void kvcache_fork(struct kvcache *c, size_t from, size_t to);

const uint32_t *kvcache_table(const struct kvcache *c, size_t path);

/* Of page 0; the same place of page p is p * page_floats further. */
float *kvcache_keys(const struct kvcache *c, size_t layer, size_t kv_head);
float *kvcache_values(const struct kvcache *c, size_t layer, size_t kv_head);

/* One position's key and value (head_dim each) of one head. */
void kvcache_put(const struct kvcache *c, size_t path, size_t position, size_t layer, size_t kv_head, const float *key,
               const float *value);
