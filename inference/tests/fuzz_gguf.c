// SPDX-License-Identifier: MIT
/* fuzz_gguf.c -- a GGUF file from anybody: parsed, and what passes is used as `pawl infer` would use it: the metadata,
 * the vocabulary on a short text, the weights, and two tokens through the model where it is a small one. */
#include "base/mem.h"
#include "declare/isa.h"
#include "inference/engine.h"
#include "inference/tokenizer.h"

#include <stdlib.h>
#include <string.h>

enum { SMALL = 64, CONTEXT = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_tokenizer(const struct gguf *g)
{
    static const char text[] = "a \xc3\xa9\xff<s>1 2\n";
    struct tokens tokens = { 0 };
    struct err err = { 0 };
    struct tokenizer *t = tokenizer_new(g, &err);

    if (t && tokenizer_encode(t, text, sizeof(text) - 1, true, &tokens, &err) == 0)
        for (size_t i = 0; i < tokens.n; i++) {
            size_t len;
            const char *piece = tokenizer_piece(t, tokens.ids[i], &len);

            if (len > 0 && !memchr(piece, 0, len) && tokenizer_ends(t, tokens.ids[i]))
                continue;
        }
    tokens_free(&tokens);
    tokenizer_free(t);
}

static void use_model(const struct gguf *g)
{
    struct engine_options options = { .batch = 2, .length = CONTEXT };
    struct engine_row rows[] = { { 0, 0, false }, { 0, 0, true } };
    struct err err = { 0 };
    struct model *m = model_load(g, isa_host(), &err);
    const struct model_shape *s = m ? &m->shape : NULL;
    struct engine *e = NULL;

    if (m && s->dim <= SMALL && s->ff <= SMALL && s->layers <= 4)
        e = engine_new(m, &options, &err);
    if (e && engine_forward(e, rows, 2, 0, &err) == 0)
        engine_logits(e, 1);
    engine_free(e);
    model_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = { 0 };
    uint8_t *copy = mem_aligned(size ? size : 1, 1, MEM_LINE, &err); /* of that length: what reads beyond it is seen */
    struct gguf *g;

    if (!copy)
        return 0;
    memcpy(copy, data, size);
    g = gguf_parse(copy, size, "fuzz", &err);
    if (g) {
        use_tokenizer(g);
        use_model(g);
    }
    gguf_close(g);
    free(copy);
    return 0;
}
