// SPDX-License-Identifier: MIT
/* codec_opq.c -- optimised product quantisation: principal components, rotated so that a product quantiser fits them
 * best. `opq` writes a byte for each group, `pq4` four bits, which a processor can look up in a register.
 *
 * The rotation starts from an allocation of components that gives every group the same product of variances, and is
 * then alternated with the centroids: codes, centroids, nearest orthogonal matrix (the non-parametric form of Ge, He,
 * Ke, Sun, "Optimized product quantization", TPAMI 36(4), 2014). Rotation and components are one matrix in the model.
 * Ranked by the cosine with the reconstruction. */
#include "base/mem.h"
#include "codecs/allocate.h"
#include "codecs/blas.h"
#include "codecs/pca.h"
#include "codecs/procrustes.h"
#include "codecs/product.h"
#include "codecs/sample.h"

#include <stdlib.h>

/* Components a group: 4 a byte either way. */
enum { COMPONENTS_8 = 4, COMPONENTS_4 = 2 };

enum { ALTERNATIONS = 30, LAST_ITERATIONS = 15 };

static bool has(size_t bytes, size_t dim)
{
    return bytes > 0 && dim > 0;
}

/* y (n, k) are components; rotation, allocated, is improved together with the books. */
static int alternate(struct product *p, const float *y, size_t n, uint64_t seed, float *rotation, struct err *err)
{
    size_t k = p->k;
    float *turned = mem_aligned(2 * n * k, sizeof(*turned), MEM_LINE, err), *decoded = turned + n * k;
    uint8_t *found = mem_array(n, p->m);
    int ret = -1;

    if (!turned)
        goto out;
    for (size_t i = 0; i < ALTERNATIONS; i++) {
        blas_sgemm(false, true, n, k, k, 1, y, k, rotation, k, 0, turned, k);
        if (product_train(p, turned, n, i == 0 ? 4 : 1, seed, i > 0, err) < 0)
            goto out;
        product_find(p, turned, n, found);
        product_decode(p, found, n, decoded);
        if (procrustes(y, decoded, n, k, rotation, err) < 0)
            goto out;
    }
    ret = 0;
out:
    free(turned);
    free(found);
    return ret;
}

static int fit(struct coder *c, struct product *p, const struct vectors *x, const float *variance, uint64_t seed,
               struct err *err)
{
    float *rotation = mem_array(p->k * p->k, sizeof(*rotation)), *y = NULL;
    size_t *widths = mem_array(p->m, sizeof(*widths)), n;
    int ret = -1;

    for (size_t s = 0; s < p->m; s++)
        widths[s] = product_first(p, s + 1) - product_first(p, s);
    allocate(variance, p->k, widths, p->m, rotation);
    y = sample_projected(&c->projection, x, SAMPLE_PRODUCT, seed, &n, err);
    if (!y || alternate(p, y, n, seed, rotation, err) < 0 || projection_rotate(&c->projection, rotation, err) < 0)
        goto out;
    free(y);
    y = sample_projected(&c->projection, x, SAMPLE_PRODUCT, seed, &n, err);
    if (!y || product_train(p, y, n, LAST_ITERATIONS, seed, true, err) < 0)
        goto out;
    product_round(p);
    ret = 0;
out:
    free(rotation);
    free(widths);
    free(y);
    return ret;
}

/* m groups of `bits` from m * width components. */
static int train(const struct vectors *x, size_t m, size_t width, size_t bits, uint64_t seed, void **model,
                 struct err *err)
{
    size_t most = x->dim < PCA_DIM_MAX ? x->dim : PCA_DIM_MAX, k = m * width < most ? m * width : most;
    struct coder *c = mem_array(1, sizeof(*c));
    float *variance = mem_array(k, sizeof(*variance));
    struct product *p;

    m = m < k ? m : k;
    p = product_new(k, m, bits);
    *c = (struct coder){
        .rule = CODER_LENGTH, .bytes = bits == 8 ? m : (m + 1) / 2, .quantiser = &product_quantiser, .state = p
    };
    if (projection_pca(x, k, seed, &c->projection, variance, err) < 0 || fit(c, p, x, variance, seed, err) < 0) {
        free(variance);
        coder_free(c);
        return -1;
    }
    free(variance);
    *model = c;
    return 0;
}

static int train_opq(const struct vectors *x, const struct codec_options *options, void **model, struct err *err)
{
    return train(x, options->bytes, COMPONENTS_8, 8, options->seed, model, err);
}

static int train_pq4(const struct vectors *x, const struct codec_options *options, void **model, struct err *err)
{
    return train(x, 2 * options->bytes, COMPONENTS_4, 4, options->seed, model, err);
}

static int load(struct blob_reader *in, void **model, struct err *err)
{
    return coder_load(&product_quantiser, in, model, err);
}

const struct codec codec_opq = {
    .name = "opq",
    .summary = "principal components, optimised rotation, product quantisation with 8 bits a group",
    .source = "Ge, He, Ke, Sun 2014",
    .has = has,
    .train = train_opq,
    .load = load,
    CODER_FUNCTIONS,
};

const struct codec codec_pq4 = {
    .name = "pq4",
    .summary = "principal components, optimised rotation, product quantisation with 4 bits a group",
    .source = "Ge, He, Ke, Sun 2014; Andre, Kermarrec, Le Scouarnec 2015",
    .has = has,
    .train = train_pq4,
    .load = load,
    CODER_FUNCTIONS,
};
