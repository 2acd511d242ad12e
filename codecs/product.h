// SPDX-License-Identifier: MIT
/* product.h -- a product quantiser: k numbers in m groups, each group replaced by the nearest of 256 or 16 centroids
 * (Jegou, Douze, Schmid, "Product quantization for nearest neighbor search", TPAMI 33(1), 2011).
 *
 * Group s has the numbers s k / m to (s + 1) k / m. Centroids are kept in half floats. A code is m bytes, or m / 2
 * where centroids are 16: group 2 i in the low half of byte i, group 2 i + 1 in the high half (none if m is odd). */
#pragma once

#include "codecs/coder.h"
#include "codecs/nearest.h"

struct product {
    size_t k, m, bits; /* bits: 8 or 4; m <= k */
    float *books;      /* owned; group s: (2^bits, its width) at 2^bits * product_first(s) */
    float *tables;     /* owned; what nearest() takes, group after group */
    nearest_fn *nearest;
};

extern const struct quantiser product_quantiser; /* its state is a struct product */

struct product *product_new(size_t k, size_t m, size_t bits);
void product_free(void *product); /* accepts NULL */

/* Where group s begins; product_first(p, m) is k. */
size_t product_first(const struct product *p, size_t s);

/* y is (n, k). `warm`: from the books as they are. */
int product_train(struct product *p, const float *y, size_t n, size_t iterations, uint64_t seed, bool warm,
                  struct err *err);

/* n rows of m centroid numbers, and back. */
void product_find(const struct product *p, const float *y, size_t n, uint8_t *found);
void product_decode(const struct product *p, const uint8_t *found, size_t n, float *y);

/* Books to half floats, as they will be saved. */
void product_round(struct product *p);
