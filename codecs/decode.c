// SPDX-License-Identifier: MIT
/* decode.c -- the scenario codecs/decode: codes as vectors. */
#include "base/mem.h"
#include "codecs/throughput.h"

#include <string.h>

static void decode(const struct throughput *s, size_t model, float *out)
{
    const struct codec_model *m = &s->models[model];
    struct err err;

    if (m->codec->decode(m->model, &s->codes, out, &err) < 0)
        BUG("%s", err.msg);
}

static void run(void *arg, const struct variant *variant, int64_t n)
{
    struct throughput *s = arg;

    for (int64_t i = 0; i < n; i++)
        decode(s, (size_t)(variant - throughput_variants), s->out[1]);
}

static int check(void *arg, const struct variant *variant, struct err *err)
{
    struct throughput *s = arg;

    decode(s, 0, s->out[0]);
    memset(s->out[1], 0xff, s->x.n * s->x.dim * sizeof(float));
    run(s, variant, 1);
    return throughput_same(s->out[1], s->out[0], s->x.n * s->x.dim, 1e-5, err);
}

const struct scenario scenario_decode = {
    THROUGHPUT("codecs/decode", "codes of the transform codecs as vectors, one or a batch a call", run, check)
};
