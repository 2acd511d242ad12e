// SPDX-License-Identifier: MIT
/* Weights from anybody: the input is a file of weights without its checksum, which is put right here, else no input
 * would come past it. What loads must encode. */
#include "base/mem.h"
#include "codecs/blas.h"
#include "codecs/codec.h"
#include "codecs/encoder.h"
#include "codecs/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const texts[] = { "a word, and wordless b", "" };
    struct encoder *encoder;
    struct blob b = { 0 };
    struct vectors x;
    struct err err;

    blob_bytes(&b, data, size);
    blob_u64(&b, hash_bytes(b.data, b.len, 0));
    if (encoder_load(b.data, b.len, &encoder, &err) == 0) {
        if (encoder_encode(encoder, texts, ARRAY_LEN(texts), &x, &err) == 0)
            vectors_free(&x);
        encoder_free(encoder);
    }
    blob_free(&b);
    return 0;
}
