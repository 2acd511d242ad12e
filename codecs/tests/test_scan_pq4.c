// SPDX-License-Identifier: MIT
/* The scan of 4-bit codes: every implementation, the bounds that it drops codes by, the checks that catch a wrong one,
 * the scenario. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/rng.h"
#include "codecs/scan_pq4_check.h"
#include "codecs/scan_pq4_tables.h"
#include "declare/isa.h"
#include "declare/params.h"
#include "declare/scenario.h"
#include "declare/team.h"
#include "tests/subject_fixture.h"

#include <float.h>
#include <math.h>
#include <string.h>

extern const struct scenario scenario_fastscan;

enum { SEED = 5 };

static const struct scan_pq4_impl *const impls[] = { &scan_pq4_scalar, &scan_pq4_avx2, &scan_pq4_avx512 };

static void every_implementation_finds_the_truth(void **state)
{
    struct err err = { 0 };
    struct team *team = team_new(3, NULL, NULL, &err);

    (void)state;
    assert_non_null(team);
    for (size_t i = 0; i < ARRAY_LEN(impls); i++) {
        if (impls[i]->isa & ~isa_host()) {
            print_message("[  SKIP  ] %s: this host lacks it\n", impls[i]->name);
            continue;
        }
        if (scan_pq4_check(impls[i], SEED, NULL, &err) < 0 || scan_pq4_check(impls[i], SEED, team, &err) < 0)
            fail_msg("%s: %s", impls[i]->name, err.msg);
    }
    team_free(team);
}

/* What scan_pq4_isa.h asks of a loop, in plain C. */
static size_t plain(const uint8_t *blocks, size_t n, size_t bytes, const uint8_t *tables, uint32_t limit,
                    uint32_t first, uint64_t *keys)
{
    size_t found = 0;

    for (size_t i = 0; i < n * SCAN_PQ4_BLOCK; i++) {
        const uint8_t *at = blocks + i / SCAN_PQ4_BLOCK * SCAN_PQ4_BLOCK * bytes + i % SCAN_PQ4_BLOCK;
        uint32_t sum = 0;

        for (size_t b = 0; b < bytes; b++)
            sum += tables[32 * b + at[b * SCAN_PQ4_BLOCK] % 16] + tables[32 * b + 16 + at[b * SCAN_PQ4_BLOCK] / 16];
        if (sum < limit)
            keys[found++] = (uint64_t)sum << 32 | (first + (uint32_t)i);
    }
    return found;
}

/* Loops with one fault each. */
static size_t without_the_last_byte(const uint8_t *blocks, size_t n, size_t bytes, const uint8_t *tables,
                                    uint32_t limit, uint32_t first, uint64_t *keys)
{
    return plain(blocks, bytes % 2 ? 0 : n, bytes, tables, limit, first, keys);
}

static size_t at_half_the_limit(const uint8_t *blocks, size_t n, size_t bytes, const uint8_t *tables, uint32_t limit,
                                uint32_t first, uint64_t *keys)
{
    return plain(blocks, n, bytes, tables, limit / 2, first, keys);
}

static size_t neighbours_swapped(const uint8_t *blocks, size_t n, size_t bytes, const uint8_t *tables, uint32_t limit,
                                 uint32_t first, uint64_t *keys)
{
    size_t found = plain(blocks, n, bytes, tables, limit, first, keys);

    for (size_t i = 0; i < found; i++)
        keys[i] ^= 1;
    return found;
}

static void a_wrong_implementation_is_caught_and_the_case_named(void **state)
{
    static const struct scan_pq4_impl right = { "plain", ISA_ANY, plain };
    static scan_pq4_fn *const faults[] = { without_the_last_byte, at_half_the_limit, neighbours_swapped };
    struct err err = { 0 };

    (void)state;
    if (scan_pq4_check(&right, SEED, NULL, &err) < 0)
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        struct scan_pq4_impl impl = { "faulty", ISA_ANY, faults[i] };

        err = (struct err){ 0 };
        if (scan_pq4_check(&impl, SEED, NULL, &err) == 0)
            fail_msg("fault %zu was not caught", i);
        assert_non_null(strstr(err.msg, "n="));
        assert_non_null(strstr(err.msg, "want"));
    }
}

/* For random codes of tables of all sizes: sums of bytes bound distances as scan_pq4_tables.h says. */
static void sums_of_bytes_bound_distances(void **state)
{
    enum { BYTES = 7, CODES = 500 };
    static const double offsets[] = { 0, 1, -50, 1e4 }, scales[] = { 1, 1e-6, 1e30 };
    struct rng rng = rng_seed(SEED);

    (void)state;
    for (size_t cell = 0; cell < ARRAY_LEN(offsets) * ARRAY_LEN(scales); cell++) {
        double offset = offsets[cell % ARRAY_LEN(offsets)], scale = scales[cell / ARRAY_LEN(offsets)];
        float tables[2 * BYTES * 16];
        struct scan_pq4_tables t;
        struct err err = { 0 };
        uint32_t before_q = 0;
        float before_d = 0;

        for (size_t i = 0; i < ARRAY_LEN(tables); i++)
            tables[i] = (float)((offset + rng_uniform(&rng)) * scale);
        assert_int_equal(scan_pq4_tables(tables, BYTES, &t, &err), 0);
        for (size_t i = 0; i < CODES; i++) {
            uint8_t row[BYTES];
            uint32_t q = 0;
            float d;

            for (size_t b = 0; b < BYTES; b++) {
                row[b] = (uint8_t)rng_next(&rng);
                q += t.entries[2 * b][row[b] % 16] + t.entries[2 * b + 1][row[b] / 16];
            }
            d = scan_pq4_distance(row, BYTES, tables);
            assert_true(q <= t.most);
            assert_true(t.base + t.step * q - t.rounding <= (double)d);
            assert_true(q < scan_pq4_tables_limit(&t, d)); /* not farther than itself */
            if (i > 0 && q > before_q + t.slack)
                assert_true(d > before_d);
            before_q = q;
            before_d = d;
        }
    }
}

static void entries_of_tables_that_share_a_sum_stay_in_a_byte(void **state)
{
    float tables[3 * 32];
    struct scan_pq4_tables t;
    struct err err = { 0 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        tables[i] = (float)(i % 16) * (float)(1 + i / 16);
    assert_int_equal(scan_pq4_tables(tables, 3, &t, &err), 0);
    for (size_t s = 0; s < 6; s += 2 * SCAN_PQ4_SUM) {
        unsigned sum = 0;

        for (size_t i = s; i < 6 && i < s + 2 * SCAN_PQ4_SUM; i++)
            sum += t.entries[i][15];
        assert_in_range(sum, 1, 255);
    }
    assert_int_equal(t.entries[5][0], 0);
}

static void what_cannot_be_scanned_is_an_error(void **state)
{
    static const struct { float entry; const char *word; } rows[] = {
        { NAN, "table entry [1][3] is nan" },
        { -INFINITY, "table entry [1][3] is -inf" },
        { FLT_MAX, "too much for a float" },
    };
    struct scan_pq4_impl lacking = scan_pq4_scalar;
    struct scan_pq4_found found;
    struct err err = { 0 };
    struct scan_pq4_codes *codes = scan_pq4_codes_new(1, 1, &err);
    struct scan_pq4_work *work = scan_pq4_work_new(&scan_pq4_scalar, 1, 1, &err);
    size_t n = 77;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        float tables[32] = { 1e38f };

        tables[16 + 3] = rows[i].entry;
        assert_int_equal(scan_pq4(codes, tables, work, NULL, &found, &n, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        if (!strstr(err.msg, rows[i].word))
            fail_msg("'%s' does not say '%s'", err.msg, rows[i].word);
        assert_int_equal(n, 77);
    }
    scan_pq4_codes_free(codes);
    scan_pq4_work_free(work);
    scan_pq4_codes_free(NULL);
    scan_pq4_work_free(NULL);
    assert_null(scan_pq4_codes_new(1, 0, &err));
    assert_null(scan_pq4_codes_new(1, 129, &err));
    assert_non_null(strstr(err.msg, "1 to 128 bytes, not 129"));
    assert_null(scan_pq4_codes_new(UINT32_MAX, 1, &err));
    assert_int_equal(err.code, ERR_CONFIG);
    lacking.isa = 1u << 31;
    assert_null(scan_pq4_work_new(&lacking, 1, 1, &err));
    assert_int_equal(err.code, ERR_HOST);
}

static void the_best_is_what_the_mask_allows(void **state)
{
    (void)state;
    assert_ptr_equal(scan_pq4_best(ISA_ANY), &scan_pq4_scalar);
    assert_ptr_equal(scan_pq4_best(ISA_AVX2), &scan_pq4_avx2);
    assert_ptr_equal(scan_pq4_best(ISA_ALL), &scan_pq4_avx512);
}

static void figures_are_per_nanosecond(void **state)
{
    struct params params = { &scenario_fastscan, { 1 << 16, 20, 1 } };

    (void)state;
    assert_true(scenario_metric(&scenario_fastscan, "mvec_s")->from_ns(&params, 65536) == 1000);
    assert_true(scenario_metric(&scenario_fastscan, "gbps")->from_ns(&params, 65536) == 20);
    params.values[0] = 1 << 24;
    assert_int_equal(scenario_fastscan.variants[0].slices(&params), 256);
}

static void the_scenario_checks_and_runs_what_the_host_can(void **state)
{
    (void)state;
    scenario_checks_and_runs(&(struct params){ &scenario_fastscan, { 1 << 17, 3, 2 } }, 2, SEED, 3); /* two slices */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_implementation_finds_the_truth),
        cmocka_unit_test(a_wrong_implementation_is_caught_and_the_case_named),
        cmocka_unit_test(sums_of_bytes_bound_distances),
        cmocka_unit_test(entries_of_tables_that_share_a_sum_stay_in_a_byte),
        cmocka_unit_test(what_cannot_be_scanned_is_an_error),
        cmocka_unit_test(the_best_is_what_the_mask_allows),
        cmocka_unit_test(figures_are_per_nanosecond),
        cmocka_unit_test(the_scenario_checks_and_runs_what_the_host_can),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
