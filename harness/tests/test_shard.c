// SPDX-License-Identifier: MIT
/* Shares of one matrix: all of it, nothing twice, the same on every host, equally long. */
#include "measure/shard.h"

#include "base/mem.h"
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 300 };

static struct plan make_plan(void)
{
    struct plan plan = { mem_array(N, sizeof(struct comparison)), N };

    for (int i = 0; i < N; i++)
        snprintf(plan.comparisons[i].id, CASE_ID_MAX, "a/b/n=%d", i);
    return plan;
}

static void shares_are_whole_disjoint_and_balanced(void **state)
{
    struct plan plan = make_plan();
    struct rng rng = rng_seed(3);

    (void)state;
    for (int64_t of = 1; of <= 20; of++) {
        int64_t cost[N], shares[N], again[N], load[21] = { 0 }, all = 0;

        for (int i = 0; i < N; i++) /* from 10 ms to 1 s a block, as the matrix of this program has */
            all += cost[i] = 10000 + (int64_t)rng_below(&rng, 1000) * (i % 10 == 0 ? 1000 : 100);
        shard_split(&plan, cost, of, shares);
        shard_split(&plan, cost, of, again);
        assert_memory_equal(shares, again, sizeof(shares));
        for (int i = 0; i < N; i++) {
            assert_in_range(shares[i], 1, of);
            load[shares[i]] += cost[i];
        }
        for (int64_t s = 1; s <= of; s++)
            if (load[s] * of * 100 > all * 110 || load[s] * of * 100 < all * 90)
                fail_msg("share %lld of %lld: %lld of %lld", (long long)s, (long long)of, (long long)load[s], (long long)all);
    }
    free(plan.comparisons);
}

static void order_of_the_plan_does_not_move_a_comparison_to_another_share(void **state)
{
    struct plan plan = make_plan(), other = make_plan();
    int64_t cost[N], shares[N], turned[N];

    (void)state;
    for (int i = 0; i < N; i++) {
        cost[i] = 7; /* all ties */
        strcpy(other.comparisons[i].id, plan.comparisons[N - 1 - i].id);
    }
    shard_split(&plan, cost, 7, shares);
    shard_split(&other, cost, 7, turned);
    for (int i = 0; i < N; i++)
        assert_int_equal(shares[i], turned[N - 1 - i]);
    free(plan.comparisons);
    free(other.comparisons);
}

static void a_split_has_a_name_of_its_own(void **state)
{
    struct plan plan = make_plan();
    int64_t cost[N], shares[N];
    uint64_t name;

    (void)state;
    for (int i = 0; i < N; i++)
        cost[i] = 1 + i;
    shard_split(&plan, cost, 3, shares);
    name = shard_name(&plan, shares, 3, "c0ffee");
    assert_true(name == shard_name(&plan, shares, 3, "c0ffee"));
    assert_true(name != shard_name(&plan, shares, 3, "c0ffef"));
    shares[5] = shares[5] % 3 + 1; /* cut by other costs */
    assert_true(name != shard_name(&plan, shares, 3, "c0ffee"));
    free(plan.comparisons);
}

static void words_for_a_share(void **state)
{
    static const struct {
        const char *text;
        int64_t index, of;
    } rows[] = {
        { "1/1", 1, 1 }, { "2/3", 2, 3 }, { "1000/1000", 1000, 1000 }, { "0/3", 0, 0 }, { "4/3", 0, 0 },   { "2", 0, 0 },
        { "2/", 0, 0 },  { "/3", 0, 0 },  { "2/0", 0, 0 },             { "a/3", 0, 0 }, { "2/3/4", 0, 0 }, { "1/1001", 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct shard shard;
        struct err err = { 0 };
        int ret = shard_parse(rows[i].text, &shard, &err);

        if ((ret == 0) != (rows[i].of > 0))
            fail_msg("%s", rows[i].text);
        if (ret == 0) {
            assert_int_equal(shard.index, rows[i].index);
            assert_int_equal(shard.of, rows[i].of);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_whole_disjoint_and_balanced),
        cmocka_unit_test(order_of_the_plan_does_not_move_a_comparison_to_another_share),
        cmocka_unit_test(a_split_has_a_name_of_its_own),
        cmocka_unit_test(words_for_a_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
