// SPDX-License-Identifier: MIT
/* The scan of binary codes: every implementation, the checks that catch a wrong one, the scenario. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "codecs/scan_hamming_check.h"
#include "declare/isa.h"
#include "declare/params.h"
#include "declare/scenario.h"
#include "declare/team.h"
#include "tests/subject_fixture.h"

#include <string.h>

extern const struct scenario scenario_hamming;

enum { SEED = 5 };

static const struct scan_hamming_impl *const impls[] = { &scan_hamming_scalar, &scan_hamming_avx2,
                                                         &scan_hamming_avx512 };

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
        if (scan_hamming_check(impls[i], SEED, NULL, &err) < 0 || scan_hamming_check(impls[i], SEED, team, &err) < 0)
            fail_msg("%s: %s", impls[i]->name, err.msg);
    }
    team_free(team);
}

/* Loops with one fault each, made of the scalar one. */
static size_t farther_by_one(const uint8_t *codes, size_t n, size_t bytes, const uint8_t *query, uint32_t limit,
                             uint32_t first, uint64_t *keys)
{
    size_t found = scan_hamming_scan_scalar(codes, n, bytes, query, limit, first, keys);

    if (found > 0)
        keys[0] += 1ull << 32;
    return found;
}

static size_t without_the_tail(const uint8_t *codes, size_t n, size_t bytes, const uint8_t *query, uint32_t limit,
                               uint32_t first, uint64_t *keys)
{
    return scan_hamming_scan_scalar(codes, n / 16 * 16, bytes, query, limit, first, keys);
}

static size_t at_the_limit_too_few(const uint8_t *codes, size_t n, size_t bytes, const uint8_t *query, uint32_t limit,
                                   uint32_t first, uint64_t *keys)
{
    return scan_hamming_scan_scalar(codes, n, bytes, query, limit - 1, first, keys);
}

static size_t ids_from_zero(const uint8_t *codes, size_t n, size_t bytes, const uint8_t *query, uint32_t limit,
                            uint32_t first, uint64_t *keys)
{
    (void)first;
    return scan_hamming_scan_scalar(codes, n, bytes, query, limit, 0, keys);
}

static void a_wrong_implementation_is_caught_and_the_case_named(void **state)
{
    static scan_hamming_fn *const faults[] = { farther_by_one, without_the_tail, at_the_limit_too_few, ids_from_zero };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        struct scan_hamming_impl impl = { "faulty", ISA_ANY, faults[i] };
        struct err err = { 0 };

        if (scan_hamming_check(&impl, SEED, NULL, &err) == 0)
            fail_msg("fault %zu was not caught", i);
        assert_non_null(strstr(err.msg, "n="));
        assert_non_null(strstr(err.msg, "want"));
    }
}

static void of_equal_codes_the_first_are_found(void **state)
{
    static const uint8_t codes[300 * 8];
    static const uint8_t query[8] = { 0xff };
    struct scan_hamming_found found[3];
    struct err err = { 0 };
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(impls); i++) {
        struct scan_hamming_work *work;

        if (impls[i]->isa & ~isa_host())
            continue;
        work = scan_hamming_work_new(impls[i], 3, 1, &err);
        assert_int_equal(scan_hamming(codes, 300, 8, query, work, NULL, found, &n, &err), 0);
        assert_int_equal(n, 3);
        for (uint32_t j = 0; j < 3; j++) {
            assert_int_equal(found[j].index, j);
            assert_int_equal(found[j].distance, 8);
        }
        scan_hamming_work_free(work);
    }
}

static void what_cannot_be_scanned_is_an_error(void **state)
{
    static const struct { size_t n, bytes; const char *word; } rows[] = {
        { 1, 0, "not 0" }, { 1, 12, "not 12" }, { 1, 264, "not 264" }, { (size_t)1 << 32, 8, "4294967296 codes" },
    };
    struct scan_hamming_impl lacking = scan_hamming_scalar;
    struct err err = { 0 };
    struct scan_hamming_work *work = scan_hamming_work_new(&scan_hamming_scalar, 1, 1, &err);
    struct scan_hamming_found found;
    size_t n = 77;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(scan_hamming(NULL, rows[i].n, rows[i].bytes, NULL, work, NULL, &found, &n, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_non_null(strstr(err.msg, rows[i].word));
        assert_int_equal(n, 77);
    }
    scan_hamming_work_free(work);
    scan_hamming_work_free(NULL);
    lacking.isa = 1u << 31;
    assert_null(scan_hamming_work_new(&lacking, 1, 1, &err));
    assert_int_equal(err.code, ERR_HOST);
    assert_null(scan_hamming_work_new(&scan_hamming_scalar, (size_t)1 << 32, 1, &err));
    assert_int_equal(err.code, ERR_CONFIG);
}

static void the_best_is_what_the_mask_allows(void **state)
{
    (void)state;
    assert_ptr_equal(scan_hamming_best(ISA_ANY), &scan_hamming_scalar);
    assert_ptr_equal(scan_hamming_best(ISA_AVX2 | ISA_AVX512F), &scan_hamming_avx2);
    assert_ptr_equal(scan_hamming_best(ISA_ALL), &scan_hamming_avx512);
}

static void figures_are_per_nanosecond(void **state)
{
    struct params params = { &scenario_hamming, { 1 << 16, 128, 1 } };

    (void)state;
    assert_true(scenario_metric(&scenario_hamming, "mvec_s")->from_ns(&params, 65536) == 1000);
    assert_true(scenario_metric(&scenario_hamming, "gbps")->from_ns(&params, 65536) == 128);
    assert_int_equal(scenario_hamming.variants[0].slices(&params), 1);
    params.values[0] = 1 << 23;
    assert_int_equal(scenario_hamming.variants[0].slices(&params), 128);
}

static void the_scenario_checks_and_runs_what_the_host_can(void **state)
{
    (void)state;
    scenario_checks_and_runs(&(struct params){ &scenario_hamming, { 1 << 17, 8, 2 } }, 2, SEED, 3); /* two slices */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_implementation_finds_the_truth),
        cmocka_unit_test(a_wrong_implementation_is_caught_and_the_case_named),
        cmocka_unit_test(of_equal_codes_the_first_are_found),
        cmocka_unit_test(what_cannot_be_scanned_is_an_error),
        cmocka_unit_test(the_best_is_what_the_mask_allows),
        cmocka_unit_test(figures_are_per_nanosecond),
        cmocka_unit_test(the_scenario_checks_and_runs_what_the_host_can),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
