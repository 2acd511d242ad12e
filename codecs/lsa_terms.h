// SPDX-License-Identifier: MIT
/* lsa_terms.h -- texts as a sparse matrix of weighted terms. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Row i has its entries at start[i] to start[i + 1], by rising column. */
struct lsa_matrix {
    size_t rows, cols;
    size_t *start; /* (rows + 1) */
    uint32_t *col; /* (start[rows]) */
    float *value;  /* (start[rows]) */
};

void lsa_matrix_free(struct lsa_matrix *m); /* accepts {0} */

/* Terms are runs of [a-z0-9], capitals made small, that occur in at least two and less than a fifth of the n texts.
 * Their weight is (1 + ln tf) ln(n / df); rows have length 1, or 0 where nothing is left (Manning, Raghavan & Schuetze,
 * Introduction to Information Retrieval, 2008, section 6.4). */
void lsa_terms(const char *const *texts, size_t n, struct lsa_matrix *m);

void lsa_transpose(const struct lsa_matrix *m, struct lsa_matrix *out);
