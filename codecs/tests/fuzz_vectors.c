// SPDX-License-Identifier: MIT
/* fuzz_vectors.c -- files of vectors. The first byte chooses the format, the second the dimension that is asked for. */
#include "codecs/vectors.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "x.fvecs", "x.npy", "x.f32", "x.raw" };
    struct vectors v;
    struct err err = { 0 };
    FILE *f;

    if (size < 3)
        return 0;
    f = fmemopen((void *)(data + 2), size - 2, "rb");
    if (!f)
        return 0;
    if (vectors_read_from(f, names[data[0] % ARRAY_LEN(names)], data[1], &v, &err) == 0) {
        if (v.n == 0 || v.dim == 0 || (data[1] && v.dim != data[1]) || vectors_check(&v, &err) < 0)
            BUG("%zu vectors of %zu: %s", v.n, v.dim, err.msg);
    } else if (v.data || err.code == ERR_NONE || !err.msg[0]) {
        BUG("refused without a reason, or half accepted");
    }
    vectors_free(&v);
    fclose(f);
    return 0;
}
