// SPDX-License-Identifier: MIT
/* test_stepping.c -- an acknowledged change stays quiet in nights to come, and only that one. */
#include "base/rng.h"
#include "cli/stepping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { NIGHTS = 90 };

/* Levels 100, 120 from night 30 on, 90 from night 60 on. */
static void fill(struct series *s, struct point *points, size_t n, uint64_t seed)
{
    struct rng rng = rng_seed(seed);

    *s = (struct series){ .case_id = "a/b/c", .metric = "speedup", .host_class = "h", .points = points, .n_points = n };
    for (size_t i = 0; i < n; i++)
        points[i] = (struct point){ .run = (int64_t)(10 + 2 * i),
                                    .value = (i < 30 ? 100 : i < 60 ? 120 : 90) + rng_normal(&rng) };
}

static struct store *empty_store(char *path)
{
    struct err err = { 0 };
    struct store *store;

    strcpy(path, "/tmp/pawl-stepping-XXXXXX");
    assert_int_equal(close(mkstemp(path)), 0);
    store = store_open(path, STORE_WRITE, &err);
    if (!store)
        fail_msg("%s", err.msg);
    return store;
}

static void remove_store(struct store *store, const char *path)
{
    char command[96];

    store_close(store);
    snprintf(command, sizeof(command), "rm -f '%s'*", path);
    assert_int_equal(system(command), 0); // NOLINT: a name of our own
}

/* An acknowledgement names a run that exists. */
static void make_runs(struct store *store, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        struct run_info info = { .seconds = NAN, .host = { .class = "h" }, .started = "2026-11-21T02:05:53Z" };
        struct err err = { 0 };

        assert_int_equal(store_begin_run(store, &info, &err), 0);
    }
}

static void an_acknowledged_step_stays_quiet_where_it_is_and_moves_a_little(void **state)
{
    static struct point points[NIGHTS];
    struct series s;
    struct history h = { &s, 1 };
    struct stepping found;
    struct ack ack = { .case_id = "a/b/c", .metric = "speedup", .host_class = "h", .run = 10 + 2 * 31, .reason = "GCC 13",
                       .at = "2026-11-21T02:05:53Z" };
    struct err err = { 0 };
    char path[64];
    struct store *store = empty_store(path);

    (void)state;
    make_runs(store, 200);
    assert_int_equal(store_add_ack(store, &ack, &err), 0); /* a night later than the step is found now */
    text_copy(ack.host_class, sizeof(ack.host_class), "other");
    ack.run = 10 + 2 * 60;
    assert_int_equal(store_add_ack(store, &ack, &err), 0);
    for (size_t n = 70; n <= NIGHTS; n += 10) {
        fill(&s, points, n, n);
        assert_int_equal(stepping_find(store, &h, &found, &err), 0);
        assert_int_equal(found.n, 1);
        assert_true(found.all[0].n_steps >= 2);
        assert_string_equal(found.all[0].steps[0].acked, "GCC 13");
        assert_null(found.all[0].steps[1].acked); /* acknowledged on another host */
        stepping_free(&found);
    }
    remove_store(store, path);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_acknowledged_step_stays_quiet_where_it_is_and_moves_a_little),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
