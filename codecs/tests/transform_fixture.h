// SPDX-License-Identifier: MIT
/* transform_fixture.h -- vectors and models for the tests of the transform codecs. */
#pragma once

#include "base/rng.h"
#include "codecs/codec.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct codec codec_transform, codec_transform_fixed;

enum { DIM = 48, TRAIN = 600, BYTES = 9 };

/* Unit vectors with a mean, a falling spectrum and a skewed first dimension. */
static inline struct vectors made(size_t n, size_t dim, uint64_t seed)
{
    struct rng rng = rng_seed(seed);
    struct vectors v;
    struct err err;

    assert_int_equal(vectors_new(&v, n, dim, &err), 0);
    for (size_t i = 0; i < n * dim; i++) {
        double x = rng_normal(&rng);

        v.data[i] = (float)((i % dim ? x : x * x) / sqrt((double)(i % dim + 1)) + .3);
    }
    vectors_normalise(&v);
    return v;
}

static inline struct codec_model trained(const struct codec *codec, const struct vectors *x, size_t bytes)
{
    struct codec_options options = { bytes, 1 };
    struct codec_model model;
    struct err err;

    if (codec_train(codec, x, &options, &model, &err) < 0)
        fail_msg("%s", err.msg);
    return model;
}
