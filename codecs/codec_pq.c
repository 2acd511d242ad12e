// SPDX-License-Identifier: MIT
/* codec_pq.c -- product quantisation of the vector as it is: a byte for each group of dimensions.
 *
 * No mean, no rotation: what the dimensions share with each other is lost. Ranked by the cosine with the
 * reconstruction. Jegou, Douze, Schmid, TPAMI 33(1), 2011. */
#include "base/mem.h"
#include "codecs/product.h"
#include "codecs/sample.h"

#include <stdlib.h>

static bool has(size_t bytes, size_t dim)
{
    return bytes > 0 && dim > 0;
}

static int train(const struct vectors *x, const struct codec_options *options, void **model, struct err *err)
{
    size_t m = options->bytes < x->dim ? options->bytes : x->dim;
    struct coder *c = mem_array(1, sizeof(*c));
    struct product *product = product_new(x->dim, m, 8);
    float *y = NULL;
    size_t n;

    *c = (struct coder){ .rule = CODER_LENGTH, .bytes = m, .quantiser = &product_quantiser, .state = product };
    projection_prefix(x, x->dim, false, &c->projection);
    y = sample_projected(&c->projection, x, SAMPLE_PRODUCT, options->seed, &n, err);
    if (!y || product_train(product, y, n, 25, options->seed, false, err) < 0) {
        free(y);
        coder_free(c);
        return -1;
    }
    product_round(product);
    free(y);
    *model = c;
    return 0;
}

static int load(struct blob_reader *in, void **model, struct err *err)
{
    return coder_load(&product_quantiser, in, model, err);
}

const struct codec codec_pq = {
    .name = "pq",
    .summary = "product quantisation of the raw vector, 8 bits a group",
    .source = "Jegou, Douze, Schmid 2011",
    .has = has,
    .train = train,
    .load = load,
    CODER_FUNCTIONS,
};
