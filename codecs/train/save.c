// SPDX-License-Identifier: MIT
#include "codecs/train/save.h"

#include "base/mem.h"
#include "codecs/encoder.h"
#include "base/half.h"
#include "codecs/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int rounded(float x, float unit, int most)
{
    float steps = unit > 0 ? x / unit : 0;

    return (int)lrintf(fmaxf(-(float)most, fminf((float)most, steps)));
}

/* The unit, a half float, that loses least of a row: clipping a few large values can cost less than coarse steps. */
static float best_unit(const float *row, size_t n, int most)
{
    float largest = 0, best = 0;
    double least = INFINITY;

    for (size_t j = 0; j < n; j++)
        largest = fmaxf(largest, fabsf(row[j]));
    for (int shrink = 20; shrink >= 9; shrink--) {
        float unit = half_to(half_from(largest * (float)shrink / (20 * (float)most)));
        double loss = 0;

        for (size_t j = 0; j < n; j++) {
            double d = row[j] - unit * (float)rounded(row[j], unit, most);

            loss += d * d;
        }
        if (loss < least) {
            least = loss;
            best = unit;
        }
    }
    return best;
}

static float *units(const float *rows, size_t n, size_t width, int most, struct blob *out)
{
    float *unit = mem_array(n, sizeof(*unit));

    for (size_t i = 0; i < n; i++)
        unit[i] = best_unit(rows + i * width, width, most);
    blob_f16s(out, unit, n);
    return unit;
}

static void save_table(const struct net *net, struct blob *out)
{
    size_t n = net->shape.rows, width = net->shape.width;
    float *unit = units(net->value.table, n, width, 7, out);

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < width; j += 2) {
            const float *x = net->value.table + i * width + j;
            uint8_t two = (uint8_t)((8 + rounded(x[0], unit[i], 7)) | (8 + rounded(x[1], unit[i], 7)) << 4);

            blob_bytes(out, &two, 1);
        }
    free(unit);
}

static void save_layer(const float *weights, const float *bias, size_t n, size_t width, struct blob *out)
{
    float *unit = units(weights, n, width, 127, out);

    for (size_t i = 0; i < n * width; i++) {
        int8_t v = (int8_t)rounded(weights[i], unit[i / width], 127);

        blob_bytes(out, &v, 1);
    }
    blob_f32s(out, bias, n);
    free(unit);
}

static void save_vocabulary(const struct net_vocabulary *vocabulary, const struct texts *texts, struct blob *out)
{
    const char **words = mem_array(vocabulary->n_known + 1, sizeof(*words));
    struct blob letters = { 0 };

    for (size_t w = 0; w < texts->n_words; w++)
        if (vocabulary->known[w] != UINT32_MAX)
            words[vocabulary->known[w]] = texts->spelling[w];
    for (size_t i = 0; i < vocabulary->n_known; i++)
        blob_bytes(&letters, words[i], strlen(words[i]) + 1);
    blob_u32(out, (uint32_t)letters.len);
    blob_bytes(out, letters.data, letters.len);
    blob_free(&letters);
    free(words);
}

void save_weights(const struct trained *trained, const struct texts *texts, struct blob *out)
{
    static const char magic[] = "pawl encoder";
    const struct net_shape *s = &trained->net.shape;
    const struct net_parameters *p = &trained->net.value;

    blob_bytes(out, magic, sizeof(magic));
    blob_u32(out, ENCODER_VERSION);
    blob_u32(out, (uint32_t)trained->vocabulary.n_known);
    blob_u32(out, (uint32_t)trained->vocabulary.buckets);
    blob_u32(out, (uint32_t)s->width);
    blob_u32(out, (uint32_t)s->hidden);
    blob_u32(out, (uint32_t)s->dim);
    save_vocabulary(&trained->vocabulary, texts, out);
    save_table(&trained->net, out);
    save_layer(p->w1, p->b1, s->hidden, s->width, out);
    save_layer(p->w2, p->b2, s->dim, s->width + s->hidden, out);
    blob_u64(out, hash_bytes(out->data, out->len, 0));
}
