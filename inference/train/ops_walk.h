// SPDX-License-Identifier: MIT
/* ops_walk.h -- ops.h in plain loops, which the compiler turns into vectors of whatever the including file's flags
 * allow. All is static, so that nothing can leak from one such file into another. OPS: the table's name. */
#pragma once

#include "inference/train/ops.h"

#pragma GCC diagnostic ignored                                                                                         \
    "-Wunknown-pragmas" /* those of -fopenmp-simd, where a file is only looked at without it */

#define SUM_LOOP(...) _Pragma("omp simd reduction(+ : sum)") for (__VA_ARGS__)

static float round_even(float x) /* below 2^22 */
{
    const float shift = 12582912.0f; /* 1.5 * 2^23: adding it drops what is behind the point */

    return x + shift - shift;
}

static float dot(const float *a, const float *b, size_t n)
{
    float sum = 0;

    SUM_LOOP(size_t i = 0; i < n; i++)
    sum += a[i] * b[i];
    return sum;
}

static void add_scaled(float *restrict y, const float *restrict x, float by, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += by * x[i];
}

static double sum_of_squares(const float *x, size_t n)
{
    double sum = 0;

    SUM_LOOP(size_t i = 0; i < n; i++)
    sum += (double)x[i] * x[i];
    return sum;
}

static float to_int8_steps(float *y, size_t d)
{
    float largest = 1e-5f, inverse, step; /* as in linear.h */

    _Pragma("omp simd reduction(max : largest)") for (size_t j = 0; j < d; j++)
        largest = fabsf(y[j]) > largest ? fabsf(y[j]) : largest;
    inverse = 127 / largest;
    step = largest / 127;
    for (size_t j = 0; j < d; j++)
        y[j] = round_even(y[j] * inverse) * step;
    return step;
}

static void norm(const float *x, const float *gain, size_t n, size_t d, float *inverse, float *steps, float *y)
{
    for (size_t i = 0; i < n; i++, x += d, y += d) {
        float scale = 1 / sqrtf(dot(x, x, d) / (float)d + OPS_EPSILON);

        inverse[i] = scale;
        for (size_t j = 0; j < d; j++)
            y[j] = x[j] * scale * gain[j];
        if (steps)
            steps[i] = to_int8_steps(y, d);
    }
}

/* With u = x / rms: dx = (gain dy - u mean(u gain dy)) / rms. */
static void norm_back(const float *x, const float *gain, const float *inverse, const float *dy, size_t n, size_t d,
                      float *restrict dx, float *restrict dgain)
{
    for (size_t i = 0; i < n; i++, x += d, dy += d, dx += d) {
        float scale = inverse[i], sum = 0, mean;

        SUM_LOOP(size_t j = 0; j < d; j++)
        sum += dy[j] * gain[j] * x[j];
        mean = sum * scale * scale / (float)d;
        for (size_t j = 0; j < d; j++) {
            dx[j] += scale * (dy[j] * gain[j] - x[j] * mean);
            dgain[j] += dy[j] * x[j] * scale;
        }
    }
}

static void gated(const float *gate_up, size_t n, size_t d, float *restrict y)
{
    for (size_t i = 0; i < n; i++, gate_up += 2 * d, y += d)
        for (size_t j = 0; j < d; j++)
            y[j] = gate_up[j] / (1 + fast_exp(-gate_up[j])) * gate_up[d + j];
}

static void gated_back(const float *gate_up, const float *dy, size_t n, size_t d, float *restrict dgate_up)
{
    for (size_t i = 0; i < n; i++, gate_up += 2 * d, dy += d, dgate_up += 2 * d)
        for (size_t j = 0; j < d; j++) {
            float g = gate_up[j], s = 1 / (1 + fast_exp(-g));

            dgate_up[j] = dy[j] * gate_up[d + j] * s * (1 + g * (1 - s));
            dgate_up[d + j] = dy[j] * g * s;
        }
}

static void rope(float *qkv, const int32_t *positions, size_t n, const struct ops_heads *heads, int back)
{
    size_t half = heads->width / 2, row = 3 * heads->heads * heads->width;
    float sign = back ? -1 : 1;

    for (size_t i = 0; i < n; i++, qkv += row)
        for (size_t h = 0; h < 2 * heads->heads; h++) {
            const float *c = heads->cos + (size_t)positions[i] * half, *s = heads->sin + (size_t)positions[i] * half;
            float *restrict a = qkv + h * heads->width, *restrict b = a + half;

            for (size_t j = 0; j < half; j++) {
                float x = a[j], y = b[j];

                a[j] = x * c[j] - sign * y * s[j];
                b[j] = y * c[j] + sign * x * s[j];
            }
        }
}

static void softmax(float *x, size_t n)
{
    float largest = x[0], sum = 0, scale;

    for (size_t j = 1; j < n; j++)
        largest = x[j] > largest ? x[j] : largest;
    for (size_t j = 0; j < n; j++)
        x[j] = fast_exp(x[j] - largest);
    SUM_LOOP(size_t j = 0; j < n; j++)
    sum += x[j];
    scale = 1 / sum;
    for (size_t j = 0; j < n; j++)
        x[j] *= scale;
}

static void attend(const float *qkv, size_t n, const struct ops_heads *heads, float *p, float *out)
{
    size_t width = heads->width, dim = heads->heads * width, row = 3 * dim;
    float scale = 1 / sqrtf((float)width);

    memset(out, 0, n * dim * sizeof(*out));
    for (size_t h = 0; h < heads->heads; h++)
        for (size_t i = 0; i < n; i++) {
            const float *q = qkv + i * row + h * width, *k = qkv + dim + h * width, *v = k + dim;
            float *weights = p + (h * n + i) * n;

            for (size_t j = 0; j <= i; j++)
                weights[j] = scale * dot(q, k + j * row, width);
            softmax(weights, i + 1);
            for (size_t j = 0; j <= i; j++)
                add_scaled(out + i * dim + h * width, v + j * row, weights[j], width);
        }
}

static void attend_back(const float *qkv, const float *p, const float *dout, size_t n, const struct ops_heads *heads,
                        float *room, float *dqkv)
{
    size_t width = heads->width, dim = heads->heads * width, row = 3 * dim;
    float scale = 1 / sqrtf((float)width);

    memset(dqkv, 0, n * row * sizeof(*dqkv));
    for (size_t h = 0; h < heads->heads; h++)
        for (size_t i = 0; i < n; i++) {
            const float *q = qkv + i * row + h * width, *k = qkv + dim + h * width, *v = k + dim;
            const float *weights = p + (h * n + i) * n, *d = dout + i * dim + h * width;
            float *dq = dqkv + i * row + h * width, *dk = dqkv + dim + h * width, *dv = dk + dim, mean;

            for (size_t j = 0; j <= i; j++)
                room[j] = dot(d, v + j * row, width);
            mean = dot(room, weights, i + 1);
            for (size_t j = 0; j <= i; j++) {
                float ds = weights[j] * (room[j] - mean) * scale;

                add_scaled(dv + j * row, d, weights[j], width);
                add_scaled(dq, k + j * row, ds, width);
                add_scaled(dk + j * row, q, ds, width);
            }
        }
}

static double cross_entropy(float *logits, const int32_t *targets, size_t n, size_t d, float weight, uint8_t *right)
{
    double loss = 0;

    for (size_t i = 0; i < n; i++, logits += d) {
        int32_t target = targets[i];
        float wanted;

        if (target < 0) {
            memset(logits, 0, d * sizeof(*logits));
            continue;
        }
        wanted = logits[target];
        if (right) {
            right[i] = 1;
            for (size_t j = 0; j < d; j++)
                if (logits[j] > wanted)
                    right[i] = 0;
        }
        softmax(logits, d);
        loss -= logf(logits[target] > 1e-30f ? logits[target] : 1e-30f);
        for (size_t j = 0; j < d; j++)
            logits[j] *= weight;
        logits[target] -= weight;
    }
    return loss;
}

static void adam(float *restrict value, const float *restrict gradient, float *restrict mean, float *restrict square,
                 size_t n, const struct ops_adam *a)
{
    struct ops_adam o = *a;

    for (size_t i = 0; i < n; i++) {
        float g = gradient[i] * o.clip;

        mean[i] = o.keep_mean * mean[i] + (1 - o.keep_mean) * g;
        square[i] = o.keep_square * square[i] + (1 - o.keep_square) * g * g;
        value[i] -= o.rate *
                    (mean[i] * o.unbias_mean / (sqrtf(square[i] * o.unbias_square) + o.epsilon) + o.decay * value[i]);
    }
}

static double sum_of_magnitudes(const float *x, size_t n)
{
    double sum = 0;

    SUM_LOOP(size_t i = 0; i < n; i++)
    sum += fabsf(x[i]);
    return sum;
}

static void ternary(const float *w, size_t n, float scale, float *out)
{
    float inverse = 1 / scale;

    for (size_t i = 0; i < n; i++) {
        float t = round_even(w[i] * inverse);

        t = t > 1 ? 1 : t;
        out[i] = (t < -1 ? -1 : t) * scale;
    }
}

const struct train_ops OPS = {
    .norm = norm,
    .norm_back = norm_back,
    .gated = gated,
    .gated_back = gated_back,
    .rope = rope,
    .attend = attend,
    .attend_back = attend_back,
    .cross_entropy = cross_entropy,
    .adam = adam,
    .sum_of_squares = sum_of_squares,
    .sum_of_magnitudes = sum_of_magnitudes,
    .ternary = ternary,
};
