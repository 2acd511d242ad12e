// SPDX-License-Identifier: MIT
#include "codecs/train/loss.h"

#include "base/mem.h"
#include "codecs/blas.h"
#include "base/fast_exp.h"
#include "codecs/train/chunk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const size_t mrl_dims[MRL_LEVELS] = { 8, 16, 32, 64, 128, 256, 512, 1024 };

enum { DIM = 1024 };

struct mrl {
    size_t batch;
    float inverse_temperature, spread;

    float *dots;              /* (n, n) x_i[:m] . y_j[:m] */
    float *grads[MRL_LEVELS]; /* (n, n) softmax weights, then the gradient of dots; then its sum over longer prefixes */
    float *shrink_x[MRL_LEVELS], *shrink_y[MRL_LEVELS]; /* (n) what the norm's gradient takes from x_i[:m], y_j[:m] */
    float *square_x, *square_y, *inverse_x, *inverse_y; /* (n) of the prefix: squared length, 1 / length */
    float *sum_x, *sum_y, *columns;                     /* (n), (n), (TRAIN_CHUNKS, n) */
    double losses[TRAIN_CHUNKS], spreads[TRAIN_CHUNKS];

    /* the call in hand */
    const float *x, *y;
    float *dx, *dy;
    struct mrl_keys keys;
    size_t n, level;
};

struct mrl *mrl_new(size_t batch, float temperature, float spread, struct err *err)
{
    struct mrl *mrl = mem_array(1, sizeof(*mrl));
    size_t n_small = 6 + 2 * MRL_LEVELS + TRAIN_CHUNKS;
    float *square = mem_aligned(batch * batch * (1 + MRL_LEVELS), sizeof(float), MEM_LINE, err);
    float *small = mem_array(batch * n_small, sizeof(float));

    mrl->batch = batch;
    mrl->inverse_temperature = 1 / temperature;
    mrl->spread = spread;
    mrl->dots = square;
    mrl->square_x = small;
    mrl->square_y = small + batch;
    mrl->inverse_x = small + 2 * batch;
    mrl->inverse_y = small + 3 * batch;
    mrl->sum_x = small + 4 * batch;
    mrl->sum_y = small + 5 * batch;
    mrl->columns = small + 6 * batch;
    for (size_t i = 0; i < MRL_LEVELS; i++) {
        mrl->shrink_x[i] = small + (6 + TRAIN_CHUNKS + 2 * i) * batch;
        mrl->shrink_y[i] = small + (7 + TRAIN_CHUNKS + 2 * i) * batch;
        if (square)
            mrl->grads[i] = square + (1 + i) * batch * batch;
    }
    if (!square) {
        mrl_free(mrl);
        return NULL;
    }
    return mrl;
}

void mrl_free(struct mrl *mrl)
{
    if (!mrl)
        return;
    free(mrl->dots);
    free(mrl->square_x);
    free(mrl);
}

static size_t block_begin(size_t level)
{
    return level ? mrl_dims[level - 1] : 0;
}

static void add_squares(const struct mrl *mrl, const float *v, struct chunk rows, float *square, float *inverse)
{
    for (size_t i = rows.begin; i < rows.end; i++) {
        float sum = 0;

#pragma omp simd reduction(+ : sum)
        for (size_t j = block_begin(mrl->level); j < mrl_dims[mrl->level]; j++)
            sum += v[i * DIM + j] * v[i * DIM + j];
        square[i] = mrl->level ? square[i] + sum : sum;
        inverse[i] = 1 / sqrtf(square[i] + 1e-12f);
    }
}

static void lengths(void *arg, int rank, int size)
{
    struct mrl *mrl = arg;

    for (size_t c = (size_t)rank; c < TRAIN_CHUNKS; c += (size_t)size) {
        add_squares(mrl, mrl->x, train_chunk(mrl->n, c), mrl->square_x, mrl->inverse_x);
        add_squares(mrl, mrl->y, train_chunk(mrl->n, c), mrl->square_y, mrl->inverse_y);
    }
}

/* exp((cos - 1) / temperature), 0 where the pair is no negative; sums of rows, and of columns by chunk. */
static void weights(void *arg, int rank, int size)
{
    struct mrl *mrl = arg;
    size_t n = mrl->n;

    for (size_t c = (size_t)rank; c < TRAIN_CHUNKS; c += (size_t)size) {
        struct chunk rows = train_chunk(n, c);
        float *columns = mrl->columns + c * n;

        memset(columns, 0, n * sizeof(*columns));
        for (size_t i = rows.begin; i < rows.end; i++) {
            const float *dots = mrl->dots + i * n;
            float *e = mrl->grads[mrl->level] + i * n, scale = mrl->inverse_x[i], t = mrl->inverse_temperature, sum = 0;
            uint32_t key_x = mrl->keys.x[i], key_y = mrl->keys.y[i];

            for (size_t j = 0; j < n; j++)
                e[j] = fast_exp((dots[j] * scale * mrl->inverse_y[j] - 1) * t);
            for (size_t j = 0; j < n; j++)
                e[j] = (mrl->keys.x[j] == key_x) | (mrl->keys.y[j] == key_y) ? 0 : e[j];
            e[i] = fast_exp((dots[i] * scale * mrl->inverse_y[i] - 1) * t);
#pragma omp simd reduction(+ : sum)
            for (size_t j = 0; j < n; j++) {
                sum += e[j];
                columns[j] += e[j];
            }
            mrl->sum_x[i] = sum;
        }
    }
}

/* Adds the gradient of spread * the mean of cos(x_i, y_j)^2 for row i; returns its share. */
static double add_spread(const struct mrl *mrl, size_t i, float *g)
{
    const float *dots = mrl->dots + i * mrl->n;
    float scale = mrl->inverse_x[i], unit = mrl->spread / ((float)mrl->n * (float)mrl->n), sum = 0;

#pragma omp simd reduction(+ : sum)
    for (size_t j = 0; j < mrl->n; j++) {
        float cosine = dots[j] * scale * mrl->inverse_y[j];

        g[j] += 2 * unit * cosine;
        sum += unit * cosine * cosine;
    }
    return sum;
}

static void gradients(void *arg, int rank, int size)
{
    struct mrl *mrl = arg;
    size_t n = mrl->n;
    float unit = mrl->inverse_temperature / (2 * (float)n * MRL_LEVELS);

    for (size_t c = (size_t)rank; c < TRAIN_CHUNKS; c += (size_t)size) {
        struct chunk rows = train_chunk(n, c);
        float *columns = mrl->columns + c * n, *shrink = mrl->shrink_x[mrl->level];
        double loss = 0, spread = 0;

        memset(columns, 0, n * sizeof(*columns));
        for (size_t i = rows.begin; i < rows.end; i++) {
            const float *dots = mrl->dots + i * n;
            float *g = mrl->grads[mrl->level] + i * n, scale = mrl->inverse_x[i], row = 1 / mrl->sum_x[i], sum = 0;

            loss += log(mrl->sum_x[i] / g[i]) + log(mrl->sum_y[i] / g[i]);
            for (size_t j = 0; j < n; j++)
                g[j] = g[j] * (row + 1 / mrl->sum_y[j]) * unit;
            g[i] -= 2 * unit;
            if (mrl->level == MRL_LEVELS - 1 && mrl->spread > 0)
                spread += add_spread(mrl, i, g);
#pragma omp simd reduction(+ : sum)
            for (size_t j = 0; j < n; j++) {
                float by_length = g[j] * scale * mrl->inverse_y[j];

                sum += by_length * dots[j];
                columns[j] += by_length * dots[j];
                g[j] = by_length;
            }
            shrink[i] = sum * scale * scale;
        }
        mrl->losses[c] = loss / (2 * (double)n);
        mrl->spreads[c] = spread;
    }
}

static void sum_columns(const struct mrl *mrl, float *sums)
{
    for (size_t j = 0; j < mrl->n; j++) {
        sums[j] = 0;
        for (size_t c = 0; c < TRAIN_CHUNKS; c++)
            sums[j] += mrl->columns[c * mrl->n + j];
    }
}

/* The gradient of a dot product reaches the coordinates of its prefix: block b hears of all levels from b on. */
static void suffix_sums(void *arg, int rank, int size)
{
    struct mrl *mrl = arg;
    size_t n = mrl->n;

    for (size_t c = (size_t)rank; c < TRAIN_CHUNKS; c += (size_t)size) {
        struct chunk rows = train_chunk(n, c);

        for (size_t level = MRL_LEVELS - 1; level-- > 0;) {
            for (size_t i = rows.begin; i < rows.end; i++) {
                mrl->shrink_x[level][i] += mrl->shrink_x[level + 1][i];
                mrl->shrink_y[level][i] += mrl->shrink_y[level + 1][i];
            }
            for (size_t i = rows.begin * n; i < rows.end * n; i++)
                mrl->grads[level][i] += mrl->grads[level + 1][i];
        }
        for (size_t i = rows.begin; i < rows.end; i++)
            for (size_t level = 0; level < MRL_LEVELS; level++)
                for (size_t j = block_begin(level); j < mrl_dims[level]; j++) {
                    mrl->dx[i * DIM + j] = -mrl->shrink_x[level][i] * mrl->x[i * DIM + j];
                    mrl->dy[i * DIM + j] = -mrl->shrink_y[level][i] * mrl->y[i * DIM + j];
                }
    }
}

double mrl_loss(struct mrl *mrl, struct team *team, const float *x, const float *y, struct mrl_keys keys, size_t n,
                float *dx, float *dy, double levels[MRL_LEVELS])
{
    double total = 0;

    mrl->x = x;
    mrl->y = y;
    mrl->dx = dx;
    mrl->dy = dy;
    mrl->keys = keys;
    mrl->n = n;
    for (size_t level = 0; level < MRL_LEVELS; level++) {
        size_t begin = block_begin(level), width = mrl_dims[level] - begin;
        double loss = 0;

        mrl->level = level;
        team_run(team, lengths, mrl);
        blas_sgemm(false, true, n, n, width, 1, x + begin, DIM, y + begin, DIM, level ? 1 : 0, mrl->dots, n);
        team_run(team, weights, mrl);
        sum_columns(mrl, mrl->sum_y);
        team_run(team, gradients, mrl);
        sum_columns(mrl, mrl->shrink_y[level]);
        for (size_t j = 0; j < n; j++)
            mrl->shrink_y[level][j] *= mrl->inverse_y[j] * mrl->inverse_y[j];
        for (size_t c = 0; c < TRAIN_CHUNKS; c++)
            loss += mrl->losses[c];
        if (levels)
            levels[level] = loss;
        total += loss / MRL_LEVELS;
    }
    for (size_t c = 0; c < TRAIN_CHUNKS; c++) /* of the last level */
        total += mrl->spreads[c];
    team_run(team, suffix_sums, mrl);
    for (size_t level = 0; level < MRL_LEVELS; level++) {
        size_t begin = block_begin(level), width = mrl_dims[level] - begin;

        blas_sgemm(false, false, n, width, n, 1, mrl->grads[level], n, y + begin, DIM, 1, dx + begin, DIM);
        blas_sgemm(true, false, n, width, n, 1, mrl->grads[level], n, x + begin, DIM, 1, dy + begin, DIM);
    }
    return total;
}
