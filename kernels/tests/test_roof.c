// SPDX-License-Identifier: MIT
/* Rules that the ceilings keep; what the host lacks is skipped, in print. No times. */
#include "kernels/roof.h"

#include "declare/isa.h"
#include "declare/registry.h"
#include "declare/team.h"
#include "kernels/roof_ceiling.h"
#include "kernels/roof_read.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/subject_fixture.h"

extern const struct scenario scenario_roof_fma, scenario_roof_int8, scenario_roof_read;

enum { THREADS_MAX = 3 };

static const struct roof_compute *const computes[] = {
    &roof_fma_sse2,  &roof_fma256,  &roof_fma512,       &roof_int8_sse2,
    &roof_int8_avx2, &roof_vnni256, &roof_vnni256_evex, &roof_vnni512,
};
static const struct roof_read *const reads[] = { &roof_read_sse2, &roof_read256, &roof_read512 };

/* Float lanes gain 1 a product, bytes 1 every four: roof_kernels.h. */
static int64_t sum_of(const struct roof_compute *roof, int64_t steps)
{
    return steps * roof->step_ops / (strncmp(roof->name, "fma", 3) == 0 ? 2 : 8);
}

static void a_step_is_as_many_operations_as_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(computes); i++) {
        const struct roof_compute *c = computes[i];
        const int64_t steps[] = { 0, 1, 2, 3, 1000, c->exact < 100000 ? c->exact : 100000 };

        if (subject_lacks(c->name, c->isa))
            continue;
        for (size_t j = 0; j < ARRAY_LEN(steps); j++)
            if (c->steps(steps[j]) != sum_of(c, steps[j]))
                fail_msg("%s: %lld steps add up to %lld, want %lld", c->name, (long long)steps[j],
                         (long long)c->steps(steps[j]), (long long)sum_of(c, steps[j]));
    }
}

static void ranks_share_the_operations_and_round_up(void **state)
{
    (void)state;
    for (int threads = 1; threads <= THREADS_MAX; threads++) {
        struct team *team = team_of(threads);

        for (size_t i = 0; i < ARRAY_LEN(computes); i++) {
            const struct roof_compute *c = computes[i];
            const struct { double ops; int64_t steps; } rows[] = {
                { 0, 0 },
                { 1, threads },
                { (double)c->step_ops * threads, threads },
                { (double)c->step_ops * threads + 1, 2 * threads },
                { (double)c->step_ops * threads * 10 - 1, 10 * threads },
            };

            if (threads == 1 && subject_lacks(c->name, c->isa))
                continue;
            for (size_t j = 0; j < ARRAY_LEN(rows) && !(c->isa & ~isa_host()); j++)
                if (roof_compute_run(c, rows[j].ops, team) != sum_of(c, rows[j].steps))
                    fail_msg("%s, %d threads: %g operations are not %lld steps", c->name, threads, rows[j].ops,
                             (long long)rows[j].steps);
        }
        team_free(team);
    }
}

/* What the scenarios compare must be the same work. */
static void all_variants_do_the_same_number_of_operations(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(computes); i++)
        if (fmod(ROOF_CEILING_OPS, (double)computes[i]->step_ops) != 0)
            fail_msg("%s: %g is not a multiple of %lld", computes[i]->name, ROOF_CEILING_OPS,
                     (long long)computes[i]->step_ops);
}

/* The first lines of the steps of a share. */
static uint64_t share_sum(const uint64_t *words, size_t lines)
{
    uint64_t sum = 0;

    for (size_t line = 0; line < lines; line += ROOF_READ_STEP / 64)
        for (size_t i = 0; i < 8; i++)
            sum += words[8 * line + i];
    return sum;
}

static uint64_t split_sum(const uint64_t *words, size_t lines, int threads)
{
    uint64_t sum = 0;

    for (int r = 0; r < threads; r++) {
        size_t n = (size_t)threads, rank = (size_t)r, extra = lines % n;
        size_t first = rank * (lines / n) + (rank < extra ? rank : extra), count = lines / n + (rank < extra);

        sum += share_sum(words + 8 * first, count);
    }
    return sum;
}

/* Between two pages without access: one byte before or behind is SIGSEGV, whatever the build. */
static void a_read_touches_what_it_is_given_and_no_more(void **state)
{
    static const size_t lengths[] = { 0, 63, 64, 127, 128, 448, 512, 575, 576, 1000, 4032, 4096 };
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (4096 + page - 1) / page * page;
    char *map = mmap(NULL, room + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *end = map + page + room;

    (void)state;
    assert_true(map != MAP_FAILED);
    assert_int_equal(mprotect(map + page, room, PROT_READ | PROT_WRITE), 0);
    for (size_t i = 0; i < room / 8; i++)
        ((uint64_t *)(map + page))[i] = (i + 1) * 0x9e3779b97f4a7c15;
    for (size_t r = 0; r < ARRAY_LEN(reads); r++) {
        if (subject_lacks(reads[r]->name, reads[r]->isa))
            continue;
        for (int threads = 1; threads <= THREADS_MAX; threads++) {
            struct team *team = team_of(threads);

            for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
                uint64_t copy[512];
                const char *p = end - lengths[i];

                memcpy(copy, p, lengths[i]);
                if (roof_read_run(reads[r], p, lengths[i], team) != split_sum(copy, lengths[i] / 64, threads))
                    fail_msg("%s: %zu bytes by %d threads", reads[r]->name, lengths[i], threads);
            }
            team_free(team);
        }
        assert_true(roof_read_run(reads[r], map + page, room, NULL) ==
                    share_sum((uint64_t *)(map + page), room / 64));
    }
    munmap(map, room + 2 * page);
}

static void a_ring_is_read_round_and_round(void **state)
{
    enum { WORDS = 1024 / 8 };
    static uint64_t words[2 * WORDS]; /* the second half must not be seen */
    uint64_t first = 0, second = 0;

    (void)state;
    for (size_t i = 0; i < 2 * WORDS; i++)
        words[i] = i < WORDS ? (i + 1) * 0x9e3779b97f4a7c15 : 1;
    for (size_t i = 0; i < 8; i++) {
        first += words[i];
        second += words[WORDS / 2 + i];
    }
    for (size_t r = 0; r < ARRAY_LEN(reads); r++) {
        if (subject_lacks(reads[r]->name, reads[r]->isa))
            continue;
        assert_true(roof_read_stretch(reads[r], words, 1023, 0, 1024) == first + second);
        assert_true(roof_read_stretch(reads[r], words, 1023, 512, 1024) == first + second);
        assert_true(roof_read_stretch(reads[r], words, 1023, 512, 512) == second);
        assert_true(roof_read_stretch(reads[r], words, 1023, 1536, 4096 + 64) == 4 * (first + second) + second);
        assert_true(roof_read_stretch(reads[r], words, 511, 0, 8192) == 16 * first);
        for (size_t steps = 0; steps < 20; steps++) /* whole rounds, half ones, and what is left */
            assert_true(roof_read_stretch(reads[r], words, 1023, 0, steps * ROOF_READ_STEP) ==
                        (steps + 1) / 2 * first + steps / 2 * second);
    }
}

#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)

static void a_ring_fits_its_level_and_not_the_one_above(void **state)
{
    static const struct caches xeon = { 48 << 10, 2 << 20, 260ll << 20 }, zen = { 32 << 10, 1 << 20, 32 << 20 },
                               client = { 48 << 10, 2 << 20, 36 << 20 }, hidden = { 0, 0, 0 };
    static const struct {
        const struct caches *caches;
        enum roof_level level;
        int threads;
        size_t available, ring;
    } rows[] = {
        { &xeon, ROOF_L1, 1, SIZE_MAX, KIB(32) },
        { &xeon, ROOF_L2, 2, SIZE_MAX, MIB(1) },
        { &xeon, ROOF_L3, 2, SIZE_MAX, MIB(8) },
        { &xeon, ROOF_DRAM, 1, SIZE_MAX, MIB(1024) },
        { &xeon, ROOF_DRAM, 2, SIZE_MAX, MIB(512) },
        { &xeon, ROOF_DRAM, 2, MIB(2047), 0 },         /* 512 MiB would be left: less than twice the L3 */
        { &zen, ROOF_L1, 1, SIZE_MAX, KIB(16) },
        { &zen, ROOF_L3, 1, SIZE_MAX, MIB(4) },
        { &zen, ROOF_L3, 8, SIZE_MAX, MIB(2) },        /* its share of 24 MiB is 3 */
        { &zen, ROOF_DRAM, 1, SIZE_MAX, MIB(256) },
        { &zen, ROOF_DRAM, 1, MIB(511), MIB(128) },    /* half of the memory, still four times the L3 */
        { &zen, ROOF_DRAM, 1, MIB(127), 0 },
        { &client, ROOF_L3, 8, SIZE_MAX, MIB(4) },     /* twice the L2, though the share is 3.4 MiB */
        { &hidden, ROOF_L1, 1, SIZE_MAX, KIB(16) },
        { &hidden, ROOF_L2, 1, SIZE_MAX, KIB(256) },
        { &hidden, ROOF_L3, 1, SIZE_MAX, MIB(2) },
        { &hidden, ROOF_DRAM, 4, SIZE_MAX, MIB(64) },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t got = roof_read_ring(rows[i].level, rows[i].caches, rows[i].threads, rows[i].available);

        if (got != rows[i].ring)
            fail_msg("row %zu: a ring of %zu bytes, want %zu", i, got, rows[i].ring);
    }
}

/* One block of a scenario, without a clock. */
static void check_cell(const struct scenario *s, int64_t level, int threads, const struct caches *caches,
                       enum err_code want)
{
    struct params params = { .scenario = s, .values = { level, threads } };
    struct team *team = team_of(threads);
    struct bench bench = {
        .params = &params, .team = team, .seed = 7, .variants = ~0u, .isa = isa_host(), .caches = *caches,
    };
    struct err err = { 0 };
    void *state;

    if (s->n_axes == 1)
        params.values[0] = threads;
    if (s->setup(&bench, &state, &err) < 0)
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < s->n_variants; i++) {
        if (s->variants[i].isa & ~isa_host())
            continue;
        err = (struct err){ 0 };
        if ((s->check(state, &s->variants[i], &err) < 0 ? err.code : ERR_NONE) != want)
            fail_msg("%s/%s: '%s'", s->name, s->variants[i].name, err.msg);
        if (want == ERR_NONE && s != &scenario_roof_fma && s != &scenario_roof_int8)
            s->run(state, &s->variants[i], 1);
    }
    s->teardown(state);
    team_free(team);
}

static void scenarios_pass_their_own_checks(void **state)
{
    static const struct caches caches = { 32 << 10, 256 << 10, 1 << 20 };

    (void)state;
    for (int threads = 1; threads <= THREADS_MAX; threads += 2) {
        check_cell(&scenario_roof_fma, 0, threads, &caches, ERR_NONE);
        check_cell(&scenario_roof_int8, 0, threads, &caches, ERR_NONE);
        for (int64_t level = ROOF_L1; level <= ROOF_L3; level++)
            check_cell(&scenario_roof_read, level, threads, &caches, ERR_NONE);
    }
}

static void too_little_memory_is_said_and_not_measured(void **state)
{
    static const struct caches caches = { 32 << 10, 256 << 10, (int64_t)1 << 50 };

    (void)state;
    check_cell(&scenario_roof_read, ROOF_DRAM, 1, &caches, ERR_HOST);
    scenario_roof_read.teardown(NULL);
}

static void they_can_be_registered(void **state)
{
    static const struct scenario *const all[] = { &scenario_roof_fma, &scenario_roof_int8, &scenario_roof_read };
    static const struct registry registry = { all, ARRAY_LEN(all) };
    struct err err = { 0 };

    (void)state;
    if (registry_check(&registry, &err) < 0)
        fail_msg("%s", err.msg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_as_many_operations_as_it_says),
        cmocka_unit_test(ranks_share_the_operations_and_round_up),
        cmocka_unit_test(all_variants_do_the_same_number_of_operations),
        cmocka_unit_test(a_read_touches_what_it_is_given_and_no_more),
        cmocka_unit_test(a_ring_is_read_round_and_round),
        cmocka_unit_test(a_ring_fits_its_level_and_not_the_one_above),
        cmocka_unit_test(scenarios_pass_their_own_checks),
        cmocka_unit_test(too_little_memory_is_said_and_not_measured),
        cmocka_unit_test(they_can_be_registered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
