// SPDX-License-Identifier: MIT
#include "kernels/roof.h"

#include "declare/isa.h"
#include "declare/team.h"

#include <stdatomic.h>
#include <string.h>

/* A step of `chains` accumulators that take `lanes` products each. */
#define STEP(lanes, chains) .step_ops = 2 * (lanes) * (chains)

/* Until a lane overflows, or a float lane rounds: an int16 lane of the AVX2 form gains 2 a step, an int32 lane 1 or, in
 * the SSE2 form, 2, a float lane 1. */
enum { STEPS_16 = INT16_MAX / 2, STEPS_32 = INT32_MAX / 2, STEPS_FLOAT = 1 << 24 };

const struct roof_compute roof_fma_sse2 = {
    "fma_sse2", ISA_ANY, roof_sse2_fma, STEP(4, ROOF_SSE2_FMA_CHAINS), .exact = STEPS_FLOAT,
};
const struct roof_compute roof_fma256 = {
    "fma256", ISA_AVX2, roof_avx2_fma, STEP(8, ROOF_AVX2_CHAINS), .exact = STEPS_FLOAT,
};
const struct roof_compute roof_fma512 = {
    "fma512", ISA_AVX512F, roof_avx512_fma, STEP(16, ROOF_AVX512_CHAINS), .exact = STEPS_FLOAT,
};
const struct roof_compute roof_int8_sse2 = {
    "int8_sse2", ISA_ANY, roof_sse2_int8, STEP(8, ROOF_SSE2_INT8_CHAINS), .exact = STEPS_32,
};
const struct roof_compute roof_int8_avx2 = {
    "int8_avx2", ISA_AVX2, roof_avx2_int8, STEP(32, ROOF_AVX2_CHAINS), .exact = STEPS_16,
};
const struct roof_compute roof_vnni256 = {
    "vnni256", ISA_AVXVNNI, roof_avxvnni_int8, STEP(32, ROOF_AVX2_CHAINS), .exact = STEPS_32,
};
const struct roof_compute roof_vnni256_evex = {
    "vnni256_evex", ISA_AVX512VNNI, roof_avx512vnni_int8_256, STEP(32, ROOF_AVX512_CHAINS), .exact = STEPS_32,
};
const struct roof_compute roof_vnni512 = {
    "vnni512", ISA_AVX512VNNI, roof_avx512vnni_int8, STEP(64, ROOF_AVX512_CHAINS), .exact = STEPS_32,
};

const struct roof_read roof_read_sse2 = { "read_sse2", ISA_ANY, roof_sse2_read };
const struct roof_read roof_read256 = { "read256", ISA_AVX2, roof_avx2_read };
const struct roof_read roof_read512 = { "read512", ISA_AVX512F, roof_avx512_read };

struct compute_job {
    const struct roof_compute *roof;
    double ops;
    atomic_llong sum;
};

static void compute_rank(void *arg, int rank, int size)
{
    struct compute_job *job = arg;
    double each = (double)job->roof->step_ops * size;
    int64_t steps = (int64_t)(job->ops / each);

    (void)rank;
    if ((double)steps * each < job->ops)
        steps++;
    atomic_fetch_add(&job->sum, job->roof->steps(steps));
}

int64_t roof_compute_run(const struct roof_compute *roof, double ops, struct team *team)
{
    struct compute_job job = { .roof = roof, .ops = ops };

    if (team)
        team_run(team, compute_rank, &job);
    else
        compute_rank(&job, 0, 1);
    return atomic_load(&job.sum);
}

const struct roof_read *roof_read_best(uint32_t isa)
{
    return isa & ISA_AVX512F ? &roof_read512 : isa & ISA_AVX2 ? &roof_read256 : &roof_read_sse2;
}

/* Bytes that each stream reads of what is left of a stretch: half of it. In a ring they must not meet, or one would find
 * in the cache what the other has just read: then whole rounds but half a one, which keeps them half a ring apart. */
static size_t stream_bytes(size_t mask, size_t bytes)
{
    size_t half = bytes / 2 / ROOF_READ_STEP * ROOF_READ_STEP, ring = mask + 1;

    if (mask == SIZE_MAX || half < ring || ring == ROOF_READ_STEP)
        return half;
    return half / ring * ring - ring / 2;
}

/* Less than two steps, line by line. */
static uint64_t read_rest(const char *p, size_t mask, size_t from, size_t bytes)
{
    uint64_t sum = 0, word;

    for (size_t i = 0; i < bytes; i += sizeof(word)) {
        memcpy(&word, p + ((from + i) & mask), sizeof(word));
        __asm__ volatile("" ::"r"(word));
        if (i % ROOF_READ_STEP < 64)
            sum += word;
    }
    return sum;
}

uint64_t roof_read_stretch(const struct roof_read *roof, const void *p, size_t mask, size_t from, size_t bytes)
{
    uint64_t sum = 0;

    while (bytes >= 2 * ROOF_READ_STEP) {
        size_t half = stream_bytes(mask, bytes);

        sum += roof->read(p, mask, from, half, half / ROOF_READ_STEP);
        from += 2 * half;
        bytes -= 2 * half;
    }
    return sum + read_rest(p, mask, from, bytes);
}

struct read_job {
    const struct roof_read *roof;
    const char *p;
    size_t lines;
    atomic_ullong sum;
};

static void read_rank(void *arg, int rank, int size)
{
    struct read_job *job = arg;
    size_t first, count;

    team_share(job->lines, rank, size, &first, &count);
    atomic_fetch_add(&job->sum, roof_read_stretch(job->roof, job->p + first * 64, SIZE_MAX, 0, count * 64));
}

uint64_t roof_read_run(const struct roof_read *roof, const void *p, size_t bytes, struct team *team)
{
    struct read_job job = { .roof = roof, .p = p, .lines = bytes / 64 };

    if (team)
        team_run(team, read_rank, &job);
    else
        read_rank(&job, 0, 1);
    return atomic_load(&job.sum);
}
