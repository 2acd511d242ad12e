// SPDX-License-Identifier: MIT
/* The k least of many keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/rng.h"
#include "codecs/topk.h"

#include <stdlib.h>
#include <string.h>

enum { N = 700 };

enum shape { RANDOM, RISING, FALLING, EQUAL, SHAPES };

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* n distinct keys, and the same sorted. */
static void make(uint64_t *keys, uint64_t *sorted, size_t n, enum shape shape)
{
    struct rng rng = rng_seed(n);

    for (size_t i = 0; i < n; i++) {
        uint64_t order = shape == RISING ? i : shape == FALLING ? n - i : shape == EQUAL ? 7 : rng_below(&rng, n);

        keys[i] = order << 32 | i;
    }
    memcpy(sorted, keys, n * sizeof(*keys));
    qsort(sorted, n, sizeof(*sorted), compare);
}

static void select_leaves_the_least_in_front_and_the_last_of_them_in_its_place(void **state)
{
    static const size_t lengths[] = { 1, 2, 3, 4, 5, 31, 100, N };
    uint64_t keys[N], sorted[N];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++)
        for (int shape = 0; shape < SHAPES; shape++)
            for (size_t k = 1; k <= lengths[i]; k += 1 + k / 3) {
                make(keys, sorted, lengths[i], (enum shape)shape);
                topk_select(keys, lengths[i], k);
                assert_int_equal(keys[k - 1], sorted[k - 1]);
                topk_sort(keys, k);
                assert_memory_equal(keys, sorted, k * sizeof(*keys));
            }
}

static void sort_sorts(void **state)
{
    uint64_t keys[N], sorted[N];

    (void)state;
    for (size_t n = 0; n <= N; n += 1 + n / 2)
        for (int shape = 0; shape < SHAPES; shape++) {
            make(keys, sorted, n, (enum shape)shape);
            topk_sort(keys, n);
            assert_memory_equal(keys, sorted, n * sizeof(*keys));
        }
}

static void keep_keeps_orders_up_to_the_given_one(void **state)
{
    uint64_t keys[] = { 5ull << 32 | 1, 6ull << 32 | 2, 4ull << 32 | 3, 5ull << 32 | 4, UINT64_MAX };
    static const uint64_t want[] = { 5ull << 32 | 1, 4ull << 32 | 3, 5ull << 32 | 4 };

    (void)state;
    assert_int_equal(topk_keep(keys, ARRAY_LEN(keys), 5), ARRAY_LEN(want));
    assert_memory_equal(keys, want, sizeof(want));
}

static void a_tally_tells_the_kth_least_order_at_any_time(void **state)
{
    enum { K = 10, RANGE = 50 };
    struct rng rng = rng_seed(1);
    struct tally tally;
    struct err err = { 0 };
    uint64_t keys[N], sorted[N];

    (void)state;
    assert_int_equal(tally_init(&tally, K, RANGE + 3, &err), 0);
    for (int again = 0; again < 2; again++) {
        tally_clear(&tally, RANGE);
        for (size_t n = 0, more; n < N; n += more) {
            more = rng_below(&rng, 9);
            more = more < N - n ? more : N - n;
            for (size_t i = n; i < n + more; i++)
                keys[i] = rng_below(&rng, RANGE + 1) << 32 | i;
            tally_add(&tally, keys + n, more);
            memcpy(sorted, keys, sizeof(keys));
            qsort(sorted, n + more, sizeof(*sorted), compare);
            assert_int_equal(tally.at, n + more < K ? RANGE : TOPK_ORDER(sorted[K - 1]));
            assert_int_equal(tally.seen >= K, n + more >= K);
        }
    }
    tally_free(&tally);
    tally_free(&(struct tally){ 0 });
}

static void a_stream_ends_as_its_least(void **state)
{
    enum { K = 7, BATCH = 20 };
    uint64_t keys[N], sorted[N];
    struct err err = { 0 };
    struct topk best;

    (void)state;
    assert_int_equal(topk_init(&best, K, BATCH, &err), 0);
    for (int shape = 0; shape < SHAPES; shape++) {
        make(keys, sorted, N, (enum shape)shape);
        topk_clear(&best);
        for (size_t i = 0; i < N; i++) {
            if (TOPK_ORDER(keys[i]) <= best.limit)
                best.keys[best.n++] = keys[i];
            if (i % BATCH == BATCH - 1)
                topk_settle(&best);
            assert_true(best.n < 3 * K + BATCH);
        }
        topk_trim(&best);
        assert_int_equal(best.n, K);
        assert_int_equal(best.limit, TOPK_ORDER(sorted[K - 1]));
        topk_sort(best.keys, K);
        assert_memory_equal(best.keys, sorted, K * sizeof(*sorted));
    }
    topk_free(&best);
    topk_free(&(struct topk){ 0 });
}

static void what_does_not_fit_is_an_error(void **state)
{
    struct err err = { 0 };
    struct topk best;

    (void)state;
    assert_int_equal(topk_init(&best, SIZE_MAX / 2, 1, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(select_leaves_the_least_in_front_and_the_last_of_them_in_its_place),
        cmocka_unit_test(sort_sorts),
        cmocka_unit_test(keep_keeps_orders_up_to_the_given_one),
        cmocka_unit_test(a_tally_tells_the_kth_least_order_at_any_time),
        cmocka_unit_test(a_stream_ends_as_its_least),
        cmocka_unit_test(what_does_not_fit_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
