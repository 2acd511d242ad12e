// SPDX-License-Identifier: MIT
#include "codecs/peer_faiss.h"

#include <faiss/Index.h>
#include <faiss/VectorTransform.h>
#include <faiss/impl/ProductQuantizer.h>
#include <faiss/impl/ResidualQuantizer.h>
#include <faiss/impl/ScalarQuantizer.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
#include <vector>

namespace
{

constexpr size_t components_per_byte = 4;
constexpr int beam = 8;

// Fewer training vectors than it likes are the caller's choice: no words on standard error, a line a clustering.
void be_silent(faiss::ClusteringParameters &clustering)
{
    clustering.min_points_per_centroid = 1;
}

std::vector<float> prefix(const float *x, size_t n, size_t dim, size_t k)
{
    std::vector<float> y(n * k);

    for (size_t i = 0; i < n; i++)
        std::copy_n(x + i * dim, k, y.data() + i * k);
    return y;
}

// Runs f and turns what it throws into *err: no exception may pass through C.
template <typename F> int guarded(const char *what, struct err *err, F f)
{
    try {
        omp_set_num_threads(1);
        f();
        return 0;
    } catch (const std::bad_alloc &) {
        return err_set(err, ERR_HOST, "faiss: no memory to %s", what);
    } catch (const std::exception &e) {
        return err_set(err, ERR_CONFIG, "faiss cannot %s: %s", what, e.what());
    }
}

} // namespace

struct peer_faiss {
    enum peer_faiss_kind kind;
    size_t dim, k, bytes; // k: numbers that are quantised
    std::unique_ptr<faiss::PCAMatrix> pca;
    std::vector<float> outside; // what of the mean is outside of the components: reverse_transform() forgets it
    std::unique_ptr<faiss::OPQMatrix> opq;
    std::unique_ptr<faiss::ProductQuantizer> pq;
    std::unique_ptr<faiss::ResidualQuantizer> rq;
    std::unique_ptr<faiss::ScalarQuantizer> sq;

    std::vector<float> forward(const float *x, size_t n) const
    {
        std::vector<float> y;

        if (!pca)
            return prefix(x, n, dim, k);
        y.resize(n * k);
        std::vector<float> components(n * k);
        pca->apply_noalloc(static_cast<faiss::Index::idx_t>(n), x, components.data());
        opq->apply_noalloc(static_cast<faiss::Index::idx_t>(n), components.data(), y.data());
        return y;
    }

    void back(const float *y, size_t n, float *x) const
    {
        if (pca) {
            std::vector<float> components(n * k);

            opq->reverse_transform(static_cast<faiss::Index::idx_t>(n), y, components.data());
            pca->reverse_transform(static_cast<faiss::Index::idx_t>(n), components.data(), x);
            for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < dim; j++)
                    x[i * dim + j] += outside[j];
            return;
        }
        std::fill_n(x, n * dim, 0.0f);
        for (size_t i = 0; i < n; i++)
            std::copy_n(y + i * k, k, x + i * dim);
    }

    void find_outside()
    {
        std::vector<float> y(k), back(dim);

        pca->apply_noalloc(1, pca->mean.data(), y.data()); // zeros, but for rounding
        pca->reverse_transform(1, y.data(), back.data());
        outside.resize(dim);
        for (size_t j = 0; j < dim; j++)
            outside[j] = pca->mean[j] - back[j];
    }

    void train(const float *x, size_t n)
    {
        const auto count = static_cast<faiss::Index::idx_t>(n);

        if (kind == PEER_FAISS_OPQ) {
            std::vector<float> components(n * k);

            pca = std::make_unique<faiss::PCAMatrix>(static_cast<int>(dim), static_cast<int>(k));
            pca->train(count, x);
            find_outside();
            pca->apply_noalloc(count, x, components.data());
            opq = std::make_unique<faiss::OPQMatrix>(static_cast<int>(k), static_cast<int>(bytes));
            faiss::ProductQuantizer within(k, bytes, 8); // what it trains in turns with the rotation
            be_silent(within.cp);
            opq->pq = &within;
            opq->train(count, components.data());
            opq->pq = nullptr;
        }
        const std::vector<float> y = forward(x, n);
        if (kind == PEER_FAISS_PQ || kind == PEER_FAISS_OPQ) {
            pq = std::make_unique<faiss::ProductQuantizer>(k, bytes, 8);
            be_silent(pq->cp);
            pq->train(n, y.data());
        } else if (kind == PEER_FAISS_RQ) {
            rq = std::make_unique<faiss::ResidualQuantizer>(k, bytes, 8);
            rq->max_beam_size = beam;
            be_silent(rq->cp);
            rq->train(n, y.data());
        } else {
            sq = std::make_unique<faiss::ScalarQuantizer>(k, kind == PEER_FAISS_SQ8 ? faiss::ScalarQuantizer::QT_8bit
                                                                                    : faiss::ScalarQuantizer::QT_4bit);
            sq->train(n, y.data());
        }
    }

    void encode(const float *x, size_t n, uint8_t *codes) const
    {
        const std::vector<float> y = forward(x, n);

        if (pq)
            pq->compute_codes(y.data(), codes, n);
        else if (rq)
            rq->compute_codes(y.data(), codes, n);
        else
            sq->compute_codes(y.data(), codes, n);
    }

    void decode(const uint8_t *codes, size_t n, float *x) const
    {
        std::vector<float> y(n * k);

        if (pq)
            pq->decode(codes, y.data(), n);
        else if (rq)
            rq->decode(codes, y.data(), n);
        else
            sq->decode(codes, y.data(), n);
        back(y.data(), n, x);
    }
};

#define TEXT(x)  #x
#define VALUE(x) TEXT(x)

const char *peer_faiss_version(void)
{
    return "faiss " VALUE(FAISS_VERSION_MAJOR) "." VALUE(FAISS_VERSION_MINOR) "." VALUE(FAISS_VERSION_PATCH);
}

static size_t quantised(enum peer_faiss_kind kind, size_t bytes, size_t dim)
{
    switch (kind) {
    case PEER_FAISS_OPQ: // a multiple of the groups
        return std::min(components_per_byte, dim / bytes) * bytes;
    case PEER_FAISS_SQ8:
        return std::min(bytes, dim);
    case PEER_FAISS_SQ4:
        return std::min(2 * bytes, dim);
    default:
        return dim;
    }
}

struct peer_faiss *peer_faiss_train(enum peer_faiss_kind kind, size_t bytes, const float *x, size_t n, size_t dim,
                                    struct err *err)
{
    struct peer_faiss *p = nullptr;

    if (bytes == 0 || dim == 0 || n == 0 || quantised(kind, bytes, dim) == 0) {
        err_set(err, ERR_CONFIG, "faiss cannot write %zu dimensions in %zu bytes", dim, bytes);
        return nullptr;
    }
    const int ret = guarded("train", err, [&] {
        std::unique_ptr<peer_faiss> made(new peer_faiss());

        made->kind = kind;
        made->dim = dim;
        made->bytes = bytes;
        made->k = quantised(kind, bytes, dim);
        made->train(x, n);
        p = made.release();
    });
    return ret == 0 ? p : nullptr;
}

void peer_faiss_free(struct peer_faiss *p)
{
    delete p;
}

size_t peer_faiss_side_bytes(const struct peer_faiss *p)
{
    size_t floats = 0;

    if (p->pca)
        floats += p->k * p->dim + p->dim + p->k * p->k;
    if (p->pq)
        floats += p->pq->centroids.size();
    if (p->rq)
        floats += p->rq->codebooks.size();
    if (p->sq)
        floats += p->sq->trained.size();
    return floats * sizeof(float);
}

int peer_faiss_encode(const struct peer_faiss *p, const float *x, size_t n, uint8_t *codes, struct err *err)
{
    return guarded("encode", err, [&] { p->encode(x, n, codes); });
}

int peer_faiss_decode(const struct peer_faiss *p, const uint8_t *codes, size_t n, float *out, struct err *err)
{
    return guarded("decode", err, [&] { p->decode(codes, n, out); });
}
