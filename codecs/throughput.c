// SPDX-License-Identifier: MIT
#include "codecs/throughput.h"

#include "base/mem.h"
#include "declare/isa.h"

#include <math.h>
#include <stdlib.h>

extern const struct codec codec_transform, codec_transform_fixed;

static const int64_t bytes[] = { 20, 40, 82 };
static const int64_t batches[] = { 1, 100, THROUGHPUT_BATCH_MAX };
static const int64_t groups[] = { 1, TRANSFORM_GROUP };

const struct axis throughput_axes[3] = {
    { .name = "bytes", .values = bytes, .n_values = ARRAY_LEN(bytes), .quick = 1u << 0 },
    { .name = "batch", .values = batches, .n_values = ARRAY_LEN(batches), .quick = 1u << 1 },
    { .name = "group", .values = groups, .n_values = ARRAY_LEN(groups), .quick = 1u << 0 },
};

/* impl: which of their loops the codecs may use. */
static const uint32_t no_isa = 0, avx2 = ISA_AVX2, avx512 = ISA_AVX2 | ISA_AVX512F;

const struct variant throughput_variants[THROUGHPUT_VARIANTS] = {
    { .name = "scalar", .impl = &no_isa },
    { .name = "avx2", .isa = ISA_AVX2, .impl = &avx2, .lacks = quality_data_lacks },
    { .name = "avx512", .isa = ISA_AVX512F, .impl = &avx512, .lacks = quality_data_lacks },
};

static double thousands(const struct params *params, double ns)
{
    return (double)params_get(params, "batch") / ns * 1e6;
}

static double microseconds(const struct params *params, double ns)
{
    return ns / (double)params_get(params, "batch") / 1e3;
}

const struct metric throughput_metrics[2] = {
    { .name = "kvec_s", .unit = "kvec/s", .kind = METRIC_TIMED, .better = METRIC_HIGHER_IS_BETTER, .from_ns = thousands },
    { .name = "us_vec", .unit = "us", .kind = METRIC_TIMED, .better = METRIC_LOWER_IS_BETTER, .from_ns = microseconds },
};

/* Where there is no WordNet the reference, which runs everywhere, has random vectors of few dimensions. */
static int open_data(struct throughput *s, const struct bench *bench, struct err *err)
{
    enum { TRAIN = 1000, DIM = 64 };

    if (!quality_data_lacks())
        return quality_data_open(&s->data, err);
    return corpus_synthetic(TRAIN, THROUGHPUT_BATCH_MAX, THROUGHPUT_QUERIES, DIM, 1, bench->seed, &s->data.corpus, err);
}

/* Another one for each variant: a model knows which loops it uses. */
static int load_models(struct throughput *s, const struct bench *bench, struct err *err)
{
    const struct codec *codec = params_get(bench->params, "group") > 1 ? &codec_transform : &codec_transform_fixed;
    struct codec_options options = { (size_t)params_get(bench->params, "bytes"), bench->seed };
    struct evaluation e;

    for (size_t i = 0; i < THROUGHPUT_VARIANTS; i++) {
        int bad = quality_data_lacks() ? codec_train(codec, &s->data.corpus.train, &options, &s->models[i], err) :
                                         quality_data_model(&s->data, codec, options.bytes, &s->models[i], &e, err);

        if (bad)
            return -1;
        transform_use(s->models[i].model, *(const uint32_t *)throughput_variants[i].impl & bench->isa);
    }
    return 0;
}

int throughput_setup(const struct bench *bench, void **state, struct err *err)
{
    struct throughput *s = mem_array(1, sizeof(*s));
    size_t batch = (size_t)params_get(bench->params, "batch"), room;

    if (open_data(s, bench, err) < 0)
        goto fail;
    if (s->data.corpus.base.n < THROUGHPUT_BATCH_MAX || s->data.corpus.queries.n < THROUGHPUT_QUERIES) {
        err_set(err, ERR_HOST, "WordNet is too small here: %s", s->data.corpus.describe);
        goto fail;
    }
    s->x = (struct vectors){ s->data.corpus.base.data, batch, s->data.corpus.base.dim };
    s->queries = (struct vectors){ s->data.corpus.queries.data, THROUGHPUT_QUERIES, s->x.dim };
    room = batch * (s->x.dim > THROUGHPUT_QUERIES ? s->x.dim : THROUGHPUT_QUERIES);
    if (!(s->out[0] = mem_aligned(room, sizeof(float), MEM_LINE, err)) ||
        !(s->out[1] = mem_aligned(room, sizeof(float), MEM_LINE, err)) || load_models(s, bench, err) < 0 ||
        codec_encode(&s->models[0], &s->x, &s->codes, err) < 0)
        goto fail;
    *state = s;
    return 0;
fail:
    throughput_teardown(s);
    return -1;
}

void throughput_teardown(void *state)
{
    struct throughput *s = state;

    if (!s)
        return;
    for (size_t i = 0; i < THROUGHPUT_VARIANTS; i++)
        codec_model_free(&s->models[i]);
    codes_free(&s->codes);
    codes_free(&s->written);
    free(s->out[0]);
    free(s->out[1]);
    quality_data_close(&s->data);
    free(s);
}

int throughput_same(const float *got, const float *want, size_t n, double most, struct err *err)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)got[i] - (double)want[i]) <= most))
            return err_set(err, ERR_HARNESS, "place %zu: %g instead of %g", i, (double)got[i], (double)want[i]);
    return 0;
}
