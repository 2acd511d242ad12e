// SPDX-License-Identifier: MIT
/* test_counters.c -- where no PMU is, the kernel's software events go the same way as the CPU's: those of them that are
 * exact, page faults, show what a span holds. */
#include "machine/counters_private.h"

#include "base/text.h"

#include <linux/perf_event.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* A span may hold other faults besides, most of them a sanitizer's; but not those of two spans. */
enum { PAGES = 500, STRAY = PAGES / 2 };

#define FAULTS { PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS }
#define NONE   { PERF_TYPE_SOFTWARE, 9999 } /* no kernel knows it */

static void assert_none(const struct counts *c)
{
    assert_true(isnan(c->instructions) && isnan(c->cycles) && isnan(c->branch_misses) && isnan(c->cache_misses));
}

/* One fault a page. */
static void *touch_pages(void *arg)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, PAGES * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(pages != MAP_FAILED);
    madvise(pages, PAGES * size, MADV_NOHUGEPAGE); /* refused where there are no huge pages: the same to us */
    for (size_t i = 0; i < PAGES; i++)
        *(volatile char *)(pages + i * size) = 1;
    munmap(pages, PAGES * size);
    return arg;
}

static void assert_near_pages(double faults)
{
    if (!(faults >= PAGES && faults <= PAGES + STRAY))
        fail_msg("%g faults for %d pages", faults, (int)PAGES);
}

static void opening_never_fails_whatever_the_host(void **state)
{
    struct counters counters;
    struct counts c;

    (void)state;
    counters_open(&counters);
    for (int i = 0; i < 3; i++) {
        memset(&c, 0xff, sizeof(c));
        counters_start(&counters);
        counters_stop(&counters, &c);
        assert_true(isnan(c.instructions) || c.instructions > 0);
        assert_true(isnan(c.cycles) || c.cycles > 0);
        assert_true(isnan(c.branch_misses) || c.branch_misses >= 0);
        assert_true(isnan(c.cache_misses) || c.cache_misses >= 0);
        assert_true(isnan(c.mhz)); /* too short, or not known at all */
    }
    print_message("an empty span: %g instructions, %g cycles, %g branch misses, %g cache misses%s\n", c.instructions,
                  c.cycles, c.branch_misses, c.cache_misses, counters.rdpru ? "; RDPRU" : "");
    counters_close(&counters);
    counters_close(&counters);
    counters_close(NULL);
}

static void events_that_no_kernel_knows_are_not_counted_and_cost_nothing_else(void **state)
{
    static const struct counters_event none[COUNTERS_EVENTS] = { NONE, NONE, NONE, NONE };
    struct counters counters[2] = { 0 };
    struct counts c;

    (void)state;
    counters_open_events(&counters[0], none);
    for (int i = 0; i < 2; i++) { /* the second one has never been opened */
        memset(&c, 0, sizeof(c));
        counters_start(&counters[i]);
        counters_stop(&counters[i], &c);
        assert_none(&c);
        counters_close(&counters[i]);
    }
}

/* Two instructions a turn. */
static void two_million_instructions_are_counted_as_so_many(void **state)
{
#if defined(__x86_64__)
    struct counters counters;
    struct counts c;
    long turns = 1000000;

    (void)state;
    counters_open(&counters);
    counters_start(&counters);
    __asm__ volatile("1:\n\t"
                     "decq %[n]\n\t"
                     "jnz 1b"
                     : [n] "+r"(turns)
                     :
                     : "cc");
    counters_stop(&counters, &c);
    counters_close(&counters);
    if (isnan(c.instructions)) {
        print_message("this host counts no instructions\n");
        skip();
    }
    if (!(fabs(c.instructions / 2e6 - 1) < 0.01))
        fail_msg("%g instructions", c.instructions);
    assert_true(isnan(c.cycles) || (c.cycles > 1e5 && c.cycles < 1e8));
    assert_true(isnan(c.branch_misses) || c.branch_misses < 1e4);
    assert_true(isnan(c.cache_misses) || c.cache_misses < 1e4);
#else
    (void)state;
    skip();
#endif
}

/* With the group's first event missing, its second one leads. */
static void every_event_is_unknown_on_its_own(void **state)
{
    static const struct counters_event rows[][COUNTERS_EVENTS] = {
        { FAULTS, NONE, FAULTS, NONE },
        { NONE, FAULTS, NONE, FAULTS },
        { NONE, NONE, NONE, FAULTS },
        { FAULTS, FAULTS, FAULTS, FAULTS },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct counters counters;
        struct counts c;
        const double *const fields[] = { &c.instructions, &c.cycles, &c.branch_misses, &c.cache_misses };
        int n = 0;

        counters_open_events(&counters, rows[i]);
        for (int span = 0; span < 2; span++) {
            counters_start(&counters);
            touch_pages(NULL);
            counters_stop(&counters, &c);
            touch_pages(NULL); /* between spans: in none */
            for (int e = 0; e < COUNTERS_EVENTS; e++) {
                assert_int_equal(isnan(*fields[e]), !counters.counted[e]);
                if (counters.counted[e])
                    assert_near_pages(*fields[e]);
                assert_false(counters.counted[e] && rows[i][e].config != PERF_COUNT_SW_PAGE_FAULTS);
                n += counters.counted[e];
            }
        }
        counters_close(&counters);
        if (n == 0) {
            print_message("this host counts no page faults\n");
            skip();
        }
    }
}

static void other_threads_are_not_counted(void **state)
{
    static const struct counters_event faults[COUNTERS_EVENTS] = { FAULTS, NONE, NONE, NONE };
    struct counters counters;
    pthread_t thread;
    struct counts c;

    (void)state;
    counters_open_events(&counters, faults);
    counters_start(&counters);
    assert_int_equal(pthread_create(&thread, NULL, touch_pages, NULL), 0);
    pthread_join(thread, NULL);
    counters_stop(&counters, &c);
    counters_close(&counters);
    if (isnan(c.instructions))
        skip();
    if (!(c.instructions < STRAY))
        fail_msg("%g faults", c.instructions);
}

/* The kernel gives the whole group or nothing; nothing, once, is nothing from then on: the next span would hold two. */
static void group_that_cannot_be_read_counts_no_more(void **state)
{
    static const struct counters_event faults[COUNTERS_EVENTS] = { FAULTS, NONE, NONE, NONE };
    struct counters counters;
    struct counts c;

    (void)state;
    counters_open_events(&counters, faults);
    if (!counters.counted[0])
        skip();
    counters.counted[1] = true; /* one more than the group has */
    counters.fds[1] = dup(counters.fds[0]);
    for (int i = 0; i < 2; i++) {
        counters_start(&counters);
        counters_stop(&counters, &c);
        assert_none(&c);
        assert_false(counters.counted[0]);
    }
    counters_close(&counters);
}

static void span_that_was_counted_in_part_is_unknown(void **state)
{
    static const struct {
        struct counters_reading began, ended;
        double want;
    } rows[] = {
        { { 0, 0, { 0 } }, { 1000, 1000, { 77 } }, 77 },
        { { 1000, 1000, { 77 } }, { 3000, 3000, { 99 } }, 22 },
        { { 1000, 900, { 77 } }, { 3000, 2900, { 99 } }, 22 }, /* an earlier span was shared, not this one */
        { { 0, 0, { 0 } }, { 1000, 999, { 77 } }, NAN },
        { { 1000, 1000, { 77 } }, { 3000, 1000, { 77 } }, NAN }, /* not once on the PMU */
        { { 1000, 1000, { 77 } }, { 1000, 1000, { 77 } }, NAN }, /* could not be switched on */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double got = counters_between(&rows[i].began, &rows[i].ended, 0);

        if (!(isnan(got) && isnan(rows[i].want)) && got != rows[i].want)
            fail_msg("row %zu: %g, not %g", i, got, rows[i].want);
    }
}

static void frequency_is_that_of_the_core_while_it_ran_or_unknown(void **state)
{
    static const struct {
        struct counters_clocks began, ended;
        double want;
    } rows[] = {
        /* ns, tsc, aperf, mperf: a base of 4.3 GHz, boosted to 5.59, for 1 ms */
        { { 5e9, 900, 70, 60 }, { 5e9 + 1e6, 900 + 4300000, 70 + 5590000, 60 + 4300000 }, 5590 },
        { { 0, 0, 0, 0 }, { 1e6, 4300000, 2795000, 2150000 }, 5590 },                     /* half of the time asleep */
        { { 0, 0, UINT64_MAX - 99, 0 }, { 1e6, 4300000, 4300000 - 100, 4300000 }, 4300 }, /* over the top */
        { { 0, 0, 0, 0 }, { 1e6, 4300000, 0, 0 }, NAN },                                  /* the clocks rest */
        { { 0, 0, 9000000, 0 }, { 1e6, 4300000, 1000000, 4300000 }, NAN },                /* another core's APERF */
        { { 0, 0, 0, 9000000 }, { 1e6, 4300000, 4300000, 1000000 }, NAN },                /* another core's MPERF */
        { { 0, 0, 0, 0 }, { 1e6, 4300000, 9000000, 9000000 }, NAN },                      /* another core's, ahead */
        { { 0, 0, 0, 0 }, { 5e4, 215000, 215000, 215000 }, NAN },                         /* too short */
        { { 0, 0, 0, 0 }, { 0, 0, 0, 0 }, NAN },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double got = counters_mhz(&rows[i].began, &rows[i].ended);

        if (!(isnan(got) && isnan(rows[i].want)) && !(fabs(got - rows[i].want) < 1e-6))
            fail_msg("row %zu: %g MHz, not %g", i, got, rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_never_fails_whatever_the_host),
        cmocka_unit_test(events_that_no_kernel_knows_are_not_counted_and_cost_nothing_else),
        cmocka_unit_test(two_million_instructions_are_counted_as_so_many),
        cmocka_unit_test(every_event_is_unknown_on_its_own),
        cmocka_unit_test(other_threads_are_not_counted),
        cmocka_unit_test(group_that_cannot_be_read_counts_no_more),
        cmocka_unit_test(span_that_was_counted_in_part_is_unknown),
        cmocka_unit_test(frequency_is_that_of_the_core_while_it_ran_or_unknown),
    };

    return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
