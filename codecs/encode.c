// SPDX-License-Identifier: MIT
/* encode.c -- the scenario codecs/encode: vectors as codes. */
#include "base/mem.h"
#include "codecs/throughput.h"

#include <math.h>
#include <string.h>

static void run(void *arg, const struct variant *variant, int64_t n)
{
    struct throughput *s = arg;
    struct err err;

    for (int64_t i = 0; i < n; i++) {
        codes_free(&s->written);
        if (codec_encode(&s->models[variant - throughput_variants], &s->x, &s->written, &err) < 0)
            BUG("%s", err.msg);
    }
}

static int error_of(const struct throughput *s, const struct codes *codes, double *error, struct err *err)
{
    struct vectors out = { 0 };

    if (codec_decode(&s->models[0], codes, &out, err) < 0)
        return -1;
    *error = 0;
    for (size_t i = 0; i < out.n * out.dim; i++)
        *error += pow((double)out.data[i] - (double)s->x.data[i], 2);
    vectors_free(&out);
    return 0;
}

/* Sums in another order may tip a symbol over: what counts is the size, and that codes mean as much. */
static int check(void *arg, const struct variant *variant, struct err *err)
{
    struct throughput *s = arg;
    double reference, error;

    run(s, variant, 1);
    if (s->written.n_bytes > s->x.n * s->models[0].options.bytes)
        return err_set(err, ERR_HARNESS, "%zu codes take %zu bytes", s->x.n, s->written.n_bytes);
    if (error_of(s, &s->codes, &reference, err) < 0 || error_of(s, &s->written, &error, err) < 0)
        return -1;
    if (!(fabs(error / reference - 1) < .03))
        return err_set(err, ERR_HARNESS, "a squared error of %g where the reference has %g", error, reference);
    return 0;
}

const struct scenario scenario_encode = {
    THROUGHPUT("codecs/encode", "vectors as codes of the transform codecs, one or a batch a call", run, check)
};
