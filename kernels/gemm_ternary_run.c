// SPDX-License-Identifier: MIT
/* gemm_ternary_run.c -- a call: check, quantise, and deal the panels of weights to a team.
 *
 * One row: each rank quantises it for itself, which is shorter than waiting for another to do it, and streams its share
 * of the packed weights. More rows: the team quantises them together and meets once; then each rank takes all rows past
 * one panel of its share after the other, in tiles of equal height. Rows go in groups that stay in the L2. Where an
 * implementation is the faster for it, the first tile leaves the panel unpacked for the others.
 *
 * Compiled for baseline x86-64: the only code of another ISA is behind impl. */
#include "base/mem.h"
#include "declare/isa.h"
#include "declare/team.h"
#include "kernels/gemm_ternary_work.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    NR = GEMM_TERNARY_NR,
    KR = GEMM_TERNARY_KR,
    TILE = GEMM_TERNARY_MR_MAX * GEMM_TERNARY_NR, /* floats */
    AHEAD = 8192,                                 /* from DRAM 4 KiB are too few, from an L3 as good */
    GROUP_BYTES = 3 << 18, /* of quantised rows: with an unpacked panel they fit the smallest L2 of its kind, 1 MiB */
};

const struct gemm_ternary_impl gemm_ternary_avx2 = {
    .name = "avx2",
    .isa = ISA_AVX2,
    .absmax = gemm_ternary_avx2_absmax,
    .quantise = gemm_ternary_avx2_quantise,
    .gemv = gemm_ternary_avx2_gemv,
    .packed = gemm_ternary_avx2_packed,
    .unpacked = gemm_ternary_avx2_unpacked,
    .mr = GEMM_TERNARY_AVX2_MR,
    .ahead = AHEAD,
};

const struct gemm_ternary_impl gemm_ternary_avxvnni = {
    .name = "avxvnni",
    .isa = ISA_AVX2 | ISA_AVXVNNI,
    .absmax = gemm_ternary_avx2_absmax,
    .quantise = gemm_ternary_avx2_quantise,
    .gemv = gemm_ternary_avxvnni_gemv,
    .packed = gemm_ternary_avxvnni_packed,
    .unpacked = gemm_ternary_avxvnni_unpacked,
    .mr = GEMM_TERNARY_AVX2_MR,
    .ahead = AHEAD,
};

const struct gemm_ternary_impl gemm_ternary_avx512vnni = {
    .name = "avx512vnni",
    .isa = ISA_AVX512F | ISA_AVX512VNNI,
    .absmax = gemm_ternary_avx512vnni_absmax,
    .quantise = gemm_ternary_avx512vnni_quantise,
    .gemv = gemm_ternary_avx512vnni_gemv,
    .packed = gemm_ternary_avx512vnni_packed,
    .mr = GEMM_TERNARY_AVX512_MR,
    .ahead = AHEAD,
};

const struct gemm_ternary_impl *gemm_ternary_best(uint32_t isa)
{
    static const struct gemm_ternary_impl *const from_best[] = { &gemm_ternary_avx512vnni, &gemm_ternary_avxvnni,
                                                                 &gemm_ternary_avx2 };

    for (size_t i = 0; i < ARRAY_LEN(from_best); i++)
        if (!(from_best[i]->isa & ~isa))
            return from_best[i];
    return &gemm_ternary_scalar;
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t max(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t ceil_div(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

struct gemm_ternary_work *gemm_ternary_work_new(const struct gemm_ternary_impl *impl, size_t m, size_t k, int threads,
                                                struct err *err)
{
    uint32_t lacks = impl->isa & ~isa_host();
    size_t rows = max(m, (size_t)threads), blocks = ceil_div(k, KR), bytes;
    struct gemm_ternary_work *work;

    if (threads < 1)
        BUG("gemm_ternary for %d threads", threads);
    if (lacks) {
        char text[ISA_TEXT];

        err_set(err, ERR_HOST, "gemm_ternary '%s' needs %s, which this host lacks", impl->name,
                isa_format(lacks, text));
        return NULL;
    }
    if (k > GEMM_TERNARY_K_MAX || __builtin_mul_overflow(rows, blocks * KR, &bytes)) {
        err_set(err, ERR_USAGE, "gemm_ternary: a workspace for %zu rows of %zu is too large", m, k);
        return NULL;
    }
    work = mem_zeroed(1, sizeof(*work), err);
    if (!work)
        return NULL;
    *work = (struct gemm_ternary_work){ .impl = impl, .threads = threads, .m = m, .k = k };
    work->x = mem_huge(bytes, 1, err);
    work->rows = work->x ? mem_aligned(rows, sizeof(*work->rows), MEM_LINE, err) : NULL;
    work->tiles = work->rows ? mem_aligned((size_t)threads * TILE, sizeof(float), MEM_LINE, err) : NULL;
    if (work->tiles && impl->unpacked)
        work->unpacked = mem_huge((size_t)threads * blocks, GEMM_TERNARY_UNPACKED, err);
    if (!work->tiles || (impl->unpacked && !work->unpacked)) {
        err_wrap(err, "gemm_ternary '%s'", impl->name);
        gemm_ternary_work_free(work);
        return NULL;
    }
    return work;
}

void gemm_ternary_work_free(struct gemm_ternary_work *work)
{
    if (!work)
        return;
    free(work->x);
    free(work->rows);
    free(work->unpacked);
    free(work->tiles);
    free(work);
}

static int check_matrix(const char *name, size_t rows, size_t cols, size_t ld, struct err *err)
{
    size_t len;

    if (rows == 0 || cols == 0)
        return 0;
    if (ld < cols)
        return err_set(err, ERR_USAGE, "gemm_ternary: ld%s is %zu, but a row has %zu elements", name, ld, cols);
    if (__builtin_mul_overflow(rows - 1, ld, &len) || __builtin_add_overflow(len, cols, &len) ||
        len > PTRDIFF_MAX / sizeof(float))
        return err_set(err, ERR_USAGE, "gemm_ternary: %s of %zu x %zu with ld%s = %zu is larger than an address space",
                       name, rows, cols, name, ld);
    return 0;
}

static int check_call(const struct gemm_ternary_problem *p, const struct gemm_ternary_work *work, int threads,
                      struct err *err)
{
    const struct gemm_ternary_weights *w = p->weights;

    if (check_matrix("x", p->m, w->k, p->ldx, err) < 0 || check_matrix("y", p->m, w->n, p->ldy, err) < 0)
        return -1;
    if (threads > work->threads)
        return err_set(err, ERR_USAGE, "gemm_ternary: a team of %d with a workspace for %d", threads, work->threads);
    if (p->m > work->m || w->k > work->k)
        return err_set(err, ERR_USAGE, "gemm_ternary: m=%zu k=%zu is more than the workspace was made for (%zu, %zu)",
                       p->m, w->k, work->m, work->k);
    return 0;
}

/* Quantises row i of X into blocks of 16 bytes `stride` bytes apart. */
static struct gemm_ternary_row quantise_row(const struct gemm_ternary_problem *p, const struct gemm_ternary_impl *impl,
                                            size_t i, int8_t *q, size_t stride)
{
    const struct gemm_ternary_weights *w = p->weights;
    const float *x = p->x + i * p->ldx;
    uint32_t bits = impl->absmax(x, w->k);
    float most;

    if (bits >= 0x7f800000) { /* infinity or NaN: 0 x NaN in every column */
        for (size_t b = 0; b < w->blocks; b++)
            memset(q + b * stride, 0, KR);
        return (struct gemm_ternary_row){ .factor = NAN, .sum = 0 };
    }
    memcpy(&most, &bits, sizeof(most));
    if (most < 1e-5f)
        most = 1e-5f;
    return (struct gemm_ternary_row){
        .factor = w->scale * (most / 127.0f),
        .sum = impl->quantise(x, w->k, 127.0f / most, q, stride),
    };
}

struct job {
    const struct gemm_ternary_problem *p;
    struct gemm_ternary_work *work;
    struct team *team;
    size_t row;          /* of a single row */
    size_t first, count; /* panels */
};

/* Where a tile of Y is computed: in place, or beside it where Y ends within the panel. */
static float *tile_begin(const struct job *job, int rank, size_t panel, size_t i, size_t *ld)
{
    const struct gemm_ternary_problem *p = job->p;

    if (p->weights->n - panel * NR >= NR) {
        *ld = p->ldy;
        return p->y + i * p->ldy + panel * NR;
    }
    *ld = NR;
    return job->work->tiles + (size_t)rank * TILE;
}

static void tile_end(const struct job *job, const float *tile, size_t ld, size_t panel, size_t i, size_t rows)
{
    const struct gemm_ternary_problem *p = job->p;
    float *y = p->y + i * p->ldy + panel * NR;

    for (size_t r = 0; r < rows && tile != y; r++)
        memcpy(y + r * p->ldy, tile + r * ld, (p->weights->n - panel * NR) * sizeof(*y));
}

static void one_row(void *arg, int rank, int size)
{
    const struct job *job = arg;
    const struct gemm_ternary_weights *w = job->p->weights;
    const struct gemm_ternary_impl *impl = job->work->impl;
    int8_t *x = job->work->x + (size_t)rank * w->blocks * KR;
    size_t first, count, bytes = w->blocks * GEMM_TERNARY_BLOCK;
    struct gemm_ternary_row row;

    team_share(job->count, rank, size, &first, &count);
    if (count == 0)
        return;
    row = quantise_row(job->p, impl, job->row, x, KR);
    for (size_t panel = job->first + first; count > 0; panel++, count--) {
        size_t ld;
        float *y = tile_begin(job, rank, panel, job->row, &ld);

        impl->gemv(w->blocks, w->codes + panel * bytes, impl->ahead, x, &row, y);
        tile_end(job, y, ld, panel, job->row, 1);
    }
}

/* Where a row's tile begins among tiles of equal height, and how many rows it has. */
struct place {
    size_t first, rows;
};

static struct place tile_of(size_t m, size_t mr, size_t t)
{
    struct place at;

    team_share(m, (int)t, (int)ceil_div(m, mr), &at.first, &at.rows);
    return at;
}

/* The rank's share of the rows, each to its place in its tile. */
static void quantise_tiles(const struct job *job, int rank, int size)
{
    const struct gemm_ternary_problem *p = job->p;
    struct gemm_ternary_work *work = job->work;
    size_t first, count, row_bytes = p->weights->blocks * KR, mr = work->impl->mr;

    team_share(p->m, rank, size, &first, &count);
    for (size_t t = 0; t < ceil_div(p->m, mr); t++) {
        struct place at = tile_of(p->m, mr, t);

        for (size_t i = max(first, at.first); i < min(first + count, at.first + at.rows); i++)
            work->rows[i] = quantise_row(p, work->impl, i, work->x + at.first * row_bytes + (i - at.first) * KR,
                                         at.rows * KR);
    }
}

/* All tiles of a group of rows past one panel. */
static void run_panel(const struct job *job, int rank, size_t panel, size_t first_tile, size_t last_tile)
{
    const struct gemm_ternary_weights *w = job->p->weights;
    struct gemm_ternary_work *work = job->work;
    const struct gemm_ternary_impl *impl = work->impl;
    uint8_t *unpacked = impl->unpacked ? work->unpacked + (size_t)rank * w->blocks * GEMM_TERNARY_UNPACKED : NULL;
    const uint8_t *codes = w->codes + panel * w->blocks * GEMM_TERNARY_BLOCK;

    for (size_t t = first_tile; t <= last_tile; t++) {
        struct place at = tile_of(job->p->m, impl->mr, t);
        const int8_t *x = work->x + at.first * w->blocks * KR;
        const struct gemm_ternary_row *row = work->rows + at.first;
        size_t ld;
        float *y = tile_begin(job, rank, panel, at.first, &ld);

        if (t == first_tile || !unpacked)
            impl->packed(at.rows, w->blocks, codes, impl->ahead, t < last_tile ? unpacked : NULL, x, row, y, ld);
        else
            impl->unpacked(at.rows, w->blocks, unpacked, x, row, y, ld);
        tile_end(job, y, ld, panel, at.first, at.rows);
    }
}

static void many_rows(void *arg, int rank, int size)
{
    const struct job *job = arg;
    const struct gemm_ternary_weights *w = job->p->weights;
    const struct gemm_ternary_impl *impl = job->work->impl;
    size_t tiles = ceil_div(job->p->m, impl->mr), group = max(2, GROUP_BYTES / (w->blocks * KR * impl->mr)), first,
           count;

    quantise_tiles(job, rank, size);
    if (job->team)
        team_barrier(job->team);
    team_share(w->panels, rank, size, &first, &count);
    for (size_t begin = 0; begin < tiles; begin += group)
        for (size_t panel = first; panel < first + count; panel++)
            run_panel(job, rank, panel, begin, min(begin + group, tiles) - 1);
}

static void run(struct job *job, team_fn fn)
{
    if (job->team)
        team_run(job->team, fn, job);
    else
        fn(job, 0, 1);
}

void gemm_ternary_slice(const struct gemm_ternary_problem *p, struct gemm_ternary_work *work, struct team *team,
                        size_t i, size_t first, size_t count)
{
    struct job job = { p, work, team, i, first, count };

    run(&job, one_row);
}

int gemm_ternary(const struct gemm_ternary_problem *p, struct gemm_ternary_work *work, struct team *team,
                 struct err *err)
{
    const struct gemm_ternary_weights *w = p->weights;

    if (check_call(p, work, team ? team_size(team) : 1, err) < 0)
        return -1;
    if (p->m == 0 || w->n == 0)
        return 0;
    if (w->k == 0) {
        for (size_t i = 0; i < p->m; i++)
            for (size_t j = 0; j < w->n; j++)
                p->y[i * p->ldy + j] = 0;
    } else if (p->m > 1 && work->impl->packed) {
        struct job job = { .p = p, .work = work, .team = team };

        run(&job, many_rows);
    } else {
        for (size_t i = 0; i < p->m; i++)
            gemm_ternary_slice(p, work, team, i, 0, w->panels);
    }
    return 0;
}
