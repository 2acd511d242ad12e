// SPDX-License-Identifier: MIT
/* score.c -- the scenario codecs/score: how near codes are to 8 queries, without decoding them to vectors. */
#include "base/mem.h"
#include "codecs/throughput.h"

#include <string.h>

static void score(const struct throughput *s, size_t model, float *out)
{
    struct err err;

    if (codec_score(&s->models[model], &s->queries, &s->codes, out, &err) < 0)
        BUG("%s", err.msg);
}

static void run(void *arg, const struct variant *variant, int64_t n)
{
    struct throughput *s = arg;

    for (int64_t i = 0; i < n; i++)
        score(s, (size_t)(variant - throughput_variants), s->out[1]);
}

static int check(void *arg, const struct variant *variant, struct err *err)
{
    struct throughput *s = arg;

    score(s, 0, s->out[0]);
    memset(s->out[1], 0xff, s->queries.n * s->x.n * sizeof(float));
    run(s, variant, 1);
    return throughput_same(s->out[1], s->out[0], s->queries.n * s->x.n, 1e-4, err);
}

const struct scenario scenario_score = {
    THROUGHPUT("codecs/score", "codes of the transform codecs against 8 queries, one or a batch a call", run, check)
};
