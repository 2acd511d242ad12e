// SPDX-License-Identifier: MIT
/* The packing, the checks that catch a wrong kernel, and the scenario of gemm_ternary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "declare/isa.h"
#include "declare/params.h"
#include "declare/scenario.h"
#include "declare/team.h"
#include "kernels/gemm_ternary_check.h"
#include "kernels/gemm_ternary_work.h"
#include "tests/subject_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const struct scenario scenario_gemm_ternary;

enum { SEED = 5 };

/* AddressSanitizer's allocator aborts on what malloc() would refuse: here it shall refuse too. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void weights_come_back_from_their_bits(void **state)
{
    enum { N = 35, K = 37, LD = 40 };
    static int8_t w[N * LD];
    struct err err = { 0 };
    struct gemm_ternary_weights *packed;

    (void)state;
    for (size_t i = 0; i < N * LD; i++)
        w[i] = i % LD < K ? (int8_t)(i * i % 3) - 1 : 55;
    packed = gemm_ternary_pack(w, LD, N, K, 2, &err);
    assert_non_null(packed);
    for (size_t j = 0; j < N; j++)
        for (size_t l = 0; l < K; l++)
            assert_int_equal(gemm_ternary_weight(packed, j, l), w[j * LD + l]);
    assert_int_equal(gemm_ternary_weights_bytes(packed), 64 * 48 / 4);
    gemm_ternary_weights_free(packed);
}

static void the_layout_is_the_documented_one(void **state)
{
    /* row 17 of the panel: half 1, column 1; k = 22: block 1, f = 1, j = 2 */
    static int8_t w[32 * 32];
    struct err err = { 0 };
    struct gemm_ternary_weights *packed;

    (void)state;
    memset(w, -1, sizeof(w));
    w[17 * 32 + 22] = 1;
    packed = gemm_ternary_pack(w, 32, 32, 32, 1, &err);
    assert_non_null(packed);
    for (size_t i = 0; i < 256; i++)
        assert_int_equal(packed->codes[i], i == 128 + 64 + 4 * 1 + 2 ? 2 << 2 : 0);
    assert_int_equal((uintptr_t)packed->codes % 64, 0);
    gemm_ternary_weights_free(packed);
}

static void random_weights_are_of_all_three_values_evenly(void **state)
{
    enum { N = 64, K = 100 };
    struct err err = { 0 };
    struct gemm_ternary_weights *w = gemm_ternary_pack_random(N, K, 1, SEED, &err);
    int count[3] = { 0 };

    (void)state;
    for (size_t j = 0; j < N; j++)
        for (size_t l = 0; l < K; l++)
            count[gemm_ternary_weight(w, j, l) + 1]++;
    for (int i = 0; i < 3; i++)
        assert_in_range(count[i], N * K / 3 - 200, N * K / 3 + 200); /* five standard deviations */
    gemm_ternary_weights_free(w);
}

static void what_cannot_be_packed_is_an_error(void **state)
{
    static const int8_t good[4] = { 1, 0, -1, 1 }, two[4] = { 1, 0, 2, 1 }, low[4] = { 0, 0, 0, -2 };
    static const struct {
        const int8_t *w;
        size_t ld, n, k;
        float scale;
        const char *word;
    } rows[] = {
        { two, 2, 2, 2, 1, "weight [1][0] is 2, not -1, 0 or 1" },
        { low, 2, 2, 2, 1, "weight [1][1] is -2" },
        { good, 1, 2, 2, 1, "ld is 1, but a row of weights has 2" },
        { good, 2, 2, 2, NAN, "scale of the weights is nan" },
        { good, 2, 2, 2, INFINITY, "scale of the weights is inf" },
        { good, GEMM_TERNARY_K_MAX + 1, 1, GEMM_TERNARY_K_MAX + 1, 1, "k is 524289, at most 524288" },
        { good, SIZE_MAX, 1, SIZE_MAX, 1, "larger than an address space" },
        { good, SIZE_MAX / 2, 4, 2, 1, "larger than an address space" },
        { good, 16, SIZE_MAX / 4, 16, 1, "larger than an address space" },
        { good, 64, (size_t)1 << 56, 64, 1, "cannot allocate a buffer of" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = { 0 };
        struct gemm_ternary_weights *w;

        w = gemm_ternary_pack(rows[i].w, rows[i].ld, rows[i].n, rows[i].k, rows[i].scale, &err);
        assert_null(w);
        if (!strstr(err.msg, rows[i].word))
            fail_msg("row %zu: '%s' does not say '%s'", i, err.msg, rows[i].word);
    }
    gemm_ternary_weights_free(NULL);
    gemm_ternary_work_free(NULL);
}

static void an_isa_that_the_host_lacks_is_refused_before_any_of_it_runs(void **state)
{
    struct gemm_ternary_impl impl = gemm_ternary_scalar;
    struct err err = { 0 };

    (void)state;
    impl.isa = 1u << 31;
    assert_null(gemm_ternary_work_new(&impl, 1, 1, 1, &err));
    assert_int_equal(err.code, ERR_HOST);
    assert_non_null(strstr(err.msg, "which this host lacks"));
}

static void the_best_is_what_the_mask_allows(void **state)
{
    static const struct {
        uint32_t isa;
        const struct gemm_ternary_impl *want;
    } rows[] = {
        { ISA_ANY, &gemm_ternary_scalar },
        { ISA_AVX512F, &gemm_ternary_scalar },
        { ISA_AVX2, &gemm_ternary_avx2 },
        { ISA_AVX2 | ISA_AVXVNNI, &gemm_ternary_avxvnni },
        { ISA_AVX2 | ISA_AVX512F, &gemm_ternary_avx2 },
        { ISA_ALL, &gemm_ternary_avx512vnni },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_ptr_equal(gemm_ternary_best(rows[i].isa), rows[i].want);
}

/* Kernels with one fault each, made of the scalar one. */
static int32_t truncating(const float *x, size_t k, float scale, int8_t *q, size_t stride)
{
    int32_t sum = gemm_ternary_scalar.quantise(x, k, scale, q, stride);

    for (size_t l = 0; l < k; l++) {
        int8_t *at = &q[l / GEMM_TERNARY_KR * stride + l % GEMM_TERNARY_KR];

        sum += (int8_t)(x[l] * scale) - *at;
        *at = (int8_t)(x[l] * scale);
    }
    return sum;
}

static uint32_t blind_to_nan(const float *x, size_t k)
{
    uint32_t most = gemm_ternary_scalar.absmax(x, k);

    return most >= 0x7f800000 ? 0 : most;
}

static void one_column_wrong(size_t blocks, const uint8_t *w, size_t ahead, const int8_t *x,
                             const struct gemm_ternary_row *row, float *y)
{
    gemm_ternary_scalar.gemv(blocks, w, ahead, x, row, y);
    y[0] = nextafterf(y[0], INFINITY);
}

static void one_column_too_many(size_t blocks, const uint8_t *w, size_t ahead, const int8_t *x,
                                const struct gemm_ternary_row *row, float *y)
{
    gemm_ternary_scalar.gemv(blocks, w, ahead, x, row, y);
    y[GEMM_TERNARY_NR] = 0;
}

/* int16 accumulators: right until the sums are large. */
static void narrow(size_t blocks, const uint8_t *w, size_t ahead, const int8_t *x, const struct gemm_ternary_row *row,
                   float *y)
{
    const struct gemm_ternary_row plain = { 1, row->sum };

    gemm_ternary_scalar.gemv(blocks, w, ahead, x, &plain, y);
    for (size_t j = 0; j < GEMM_TERNARY_NR; j++)
        y[j] = (float)(int16_t)(int32_t)y[j] * row->factor;
}

static void a_wrong_kernel_is_caught_and_the_entry_named(void **state)
{
    struct gemm_ternary_impl impls[5] = { gemm_ternary_scalar, gemm_ternary_scalar, gemm_ternary_scalar,
                                          gemm_ternary_scalar, gemm_ternary_scalar };
    static const char *const words[] = { "y[", "want nan", "y[0][0] is ", "wrote ", "k=32768: y[0][0] is " };

    (void)state;
    impls[0].quantise = truncating;
    impls[1].absmax = blind_to_nan;
    impls[2].gemv = one_column_wrong;
    impls[3].gemv = one_column_too_many;
    impls[4].gemv = narrow;
    for (size_t i = 0; i < ARRAY_LEN(impls); i++) {
        struct err err = { 0 };

        if (gemm_ternary_check(&impls[i], SEED, NULL, &err) == 0)
            fail_msg("fault %zu was not caught", i);
        if (!strstr(err.msg, words[i]))
            fail_msg("fault %zu: '%s' does not say '%s'", i, err.msg, words[i]);
    }
}

static void a_single_wrong_entry_among_the_sampled_is_caught(void **state)
{
    float x[2] = { 127, 1 }, y[2] = { 128, 126 };
    static const int8_t w[4] = { 1, 1, 1, -1 };
    struct err err = { 0 };
    struct gemm_ternary_weights *weights = gemm_ternary_pack(w, 2, 2, 2, 1, &err);
    struct gemm_ternary_problem p = { 1, x, 2, weights, y, 2 };

    (void)state;
    assert_int_equal(gemm_ternary_check_entries(&p, 1, 2, 100, SEED, &err), 0);
    y[1] = 127;
    assert_int_equal(gemm_ternary_check_entries(&p, 1, 2, 100, SEED, &err), -1);
    assert_non_null(strstr(err.msg, "y[0][1] is 127, want 126"));
    gemm_ternary_weights_free(weights);
}

static void slices_are_equal_and_make_up_the_whole(void **state)
{
    static const struct {
        int64_t m, n, k, slices;
    } rows[] = {
        { 1, 2560, 2560, 1 },   { 32, 2560, 2560, 32 },  { 512, 6912, 2560, 512 },
        { 1, 32768, 8192, 32 }, { 8, 32768, 8192, 256 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct params params = { &scenario_gemm_ternary, { rows[i].m, rows[i].n, rows[i].k, 1 } };

        assert_int_equal(scenario_gemm_ternary.variants[0].slices(&params), rows[i].slices);
        assert_int_equal(rows[i].m * rows[i].n % rows[i].slices, 0);
    }
}

static void the_matrix_has_the_six_shapes_and_no_other(void **state)
{
    const struct scenario *s = &scenario_gemm_ternary;
    int n = 0;

    (void)state;
    for (size_t i = 0; i < s->axes[1].n_values; i++)
        for (size_t j = 0; j < s->axes[2].n_values; j++) {
            struct params params = { s, { 1, s->axes[1].values[i], s->axes[2].values[j], 1 } };

            n += s->has(&params);
        }
    assert_int_equal(n, 6);
}

static void figures_are_per_nanosecond(void **state)
{
    struct params params = { &scenario_gemm_ternary, { 8, 2560, 2560, 1 } };

    (void)state;
    assert_true(scenario_metric(&scenario_gemm_ternary, "gops")->from_ns(&params, 1000) == 104857.6);
    assert_true(scenario_metric(&scenario_gemm_ternary, "gbps")->from_ns(&params, 1000) == 1638.4);
}

static void the_scenario_checks_and_runs_what_the_host_can(void **state)
{
    (void)state;
    scenario_checks_and_runs(&(struct params){ &scenario_gemm_ternary, { 3, 64, 48, 2 } }, 2, SEED, 4); /* once round the slices */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_come_back_from_their_bits),
        cmocka_unit_test(the_layout_is_the_documented_one),
        cmocka_unit_test(random_weights_are_of_all_three_values_evenly),
        cmocka_unit_test(what_cannot_be_packed_is_an_error),
        cmocka_unit_test(an_isa_that_the_host_lacks_is_refused_before_any_of_it_runs),
        cmocka_unit_test(the_best_is_what_the_mask_allows),
        cmocka_unit_test(a_wrong_kernel_is_caught_and_the_entry_named),
        cmocka_unit_test(a_single_wrong_entry_among_the_sampled_is_caught),
        cmocka_unit_test(slices_are_equal_and_make_up_the_whole),
        cmocka_unit_test(the_matrix_has_the_six_shapes_and_no_other),
        cmocka_unit_test(figures_are_per_nanosecond),
        cmocka_unit_test(the_scenario_checks_and_runs_what_the_host_can),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
