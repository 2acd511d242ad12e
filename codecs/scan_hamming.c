// SPDX-License-Identifier: MIT
#include "codecs/scan_hamming.h"

#include "base/mem.h"
#include "codecs/topk.h"
#include "declare/isa.h"
#include "declare/team.h"

#include <stdlib.h>
#include <string.h>

/* Codes between two looks at the limit: few where it still falls fast, at most what leaves the keys in the L2. */
enum { BATCH_MIN = 256, BATCH_MAX = 4096 };

/* What a rank has found so far: of n keys all that may be among the k least. */
struct rank {
    struct tally tally;
    uint64_t *keys; /* as many as ROOM says; rank 0's have room for the best of all on top */
    size_t n;
};

/* Less than k are nearer than the k-th; as near as it are at most k and what one batch has found, since from then on
 * the limit keeps them out. */
#define ROOM(k) (2 * (k) + 2 * BATCH_MAX)

struct scan_hamming_work {
    const struct scan_hamming_impl *impl;
    size_t k;
    int threads;
    struct rank *ranks; /* (threads) */
};

/* The bits of a word, added up in pairs, fours and bytes (Warren, Hacker's Delight, 5-1): the baseline has no
 * instruction for it. */
static unsigned bits(uint64_t v)
{
    v -= v >> 1 & 0x5555555555555555;
    v = (v & 0x3333333333333333) + (v >> 2 & 0x3333333333333333);
    v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return (unsigned)(v * 0x0101010101010101 >> 56);
}

size_t scan_hamming_scan_scalar(const uint8_t *codes, size_t n, size_t bytes, const uint8_t *query, uint32_t limit,
                                uint32_t first, uint64_t *keys)
{
    size_t found = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t distance = 0;

        for (size_t j = 0; j < bytes; j += sizeof(uint64_t)) {
            uint64_t a, b;

            memcpy(&a, codes + i * bytes + j, sizeof(a));
            memcpy(&b, query + j, sizeof(b));
            distance += bits(a ^ b);
        }
        keys[found] = (uint64_t)distance << 32 | (first + (uint32_t)i);
        found += distance < limit;
    }
    return found;
}

const struct scan_hamming_impl scan_hamming_scalar = { "scalar", ISA_ANY, scan_hamming_scan_scalar };
const struct scan_hamming_impl scan_hamming_avx2 = { "avx2", ISA_AVX2, scan_hamming_scan_avx2 };
const struct scan_hamming_impl scan_hamming_avx512 = { "avx512", ISA_AVX512F | ISA_AVX512VPOPCNTDQ,
                                                       scan_hamming_scan_avx512 };

const struct scan_hamming_impl *scan_hamming_best(uint32_t isa)
{
    if (!(scan_hamming_avx512.isa & ~isa))
        return &scan_hamming_avx512;
    return isa & ISA_AVX2 ? &scan_hamming_avx2 : &scan_hamming_scalar;
}

void scan_hamming_work_free(struct scan_hamming_work *work)
{
    if (!work)
        return;
    for (int r = 0; work->ranks && r < work->threads; r++) {
        tally_free(&work->ranks[r].tally);
        free(work->ranks[r].keys);
    }
    free(work->ranks);
    free(work);
}

/* Keys for one rank's search, and for the best k of `others`. */
static uint64_t *room(size_t k, size_t others, struct err *err)
{
    if (k > UINT32_MAX) {
        err_set(err, ERR_CONFIG, "the best %zu, but at most %u codes can be searched", k, UINT32_MAX);
        return NULL;
    }
    return mem_aligned(ROOM(k) + k * others, sizeof(uint64_t), MEM_LINE, err);
}

struct scan_hamming_work *scan_hamming_work_new(const struct scan_hamming_impl *impl, size_t k, int threads,
                                                struct err *err)
{
    struct scan_hamming_work *work;

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

        if (tally_init(&rank->tally, k, SCAN_HAMMING_BYTES_MAX * 8, err) < 0)
            goto fail;
        rank->keys = room(k, r == 0 ? (size_t)threads : 0, err);
        if (!rank->keys)
            goto fail;
    }
    return work;
fail:
    scan_hamming_work_free(work);
    return NULL;
}

struct job {
    const uint8_t *codes, *query;
    size_t n, bytes;
    struct scan_hamming_work *work;
};

/* To the min(k, n) least. */
static void trim(struct rank *rank, size_t k)
{
    if (rank->n <= k)
        return;
    topk_select(rank->keys, rank->n, k);
    rank->n = k;
}

static void scan_rank(void *arg, int r, int size)
{
    const struct job *job = arg;
    struct rank *rank = &job->work->ranks[r];
    struct tally *tally = &rank->tally;
    size_t first = job->n * (size_t)r / (size_t)size, end = job->n * ((size_t)r + 1) / (size_t)size;
    uint32_t limit = UINT32_MAX;

    rank->n = 0;
    tally_clear(tally, (uint32_t)job->bytes * 8);
    for (size_t at = first, batch, found; at < end; at += batch) {
        batch = (at - first) / 2;
        batch = batch < BATCH_MIN ? BATCH_MIN : batch > BATCH_MAX ? BATCH_MAX : batch;
        batch = batch < end - at ? batch : end - at;
        found = job->work->impl->scan(job->codes + at * job->bytes, batch, job->bytes, job->query, limit,
                                      (uint32_t)at, rank->keys + rank->n);
        tally_add(tally, rank->keys + rank->n, found);
        rank->n += found;
        if (tally->seen >= tally->k)
            limit = tally->at; /* the k-th with a lower index is there already */
        if (rank->n > ROOM(tally->k) - BATCH_MAX)
            rank->n = topk_keep(rank->keys, rank->n, tally->at);
    }
    trim(rank, tally->k);
}

int scan_hamming(const uint8_t *codes, size_t n, size_t bytes, const uint8_t *query, struct scan_hamming_work *work,
                 struct team *team, struct scan_hamming_found *found, size_t *n_found, struct err *err)
{
    struct job job = { codes, query, n, bytes, work };
    struct rank *best = work->ranks;

    if (bytes == 0 || bytes > SCAN_HAMMING_BYTES_MAX || bytes % SCAN_HAMMING_BYTES_STEP != 0)
        return err_set(err, ERR_CONFIG, "binary codes have 8 to %d bytes, a multiple of %d, not %zu",
                       SCAN_HAMMING_BYTES_MAX, SCAN_HAMMING_BYTES_STEP, bytes);
    if (n > UINT32_MAX)
        return err_set(err, ERR_CONFIG, "%zu codes, but at most %u can be searched at once", n, UINT32_MAX);
    if (team && team_size(team) > work->threads)
        BUG("a team of %d with room for %d", team_size(team), work->threads);
    if (team)
        team_run(team, scan_rank, &job);
    else
        scan_rank(&job, 0, 1);
    for (int r = 1; team && r < team_size(team); r++) {
        memcpy(best->keys + best->n, best[r].keys, best[r].n * sizeof(*best->keys));
        best->n += best[r].n;
    }
    trim(best, work->k);
    topk_sort(best->keys, best->n);
    *n_found = best->n;
    for (size_t i = 0; i < *n_found; i++)
        found[i] = (struct scan_hamming_found){ TOPK_ID(best->keys[i]), TOPK_ORDER(best->keys[i]) };
    return 0;
}
