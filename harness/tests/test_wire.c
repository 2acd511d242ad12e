// SPDX-License-Identifier: MIT
/* test_wire.c -- a sample on its way from a worker to a run. (Jobs go the other way: test_plan.c.) */
#include "declare/result.h"
#include "measure/wire.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_same_sample(const struct sample *a, const struct sample *b)
{
    const double x[] = { a->ns, a->cpu_ns, a->mhz, a->instructions, a->cycles, a->branch_misses, a->cache_misses };
    const double y[] = { b->ns, b->cpu_ns, b->mhz, b->instructions, b->cycles, b->branch_misses, b->cache_misses };

    assert_int_equal(a->variant, b->variant);
    assert_int_equal(a->round, b->round);
    assert_int_equal(a->order, b->order);
    assert_int_equal(a->iterations, b->iterations);
    assert_int_equal(a->cpu, b->cpu);
    assert_int_equal(a->switches, b->switches);
    assert_int_equal(a->migrated, b->migrated);
    for (size_t i = 0; i < ARRAY_LEN(x); i++)
        if (!(isnan(x[i]) && isnan(y[i])) && x[i] != y[i])
            fail_msg("number %zu: %.17g became %.17g", i, x[i], y[i]);
}

/* As wire_send() writes it and a run reads it. */
static json_t *over_the_wire(const struct sample *sample)
{
    json_t *message = wire_sample(sample), *read;
    char *line = json_dumps(message, JSON_COMPACT | JSON_REAL_PRECISION(17));

    read = json_loads(line, 0, NULL);
    assert_non_null(read);
    free(line);
    json_decref(message);
    return read;
}

static const struct sample known = { .variant = 2, .round = 3, .order = 7, .iterations = INT64_C(1) << 40,
                                     .ns = 1.0 / 3, .cpu_ns = 0.25, .cpu = 5, .switches = 9, .migrated = true,
                                     .mhz = 5589.5, .instructions = 2e6 / 3, .cycles = 1e15, .branch_misses = 0,
                                     .cache_misses = 0.5 };
static const char *const optional[] = { "mhz", "instructions", "cycles", "branch_misses", "cache_misses" };

static void sample_comes_through_the_wire_as_it_was_and_unknown_as_null(void **state)
{
    struct sample unknown = known, back;
    json_t *message = over_the_wire(&known);

    (void)state;
    assert_int_equal(wire_read_sample(message, &back), 0);
    assert_same_sample(&back, &known);
    json_decref(message);

    unknown.migrated = false;
    unknown.mhz = unknown.instructions = unknown.cycles = unknown.branch_misses = unknown.cache_misses = NAN;
    message = over_the_wire(&unknown);
    for (size_t i = 0; i < ARRAY_LEN(optional); i++)
        assert_true(json_is_null(json_object_get(message, optional[i])));
    assert_int_equal(wire_read_sample(message, &back), 0);
    assert_same_sample(&back, &unknown);
    json_decref(message);
}

static void sample_without_the_optional_fields_is_accepted(void **state)
{
    struct sample want = known, back;
    json_t *message = over_the_wire(&known);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(optional); i++)
        json_object_del(message, optional[i]);
    json_object_del(message, "migrated");
    want.migrated = false;
    want.mhz = want.instructions = want.cycles = want.branch_misses = want.cache_misses = NAN;
    assert_int_equal(wire_read_sample(message, &back), 0);
    assert_same_sample(&back, &want);
    json_decref(message);
}

static void sample_that_lacks_a_field_or_holds_another_type_is_not_understood(void **state)
{
    static const char *const keys[] = { "variant", "round", "order", "iterations", "ns", "cpu_ns", "cpu", "switches" };
    struct sample back;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        json_t *message = over_the_wire(&known);

        json_object_del(message, keys[i]);
        assert_int_equal(wire_read_sample(message, &back), -1);
        json_decref(message);
    }
    for (size_t i = 0; i < ARRAY_LEN(optional); i++) {
        json_t *message = over_the_wire(&known);

        json_object_set_new(message, optional[i], json_string("many"));
        assert_int_equal(wire_read_sample(message, &back), -1);
        json_decref(message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sample_comes_through_the_wire_as_it_was_and_unknown_as_null),
        cmocka_unit_test(sample_without_the_optional_fields_is_accepted),
        cmocka_unit_test(sample_that_lacks_a_field_or_holds_another_type_is_not_understood),
    };

    return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
