// SPDX-License-Identifier: MIT
/* passes.h -- what the scenarios inference/decode, inference/prefill and inference/user_model share: variants, engines,
 * the check.
 *
 * The cells of the first two are models of `mparams` million parameters with weights of `bits` bits:
 *     3     the reasoner that is shipped, as it is or its weights as Q8_0 or F32; 0.7 MB at 2 bits: an L2 holds it
 *   168     the same as a cost-scaled replica x 8 (replica.h): 42 to 672 MB
 *   680     random ternary weights in the shape of a 680M-parameter BitNet b1.58: 170 MB
 * All variants work on one packed copy of the weights. The reference is the engine's plain C path, which on the larger
 * models is measured in slices. Roofs: the bytes of weights that one pass must read, read by the same team and nothing
 * else; the multiply-adds of a prefill, on registers alone. */
#pragma once

#include "declare/scenario.h"
#include "inference/engine.h"

/* The first variants of both; what comes behind them are roofs. */
enum { PASSES_SCALAR, PASSES_AVX2, PASSES_AVX512, PASSES_VARIANTS };

enum { PASSES_AT = 64 }; /* tokens of the prompt, and so the position of the token that is decoded */

struct passes {
    const struct variant *variants; /* of the scenario */
    struct team *team;
    struct gguf *gguf; /* of a user's model; NULL: the weights are in memory alone */
    struct model *model;
    bool sliced;       /* the reference takes too long to be timed whole */
    struct model *models[PASSES_VARIANTS];
    struct engine *engines[PASSES_VARIANTS]; /* NULL: not of this block */
    int32_t tokens[PASSES_AT + 1];
    uint8_t *read;     /* as many bytes as the weights, for roofs that read; NULL: there is none in this block */
    size_t next_slice; /* of the sliced reference */
    size_t rows;       /* of a pass: 1, or the prompt's */
    int32_t said;      /* the token that followed the last one */
};

/* Whether this build has the model: all of them but the random one are made of the reasoner (shipped.h). */
bool passes_has(const struct params *params);

/* `rows` tokens a pass: PASSES_AT for a prefill, 1 for a decode behind a prompt of as many. The second takes a model
 * of the caller's, which is owned from then on, and where it came from (`gguf` may be NULL): they are freed on failure,
 * too. */
int passes_setup(const struct bench *bench, size_t rows, void **out, struct err *err);
int passes_open(const struct bench *bench, struct gguf *gguf, struct model *model, bool sliced, size_t rows, void **out,
                    struct err *err);
void passes_teardown(void *state);

/* run() of the scenarios: passes of a variant, a slice each of a sliced reference. A roof's impl is a struct roof_read
 * where a pass decodes, a struct roof_compute where it prefills. */
void passes_run(void *state, const struct variant *variant, int64_t n);
int64_t passes_slices(const struct params *params, size_t rows);
int64_t passes_slices_of(size_t layers, size_t rows); /* of a sliced reference */

/* check() of the scenarios: logits against those of the reference, bit for bit: of the whole model where that takes no
 * longer than a breath, of its first layer where it does, in a batch and one by one. Of a roof: that it did something.
 */
int passes_check(void *state, const struct variant *variant, struct err *err);

/* Bytes of weights. */
int passes_weight_mb(void *state, const struct variant *variant, double *value, struct err *err);
