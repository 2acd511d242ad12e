// SPDX-License-Identifier: MIT
#include "codecs/evaluate.h"

#include "base/mem.h"
#include "base/text.h"
#include "codecs/blas.h"
#include "codecs/peak.h"
#include "codecs/peer_faiss.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const evaluate_faiss_kinds[] = { "faiss_pq", "faiss_opq", "faiss_rq", "faiss_sq8", "faiss_sq4", NULL };

/* PEER_FAISS_PQ is the first of those; -1: not one of them. */
static int kind_of(const char *name)
{
    for (int i = 0; evaluate_faiss_kinds[i]; i++)
        if (!strcmp(evaluate_faiss_kinds[i], name))
            return i;
    return -1;
}

bool evaluate_faiss_has(const char *kind, size_t bytes, size_t dim)
{
    switch (kind_of(kind)) {
    case PEER_FAISS_PQ:
        return dim % bytes == 0;
    case PEER_FAISS_OPQ:
    case PEER_FAISS_SQ8:
        return dim >= bytes;
    case PEER_FAISS_RQ:
        return true;
    case PEER_FAISS_SQ4:
        return dim >= 2 * bytes;
    default:
        return false;
    }
}

struct peer {
    const struct peer_faiss_functions *faiss;
    struct peer_faiss *p;
    size_t bytes, dim;
};

static int encode(const void *model, const struct vectors *x, struct codes *codes, struct err *err)
{
    const struct peer *peer = model;

    *codes = (struct codes){ mem_array(x->n, peer->bytes), x->n, x->n * peer->bytes, peer->bytes };
    if (peer->faiss->encode(peer->p, x->data, x->n, codes->data, err) == 0)
        return 0;
    codes_free(codes);
    return -1;
}

static int decode(const void *model, const struct codes *codes, struct vectors *out, struct err *err)
{
    const struct peer *peer = model;

    if (vectors_new(out, codes->n, peer->dim, err) < 0)
        return -1;
    if (peer->faiss->decode(peer->p, codes->data, codes->n, out->data, err) == 0)
        return 0;
    vectors_free(out);
    return -1;
}

static int score(const void *model, const struct vectors *queries, const struct codes *codes, float *scores,
                 struct err *err)
{
    struct vectors x = { 0 };

    if (decode(model, codes, &x, err) < 0)
        return -1;
    vectors_normalise(&x);
    blas_sgemm(false, true, queries->n, x.n, x.dim, 1, queries->data, x.dim, x.data, x.dim, 0, scores, x.n);
    vectors_free(&x);
    return 0;
}

int evaluate_faiss(const char *kind, size_t bytes, const struct evaluate_frame *frame, struct evaluation *e,
                   struct err *err)
{
    const struct vectors *train = &frame->corpus->train;
    struct peer peer = { .faiss = peer_faiss_load(err), .bytes = bytes, .dim = train->dim };
    struct evaluate_coder coder = { &peer, encode, decode, score, 0 };
    struct timespec start, end;
    struct peak peak;
    size_t taken;
    int ret = -1;

    *e = (struct evaluation){ 0 };
    if (!peer.faiss)
        return -1;
    if (!evaluate_faiss_has(kind, bytes, train->dim))
        return err_set(err, ERR_CONFIG, "%s cannot write a vector of %zu dimensions in %zu bytes", kind, train->dim,
                       bytes);
    peak = peak_begin();
    clock_gettime(CLOCK_MONOTONIC, &start);
    peer.p = peer.faiss->train((enum peer_faiss_kind)kind_of(kind), bytes, train->data, train->n, train->dim, err);
    clock_gettime(CLOCK_MONOTONIC, &end);
    taken = peak_bytes(peak);
    if (!peer.p)
        return -1;
    coder.side_bytes = peer.faiss->side_bytes(peer.p);
    ret = evaluate_coder(&coder, frame, e, err);
    peer.faiss->free(peer.p);
    if (ret < 0) {
        evaluation_free(e);
        return -1;
    }
    text_copy(e->name, sizeof(e->name), kind);
    e->peer = true;
    e->wanted = bytes;
    e->train_bytes = taken;
    e->train_s = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) * 1e-9;
    return 0;
}
