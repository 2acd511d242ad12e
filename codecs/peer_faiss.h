// SPDX-License-Identifier: MIT
/* peer_faiss.h -- faiss as a peer: its quantisers on the same vectors, in the same process.
 *
 * PQ and SQ take the vectors as they are, OPQ the first principal components (4 a byte) with its own rotation, RQ the
 * vectors as they are with a beam of 8. C++ exceptions end here and become errors. One thread, so that times compare.
 *
 * All of it is in a module of its own, libpawl_peer_faiss.so, since faiss brings a linked OpenBLAS (blas.h says what is
 * wrong with that): peer_faiss_load() loads it, and gives its functions. */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum peer_faiss_kind { PEER_FAISS_PQ, PEER_FAISS_OPQ, PEER_FAISS_RQ, PEER_FAISS_SQ8, PEER_FAISS_SQ4 };

struct peer_faiss;

/* NULL: this build has the module; else why not, and what to do. Of the program, not of the module. */
const char *peer_faiss_absent(void);

const char *peer_faiss_version(void); /* "faiss 1.7.3" */

/* x is (n, dim); codes will have `bytes` each: for PEER_FAISS_PQ, dim must be a multiple of it, and for the scalar ones,
 * which quantise the first dimensions, it is all there is to choose. NULL with *err filled: ERR_CONFIG where
 * faiss refuses. */
struct peer_faiss *peer_faiss_train(enum peer_faiss_kind kind, size_t bytes, const float *x, size_t n, size_t dim,
                                    struct err *err);
void peer_faiss_free(struct peer_faiss *p); /* accepts NULL */

/* The tables that a reader of codes needs, as float32. */
size_t peer_faiss_side_bytes(const struct peer_faiss *p);

/* codes: n rows of `bytes`; out: (n, dim). */
int peer_faiss_encode(const struct peer_faiss *p, const float *x, size_t n, uint8_t *codes, struct err *err);
int peer_faiss_decode(const struct peer_faiss *p, const uint8_t *codes, size_t n, float *out, struct err *err);

/* The functions above, from the module. */
struct peer_faiss_functions {
    const char *(*version)(void);
    struct peer_faiss *(*train)(enum peer_faiss_kind kind, size_t bytes, const float *x, size_t n, size_t dim,
                                struct err *err);
    void (*free)(struct peer_faiss *p);
    size_t (*side_bytes)(const struct peer_faiss *p);
    int (*encode)(const struct peer_faiss *p, const float *x, size_t n, uint8_t *codes, struct err *err);
    int (*decode)(const struct peer_faiss *p, const uint8_t *codes, size_t n, float *out, struct err *err);
};

/* The module: beside the program, where the build of pawl has it as seen from there, or in the lib/pawl beside the program's
 * folder. "": nowhere. */
const char *peer_faiss_path(void);

/* Loads it, once. NULL (ERR_HOST) where that fails, with what to do. */
const struct peer_faiss_functions *peer_faiss_load(struct err *err);

#ifdef __cplusplus
}
#endif
