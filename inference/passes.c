// SPDX-License-Identifier: MIT
#include "inference/passes.h"

#include "base/mem.h"
#include "base/rng.h"
#include "declare/team.h"
#include "inference/engine_private.h"
#include "inference/replica.h"
#include "inference/sampling.h"
#include "inference/shipped.h"
#include "kernels/roof.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REPLICA = 8, REASONER_LAYERS = 4, CHUNK = 8 }; /* CHUNK: rows of a slice of the reference's prefill */

static const uint32_t isas[] = {
    [PASSES_SCALAR] = ISA_ANY,
    [PASSES_AVX2] = ISA_AVX2 | ISA_AVXVNNI,
    [PASSES_AVX512] = ISA_ALL,
};

static const struct model_shape bitnet_680m = {
    .arch = "bitnet", .dim = 1536, .layers = 24, .heads = 16, .kv_heads = 16, .head_dim = 96, .ff = 4096, .vocab = 32,
    .context = 512, .rope_dim = 96, .rope_base = 10000, .norm_eps = 1e-5f, .rope_halves = true,
    .activation = MODEL_SILU,
};

static enum gguf_type type_of(int64_t bits)
{
    return bits == 2 ? GGUF_TQ2_0 : bits == 8 ? GGUF_Q8_0 : bits == 16 ? GGUF_F16 : GGUF_F32;
}

bool passes_has(const struct params *params)
{
    struct err err = { 0 };
    struct gguf *g = params_get(params, "mparams") == 680 ? NULL : shipped_open(SHIPPED_REASONER, &err);

    gguf_close(g);
    return g || params_get(params, "mparams") == 680;
}

static struct model *make_model(const struct bench *bench, struct err *err)
{
    int64_t mparams = params_get(bench->params, "mparams");
    enum gguf_type type = type_of(params_get(bench->params, "bits"));
    uint64_t layers;
    struct gguf *g;
    struct model *m;

    if (mparams == 680)
        return replica_random(&bitnet_680m, type, bench->seed, bench->isa, err);
    g = shipped_open(SHIPPED_REASONER, err);
    /* The number of slices counts on it. */
    if (g && gguf_uint(g, "bitnet.block_count", REASONER_LAYERS, REASONER_LAYERS, &layers, err) < 0) {
        gguf_close(g);
        return NULL;
    }
    m = g ? replica_new(g, mparams == 3 ? 1 : REPLICA, type, bench->isa, err) : NULL;
    gguf_close(g);
    return m;
}

void passes_teardown(void *state)
{
    struct passes *t = state;

    if (!t)
        return;
    for (size_t i = 0; i < PASSES_VARIANTS; i++) {
        engine_free(t->engines[i]);
        model_free(t->models[i]);
    }
    model_free(t->model);
    gguf_close(t->gguf);
    free(t->read);
    free(t);
}

/* An engine of its own for each variant, with the prompt behind it where a pass decodes. */
static int make_engine(struct passes *t, size_t variant, uint32_t isa, struct err *err)
{
    struct engine_options options = { .batch = PASSES_AT, .logits = CHUNK, .length = PASSES_AT + 1, .team = t->team };
    size_t row;

    t->models[variant] = model_with(t->model, isas[variant] & isa);
    t->engines[variant] = engine_new(t->models[variant], &options, err);
    if (!t->engines[variant])
        return -1;
    if (t->rows > 1)
        return 0;
    if (variant != PASSES_SCALAR)
        return engine_prefill(t->engines[variant], 0, t->tokens, PASSES_AT, &row, err);
    /* Whatever stands in the cache costs the reference the same to read: it need not compute it, which takes minutes.
     */
    for (size_t i = 0; i < PASSES_AT; i++)
        if (engine_append(t->engines[variant], &(struct engine_row){ t->tokens[i], 0, false }, 1, err) < 0)
            return -1;
    return 0;
}

static int make_read(struct passes *t, struct err *err)
{
    t->read = mem_huge(t->model->weight_bytes, 1, err);
    if (!t->read)
        return -1;
    memset(t->read, 0x5a, t->model->weight_bytes);
    return 0;
}

int passes_open(const struct bench *bench, struct gguf *gguf, struct model *model, bool sliced, size_t rows, void **out,
                    struct err *err)
{
    struct passes *t = mem_array(1, sizeof(*t));
    struct rng rng = rng_seed(bench->seed);

    *t = (struct passes){ .variants = bench->params->scenario->variants,
                          .team = bench->team,
                          .gguf = gguf,
                          .model = model,
                          .sliced = sliced,
                          .rows = rows };
    for (size_t i = 0; i < ARRAY_LEN(t->tokens); i++) /* any text: what it says changes no cost */
        t->tokens[i] = (int32_t)rng_below(&rng, t->model->shape.vocab);
    for (size_t i = 0; i < PASSES_VARIANTS; i++)
        if (bench->variants & 1u << i && make_engine(t, i, bench->isa, err) < 0)
            goto fail;
    if (rows == 1 && bench->variants >> PASSES_VARIANTS && make_read(t, err) < 0)
        goto fail;
    *out = t;
    return 0;
fail:
    passes_teardown(t);
    return -1;
}

int passes_setup(const struct bench *bench, size_t rows, void **out, struct err *err)
{
    struct model *model = make_model(bench, err);

    if (!model)
        return -1;
    return passes_open(bench, NULL, model, params_get(bench->params, "mparams") != 3, rows, out, err);
}

int64_t passes_slices_of(size_t layers, size_t rows)
{
    return (int64_t)(rows > 1 ? layers * (rows / CHUNK) : layers);
}

int64_t passes_slices(const struct params *params, size_t rows)
{
    int64_t mparams = params_get(params, "mparams");

    return mparams == 3 ? 1 : passes_slices_of(mparams == 680 ? bitnet_680m.layers : REASONER_LAYERS, rows);
}

static void append(struct engine *e, const int32_t *tokens, size_t n, bool last)
{
    struct engine_row rows[PASSES_AT];
    struct err err = { 0 };

    for (size_t i = 0; i < n; i++)
        rows[i] = (struct engine_row){ tokens[i], 0, last && i + 1 == n };
    if (engine_append(e, rows, n, &err) < 0)
        BUG("%s", err.msg);
}

/* The rows of a chunk through one layer; the next slice the next layer, then the next chunk. The reference's chunks are
 * as large as what its products are made for. */
static void slice(struct passes *t, struct engine *e)
{
    size_t layers = t->model->shape.layers, n = t->rows > 1 ? CHUNK : 1, chunks = t->rows > 1 ? t->rows / CHUNK : 1;
    size_t layer = t->next_slice % layers, chunk = t->next_slice / layers;
    size_t at = t->rows > 1 ? chunk * CHUNK : PASSES_AT;

    if (layer == 0) {
        if (chunk == 0)
            engine_truncate(e, 0, at);
        append(e, t->tokens + at, n, chunk + 1 == chunks);
    }
    engine_run(e, layer, layer + 1, layer + 1 == layers);
    t->next_slice = (t->next_slice + 1) % (layers * chunks);
}

static void pass(struct passes *t, size_t variant)
{
    struct engine *e = t->engines[variant];
    size_t at = t->rows > 1 ? 0 : PASSES_AT;

    if (!e)
        BUG("variant %zu is not of this block", variant);
    if (variant == PASSES_SCALAR && t->sliced) {
        slice(t, e);
        return;
    }
    engine_truncate(e, 0, at);
    append(e, t->tokens + at, t->rows, true);
    engine_run(e, 0, t->model->shape.layers, true);
    t->said = sampling_greedy(engine_logits(e, t->rows - 1), t->model->shape.vocab);
}

/* Returns something that is not 0. A prefill is a multiply-add per weight and token; attention, some 1 %, is left out.
 */
static int64_t roof(const struct passes *t, const struct variant *variant)
{
    if (t->rows == 1)
        return (int64_t)roof_read_run(variant->impl, t->read, t->model->weight_bytes, t->team);
    return roof_compute_run(variant->impl, 2.0 * (double)t->rows * (double)model_parameters(t->model), t->team);
}

void passes_run(void *state, const struct variant *variant, int64_t n)
{
    struct passes *t = state;

    for (int64_t i = 0; i < n; i++) {
        if (variant->role == ROLE_ROOF)
            roof(t, variant);
        else
            pass(t, (size_t)(variant - t->variants));
    }
}

/* The logits of CHUNK tokens, first all at once, then the last one by itself. */
static int logits(const struct passes *t, uint32_t isa, float *out, struct err *err)
{
    struct engine_options options = { .batch = CHUNK, .length = CHUNK, .team = t->team };
    bool small = !t->sliced;
    size_t vocab = t->model->shape.vocab, n = small ? CHUNK : 3, layers = small ? 0 : 1;
    struct model *model = model_with(t->model, isa);
    struct engine *e = engine_new(model, &options, err);
    struct engine_row rows[CHUNK];
    int ret = -1;

    for (size_t i = 0; i < n; i++)
        rows[i] = (struct engine_row){ t->tokens[i], 0, true };
    if (!e || engine_forward(e, rows, n, layers, err) < 0)
        goto out;
    for (size_t i = 0; i < n; i++)
        memcpy(out + i * vocab, engine_logits(e, i), vocab * sizeof(*out));
    engine_truncate(e, 0, n - 1);
    if (engine_forward(e, &rows[n - 1], 1, layers, err) < 0)
        goto out;
    memcpy(out + n * vocab, engine_logits(e, 0), vocab * sizeof(*out));
    ret = 0;
out:
    engine_free(e);
    model_free(model);
    return ret;
}

int passes_check(void *state, const struct variant *v, struct err *err)
{
    struct passes *t = state;
    size_t variant = (size_t)(v - t->variants);
    size_t vocab = t->model->shape.vocab, n = (CHUNK + 1) * vocab;
    float *want, *got;
    int ret = -1;

    if (v->role == ROLE_ROOF)
        return roof(t, v) ? 0 : err_set(err, ERR_HARNESS, "the probe '%s' did nothing", v->name);
    want = mem_array(n, sizeof(*want));
    got = mem_array(n, sizeof(*got));
    if (logits(t, ISA_ANY, want, err) < 0 ||
        (variant != PASSES_SCALAR && logits(t, t->models[variant]->isa, got, err) < 0))
        goto out;
    ret = 0;
    for (size_t i = 0; i < n && ret == 0; i++) {
        if (!isfinite(want[i]))
            ret = err_set(err, ERR_HARNESS, "logit %zu of row %zu is %g", i % vocab, i / vocab, (double)want[i]);
        else if (variant != PASSES_SCALAR && memcmp(&got[i], &want[i], sizeof(*got)) != 0)
            ret = err_set(err, ERR_HARNESS, "logit %zu of row %zu is %.9g, the reference's %.9g", i % vocab, i / vocab,
                          (double)got[i], (double)want[i]);
    }
out:
    free(want);
    free(got);
    return ret;
}

int passes_weight_mb(void *state, const struct variant *variant, double *value, struct err *err)
{
    const struct passes *t = state;

    (void)variant, (void)err;
    *value = (double)t->model->weight_bytes / 1e6;
    return 0;
}
