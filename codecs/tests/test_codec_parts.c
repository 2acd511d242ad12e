// SPDX-License-Identifier: MIT
/* The numerics that codecs are made of. */
#include "base/mem.h"
#include "base/rng.h"
#include "codecs/allocate.h"
#include "codecs/bits.h"
#include "codecs/blas.h"
#include "codecs/kmeans.h"
#include "codecs/nearest.h"
#include "codecs/procrustes.h"
#include "codecs/residual.h"
#include "codecs/rotation.h"
#include "codecs/sparse.h"
#include "declare/isa.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static float *noise(size_t n, uint64_t seed)
{
    struct rng rng = rng_seed(seed);
    float *x = mem_array(n, sizeof(*x));

    for (size_t i = 0; i < n; i++)
        x[i] = (float)rng_normal(&rng);
    return x;
}

static void bits_come_back_at_any_place_and_width(void **state)
{
    (void)state;
    for (size_t at = 0; at < 9; at++)
        for (unsigned width = 1; width <= 32; width++) {
            uint8_t data[8] = { 0 };
            uint32_t value = 0xb5a3c96du & (uint32_t)((1ull << width) - 1);

            bits_put(data, at, width, value);
            assert_int_equal(bits_get(data, at, width), value);
            for (size_t i = 0; i < 64; i++) /* and nothing else is touched */
                if (i < at || i >= at + width)
                    assert_int_equal(data[i / 8] >> i % 8 & 1, 0);
        }
    assert_int_equal(bits_width(1), 1);
    assert_int_equal(bits_width(1024), 10);
    assert_int_equal(bits_width(1025), 11);
}

static void hamming_counts_the_signs_that_differ(void **state)
{
    float *x = noise(77, 1), *y = noise(77, 2);
    uint8_t a[10], b[10];
    size_t differ = 0;

    (void)state;
    bits_signs(x, 77, a);
    bits_signs(y, 77, b);
    for (size_t i = 0; i < 77; i++)
        differ += (x[i] > 0) != (y[i] > 0);
    assert_int_equal(bits_hamming(a, b, 10), differ);
    free(x);
    free(y);
}

static void a_rotation_keeps_lengths_and_can_be_undone(void **state)
{
    static const size_t dims[] = { 1, 2, 3, 4, 100, 1024 };

    (void)state;
    for (size_t d = 0; d < ARRAY_LEN(dims); d++) {
        float *x = noise(1024, d), *y = mem_array(1024, sizeof(*y));
        double before = 0, after = 0;
        struct rotation r;

        rotation_new(&r, dims[d], 5);
        memcpy(y, x, dims[d] * sizeof(*y));
        rotation_forward(&r, y);
        for (size_t i = 0; i < r.padded; i++) {
            before += i < dims[d] ? x[i] * x[i] : 0;
            after += y[i] * y[i];
        }
        assert_true(fabs(after / before - 1) < 1e-5);
        rotation_back(&r, y);
        for (size_t i = 0; i < r.padded; i++)
            assert_true(fabsf(y[i] - (i < dims[d] ? x[i] : 0)) < 1e-5f);
        rotation_free(&r);
        free(x);
        free(y);
    }
}

static void nearest_variants_agree(void **state)
{
    static const struct {
        size_t k, d;
    } rows[] = { { 1, 3 }, { 16, 2 }, { 256, 4 }, { 256, 1 }, { 100, 7 }, { 256, 9 }, { 64, 64 } };
    const uint32_t masks[] = { ISA_ANY, ISA_AVX2, ISA_AVX2 | ISA_AVX512F };
    unsigned want[50], best[50];
    float least[50], cost[50];

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        size_t k = rows[r].k, d = rows[r].d;
        float *x = noise(50 * (d + 3), r), *centroids = noise(k * d, r + 9);
        float *table = mem_array(nearest_table_floats(k, d), sizeof(*table));

        memcpy(x + d, centroids + (k - 1) * d, d * sizeof(*x)); /* beyond the row: must not be read */
        nearest_table(centroids, k, d, table);
        nearest_scalar(x, 50, d + 3, d, table, nearest_table_floats(k, 0), want, least);
        for (size_t i = 0; i < 50; i++) {
            assert_true(want[i] < k);
            for (size_t c = 0; c < k; c++) {
                double value = 0;

                for (size_t j = 0; j < d; j++)
                    value += centroids[c * d + j] * (centroids[c * d + j] / 2 - x[i * (d + 3) + j]);
                assert_true(least[i] <= value + 1e-4);
            }
        }
        for (size_t m = 0; m < ARRAY_LEN(masks); m++) {
            if (masks[m] & ~isa_host())
                continue;
            nearest_for(masks[m])(x, 50, d + 3, d, table, nearest_table_floats(k, 0), best, cost);
            for (size_t i = 0; i < 50; i++)
                assert_true(best[i] == want[i] || fabsf(cost[i] - least[i]) < 1e-5f);
        }
        free(x);
        free(centroids);
        free(table);
    }
}

static void of_equal_centroids_the_first_is_nearest(void **state)
{
    const uint32_t masks[] = { ISA_ANY, ISA_AVX2, ISA_AVX2 | ISA_AVX512F };
    float centroids[64 * 2], x[2] = { 1, 2 }, table[64 * 3];
    unsigned best;

    (void)state;
    for (size_t i = 0; i < 128; i++)
        centroids[i] = i < 10 ? 9 : 1;
    nearest_table(centroids, 64, 2, table);
    for (size_t m = 0; m < ARRAY_LEN(masks); m++) {
        if (masks[m] & ~isa_host())
            continue;
        nearest_for(masks[m])(x, 1, 2, 2, table, 64, &best, NULL);
        assert_int_equal(best, 5);
    }
}

static void kmeans_finds_clusters_that_are_apart(void **state)
{
    static const size_t dims[] = { 3, 40 }; /* by the loop, and by matrix products */
    struct kmeans_options options = { 5, 20, 3, false };
    struct err err;

    (void)state;
    for (size_t t = 0; t < ARRAY_LEN(dims); t++) {
        size_t d = dims[t];
        float *x = noise(200 * d, 1), *centroids = mem_array(5 * d, sizeof(*centroids));
        unsigned best[200];

        for (size_t i = 0; i < 200; i++)
            x[i * d] += 100 * (float)(i % 5);
        assert_int_equal(kmeans(x, 200, d, d, &options, centroids, &err), 0);
        assert_int_equal(kmeans_assign(x, 200, d, d, centroids, 5, best, NULL, &err), 0);
        for (size_t i = 0; i < 200; i++) {
            assert_int_equal(best[i], best[i % 5]);
            for (size_t c = 0; c < i % 5; c++)
                assert_true(best[i] != best[c]);
        }
        free(x);
        free(centroids);
    }
}

static void few_points_are_the_centroids(void **state)
{
    struct kmeans_options options = { 8, 5, 3, false };
    float x[] = { 1, 4, 9, 4, 1 }, centroids[8];
    struct err err;

    (void)state;
    assert_int_equal(kmeans(x, 5, 1, 1, &options, centroids, &err), 0);
    for (size_t i = 0; i < 5; i++) {
        bool there = false;

        for (size_t c = 0; c < 8; c++)
            there |= centroids[c] == x[i];
        assert_true(there);
    }
    for (size_t c = 0; c < 8; c++)
        assert_true(centroids[c] == 1 || centroids[c] == 4 || centroids[c] == 9);
}

static void procrustes_finds_the_rotation_that_was_applied(void **state)
{
    enum { K = 12, N = 50 };
    float *y = noise(N * K, 1), rotation[K * K], found[K * K], turned[N * K];
    struct err err;

    (void)state;
    assert_int_equal(blas_load(&err), 0);
    assert_int_equal(procrustes_random(K, 3, rotation, &err), 0);
    blas_sgemm(false, true, N, K, K, 1, y, K, rotation, K, 0, turned, K);
    assert_int_equal(procrustes(y, turned, N, K, found, &err), 0);
    for (size_t i = 0; i < K * K; i++)
        assert_true(fabsf(found[i] - rotation[i]) < 1e-4f);
    free(y);
}

static void every_component_is_allocated_once(void **state)
{
    float variance[7] = { 9, 5, 4, 1, 0.5f, 0.1f, 0 }, rotation[49];
    size_t widths[] = { 3, 2, 2 };

    (void)state;
    allocate(variance, 7, widths, 3, rotation);
    for (size_t i = 0; i < 7; i++) {
        float row = 0, column = 0;

        for (size_t j = 0; j < 7; j++) {
            row += rotation[i * 7 + j];
            column += rotation[j * 7 + i];
        }
        assert_true(row == 1 && column == 1);
    }
    for (size_t s = 0, i = 0; s < 3; i += widths[s++]) { /* the three largest are apart */
        float large = 0;

        for (size_t r = i; r < i + widths[s]; r++)
            large += rotation[r * 7] + rotation[r * 7 + 1] + rotation[r * 7 + 2];
        assert_true(large == 1);
    }
}

static void sparse_keeps_the_largest(void **state)
{
    float x[] = { 0.5f, -3, 0, 2, -2, 2, 0.25f }, out[7] = { 0 };
    const float want[] = { 0, -3, 0, 2, -2, 0, 0 }; /* of equals, the first */
    struct sparse s = { 7, 3 };
    uint8_t codes[8] = { 0 };
    struct err err;

    (void)state;
    sparse_encode(&s, x, codes, 3);
    assert_int_equal(sparse_add(&s, codes, 3, out, &err), 0);
    assert_memory_equal(out, want, sizeof(out));
    memset(codes, 0xff, sizeof(codes)); /* index 7 of 7 */
    assert_int_equal(sparse_add(&s, codes, 3, out, &err), -1);
}

static double residual_error(const struct residual *r, const float *y, size_t n)
{
    uint8_t *codes = mem_array(n, r->m);
    float *out = mem_array(n * r->k, sizeof(*out));
    double error = 0;
    struct err err;

    assert_int_equal(residual_encode(r, y, n, r->k, codes, r->m, &err), 0);
    residual_decode(r, r->m, codes, n, r->m, out, r->k);
    for (size_t i = 0; i < n * r->k; i++)
        error += (y[i] - out[i]) * (y[i] - out[i]);
    free(codes);
    free(out);
    return error;
}

static void a_wider_beam_finds_better_sums(void **state)
{
    enum { N = 600, K = 8 };
    float *y = noise(N * K, 1);
    struct residual r;
    struct err err;
    double greedy, wide;

    (void)state;
    assert_int_equal(residual_new(&r, K, 3, 8, &err), 0);
    assert_int_equal(residual_train(&r, y, N, K, 1, &err), 0);
    wide = residual_error(&r, y, N);
    r.beam = 1;
    greedy = residual_error(&r, y, N);
    assert_true(wide < greedy);
    residual_free(&r);
    free(y);
}

/* All costs of a path, the least of each lane, and the cheap ones: fused sums differ in their last bits only. */
static void residual_scans_agree(void **state)
{
    static const struct {
        residual_scan_fn *scan;
        residual_find_fn *find;
        uint32_t needs;
    } loops[] = { { residual_scan_avx2, residual_find_avx2, ISA_AVX2 },
                  { residual_scan_avx512, residual_find_avx512, ISA_AVX512F } };
    float *noises = noise(2 * RESIDUAL_K, 1), want[RESIDUAL_K], costs[RESIDUAL_K], low[2][RESIDUAL_LANES];
    int16_t table[3 * RESIDUAL_K];
    const int16_t *rows[] = { table, table + RESIDUAL_K, table + 2 * RESIDUAL_K };
    struct residual_terms terms = { noises, noises + RESIDUAL_K, rows, 3, 1e-4f, 1 };
    uint16_t below[RESIDUAL_K], found[RESIDUAL_K];
    struct rng rng = rng_seed(2);
    size_t n;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        table[i] = (int16_t)((int)rng_below(&rng, UINT16_MAX) - INT16_MAX);
    for (size_t l = 0; l < RESIDUAL_LANES; l++)
        low[0][l] = l ? INFINITY : -100;
    residual_scan_scalar(&terms, want, low[0]);
    assert_true(low[0][0] == -100);
    for (size_t j = 1; j < RESIDUAL_K; j++)
        assert_true(j % RESIDUAL_LANES == 0 || want[j] >= low[0][j % RESIDUAL_LANES]);
    n = residual_find_scalar(want, RESIDUAL_K, -.5f, below);
    assert_true(n > 0 && n < RESIDUAL_K);
    for (size_t i = 0; i < ARRAY_LEN(loops); i++) {
        if (loops[i].needs & ~isa_host())
            continue;
        for (size_t l = 0; l < RESIDUAL_LANES; l++)
            low[1][l] = l ? INFINITY : -100;
        loops[i].scan(&terms, costs, low[1]);
        for (size_t j = 0; j < RESIDUAL_K; j++)
            assert_true(fabsf(costs[j] - want[j]) < 1e-5f);
        for (size_t l = 0; l < RESIDUAL_LANES; l++)
            assert_true(fabsf(low[1][l] - low[0][l]) < 1e-5f);
        assert_int_equal(loops[i].find(want, RESIDUAL_K, -.5f, found), n);
        assert_memory_equal(found, below, n * sizeof(*found));
    }
    free(noises);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_come_back_at_any_place_and_width),
        cmocka_unit_test(hamming_counts_the_signs_that_differ),
        cmocka_unit_test(a_rotation_keeps_lengths_and_can_be_undone),
        cmocka_unit_test(nearest_variants_agree),
        cmocka_unit_test(of_equal_centroids_the_first_is_nearest),
        cmocka_unit_test(kmeans_finds_clusters_that_are_apart),
        cmocka_unit_test(few_points_are_the_centroids),
        cmocka_unit_test(procrustes_finds_the_rotation_that_was_applied),
        cmocka_unit_test(every_component_is_allocated_once),
        cmocka_unit_test(sparse_keeps_the_largest),
        cmocka_unit_test(a_wider_beam_finds_better_sums),
        cmocka_unit_test(residual_scans_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
