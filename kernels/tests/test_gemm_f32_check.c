// SPDX-License-Identifier: MIT
/* What does not depend on an implementation: the framework, the checker (which must be able to fail), the scenario. */
#include "declare/isa.h"
#include "declare/scenario.h"
#include "declare/team.h"
#include "kernels/gemm_f32_check.h"
#include "kernels/gemm_f32_peers.h"
#include "kernels/gemm_f32_pack.h"

#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/subject_fixture.h"

extern const struct scenario scenario_gemm_f32;

enum { SEED = 7 };

/* Sizes that cannot be had are asked for on purpose. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void plain_micro(size_t kc, const float *a, const float *b, float *c, size_t ldc, int add)
{
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++) {
            float sum = add ? c[i * ldc + j] : 0;

            for (size_t p = 0; p < kc; p++)
                sum += a[p * 4 + i] * b[p * 4 + j];
            c[i * ldc + j] = sum;
        }
}

/* Wrong in one entry of a tile. */
static void swapped_micro(size_t kc, const float *a, const float *b, float *c, size_t ldc, int add)
{
    plain_micro(kc, a, b, c, ldc, add);
    c[1 * ldc + 2] = c[2 * ldc + 1];
}

/* Loses the last product. */
static void short_micro(size_t kc, const float *a, const float *b, float *c, size_t ldc, int add)
{
    plain_micro(kc - 1, a, b, c, ldc, add);
}

/* Ignores `add`: only the last block of k counts. */
static void forgetful_micro(size_t kc, const float *a, const float *b, float *c, size_t ldc, int add)
{
    (void)add;
    plain_micro(kc, a, b, c, ldc, 0);
}

/* One float beyond its tile. */
static void wide_micro(size_t kc, const float *a, const float *b, float *c, size_t ldc, int add)
{
    plain_micro(kc, a, b, c, ldc, add);
    if (ldc > 4) /* not in the tile for the edges, where it would do no harm */
        c[3 * ldc + 4] = 0;
}

static struct gemm_f32_impl toy(gemm_f32_micro_fn *micro)
{
    return (struct gemm_f32_impl){ .name = "toy", .micro = micro, .mr = 4, .nr = 4 };
}

/* Blocks of two tiles of rows, three of columns, and six of k. */
static int multiply_in_tiny_blocks(void *arg, const struct gemm_f32_problem *p, struct err *err)
{
    static const struct gemm_f32_blocks blocks = { 8, 6, 12 };
    struct gemm_f32_impl impl = toy(plain_micro);
    struct gemm_f32_work *work = gemm_f32_work_new_blocks(&impl, &blocks, p->m, p->n, p->k, team_size(arg), err);
    int ret = work ? gemm_f32(p, work, arg, err) : -1;

    gemm_f32_work_free(work);
    return ret;
}

static void the_framework_is_right_with_a_tiny_kernel_and_many_blocks(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        struct team *team = team_of(threads);
        struct err err = { 0 };

        for (size_t s = 1; s <= 40; s += 3) {
            const struct gemm_f32_check_case c = { s, 41 - s, s, 3, 5, 7, 1, SEED };

            if (gemm_f32_check_product(&c, multiply_in_tiny_blocks, team, &err) < 0)
                fail_msg("%d threads: %s", threads, err.msg);
        }
        team_free(team);
    }
}

static void block_sizes_follow_from_the_caches(void **state)
{
    static const struct { struct caches caches; size_t mr, nr; struct gemm_f32_blocks want; } rows[] = {
        { { 48 << 10, 1 << 20, 32 << 20 }, 14, 32, { 336, 384, 5440 } }, /* Zen 5 */
        { { 48 << 10, 1 << 20, 32 << 20 }, 6, 16, { 252, 512, 4096 } },
        { { 48 << 10, 2 << 20, 260 << 20 }, 14, 32, { 672, 384, 6144 } }, /* Emerald Rapids */
        { { 32 << 10, 512 << 10, 16 << 20 }, 6, 16, { 126, 512, 2048 } }, /* Zen 3 */
        { { 0, 0, 0 }, 14, 32, { 252, 256, 2048 } },                      /* unknown: as 32 KiB, 512 KiB, 8 MiB */
        { { 0, 0, 32 << 20 }, 14, 32, { 252, 256, 6144 } },
        { { -1, -1, -1 }, 14, 32, { 252, 256, 2048 } },
        { { 1, 1, 1 }, 14, 32, { 14, 1, 32 } }, /* never less than a tile */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct gemm_f32_impl impl = { .name = "toy", .micro = plain_micro, .mr = rows[i].mr, .nr = rows[i].nr };
        struct gemm_f32_blocks got = gemm_f32_blocks(&impl, &rows[i].caches);

        if (memcmp(&got, &rows[i].want, sizeof(got)) != 0)
            fail_msg("row %zu: mc %zu, kc %zu, nc %zu", i, got.mc, got.kc, got.nc);
    }
    assert_int_equal(gemm_f32_blocks(&gemm_f32_naive, NULL).kc, 0);
    assert_int_equal(gemm_f32_blocks(&gemm_f32_avx512, NULL).kc, 256);
}

static void what_cannot_be_allocated_is_an_error(void **state)
{
    struct gemm_f32_impl impl = toy(plain_micro);
    const struct gemm_f32_blocks huge = { SIZE_MAX, SIZE_MAX, SIZE_MAX };
    struct err err = { 0 };

    (void)state;
    assert_null(gemm_f32_work_new_blocks(&impl, &huge, SIZE_MAX, SIZE_MAX, SIZE_MAX, 1, &err)); /* 4 TiB a buffer */
    assert_int_equal(err.code, ERR_HOST);
    assert_non_null(strstr(err.msg, "gemm_f32 'toy': cannot allocate a buffer of "));
    assert_null(gemm_f32_work_new_blocks(&impl, &huge, SIZE_MAX, 1, SIZE_MAX, INT_MAX, &err));
    assert_non_null(strstr(err.msg, "larger than an address space"));
}

static void a_wrong_kernel_is_caught_and_the_entry_named(void **state)
{
    static const struct { gemm_f32_micro_fn *micro; size_t m, n, k; const char *says; } rows[] = {
        { swapped_micro, 8, 8, 5, "m=8 n=8 k=5: c[1][2] is " },
        { swapped_micro, 3, 3, 5, "m=3 n=3 k=5: c[1][2] is " },
        { short_micro, 4, 4, 6, "m=4 n=4 k=6: c[0][0] is " },
        { forgetful_micro, 4, 4, 600, "m=4 n=4 k=600: c[0][0] is " }, /* more than one block of k */
        { wide_micro, 4, 4, 3, "m=4 n=4 k=3: wrote 1 floats beyond the end of c" },
        { wide_micro, 8, 4, 3, "m=8 n=4 k=3: wrote into the gap after row 3 of c, at column 4" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct gemm_f32_impl impl = toy(rows[i].micro);
        struct err err = { 0 };

        assert_int_equal(gemm_f32_check_size(&impl, rows[i].m, rows[i].n, rows[i].k, SEED, NULL, &err), -1);
        if (strncmp(err.msg, rows[i].says, strlen(rows[i].says)) != 0)
            fail_msg("row %zu says '%s', not '%s'", i, err.msg, rows[i].says);
        assert_int_equal(gemm_f32_check(&impl, SEED, NULL, &err), -1);
    }
}

/* A little less than the bound k 2^-23 (|A| |B|) is accepted and a little more is not: here 64 products of 1, so that
 * it is 64 * 64 * 2^-23 = 2^-11 exactly. */
static void the_error_bound_is_neither_wider_nor_narrower_than_it_says(void **state)
{
    static float a[64], b[64];
    float c = 64;
    struct gemm_f32_problem p = { 1, 1, 64, a, 64, b, 1, &c, 1 };
    struct err err = { 0 };

    (void)state;
    for (size_t i = 0; i < 64; i++)
        a[i] = b[i] = 1;
    for (int side = -1; side <= 1; side += 2) {
        c = 64 + (float)side * 0x1p-11f * 0.9f;
        assert_int_equal(gemm_f32_check_entries(&p, 1, SEED, &err), 0);
        c = 64 + (float)side * 0x1p-11f * 1.1f;
        assert_int_equal(gemm_f32_check_entries(&p, 1, SEED, &err), -1);
    }
}

/* Off by 1.5 bounds in one entry: what the check of whole products goes by. */
static void slightly_off_micro(size_t kc, const float *a, const float *b, float *c, size_t ldc, int add)
{
    float magnitude = 0;

    plain_micro(kc, a, b, c, ldc, add);
    for (size_t p = 0; p < kc; p++)
        magnitude += fabsf(a[p * 4] * b[p * 4]);
    c[0] += 1.5f * (float)kc * 0x1p-23f * magnitude;
}

static void an_entry_that_is_off_by_one_and_a_half_bounds_is_caught(void **state)
{
    struct gemm_f32_impl impl = toy(slightly_off_micro);
    struct err err = { 0 };

    (void)state;
    assert_int_equal(gemm_f32_check_size(&impl, 4, 4, 6, SEED, NULL, &err), -1);
    assert_non_null(strstr(err.msg, "c[0][0] is "));
}

static void a_single_wrong_entry_among_the_sampled_is_caught(void **state)
{
    float a[4] = { 1, 2, 3, 4 }, b[4] = { 1, 0, 0, 1 }, c[4] = { 1, 2, 3.5f, 4 };
    struct gemm_f32_problem p = { 2, 2, 2, a, 2, b, 2, c, 2 };
    struct err err = { 0 };

    (void)state;
    assert_int_equal(gemm_f32_check_entries(&p, 100, SEED, &err), -1);
    assert_non_null(strstr(err.msg, "c[1][0] is 3.5, want 3 (bound "));
    c[2] = 3;
    assert_int_equal(gemm_f32_check_entries(&p, 100, SEED, &err), 0);
}

static void an_isa_that_the_host_lacks_is_refused_before_any_of_it_runs(void **state)
{
    struct gemm_f32_impl impl = toy(plain_micro);
    struct err err = { 0 };

    (void)state;
    impl.isa = 1u << 31;
    assert_null(gemm_f32_work_new(&impl, 1, 1, 1, 1, &err));
    assert_non_null(strstr(err.msg, "which this host lacks"));
}

static const struct variant *variant_named(const char *name)
{
    for (size_t i = 0; i < scenario_gemm_f32.n_variants; i++)
        if (strcmp(scenario_gemm_f32.variants[i].name, name) == 0)
            return &scenario_gemm_f32.variants[i];
    fail_msg("no variant '%s'", name);
    return NULL;
}

static void what_this_build_lacks_says_what_to_do(void **state)
{
    static const struct { const char *name, *option; } rows[] = {
        { "openblas", "PAWL_OPENBLAS" },
        { "onednn", "PAWL_ONEDNN" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct variant *peer = variant_named(rows[i].name);
        struct err err = { 0 };
        struct gemm_f32_work *work = gemm_f32_work_new(peer->impl, 1, 1, 1, 1, &err);

        assert_int_equal(peer->role, ROLE_PEER);
        assert_int_equal(work == NULL, peer->absent != NULL);
        if (peer->absent)
            assert_non_null(strstr(peer->absent, rows[i].option));
        gemm_f32_work_free(work);
    }
}

static void each_variant_stands_under_the_roof_of_its_own_width(void **state)
{
    (void)state;
    assert_string_equal(variant_named("avx2")->roofs[0], "roof_fma256");
    assert_string_equal(variant_named("avx512")->roofs[0], "roof_fma512");
    for (size_t i = 0; i < scenario_gemm_f32.n_variants; i++)
        if (scenario_gemm_f32.variants[i].roofs[0])
            assert_int_equal(variant_named(scenario_gemm_f32.variants[i].roofs[0])->role, ROLE_ROOF);
}

static void packing_transposes_and_pads_with_zeros(void **state)
{
    /* (3, 5) with a leading dimension of 6, packed into panels of 2 rows: the last row of the second is padding */
    static const float a[18] = { 0, 1, 2, 3, 4, -1, 10, 11, 12, 13, 14, -1, 20, 21, 22, 23, 24, -1 };
    static const float want_a[20] = { 0, 10, 1, 11, 2, 12, 3, 13, 4, 14, 20, 0, 21, 0, 22, 0, 23, 0, 24, 0 };
    static const float want_b[12] = { 0, 1, 2, 0, 10, 11, 12, 0, 20, 21, 22, 0 };
    float got_a[20], got_b[12];

    (void)state;
    gemm_f32_pack_a(got_a, a, 6, 3, 5, 2);
    assert_memory_equal(got_a, want_a, sizeof(want_a));
    gemm_f32_pack_b(got_b, a, 6, 3, 3, 4);
    assert_memory_equal(got_b, want_b, sizeof(want_b));
}

static void slices_are_equal_and_each_thread_has_a_row(void **state)
{
    static const struct { int64_t n, threads, slices; } rows[] = {
        { 512, 1, 32 },  { 512, 2, 16 },   { 512, 3, 8 },     { 1024, 1, 256 },
        { 1024, 2, 128 }, { 2048, 1, 2048 }, { 2048, 2, 1024 }, { 2048, 3, 512 },
        { 2048, 16, 128 }, { 8, 1, 1 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct params params = { &scenario_gemm_f32, { rows[i].n, rows[i].threads } };
        int64_t got = scenario_gemm_f32.variants[0].slices(&params);

        assert_int_equal(got, rows[i].slices);
        assert_int_equal(rows[i].n % got, 0);
        assert_true(rows[i].n < rows[i].threads || rows[i].n / got >= rows[i].threads);
    }
}

static double scenario_gflops(int64_t n, double ns)
{
    struct params params = { &scenario_gemm_f32, { n, 1 } };

    return scenario_metric(&scenario_gemm_f32, "gflops")->from_ns(&params, ns);
}

static void gflops_are_two_n_cubed_per_nanosecond(void **state)
{
    (void)state;
    assert_true(scenario_gflops(512, 1e6) == 268.435456);
    assert_true(scenario_gflops(1000, 2e9) == 1.0);
}

static void the_scenario_checks_and_runs_what_the_host_can(void **state)
{
    (void)state;
    scenario_checks_and_runs(&(struct params){ &scenario_gemm_f32, { 72, 2 } }, 2, SEED, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_framework_is_right_with_a_tiny_kernel_and_many_blocks),
        cmocka_unit_test(block_sizes_follow_from_the_caches),
        cmocka_unit_test(what_cannot_be_allocated_is_an_error),
        cmocka_unit_test(each_variant_stands_under_the_roof_of_its_own_width),
        cmocka_unit_test(a_wrong_kernel_is_caught_and_the_entry_named),
        cmocka_unit_test(the_error_bound_is_neither_wider_nor_narrower_than_it_says),
        cmocka_unit_test(an_entry_that_is_off_by_one_and_a_half_bounds_is_caught),
        cmocka_unit_test(a_single_wrong_entry_among_the_sampled_is_caught),
        cmocka_unit_test(an_isa_that_the_host_lacks_is_refused_before_any_of_it_runs),
        cmocka_unit_test(what_this_build_lacks_says_what_to_do),
        cmocka_unit_test(packing_transposes_and_pads_with_zeros),
        cmocka_unit_test(slices_are_equal_and_each_thread_has_a_row),
        cmocka_unit_test(gflops_are_two_n_cubed_per_nanosecond),
        cmocka_unit_test(the_scenario_checks_and_runs_what_the_host_can),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
