// SPDX-License-Identifier: MIT
/* roof_read.c -- the scenario kernels/roof_read: how many bytes a second can be loaded from each level of the caches.
 *
 * Each thread goes round a ring of its own that fits the level, and goes on where it has stopped. */
#include "kernels/roof_read.h"

#include "base/mem.h"
#include "base/rng.h"
#include "declare/isa.h"
#include "declare/team.h"
#include "kernels/roof.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Read by each thread in one operation: 0.2 ms from an L1, 8 from a slow DRAM. */
#define BYTES ((size_t)64 << 20)

enum { HUGE_PAGE = 2 << 20 };

static size_t power_of_two(size_t most)
{
    size_t p = ROOF_READ_STEP;

    while (p <= most / 2)
        p *= 2;
    return p;
}

size_t roof_read_ring(enum roof_level level, const struct caches *caches, int threads, size_t available)
{
    size_t l1 = caches->l1d > 0 ? (size_t)caches->l1d : (size_t)32 << 10;
    size_t l2 = caches->l2 > 0 ? (size_t)caches->l2 : (size_t)512 << 10;
    size_t l3 = caches->l3 > 0 ? (size_t)caches->l3 : (size_t)32 << 20;
    size_t n = (size_t)threads, ring, share = l3 / 4 * 3 / n, total = 4 * l3;

    switch (level) {
    case ROOF_L1:
        return power_of_two(l1 / 4 * 3);
    case ROOF_L2:
        return power_of_two(l2 / 4 * 3);
    case ROOF_L3:
        ring = power_of_two(share < 4 * l2 ? share : 4 * l2);
        while (ring < 2 * l2)
            ring *= 2;
        return ring;
    case ROOF_DRAM:
        ring = power_of_two((total > (size_t)256 << 20 ? total : (size_t)256 << 20) / n);
        while (ring * n > available / 2)
            ring /= 2;
        return ring * n >= 2 * l3 ? ring : 0;
    }
    BUG("no level %d", (int)level);
}

/* "MemAvailable" of /proc/meminfo: what a process can take without others being pushed out; SIZE_MAX where it does not
 * say. */
static size_t memory_available(void)
{
    FILE *file = fopen("/proc/meminfo", "re");
    unsigned long long kib;
    size_t bytes = SIZE_MAX;
    char line[128];

    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
            bytes = (size_t)kib * 1024;
    if (file)
        fclose(file);
    return bytes;
}

struct state {
    struct team *team;
    struct err why_not; /* no memory for this level: what check() says */
    char *memory;
    size_t ring;                  /* bytes a thread; rank r's begins at memory + r * ring */
    size_t at;                    /* where every rank goes on */
    const struct roof_read *roof; /* of the current call */
    atomic_ullong sum;
    uint64_t seed;
};

static void fill_rank(void *arg, int rank, int size)
{
    struct state *state = arg;
    uint64_t *words = (uint64_t *)(state->memory + (size_t)rank * state->ring);
    uint64_t value = rng_mix(state->seed, (uint64_t)rank);

    (void)size;
    for (size_t i = 0; i < state->ring / sizeof(*words); i++)
        words[i] = value += 0x9e3779b97f4a7c15; /* 2^64 / the golden ratio: no two lines alike */
}

static void teardown(void *arg)
{
    struct state *state = arg;

    if (!state)
        return;
    free(state->memory);
    free(state);
}

static int setup(const struct bench *bench, void **out, struct err *err)
{
    enum roof_level level = (enum roof_level)params_get(bench->params, "level");
    size_t available = memory_available(), n = (size_t)team_size(bench->team);
    struct state *state = mem_array(1, sizeof(*state));

    (void)err;
    *out = state;
    state->team = bench->team;
    state->seed = bench->seed;
    state->ring = roof_read_ring(level, &bench->caches, (int)n, available);
    if (state->ring == 0) {
        err_set(&state->why_not, ERR_HOST, "%zu MiB of memory are too few to read past a cache of %lld MiB",
                available >> 20, (long long)bench->caches.l3 >> 20);
        return 0;
    }
    /* Huge pages where they can be had: a ceiling pays for no look-up of an address. */
    state->memory = mem_aligned(state->ring * n, 1, HUGE_PAGE, &state->why_not);
    if (!state->memory)
        return 0;
    madvise(state->memory, (state->ring * n + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
    team_run(state->team, fill_rank, state);
    return 0;
}

static void read_rank(void *arg, int rank, int size)
{
    struct state *state = arg;

    (void)size;
    atomic_fetch_add(&state->sum, roof_read_stretch(state->roof, state->memory + (size_t)rank * state->ring,
                                                    state->ring - 1, state->at, BYTES));
}

static void run(void *arg, const struct variant *variant, int64_t n)
{
    struct state *state = arg;

    state->roof = variant->impl;
    for (int64_t i = 0; i < n; i++) {
        team_run(state->team, read_rank, state);
        state->at = (state->at + BYTES) & (state->ring - 1);
    }
}

/* What roof_read_stretch() promises, in plain C. */
static uint64_t scalar(const char *p, size_t mask, size_t from, size_t bytes)
{
    uint64_t sum = 0, word;

    for (size_t i = 0; i < bytes; i += ROOF_READ_STEP)
        for (size_t j = 0; j < 64; j += sizeof(word)) {
            memcpy(&word, p + ((from + i) & mask) + j, sizeof(word));
            sum += word;
        }
    return sum;
}

static int differs(const struct roof_read *roof, const char *what, size_t bytes, uint64_t got, uint64_t want,
                   struct err *err)
{
    return got == want ? 0
                       : err_set(err, ERR_HARNESS, "%s, %s of %zu bytes: the sum is %llx, want %llx", roof->name, what,
                                 bytes, (unsigned long long)got, (unsigned long long)want);
}

/* Stretches with every remainder from every line of a step, unaligned too; going round; then the operation itself. */
static int check(void *arg, const struct variant *variant, struct err *err)
{
    static const size_t lengths[] = { 0, 64, 128, 448, 512, 576, 1984, 8192 };
    enum { RING = 4096, LINES = 8, ODD = 24 };
    const struct roof_read *roof = variant->impl;
    struct state *state = arg;
    uint64_t want = 0;

    if (!state->memory) {
        *err = state->why_not;
        return -1;
    }
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++)
        for (size_t line = 0; line < LINES; line++) {
            const char *p = state->memory + 64 * line + (line % 2 ? ODD : 0);
            size_t from = ROOF_READ_STEP * line, bytes = lengths[i];

            if (differs(roof, "a stretch", bytes, roof_read_stretch(roof, p, SIZE_MAX, 0, bytes),
                        scalar(p, SIZE_MAX, 0, bytes), err) < 0 ||
                differs(roof, "a ring", bytes, roof_read_stretch(roof, state->memory, RING - 1, from, bytes),
                        scalar(state->memory, RING - 1, from, bytes), err) < 0)
                return -1;
        }
    for (size_t r = 0; r < (size_t)team_size(state->team); r++)
        want += scalar(state->memory + r * state->ring, state->ring - 1, state->at, BYTES);
    atomic_store(&state->sum, 0);
    run(state, variant, 1);
    return differs(roof, "an operation", BYTES, atomic_load(&state->sum), want, err);
}

static double gbps(const struct params *params, double ns)
{
    return (double)BYTES * params_threads(params) / ns;
}

static const int64_t levels[] = { ROOF_L1, ROOF_L2, ROOF_L3, ROOF_DRAM };
static const struct axis axes[] = {
    { .name = "level", .values = levels, .n_values = ARRAY_LEN(levels), .quick = 1u << 0 | 1u << 3 },
    AXIS_THREADS,
};

static const struct variant variants[] = {
    { .name = "sse2", .isa = ISA_ANY, .impl = &roof_read_sse2, .role = ROLE_ROOF },
    { .name = "read256", .isa = ISA_AVX2, .impl = &roof_read256, .role = ROLE_ROOF },
    { .name = "read512", .isa = ISA_AVX512F, .impl = &roof_read512, .role = ROLE_ROOF },
};

static const struct metric metrics[] = {
    { .name = "gbps", .unit = "GB/s", .kind = METRIC_TIMED, .better = METRIC_HIGHER_IS_BETTER, .from_ns = gbps },
};

const struct scenario scenario_roof_read = {
    .name = "kernels/roof_read",
    .summary = "the host's ceiling of loads from each level of the caches (4: memory)",
    .axes = axes,
    .n_axes = ARRAY_LEN(axes),
    .variants = variants,
    .n_variants = ARRAY_LEN(variants),
    .metrics = metrics,
    .n_metrics = ARRAY_LEN(metrics),
    .setup = setup,
    .run = run,
    .check = check,
    .teardown = teardown,
};
