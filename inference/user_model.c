// SPDX-License-Identifier: MIT
/* user_model.c -- the scenario inference/user_model: the file of `--model FILE`, decoding and prefilling, so that a
 * model of the user's own can stand under the gate. Axis `file` is a number for what is in the file: another file is
 * another case. */
#include "inference/passes.h"
#include "kernels/roof.h"

#include <stdlib.h>
#include <string.h>

static int64_t file_number[] = { INT32_MAX }; /* as long as any other, until there is one */
static char *file_path;
static size_t file_layers;

static double tokens_s(const struct params *params, double ns)
{
    return (double)params_get(params, "tokens") * 1e9 / ns;
}

static int64_t slices(const struct params *params)
{
    return passes_slices_of(file_layers, (size_t)params_get(params, "tokens"));
}

static bool has(const struct params *params)
{
    (void)params;
    return file_path != NULL;
}

static bool decodes(const struct params *params)
{
    return params_get(params, "tokens") == 1;
}

static const int64_t tokens[] = { 1, PASSES_AT };
static const struct axis axes[] = {
    { .name = "file", .values = file_number, .n_values = 1 },
    { .name = "tokens", .values = tokens, .n_values = ARRAY_LEN(tokens) },
    AXIS_THREADS,
};

enum { READ256 = PASSES_VARIANTS, READ512 };

static const struct variant variants[] = {
    [PASSES_SCALAR] = { .name = "scalar", .slices = slices },
    [PASSES_AVX2] = { .name = "avx2", .isa = ISA_AVX2, .roofs = { "read256" } },
    [PASSES_AVX512] = { .name = "avx512", .isa = ISA_AVX2 | ISA_AVX512F | ISA_AVX512VNNI, .roofs = { "read512" } },
    [READ256] = { .name = "read256", .isa = ISA_AVX2, .impl = &roof_read256, .role = ROLE_ROOF, .has = decodes },
    [READ512] = { .name = "read512", .isa = ISA_AVX512F, .impl = &roof_read512, .role = ROLE_ROOF, .has = decodes },
};

static const struct metric metrics[] = {
    { .name = "tokens_s",
      .unit = "tokens/s",
      .kind = METRIC_TIMED,
      .better = METRIC_HIGHER_IS_BETTER,
      .from_ns = tokens_s },
    { .name = "weight_mb",
      .unit = "MB",
      .kind = METRIC_EXACT,
      .better = METRIC_LOWER_IS_BETTER,
      .exact = passes_weight_mb },
};

/* FNV-1a (Fowler, Noll & Vo) of the name and first bytes of every tensor: another training is another number, and a
 * file of gigabytes is not read for it. */
static int64_t number_of(const struct gguf *g)
{
    enum { BYTES = 64 };
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < gguf_n_tensors(g); i++) {
        const struct gguf_tensor *t = gguf_tensor_at(g, i);
        const uint8_t *data = t->data;
        size_t n = t->bytes < BYTES ? t->bytes : BYTES;

        for (const char *c = t->name; *c; c++)
            hash = (hash ^ (uint8_t)*c) * 1099511628211u;
        for (size_t k = 0; k < n; k++)
            hash = (hash ^ data[k]) * 1099511628211u;
    }
    return (int64_t)((hash ^ hash >> 32) % (INT32_MAX - 1)) + 1;
}

static int file(const char *path, struct err *err)
{
    struct gguf *g = gguf_open(path, err);
    struct model_shape shape;
    int ret = g ? model_shape(g, &shape, err) : -1;

    if (ret == 0) {
        file_number[0] = number_of(g);
        file_layers = shape.layers;
        free(file_path);
        file_path = strdup(path);
    }
    gguf_close(g);
    return ret;
}

static int setup(const struct bench *bench, void **state, struct err *err)
{
    struct gguf *g = gguf_open(file_path, err);
    struct model *m = g ? model_load(g, bench->isa, err) : NULL;

    if (!m) {
        gguf_close(g);
        return -1;
    }
    return passes_open(bench, g, m, true, (size_t)params_get(bench->params, "tokens"), state, err);
}

const struct scenario scenario_user_model = {
    .name = "inference/user_model",
    .summary = "the model of --model FILE: one token after a prompt of 64, and such a prompt",
    .axes = axes,
    .n_axes = ARRAY_LEN(axes),
    .has = has,
    .variants = variants,
    .n_variants = ARRAY_LEN(variants),
    .metrics = metrics,
    .n_metrics = ARRAY_LEN(metrics),
    .file = file,
    .setup = setup,
    .run = passes_run,
    .check = passes_check,
    .teardown = passes_teardown,
};
