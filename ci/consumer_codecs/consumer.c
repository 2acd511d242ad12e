// SPDX-License-Identifier: MIT
/* Somebody else's program: codecs through the installed headers, on vectors of its own. Strict C17, and functions of its
 * own that have the names of the library's insides. */
#include "codecs/codec.h"
#include "declare/isa.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 400, DIM = 24, BYTES = 12 };

int text_add = 1, kmeans = 2, transform_train = 3; /* not the library's: were its own visible, this would not link */

static int fail(const char *name, const char *what)
{
    printf("%s: %s\n", name, what);
    return 1;
}

/* Trained, saved, loaded, and what comes back is near what went in. */
static int tries(const char *name, struct vectors *x)
{
    struct codec_options options = { BYTES, 1 };
    struct codec_model model = { 0 }, again = { 0 };
    struct codes codes = { 0 };
    struct vectors out = { 0 };
    struct err err = { 0 };
    double error = 0, energy = 0;

    if (codec_train(codec_find(name), x, &options, &model, &err) < 0) {
        printf("%s: %s\n", name, err.msg);
        return err.code == ERR_HOST ? 0 : 1; /* without OpenBLAS */
    }
    if (codec_save(&model, "model", &err) < 0 || codec_load("model", &again, &err) < 0 ||
        codec_encode(&again, x, &codes, &err) < 0 || codec_decode(&again, &codes, &out, &err) < 0)
        return fail(name, err.msg);
    for (size_t i = 0; i < N * DIM; i++) {
        error += pow((double)(x->data[i] - out.data[i]), 2);
        energy += pow((double)x->data[i], 2);
    }
    if (codes.n_bytes > N * BYTES || !(error < .5 * energy))
        return fail(name, "too long or too far from the original");
    printf("%s: right\n", name);
    vectors_free(&out);
    codes_free(&codes);
    codec_model_free(&model);
    codec_model_free(&again);
    return 0;
}

int main(void)
{
    struct vectors x;
    struct err err;
    int bad;

    if (vectors_new(&x, N, DIM, &err) < 0)
        return fail("vectors", err.msg);
    for (size_t i = 0; i < N * DIM; i++)
        x.data[i] = (float)(sin((double)(i * i % 1009)) / sqrt((double)(i % DIM + 1)) + .2);
    vectors_normalise(&x);
    bad = tries("scalar4", &x) | tries("transform", &x) | tries("opq", &x);
    if (codec_list_n < 10 || isa_host() == 0)
        bad = fail("both libraries", "not whole");
    vectors_free(&x);
    return bad;
}
