// SPDX-License-Identifier: MIT
#include "codecs/signs.h"

#include "base/mem.h"
#include "codecs/bits.h"
#include "codecs/fields.h"

#include <stdlib.h>

static void signs_free(void *state)
{
    struct signs *s = state;

    if (s)
        free(s->high);
    free(s);
}

static struct signs *from_fields(size_t k, float *fields)
{
    struct signs *s = mem_array(1, sizeof(*s));

    *s = (struct signs){ .k = k, .high = fields, .low = fields + k };
    return s;
}

struct signs *signs_new(const float *y, size_t n, size_t k)
{
    struct signs *s = from_fields(k, mem_array(2 * k, sizeof(float)));

    for (size_t j = 0; j < k; j++) {
        double sum[2] = { 0 };
        size_t count[2] = { 0 };

        for (size_t i = 0; i < n; i++) {
            bool up = y[i * k + j] > 0;

            sum[up] += y[i * k + j];
            count[up]++;
        }
        /* A sign that training did not see is as long as the other one. */
        s->high[j] = (float)(count[1] ? sum[1] / (double)count[1] : -sum[0] / (double)count[0]);
        s->low[j] = (float)(count[0] ? sum[0] / (double)count[0] : -sum[1] / (double)count[1]);
    }
    fields_round(s->high, 2 * k);
    return s;
}

static int encode(const void *state, const float *y, size_t n, uint8_t *codes, struct err *err)
{
    const struct signs *s = state;

    (void)err;
    for (size_t i = 0; i < n; i++)
        bits_signs(y + i * s->k, s->k, codes + i * ((s->k + 7) / 8));
    return 0;
}

static int decode(const void *state, const uint8_t *codes, size_t n, float *y, struct err *err)
{
    const struct signs *s = state;

    (void)err;
    for (size_t i = 0; i < n; i++)
        bits_choose(codes + i * ((s->k + 7) / 8), s->high, s->low, s->k, y + i * s->k);
    return 0;
}

static void save(const void *state, struct blob *out)
{
    const struct signs *s = state;

    blob_f16s(out, s->high, 2 * s->k);
}

static void *load(struct blob_reader *in, size_t k, size_t bytes)
{
    float *fields = (k + 7) / 8 == bytes ? fields_halves(in, 2 * k) : NULL;

    return fields ? from_fields(k, fields) : NULL;
}

const struct quantiser signs_quantiser = { encode, decode, save, load, signs_free };
