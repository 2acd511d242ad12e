// SPDX-License-Identifier: MIT
/* lsa.h -- latent semantic analysis: texts as vectors, by a truncated singular value decomposition of their terms.
 *
 * Deerwester et al., "Indexing by latent semantic analysis", JASIS 41(6), 1990. The decomposition is randomised: a
 * random subspace, power iterations, then an exact one within what they found (Halko, Martinsson & Tropp, "Finding
 * structure with randomness", SIAM Review 53(2), 2011, algorithms 4.4 and 5.1), on the side of the terms, of which
 * there are fewer. */
#pragma once

#include "codecs/vectors.h"

struct lsa_options {
    size_t dims;       /* of the vectors; those beyond the rank of the matrix are zero */
    size_t oversample; /* more dimensions than are kept, for accuracy */
    size_t iterations; /* of the power method */
    double exponent;   /* row i is U_i S^exponent, then of length 1 */
    uint64_t seed;
};

/* One vector a text, in their order; a zero vector where a text has no term of lsa_terms.h. -1: ERR_HOST without
 * OpenBLAS or memory. */
int lsa_embed(const char *const *texts, size_t n, const struct lsa_options *options, struct vectors *out,
              struct err *err);
