// SPDX-License-Identifier: MIT
/* test_team.c -- the rules of a team: every rank once per call, barriers that separate, threads that all come home. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "declare/team.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

enum { SIZE_MAX_TRIED = 4 };

struct tally {
    struct team *team;
    int count[SIZE_MAX_TRIED]; /* plain ints: a rank that ran in two threads at once is a race for TSan to see */
    int size_seen[SIZE_MAX_TRIED];
    pthread_t thread[SIZE_MAX_TRIED];
};

static void count_me(void *arg, int rank, int size)
{
    struct tally *t = arg;

    t->count[rank]++;
    t->size_seen[rank] = size;
    t->thread[rank] = pthread_self();
}

static struct team *team_or_fail(int size)
{
    struct err err = { 0 };
    struct team *team = team_new(size, NULL, NULL, &err);

    if (!team)
        fail_msg("%s", err.msg);
    assert_int_equal(team_size(team), size);
    return team;
}

static void every_rank_runs_once_per_call(void **state)
{
    (void)state;
    for (int size = 1; size <= SIZE_MAX_TRIED; size++) {
        struct tally t = { .team = team_or_fail(size) };

        for (int call = 1; call <= 1000; call++) {
            team_run(t.team, count_me, &t);
            for (int rank = 0; rank < SIZE_MAX_TRIED; rank++)
                assert_int_equal(t.count[rank], rank < size ? call : 0);
        }
        for (int rank = 0; rank < size; rank++)
            assert_int_equal(t.size_seen[rank], size);
        team_free(t.team);
    }
}

static void each_rank_has_its_thread_and_rank_0_is_the_caller(void **state)
{
    struct tally t = { .team = team_or_fail(4) };

    (void)state;
    team_run(t.team, count_me, &t);
    assert_true(pthread_equal(t.thread[0], pthread_self()));
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < a; b++)
            assert_false(pthread_equal(t.thread[a], t.thread[b]));
    team_free(t.team);
}

/* Longer than the spinning: the threads have gone to sleep and must be woken. */
static void a_team_that_slept_wakes_up(void **state)
{
    static const struct timespec pause = { 0, 5000000 };
    struct tally t = { .team = team_or_fail(4) };

    (void)state;
    for (int call = 1; call <= 20; call++) {
        nanosleep(&pause, NULL);
        team_run(t.team, count_me, &t);
        for (int rank = 0; rank < 4; rank++)
            assert_int_equal(t.count[rank], call);
    }
    team_free(t.team);
}

enum { ROUNDS = 10000 };

struct relay {
    struct team *team;
    int slot[SIZE_MAX_TRIED]; /* what each rank wrote in this round */
    int wrong[SIZE_MAX_TRIED];
};

/* Each round: all write, barrier, all read what all wrote, barrier. A barrier that lets one slip through shows as a
 * slot of another round, and to ThreadSanitizer as a race. */
static void relay(void *arg, int rank, int size)
{
    struct relay *r = arg;

    for (int round = 1; round <= ROUNDS; round++) {
        r->slot[rank] = round;
        team_barrier(r->team);
        for (int other = 0; other < size; other++)
            r->wrong[rank] += r->slot[other] != round;
        team_barrier(r->team);
    }
}

static void barrier_separates_phases(void **state)
{
    (void)state;
    for (int size = 1; size <= SIZE_MAX_TRIED; size++) {
        struct relay r = { .team = team_or_fail(size) };

        team_run(r.team, relay, &r);
        for (int rank = 0; rank < size; rank++)
            assert_int_equal(r.wrong[rank], 0);
        team_free(r.team);
    }
}

/* The number of threads of this process, -1 where /proc does not tell. */
static int threads(void)
{
    DIR *dir = opendir("/proc/self/task");
    int n = 0;

    if (!dir)
        return -1;
    for (struct dirent *e; (e = readdir(dir));)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

/* pthread_join() returns when the thread is as good as gone; its /proc entry can outlive that by a moment. */
static void assert_threads(int want)
{
    static const struct timespec tick = { 0, 1000000 };
    int n = threads();

    for (int i = 0; i < 2000 && n > want; i++) {
        nanosleep(&tick, NULL);
        n = threads();
    }
    assert_int_equal(n, want);
}

struct pins {
    int fails; /* the rank whose pin fails; -1: all; 0: none, as the maker is not pinned here */
    atomic_int called[SIZE_MAX_TRIED];
};

static int pin(void *arg, int rank, struct err *err)
{
    struct pins *pins = arg;

    atomic_fetch_add(&pins->called[rank], 1);
    if (rank == pins->fails || pins->fails < 0)
        return err_set(err, ERR_HOST, "cannot pin rank %d", rank);
    return 0;
}

static void every_thread_but_the_maker_is_pinned_once(void **state)
{
    struct pins pins = { 0 };
    struct err err = { 0 };
    struct team *team = team_new(4, pin, &pins, &err);

    (void)state;
    assert_non_null(team);
    for (int rank = 0; rank < 4; rank++)
        assert_int_equal(atomic_load(&pins.called[rank]), rank > 0);
    team_free(team);
}

static void a_pin_that_fails_is_told_and_leaks_no_thread(void **state)
{
    int before = threads();

    (void)state;
    for (int fails = -1; fails <= 3; fails++) {
        struct pins pins = { .fails = fails };
        struct err err = { 0 };
        struct team *team = team_new(4, pin, &pins, &err);

        if (fails == 0) {
            assert_non_null(team);
            team_free(team);
            continue;
        }
        assert_null(team);
        assert_int_equal(err.code, ERR_HOST);
        assert_non_null(strstr(err.msg, "cannot pin rank"));
        assert_threads(before);
    }
}

static void teams_come_and_go_without_a_leak(void **state)
{
    int before = threads();

    (void)state;
    for (int i = 0; i < 300; i++) {
        struct tally t = { .team = team_or_fail(1 + i % SIZE_MAX_TRIED) };

        for (int call = 0; call < i % 5; call++) /* none at all, too */
            team_run(t.team, count_me, &t);
        assert_int_equal(t.count[i % SIZE_MAX_TRIED], i % 5);
        team_free(t.team);
    }
    assert_threads(before);
    team_free(NULL);
}

/* What one thread writes before a call, another sees in it, and after it the caller sees what all wrote. */
static void sum_up(void *arg, int rank, int size)
{
    int64_t *sums = arg;

    sums[rank] = sums[(rank + 1) % size + size] + 1;
}

static void writes_are_seen_across_calls(void **state)
{
    int64_t sums[8] = { 0 };
    struct team *team = team_or_fail(4);

    (void)state;
    for (int call = 1; call <= 1000; call++) {
        team_run(team, sum_up, sums);
        memcpy(sums + 4, sums, 4 * sizeof(*sums));
    }
    for (int rank = 0; rank < 4; rank++)
        assert_int_equal(sums[rank], 1000);
    team_free(team);
}

static void shares_are_whole_in_order_and_even(void **state)
{
    (void)state;
    for (int size = 1; size <= 5; size++)
        for (size_t n = 0; n <= 12; n++) {
            size_t next = 0, first, count;

            for (int rank = 0; rank < size; rank++) {
                team_share(n, rank, size, &first, &count);
                assert_int_equal(first, next);
                assert_in_range(count, n / (size_t)size, n / (size_t)size + 1);
                next += count;
            }
            assert_int_equal(next, n);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_whole_in_order_and_even),
        cmocka_unit_test(every_rank_runs_once_per_call),
        cmocka_unit_test(each_rank_has_its_thread_and_rank_0_is_the_caller),
        cmocka_unit_test(a_team_that_slept_wakes_up),
        cmocka_unit_test(barrier_separates_phases),
        cmocka_unit_test(every_thread_but_the_maker_is_pinned_once),
        cmocka_unit_test(a_pin_that_fails_is_told_and_leaks_no_thread),
        cmocka_unit_test(teams_come_and_go_without_a_leak),
        cmocka_unit_test(writes_are_seen_across_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
