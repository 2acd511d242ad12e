// SPDX-License-Identifier: MIT
#include "codecs/lsa.h"

#include "base/mem.h"
#include "base/rng.h"
#include "codecs/blas.h"
#include "codecs/lsa_terms.h"
#include "codecs/progress.h"
#include "declare/team.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* Widths are multiples of this, so that the inner loop has no rest: 16 floats, a cache line. */
enum { LANES = 16, ROWS = 64 };
typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));

struct lsa {
    struct lsa_matrix terms, back; /* texts x terms, and transposed */
    size_t width;                  /* dims + oversample, rounded up */
    float *q;                      /* (terms, width) */
    float *y;                      /* (texts, width) */
    double *gram;                  /* (width, width) */
    double *values;
    float *turn; /* (width, width) */
    struct team *team;
};

struct product {
    const struct lsa_matrix *a;
    const float *x;
    float *out;
    size_t width;
};

/* Rows are dealt out in portions: texts come in the order of the database, long and short ones together. */
static void product_rows(void *arg, int rank, int size)
{
    const struct product *p = arg;

    for (size_t first = (size_t)rank * ROWS; first < p->a->rows; first += (size_t)size * ROWS)
        for (size_t row = first; row < first + ROWS && row < p->a->rows; row++) {
            lanes *out = (lanes *)(p->out + row * p->width);

            memset(out, 0, p->width * sizeof(float));
            for (size_t i = p->a->start[row]; i < p->a->start[row + 1]; i++) {
                const lanes *x = (const lanes *)(p->x + p->a->col[i] * p->width);

                for (size_t j = 0; j < p->width / LANES; j++)
                    out[j] += p->a->value[i] * x[j];
            }
        }
}

/* out = A x: x is (a->cols, width), out (a->rows, width). */
static void product(struct lsa *l, const struct lsa_matrix *a, const float *x, float *out)
{
    team_run(l->team, product_rows, &(struct product){ a, x, out, l->width });
}

/* x = x * turn, (rows, width), a portion at a time. */
static int turn(struct lsa *l, float *x, size_t rows, struct err *err)
{
    enum { PORTION = 1024 };
    float *copy = mem_aligned(PORTION * l->width, sizeof(*copy), MEM_LINE, err);

    if (!copy)
        return -1;
    for (size_t first = 0; first < rows; first += PORTION) {
        size_t n = rows - first < PORTION ? rows - first : PORTION;

        memcpy(copy, x + first * l->width, n * l->width * sizeof(*copy));
        blas_sgemm(false, false, n, l->width, l->width, 1, copy, l->width, l->turn, l->width, 0, x + first * l->width,
                   l->width);
    }
    free(copy);
    return 0;
}

/* The eigenvectors of x'x in the columns of turn, each times values^power; none for directions that are not there. */
static int find_turn(struct lsa *l, const float *x, size_t rows, double power, struct err *err)
{
    size_t w = l->width;

    blas_gram(x, rows, w, l->turn);
    for (size_t i = 0; i < w * w; i++)
        l->gram[i] = l->turn[i];
    if (blas_eigen(l->gram, w, l->values, err) < 0)
        return -1;
    for (size_t i = 0; i < w; i++) {
        double scale = l->values[i] > 1e-6 * l->values[0] ? pow(l->values[i], power) : 0; /* float32's x'x */

        for (size_t j = 0; j < w; j++)
            l->turn[j * w + i] = (float)(l->gram[i * w + j] * scale);
    }
    return 0;
}

/* Orthonormal columns that span those of q; a second round takes what the first one's rounding left. */
static int orthonormal(struct lsa *l, struct err *err)
{
    for (int round = 0; round < 2; round++)
        if (find_turn(l, l->q, l->terms.cols, -0.5, err) < 0 || turn(l, l->q, l->terms.cols, err) < 0)
            return -1;
    return 0;
}

static int prepare(struct lsa *l, const struct lsa_options *options, struct err *err)
{
    size_t w = (options->dims + options->oversample + LANES - 1) / LANES * LANES;
    struct rng rng = rng_seed(options->seed);
    cpu_set_t cpus;

    l->width = w;
    l->team = team_new(sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 1, NULL, NULL, err);
    l->q = l->team ? mem_aligned(l->terms.cols * w, sizeof(*l->q), MEM_LINE, err) : NULL;
    l->y = l->q ? mem_aligned(l->terms.rows * w, sizeof(*l->y), MEM_LINE, err) : NULL;
    l->turn = l->y ? mem_aligned(w * w, sizeof(*l->turn), MEM_LINE, err) : NULL;
    l->gram = l->turn ? mem_aligned(w * w, sizeof(*l->gram), MEM_LINE, err) : NULL;
    if (!l->gram)
        return -1;
    l->values = mem_array(w, sizeof(*l->values));
    for (size_t i = 0; i < l->terms.cols * w; i++)
        l->q[i] = rng_next(&rng) >> 63 ? 1 : -1; /* random signs do as well as normal numbers */
    return 0;
}

/* With q orthonormal A ~ (A q) q'. Of Y = A q, Y'Y = V S^2 V': U S = Y V, and U S^e = Y V S^(e - 1). */
static int decompose(struct lsa *l, const struct lsa_options *options, struct vectors *out, struct err *err)
{
    for (size_t i = 0; i <= options->iterations; i++) {
        progress_say("latent semantic analysis of %zu texts, %zu terms: step %zu of %zu", l->terms.rows, l->terms.cols,
                     i + 1, options->iterations + 2);
        product(l, &l->terms, l->q, l->y);
        product(l, &l->back, l->y, l->q);
        if (orthonormal(l, err) < 0)
            return -1;
    }
    progress_say("latent semantic analysis of %zu texts, %zu terms: step %zu of %zu", l->terms.rows, l->terms.cols,
                 options->iterations + 2, options->iterations + 2);
    product(l, &l->terms, l->q, l->y);
    if (find_turn(l, l->y, l->terms.rows, (options->exponent - 1) / 2, err) < 0 ||
        vectors_new(out, l->terms.rows, options->dims, err) < 0)
        return -1;
    blas_sgemm(false, false, out->n, out->dim, l->width, 1, l->y, l->width, l->turn, l->width, 0, out->data, out->dim);
    vectors_normalise(out);
    return 0;
}

int lsa_embed(const char *const *texts, size_t n, const struct lsa_options *options, struct vectors *out,
              struct err *err)
{
    struct lsa l = { 0 };
    int ret = -1;

    *out = (struct vectors){ 0 };
    if (blas_load(err) < 0)
        return -1;
    lsa_terms(texts, n, &l.terms);
    if (l.terms.cols == 0) {
        err_set(err, ERR_CONFIG, "%zu texts share no words: nothing to analyse", n);
        goto out;
    }
    lsa_transpose(&l.terms, &l.back);
    if (prepare(&l, options, err) == 0)
        ret = decompose(&l, options, out, err);
out:
    lsa_matrix_free(&l.terms);
    lsa_matrix_free(&l.back);
    free(l.q);
    free(l.y);
    free(l.turn);
    free(l.gram);
    free(l.values);
    team_free(l.team);
    return ret;
}
