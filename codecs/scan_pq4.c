// SPDX-License-Identifier: MIT
#include "codecs/scan_pq4.h"

#include "base/mem.h"
#include "codecs/scan_pq4_tables.h"
#include "codecs/topk.h"
#include "declare/isa.h"
#include "declare/team.h"

#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = SCAN_PQ4_BLOCK,
    /* Blocks between two looks at the limit: few where it still falls fast. */
    BATCH_MIN = 4,
    BATCH_MAX = 64,
    LANES = 8, /* codes whose distances are computed side by side: one alone waits for each add */
};

/* Candidates that are kept before their distances are computed, at most. */
#define PENDING(k) (8 * (k) + 2 * (size_t)BATCH_MAX * BLOCK)

/* What a rank has found so far. */
struct rank {
    struct tally tally; /* of sums of bytes */
    uint64_t *pending;  /* sums above ids, n_pending of them: they may be among the k */
    size_t n_pending;
    uint32_t limit;     /* sums from here on are too far */
    struct topk best;   /* of the codes whose distance is known: bits of it above ids */
};

struct scan_pq4_work {
    const struct scan_pq4_impl *impl;
    size_t k;
    int threads;
    struct rank *ranks; /* (threads) */
    struct scan_pq4_tables tables;
};

const struct scan_pq4_impl scan_pq4_scalar = { "scalar", ISA_ANY, NULL };
const struct scan_pq4_impl scan_pq4_avx2 = { "avx2", ISA_AVX2, scan_pq4_scan_avx2 };
const struct scan_pq4_impl scan_pq4_avx512 = { "avx512", ISA_AVX512F, scan_pq4_scan_avx512 };

const struct scan_pq4_impl *scan_pq4_best(uint32_t isa)
{
    if (isa & ISA_AVX512F)
        return &scan_pq4_avx512;
    return isa & ISA_AVX2 ? &scan_pq4_avx2 : &scan_pq4_scalar;
}

void scan_pq4_work_free(struct scan_pq4_work *work)
{
    if (!work)
        return;
    for (int r = 0; work->ranks && r < work->threads; r++) {
        tally_free(&work->ranks[r].tally);
        free(work->ranks[r].pending);
        topk_free(&work->ranks[r].best);
    }
    free(work->ranks);
    free(work);
}

struct scan_pq4_work *scan_pq4_work_new(const struct scan_pq4_impl *impl, size_t k, int threads, struct err *err)
{
    struct scan_pq4_work *work;

    if (impl->isa & ~isa_host()) {
        char text[ISA_TEXT];

        err_set(err, ERR_HOST, "'%s' needs %s, which this host lacks", impl->name,
                isa_format(impl->isa & ~isa_host(), text));
        return NULL;
    }
    work = mem_array(1, sizeof(*work));
    work->impl = impl;
    work->k = k;
    work->threads = threads;
    work->ranks = mem_array((size_t)threads, sizeof(*work->ranks));
    for (int r = 0; r < threads; r++) {
        struct rank *rank = &work->ranks[r];

        /* Rank 0 gathers the best of all. */
        if (topk_init(&rank->best, k, LANES + (r == 0 ? k * (size_t)threads : 0), err) < 0 ||
            tally_init(&rank->tally, k, SCAN_PQ4_SUMS_MAX, err) < 0)
            goto fail;
        rank->pending = mem_aligned(PENDING(k), sizeof(*rank->pending), MEM_LINE, err);
        if (!rank->pending)
            goto fail;
    }
    return work;
fail:
    scan_pq4_work_free(work);
    return NULL;
}

/* The bits of a float as a number that rises with it; both zeros are the same. */
static uint32_t order_of(float f)
{
    uint32_t bits;

    f += 0.0f;
    memcpy(&bits, &f, sizeof(bits));
    return bits >> 31 ? ~bits : bits | 1u << 31;
}

static float float_of(uint32_t order)
{
    uint32_t bits = order >> 31 ? order & ~(1u << 31) : ~order;
    float f;

    memcpy(&f, &bits, sizeof(f));
    return f;
}

/* The distances of LANES codes, wherever they are: byte b of the l-th at at[l] + b * BLOCK. */
static void distances(const uint8_t *const at[LANES], size_t bytes, const float *tables, float d[LANES])
{
    for (size_t l = 0; l < LANES; l++)
        d[l] = 0;
    for (size_t b = 0; b < bytes; b++, tables += 32)
#pragma GCC unroll 8 // keeps d in registers
        for (size_t l = 0; l < LANES; l++) {
            uint8_t code = at[l][b * BLOCK];

            d[l] += tables[code & 15];
            d[l] += tables[16 + (code >> 4)];
        }
}

struct job {
    const struct scan_pq4_codes *codes;
    const float *tables;
    struct scan_pq4_work *work;
};

/* Computes the distances of the codes of n keys and keeps the best k of them. */
static void evaluate(const struct job *job, const uint64_t *keys, size_t n, struct topk *best)
{
    const struct scan_pq4_codes *codes = job->codes;

    for (size_t i = 0; i < n; i += LANES) {
        const uint8_t *at[LANES];
        float d[LANES];

        for (size_t l = 0; l < LANES; l++) {
            size_t id = TOPK_ID(keys[i + l < n ? i + l : i]);

            at[l] = codes->blocks + id / BLOCK * BLOCK * codes->bytes + id % BLOCK;
        }
        distances(at, codes->bytes, job->tables, d);
        for (size_t l = 0; l < LANES && i + l < n; l++) {
            uint32_t order = order_of(d[l]);

            /* Ids do not rise here: equal ones must stay. */
            if (order <= best->limit)
                best->keys[best->n++] = (uint64_t)order << 32 | TOPK_ID(keys[i + l]);
        }
        topk_settle(best);
    }
}

/* Computes what is pending, the most promising k first: with their distances known few of the others are left. */
static void flush(const struct job *job, struct rank *rank)
{
    size_t k = job->work->k, first = rank->n_pending < k ? rank->n_pending : k, left = rank->n_pending - first;

    if (left > 0)
        topk_select(rank->pending, rank->n_pending, k);
    evaluate(job, rank->pending, first, &rank->best);
    topk_trim(&rank->best);
    if (rank->best.n == k) {
        uint32_t limit = scan_pq4_tables_limit(&job->work->tables, float_of(rank->best.limit));

        rank->limit = limit < rank->limit ? limit : rank->limit;
        left = rank->limit == 0 ? 0 : topk_keep(rank->pending + first, left, rank->limit - 1);
    }
    evaluate(job, rank->pending + first, left, &rank->best);
    rank->n_pending = 0;
}

/* Takes `found` more keys. k codes have the k-th least sum or less: what is farther than all codes of that sum is
 * out. */
static void take(const struct job *job, struct rank *rank, size_t found)
{
    const struct tally *tally = &rank->tally;
    size_t most = PENDING(tally->k) - (size_t)BATCH_MAX * BLOCK;

    tally_add(&rank->tally, rank->pending + rank->n_pending, found);
    rank->n_pending += found;
    if (tally->seen >= tally->k && tally->at + job->work->tables.slack < rank->limit)
        rank->limit = tally->at + job->work->tables.slack + 1;
    if (rank->n_pending > most) {
        if (rank->limit > 0)
            rank->n_pending = topk_keep(rank->pending, rank->n_pending, rank->limit - 1);
        if (rank->n_pending > most / 2)
            flush(job, rank);
    }
}

static void scan_blocks(const struct job *job, struct rank *rank, size_t first, size_t end)
{
    const struct scan_pq4_codes *codes = job->codes;

    for (size_t at = first, batch; at < end; at += batch) {
        uint64_t *keys = rank->pending + rank->n_pending;
        size_t found, kept = 0;

        batch = (at - first) / 2;
        batch = batch < BATCH_MIN ? BATCH_MIN : batch > BATCH_MAX ? BATCH_MAX : batch;
        batch = batch < end - at ? batch : end - at;
        found = job->work->impl->scan(codes->blocks + at * BLOCK * codes->bytes, batch, codes->bytes,
                                      job->work->tables.entries[0], rank->limit, (uint32_t)(at * BLOCK), keys);
        if ((at + batch) * BLOCK > codes->n) { /* the last block may not be full */
            for (size_t i = 0; i < found; i++) {
                keys[kept] = keys[i];
                kept += TOPK_ID(keys[i]) < codes->n;
            }
            found = kept;
        }
        take(job, rank, found);
    }
    flush(job, rank);
}

/* The reference: the distance of every code. */
static void compute_blocks(const struct job *job, struct rank *rank, size_t first, size_t end)
{
    const struct scan_pq4_codes *codes = job->codes;
    size_t last = end * BLOCK < codes->n ? end * BLOCK : codes->n;

    for (size_t at = first * BLOCK; at < last; at += LANES) {
        uint64_t keys[LANES];
        size_t n = last - at < LANES ? last - at : LANES;

        for (size_t l = 0; l < n; l++)
            keys[l] = at + l;
        evaluate(job, keys, n, &rank->best);
    }
}

static void scan_rank(void *arg, int r, int size)
{
    const struct job *job = arg;
    struct rank *rank = &job->work->ranks[r];
    size_t blocks = (job->codes->n + BLOCK - 1) / BLOCK;
    size_t first = blocks * (size_t)r / (size_t)size, end = blocks * ((size_t)r + 1) / (size_t)size;

    topk_clear(&rank->best);
    tally_clear(&rank->tally, job->work->tables.most);
    rank->n_pending = 0;
    rank->limit = job->work->tables.most + 1;
    if (job->work->impl->scan)
        scan_blocks(job, rank, first, end);
    else
        compute_blocks(job, rank, first, end);
    topk_trim(&rank->best);
}

int scan_pq4(const struct scan_pq4_codes *codes, const float *tables, struct scan_pq4_work *work, struct team *team,
             struct scan_pq4_found *found, size_t *n_found, struct err *err)
{
    struct job job = { codes, tables, work };
    struct topk *best = &work->ranks[0].best;

    if (team && team_size(team) > work->threads)
        BUG("a team of %d with room for %d", team_size(team), work->threads);
    if (scan_pq4_tables(tables, codes->bytes, &work->tables, err) < 0)
        return -1;
    if (team)
        team_run(team, scan_rank, &job);
    else
        scan_rank(&job, 0, 1);
    for (int r = 1; team && r < team_size(team); r++) {
        struct topk *more = &work->ranks[r].best;

        memcpy(best->keys + best->n, more->keys, more->n * sizeof(*best->keys));
        best->n += more->n;
    }
    topk_trim(best);
    topk_sort(best->keys, best->n);
    *n_found = best->n;
    for (size_t i = 0; i < *n_found; i++)
        found[i] = (struct scan_pq4_found){ TOPK_ID(best->keys[i]), float_of(TOPK_ORDER(best->keys[i])) };
    return 0;
}
