// SPDX-License-Identifier: MIT
#include "codecs/transform.h"

#include "base/mem.h"
#include "codecs/fields.h"
#include "declare/isa.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void transform_free(void *transform)
{
    struct transform *t = transform;

    if (!t)
        return;
    projection_free(&t->projection);
    panel_free(&t->forward);
    panel_free(&t->back);
    free(t->scale);
    free(t->dims);
    free(t->points);
    free(t->symbols);
    free(t->bits);
    free(t->slices);
    free(t->offset);
    free(t->stretch);
    free(t);
}

/* The two matrices: rows of the basis in the order of the walk, scaled; the origin is one more of the way back. */
static int prepare_panels(struct transform *t, struct err *err)
{
    const struct projection *p = &t->projection;
    float *rows = mem_aligned((p->k + 1) * p->dim, sizeof(*rows), MEM_LINE, err);
    int ret = -1;

    if (!rows)
        return -1;
    for (size_t w = 0; w < p->k; w++) {
        size_t c = transform_component(t, w);

        for (size_t j = 0; j < p->dim; j++)
            rows[w * p->dim + j] = p->basis[c * p->dim + j] * (t->scale[c] / p->gain);
    }
    if (panel_new(rows, p->dim, p->k, true, &t->forward, err) < 0)
        goto out;
    for (size_t w = 0; w < p->k; w++) {
        size_t c = transform_component(t, w);

        for (size_t j = 0; j < p->dim; j++)
            rows[w * p->dim + j] = p->basis[c * p->dim + j] * (p->gain / t->scale[c]);
    }
    for (size_t j = 0; j < p->dim; j++)
        rows[p->k * p->dim + j] = p->gain * p->mean[j];
    ret = panel_new(rows, p->k + 1, p->dim, false, &t->back, err);
out:
    free(rows);
    return ret;
}

void transform_use(struct transform *t, uint32_t isa)
{
    t->isa = isa & isa_host();
    t->quantise = t->isa & ISA_AVX512F ? transform_quantise_avx512 :
                  t->isa & ISA_AVX2    ? transform_quantise_avx2 :
                                         transform_quantise_base;
}

int transform_prepare(struct transform *t, struct err *err)
{
    const struct projection *p = &t->projection;

    t->bits = mem_array(t->n_symbols, sizeof(*t->bits));
    t->slices = mem_array(t->n_symbols, sizeof(*t->slices));
    t->offset = mem_array(p->k, sizeof(*t->offset));
    t->stretch = mem_array(p->k, sizeof(*t->stretch));
    for (size_t i = 0; i < t->n_symbols; i++) {
        t->bits[i] = rans_cost_bits(t->symbols[i]);
        t->slices[i] = t->symbols[i].start | (uint32_t)t->symbols[i].freq << 16;
    }
    for (size_t w = 0; w < p->k; w++) {
        size_t c = transform_component(t, w);

        t->offset[w] = t->scale[c] * p->offset[c];
        t->stretch[w] = p->gain * p->gain / (t->scale[c] * t->scale[c]);
    }
    t->along = p->gain * p->offset[0];
    transform_use(t, isa_host());
    return prepare_panels(t, err);
}

size_t transform_room(const struct transform *t)
{
    size_t forward = panel_stride(&t->forward), back = panel_stride(&t->back) + t->projection.k + 1;

    return TRANSFORM_GROUP * (forward > back ? forward : back);
}

void transform_forward(const struct transform *t, const float *x, size_t n, float *room, float *u)
{
    size_t k = t->projection.k, stride = panel_stride(&t->forward);

    panel_multiply(&t->forward, x, t->projection.dim, n, room, t->isa);
    for (size_t w = 0; w < k; w++)
        for (size_t i = 0; i < TRANSFORM_GROUP; i++) {
            float v = i < n ? room[i * stride + w] - t->offset[w] : 0;

            u[w * TRANSFORM_GROUP + i] = v > -1e6f ? v < 1e6f ? v : 1e6f : -1e6f; /* squares stay finite */
        }
}

/* Where training vectors had one length, n decoded ones get it, or a part of the way to it on a logarithmic scale:
 * quantisation shortens what is across the mean, the more the fewer bits there were for a vector. */
static void lengthen(const struct transform *t, float *u, size_t n, float part)
{
    size_t k = t->projection.k, mean = transform_place(t, 0);
    float across[TRANSFORM_GROUP] = { 0 }, whole = t->length * t->length;

    if (t->length <= 0)
        return;
    for (size_t w = 0; w < k; w++)
        for (size_t i = 0; w != mean && i < TRANSFORM_GROUP; i++) {
            float v = u[w * TRANSFORM_GROUP + i];

            across[i] += v * v * t->stretch[w];
        }
    for (size_t i = 0; i < n; i++) {
        float along = t->along + u[mean * TRANSFORM_GROUP + i] * sqrtf(t->stretch[mean]);
        float left = fmaxf(whole - along * along, 1e-3f * whole);

        across[i] = across[i] > 1e-9f * whole ? powf(left / across[i], part / 2) : 1;
    }
    for (size_t w = 0; w < k; w++)
        for (size_t i = 0; w != mean && i < n; i++)
            u[w * TRANSFORM_GROUP + i] *= across[i];
}

void transform_back(const struct transform *t, float *u, size_t n, float *room, float *out)
{
    size_t k = t->projection.k, dim = t->projection.dim, stride = panel_stride(&t->back);
    float *rows = room + TRANSFORM_GROUP * stride;

    lengthen(t, u, n, 1);
    for (size_t i = 0; i < n; i++) {
        for (size_t w = 0; w < k; w++)
            rows[i * (k + 1) + w] = u[w * TRANSFORM_GROUP + i];
        rows[i * (k + 1) + k] = 1;
    }
    panel_multiply(&t->back, rows, k + 1, n, stride == dim ? out : room, t->isa);
    for (size_t i = 0; stride != dim && i < n; i++)
        memcpy(out + i * dim, room + i * stride, dim * sizeof(*out));
}

int transform_queries(const struct transform *t, const struct vectors *queries, float *out, float *base,
                      struct err *err)
{
    const struct projection *p = &t->projection;

    if (projection_forward(p, queries->data, queries->n, false, out, err) < 0)
        return -1;
    for (size_t q = 0; q < queries->n; q++) {
        float walk[TRANSFORM_DIMS_MAX];

        base[q] = p->gain * projection_constant(p, queries->data + q * p->dim);
        for (size_t w = 0; w < p->k; w++) {
            size_t c = transform_component(t, w);

            walk[w] = out[q * p->k + c] * p->gain * p->gain / t->scale[c];
        }
        memcpy(out + q * p->k, walk, p->k * sizeof(*walk));
    }
    return 0;
}

void transform_score(const struct transform *t, const float *queries, const float *base, size_t n_queries, float *u,
                     size_t n, float *room, float *scores, size_t ld)
{
    struct panel panel = { t->projection.k, TRANSFORM_GROUP, u };

    lengthen(t, u, n, t->part);
    panel_multiply(&panel, queries, t->projection.k, n_queries, room, t->isa);
    for (size_t q = 0; q < n_queries; q++)
        for (size_t i = 0; i < n; i++)
            scores[q * ld + i] = base[q] + room[q * TRANSFORM_GROUP + i];
}

void transform_save(const void *transform, struct blob *out)
{
    const struct transform *t = transform;

    projection_save(&t->projection, out);
    blob_u32(out, (uint32_t)t->bytes);
    blob_u32(out, (uint32_t)t->heads);
    blob_f32s(out, &t->lambda, 1);
    blob_f32s(out, &t->length, 1);
    blob_f32s(out, &t->part, 1);
    blob_f32s(out, t->scale, t->projection.k);
    for (size_t w = 0; w < t->projection.k; w++)
        for (size_t q = 0; q < 2; q++) {
            uint8_t shape[2] = { (uint8_t)t->dims[w].n[q], t->dims[w].odd[q] };

            blob_bytes(out, shape, sizeof(shape));
        }
    blob_f16s(out, t->points, t->n_symbols);
    for (size_t i = 0; i < t->n_symbols; i++)
        blob_bytes(out, &t->symbols[i].freq, sizeof(t->symbols[i].freq));
}

size_t transform_dim_of(const void *transform)
{
    return ((const struct transform *)transform)->projection.dim;
}

/* The shapes of all tables; their sum is the number of symbols. */
static int load_shapes(struct blob_reader *in, struct transform *t)
{
    size_t k = t->projection.k;

    t->dims = mem_array(k, sizeof(*t->dims));
    for (size_t w = 0; w < k; w++)
        for (size_t q = 0; q < 2; q++) {
            uint8_t shape[2];

            if (blob_get_bytes(in, shape, sizeof(shape)) < 0 || shape[0] < 2 || shape[1] > 1)
                return -1;
            t->dims[w].first[q] = (uint32_t)t->n_symbols;
            t->dims[w].n[q] = shape[0];
            t->dims[w].odd[q] = shape[1];
            t->n_symbols += shape[0];
        }
    return 0;
}

/* The frequencies of every table are whole. */
static int load_tables(struct blob_reader *in, struct transform *t)
{
    t->points = fields_halves(in, t->n_symbols);
    t->symbols = mem_array(t->n_symbols, sizeof(*t->symbols));
    if (!t->points)
        return -1;
    for (size_t w = 0; w < t->projection.k; w++)
        for (size_t q = 0; q < 2; q++) {
            uint32_t start = 0;

            for (size_t i = 0; i < t->dims[w].n[q]; i++) {
                struct rans_symbol *s = &t->symbols[t->dims[w].first[q] + i];

                if (blob_get_bytes(in, &s->freq, sizeof(s->freq)) < 0 || s->freq == 0)
                    return -1;
                s->start = (uint16_t)start;
                start += s->freq;
                if (start > RANS_TOTAL)
                    return -1;
            }
            if (start != RANS_TOTAL)
                return -1;
        }
    return 0;
}

static int load(struct blob_reader *in, struct transform *t, struct err *err)
{
    float *three = NULL;

    if (projection_load(in, &t->projection, err) < 0)
        return -1;
    t->bytes = blob_get_u32(in);
    t->heads = blob_get_u32(in);
    three = fields_floats(in, 3);
    if (three) {
        t->lambda = three[0];
        t->length = three[1];
        t->part = three[2];
    }
    free(three);
    if (!three || t->projection.kind != PROJECTION_BASIS || !t->projection.mean ||
        t->projection.k > TRANSFORM_DIMS_MAX || t->heads > t->projection.k || !(t->lambda >= 0) || !(t->length >= 0) ||
        !(t->part >= 0 && t->part <= 1))
        return err_set(err, ERR_CONFIG, "not a model of the transform codec");
    t->scale = fields_floats(in, t->projection.k);
    for (size_t c = 0; t->scale && c < t->projection.k; c++)
        if (!(t->scale[c] > 1e-18f && t->scale[c] < 1e18f))
            return err_set(err, ERR_CONFIG, "the scale of component %zu is out of range", c);
    if (!t->scale || load_shapes(in, t) < 0 || load_tables(in, t) < 0)
        return err_set(err, ERR_CONFIG, "the tables of the transform codec are not whole");
    return transform_prepare(t, err);
}

int transform_load(struct blob_reader *in, void **transform, struct err *err)
{
    struct transform *t = mem_array(1, sizeof(*t));

    if (load(in, t, err) < 0) {
        transform_free(t);
        return -1;
    }
    *transform = t;
    return 0;
}
