// SPDX-License-Identifier: MIT
#include "base/mem.h"
#include "base/rng.h"
#include "codecs/blas.h"
#include "codecs/bound.h"
#include "codecs/cache.h"
#include "codecs/corpus_private.h"
#include "codecs/dedup.h"

#include "folder_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static struct vectors random_vectors(size_t n, size_t dim, uint64_t seed)
{
    struct rng rng = rng_seed(seed);
    struct vectors v;
    struct err err;

    assert_int_equal(vectors_new(&v, n, dim, &err), 0);
    for (size_t i = 0; i < n * dim; i++)
        v.data[i] = (float)rng_normal(&rng);
    vectors_normalise(&v);
    return v;
}

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

/* More base vectors than a strip, more queries than a block; whole numbers, so that sums are exact and ties many. */
static void neighbours_are_those_of_an_exhaustive_search_ties_by_the_lower_index(void **state)
{
    enum { N = 5000, Q = 300, DIM = 5, K = 100 };
    struct vectors base = random_vectors(N, DIM, 1), queries = random_vectors(Q, DIM, 2);
    int32_t *found = mem_array((size_t)Q * K, sizeof(*found));
    struct err err;

    (void)state;
    for (size_t i = 0; i < N * DIM; i++)
        base.data[i] = roundf(4 * base.data[i]);
    for (size_t i = 0; i < Q * DIM; i++)
        queries.data[i] = roundf(4 * queries.data[i]);
    assert_int_equal(corpus_neighbours(&base, &queries, found, K, &err), 0);
    for (size_t q = 0; q < Q; q += 23) {
        const float *query = queries.data + q * DIM;
        size_t better = 0;
        double last = dot(query, base.data + (size_t)found[q * K + K - 1] * DIM, DIM);

        for (size_t k = 1; k < K; k++) {
            int32_t a = found[q * K + k - 1], b = found[q * K + k];
            double sa = dot(query, base.data + (size_t)a * DIM, DIM), sb = dot(query, base.data + (size_t)b * DIM, DIM);

            assert_true(sa > sb || (sa == sb && a < b));
        }
        for (size_t i = 0; i < N; i++) {
            double s = dot(query, base.data + i * DIM, DIM);

            better += s > last || (s == last && i <= (size_t)found[q * K + K - 1]);
        }
        assert_int_equal(better, K);
    }
    free(found);
    vectors_free(&base);
    vectors_free(&queries);
}

static void fewer_vectors_than_neighbours_leave_minus_ones(void **state)
{
    struct vectors base = random_vectors(3, 4, 1), queries = random_vectors(2, 4, 2);
    int32_t found[2][5];
    struct err err;

    (void)state;
    assert_int_equal(corpus_neighbours(&base, &queries, found[0], 5, &err), 0);
    for (size_t q = 0; q < 2; q++)
        for (size_t k = 0; k < 5; k++)
            assert_true(k < 3 ? found[q][k] >= 0 && found[q][k] < 3 : found[q][k] == -1);
    vectors_free(&base);
    vectors_free(&queries);
}

/* Pairs just below and just above the limit, within a block and across, in few and in many dimensions. */
static void duplicates_are_dropped_and_only_they(void **state)
{
    static const size_t dims[] = { 3, 128, 129, 700 };

    (void)state;
    for (size_t c = 0; c < ARRAY_LEN(dims); c++) {
        enum { N = 700 };
        size_t dim = dims[c], n_kept = 0, at = 0;
        struct vectors v = random_vectors(N, dim, c);
        uint32_t order[N], kept[N];
        struct rng rng = rng_seed(99);
        struct err err;

        for (uint32_t i = 0; i < N; i++) {
            float *row = v.data + i * dim, *other = v.data + rng_below(&rng, i + 1) * dim;
            double near = i % 3 == 0 ? 0.994 + 0.002 * rng_uniform(&rng) : 0, along = dot(row, other, dim), rest = 0;

            order[i] = i;
            if (near == 0 || row == other || dot(other, other, dim) == 0)
                continue;
            for (size_t j = 0; j < dim; j++)
                row[j] -= (float)(along * other[j]);
            rest = sqrt(dot(row, row, dim));
            for (size_t j = 0; j < dim; j++)
                row[j] = (float)(row[j] / rest * sqrt(1 - near * near) + near * other[j]);
        }
        memset(v.data + 7 * dim, 0, dim * sizeof(float));
        assert_int_equal(dedup_take(&v, order, N, kept, &n_kept, &err), 0);
        for (uint32_t i = 0; i < N; i++) {
            bool gone = i == 7;

            for (size_t k = 0; k < at && !gone; k++)
                gone = dot(v.data + i * dim, v.data + kept[k] * dim, dim) > DEDUP_COSINE;
            if (!gone)
                assert_true(at < n_kept && kept[at++] == i);
        }
        assert_int_equal(at, n_kept);
        assert_true(n_kept < N - 25);
        assert_int_equal(dedup_take(&v, order, 10, kept, &n_kept, &err), 0);
        assert_int_equal(n_kept, 10);
        vectors_free(&v);
    }
}

/* 600 vectors of 200 documents; row r of document d is (d * 3 + r). */
static int made;
static int make(const void *arg, struct vectors *all, uint64_t **documents, struct err *err)
{
    const bool *backwards = arg;
    struct vectors v = random_vectors(600, 16, 5);

    made++;
    assert_int_equal(vectors_new(all, v.n, v.dim, err), 0);
    *documents = mem_array(v.n, sizeof(**documents));
    for (size_t i = 0; i < v.n; i++) {
        size_t to = *backwards ? v.n - 1 - i : i;

        memcpy(all->data + to * v.dim, v.data + i * v.dim, v.dim * sizeof(float));
        (*documents)[to] = i / 3;
    }
    vectors_free(&v);
    return 0;
}

static bool backwards;
static const struct corpus_source source = {
    .name = "test", .origin = "test", .key = 1, .train = 200, .base = 300, .queries = 50, .make = make, .arg = &backwards
};

static const float *row_of(const struct corpus *c, size_t split, size_t i)
{
    const struct vectors *v = split == 0 ? &c->queries : split == 1 ? &c->base : &c->train;

    return i < v->n ? v->data + i * v->dim : NULL;
}

static int document_of(const struct vectors *all, const float *row)
{
    for (size_t i = 0; i < all->n; i++)
        if (dot(all->data + i * all->dim, row, all->dim) > 0.9999)
            return (int)i / 3;
    fail_msg("a vector of no document");
    return -1;
}

static void a_document_is_in_one_split_only(void **state)
{
    struct vectors all = random_vectors(600, 16, 5);
    int split_of[200] = { 0 };
    struct corpus c;
    struct err err;

    (void)state;
    backwards = false;
    assert_int_equal(corpus_build(&source, (struct corpus_size){ 0 }, &c, &err), 0);
    assert_in_range(c.queries.n, 50, 52);
    assert_in_range(c.base.n, 300, 304);
    assert_int_equal(c.queries.n + c.base.n + c.train.n, 550);
    for (int split = 0; split < 3; split++)
        for (size_t i = 0; row_of(&c, (size_t)split, i); i++) {
            int document = document_of(&all, row_of(&c, (size_t)split, i));

            assert_true(split_of[document] == 0 || split_of[document] == split + 1);
            split_of[document] = split + 1;
        }
    corpus_free(&c);
    vectors_free(&all);
}

static void splits_do_not_depend_on_the_order_of_documents(void **state)
{
    struct corpus_source s = source;
    struct vectors all = random_vectors(600, 16, 5);
    struct corpus a, b;
    struct err err;

    (void)state;
    backwards = false;
    assert_int_equal(corpus_build(&s, (struct corpus_size){ 0 }, &a, &err), 0);
    backwards = true;
    s.key = 2;
    assert_int_equal(corpus_build(&s, (struct corpus_size){ 0 }, &b, &err), 0);
    for (size_t i = 0; i < a.queries.n; i++)
        assert_int_equal(document_of(&all, row_of(&a, 0, i)), document_of(&all, row_of(&b, 0, i)));
    corpus_free(&a);
    corpus_free(&b);
    vectors_free(&all);
}

static void a_cached_corpus_is_the_one_that_was_made(void **state)
{
    struct corpus_source s = source;
    struct corpus a, b;
    struct err err;
    int before;

    (void)state;
    backwards = false;
    s.keep = true;
    s.key = 3;
    assert_int_equal(corpus_build(&s, (struct corpus_size){ 0 }, &a, &err), 0);
    before = made;
    assert_int_equal(corpus_build(&s, (struct corpus_size){ 40, 10 }, &b, &err), 0);
    assert_int_equal(made, before);
    assert_int_equal(b.base.n, 40);
    assert_int_equal(b.queries.n, 10);
    assert_int_equal(b.train.n, a.train.n);
    assert_memory_equal(a.train.data, b.train.data, a.train.n * 16 * sizeof(float));
    assert_memory_equal(a.base.data, b.base.data, 40 * 16 * sizeof(float));
    assert_int_equal(b.truth[40], -1);
    corpus_free(&a);
    corpus_free(&b);
}

static void a_damaged_cache_is_as_none(void **state)
{
    struct blob blob = { 0 }, found;
    struct err err;
    char path[CACHE_PATH + 64];
    FILE *f;

    (void)state;
    blob_bytes(&blob, "something", 9);
    assert_int_equal(cache_put("thing", 5, &blob, &err), 0);
    assert_true(cache_get("thing", 5, &found));
    assert_int_equal(found.len, 9);
    assert_memory_equal(found.data, "something", 9);
    blob_free(&found);
    assert_false(cache_get("thing", 6, &found));
    snprintf(path, sizeof(path), "%s/pawl/codecs/thing-0000000000000005.cache", folder);
    for (long at = 0; at < 41; at++) {
        int c;

        f = fopen(path, "r+b");
        assert_non_null(f);
        fseek(f, at, SEEK_SET);
        c = fgetc(f);
        fseek(f, at, SEEK_SET);
        fputc(c ^ 1, f);
        fclose(f);
        assert_false(cache_get("thing", 5, &found));
        assert_null(found.data);
        assert_int_equal(cache_put("thing", 5, &blob, &err), 0);
    }
    for (long len = 0; len < 41; len++) {
        assert_int_equal(truncate(path, len), 0);
        assert_false(cache_get("thing", 5, &found));
        assert_int_equal(cache_put("thing", 5, &blob, &err), 0);
    }
    blob_free(&blob);
}

static void without_a_place_for_a_cache_it_is_made_anyway(void **state)
{
    struct corpus_source s = source;
    struct corpus c;
    struct err err;

    (void)state;
    setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
    s.keep = true;
    s.key = 4;
    assert_int_equal(corpus_build(&s, (struct corpus_size){ 0 }, &c, &err), 0);
    corpus_free(&c);
    setenv("XDG_CACHE_HOME", folder, 1);
}

static void a_file_is_split_by_shares_and_nothing_but_duplicates_refused(void **state)
{
    struct vectors v = random_vectors(360, 8, 3);
    struct corpus c;
    struct err err;
    char path[128];

    (void)state;
    snprintf(path, sizeof(path), "%s/mine.fvecs", folder);
    assert_int_equal(vectors_write_fvecs(path, &v, &err), 0);
    assert_int_equal(corpus_file(path, 0, (struct corpus_size){ 0 }, &c, &err), 0);
    assert_string_equal(c.name, "mine.fvecs");
    assert_true(c.queries.n >= 19 && c.queries.n <= 20 && c.base.n + c.train.n + c.queries.n <= 360);
    corpus_free(&c);
    for (size_t i = 1; i < v.n; i++)
        memcpy(v.data + i * v.dim, v.data, v.dim * sizeof(float));
    assert_int_equal(vectors_write_fvecs(path, &v, &err), 0);
    assert_int_equal(corpus_file(path, 0, (struct corpus_size){ 0 }, &c, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.msg, "mine.fvecs"));
    vectors_free(&v);
}

/* One component: D = s 2^-2R. Equal ones share the bits. Of {4, 1} the second drowns until the level is 1, at 1 bit. */
static void the_bound_is_that_of_the_closed_forms(void **state)
{
    static const struct { double variances[3]; size_t n; double bits, distortion; } rows[] = {
        { { 1 }, 1, 0, 1 },       { { 1 }, 1, 1, 0.25 },         { { 9 }, 1, 2, 9.0 / 16 },
        { { 1, 1 }, 2, 2, 0.5 },  { { 2, 2, 2 }, 3, 3, 1.5 },    { { 4, 1 }, 2, 0.5, 3 },
        { { 4, 1 }, 2, 1, 2 },    { { 4, 1 }, 2, 3, 0.5 },       { { 1, 4 }, 2, 3, 0.5 },
        { { 1, 0 }, 2, 1, 0.25 }, { { 16, 4, 1 }, 3, 1, 4 + 4 + 1 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_true(fabs(bound_distortion(rows[i].variances, rows[i].n, rows[i].bits) - rows[i].distortion) < 1e-12);
        assert_true(fabs(bound_bits(rows[i].variances, rows[i].n, rows[i].distortion) - rows[i].bits) < 1e-12);
    }
    assert_true(bound_distortion((double[]){ 0, 0 }, 2, 5) == 0);
    assert_true(isinf(bound_bits((double[]){ 1, 1 }, 2, 0)));
    assert_true(bound_bits((double[]){ 1, 1 }, 2, 7) == 0);
}

static void a_synthetic_corpus_has_its_spectrum(void **state)
{
    enum { DIM = 12, N = 20000 };
    static float gram[DIM * DIM];
    double covariance[DIM * DIM], values[DIM], want[DIM];
    struct corpus c;
    struct err err;

    (void)state;
    assert_int_equal(corpus_synthetic(N, 50, 5, DIM, 1, 1, &c, &err), 0);
    blas_gram(c.train.data, N, DIM, gram);
    for (size_t i = 0; i < DIM * DIM; i++)
        covariance[i] = gram[i] / N;
    assert_int_equal(blas_eigen(covariance, DIM, values, &err), 0);
    corpus_synthetic_spectrum(DIM, 1, want);
    for (size_t i = 0; i < DIM; i++) /* a sample variance is off by sqrt(2 / N) = 1 % */
        assert_true(fabs(values[i] / want[i] - 1) < 0.05);
    corpus_free(&c);
}

int main(void)
{
    const struct CMUnitTest plain[] = {
        cmocka_unit_test(a_damaged_cache_is_as_none),
        cmocka_unit_test(the_bound_is_that_of_the_closed_forms),
    };
    const struct CMUnitTest with_algebra[] = {
        cmocka_unit_test(neighbours_are_those_of_an_exhaustive_search_ties_by_the_lower_index),
        cmocka_unit_test(fewer_vectors_than_neighbours_leave_minus_ones),
        cmocka_unit_test(duplicates_are_dropped_and_only_they),
        cmocka_unit_test(a_document_is_in_one_split_only),
        cmocka_unit_test(splits_do_not_depend_on_the_order_of_documents),
        cmocka_unit_test(a_cached_corpus_is_the_one_that_was_made),
        cmocka_unit_test(without_a_place_for_a_cache_it_is_made_anyway),
        cmocka_unit_test(a_file_is_split_by_shares_and_nothing_but_duplicates_refused),
        cmocka_unit_test(a_synthetic_corpus_has_its_spectrum),
    };
    struct err err;
    int failed = cmocka_run_group_tests(plain, folder_make, folder_remove);

    if (blas_load(&err) == 0)
        return failed + cmocka_run_group_tests(with_algebra, folder_make, folder_remove);
    print_message("SKIPPED: %s\n", err.msg);
    return failed;
}
