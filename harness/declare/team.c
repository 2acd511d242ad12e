// SPDX-License-Identifier: MIT
#include "declare/team.h"

#include "base/mem.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Spinning ends after 20 us: longer than the gap between two calls inside a run(), shorter than what another variant of
 * the same block would notice. By the clock: a `pause` is 140 cycles on Intel since Skylake, far fewer elsewhere. A few
 * of them between two looks at the clock, so that a short wait does not ask for it at all. */
enum { SPIN_NS = 20000, PAUSES_A_LOOK = 8 };

struct member {
    struct team *team;
    pthread_t thread;
    int rank;
};

struct team {
    int size;
    team_fn fn;
    void *arg;
    bool stop;
    team_pin_fn pin;
    void *pin_arg;
    struct err pin_err; /* written by the thread whose pin failed, under `lock` */
    pthread_mutex_t lock;
    struct member *members;
    /* Each on its own cache line: the starter writes one, the finishers the other. */
    _Alignas(MEM_LINE) atomic_uint call; /* number of the current call; a change starts it */
    _Alignas(MEM_LINE) atomic_uint left; /* threads that have not finished it */
    _Alignas(MEM_LINE) atomic_uint arrived, phase;
};

static void futex(atomic_uint *word, int op, unsigned value)
{
    syscall(SYS_futex, (unsigned *)word, op, value, NULL, NULL, 0);
}

static int64_t clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Returns once *word differs from `old`. */
static void wait_change(atomic_uint *word, unsigned old)
{
    int64_t now, end = 0;

    do {
        for (int i = 0; i < PAUSES_A_LOOK; i++) {
            if (atomic_load_explicit(word, memory_order_acquire) != old)
                return;
            __builtin_ia32_pause();
        }
        now = clock_ns();
        if (end == 0)
            end = now + SPIN_NS;
    } while (now < end);
    while (atomic_load_explicit(word, memory_order_acquire) == old)
        futex(word, FUTEX_WAIT_PRIVATE, old);
}

static void wake(atomic_uint *word)
{
    futex(word, FUTEX_WAKE_PRIVATE, INT_MAX);
}

static void finish_one(struct team *team)
{
    if (atomic_fetch_sub_explicit(&team->left, 1, memory_order_acq_rel) == 1)
        wake(&team->left);
}

static void *member_main(void *arg)
{
    struct member *m = arg;
    struct team *team = m->team;
    unsigned seen = 0;

    if (team->pin) {
        struct err err = { 0 };

        if (team->pin(team->pin_arg, m->rank, &err) < 0) {
            pthread_mutex_lock(&team->lock);
            team->pin_err = err;
            pthread_mutex_unlock(&team->lock);
        }
    }
    finish_one(team);
    for (;;) {
        wait_change(&team->call, seen);
        seen++;
        if (team->stop)
            return NULL;
        team->fn(team->arg, m->rank, team->size);
        finish_one(team);
    }
}

static void wait_finished(struct team *team)
{
    for (unsigned n; (n = atomic_load_explicit(&team->left, memory_order_acquire)) != 0;)
        wait_change(&team->left, n);
}

struct team *team_new(int size, team_pin_fn pin, void *pin_arg, struct err *err)
{
    struct team *team;

    if (size < 1)
        BUG("a team of %d", size);
    team = mem_aligned(1, sizeof(*team), MEM_LINE, err);
    if (!team)
        return NULL;
    memset(team, 0, sizeof(*team));
    pthread_mutex_init(&team->lock, NULL);
    team->size = 1;
    team->pin = pin;
    team->pin_arg = pin_arg;
    team->members = mem_zeroed((size_t)size, sizeof(*team->members), err);
    if (!team->members)
        goto fail;
    atomic_store(&team->left, (unsigned)size - 1);
    for (; team->size < size; team->size++) {
        struct member *m = &team->members[team->size];
        int failed;

        m->team = team;
        m->rank = team->size;
        failed = pthread_create(&m->thread, NULL, member_main, m);
        if (failed) {
            err_set(err, ERR_HOST, "cannot start thread %d of %d: %s", m->rank + 1, size, strerror(failed));
            atomic_fetch_sub(&team->left, (unsigned)(size - team->size));
            goto fail;
        }
    }
    wait_finished(team);
    if (team->pin_err.code == ERR_NONE)
        return team;
    *err = team->pin_err;
fail:
    team_free(team);
    return NULL;
}

static void start(struct team *team)
{
    atomic_store_explicit(&team->left, (unsigned)team->size - 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&team->call, 1, memory_order_release);
    if (team->size > 1)
        wake(&team->call);
}

void team_free(struct team *team)
{
    if (!team)
        return;
    wait_finished(team);
    team->stop = true;
    start(team);
    for (int i = 1; i < team->size; i++)
        pthread_join(team->members[i].thread, NULL);
    pthread_mutex_destroy(&team->lock);
    free(team->members);
    free(team);
}

int team_size(const struct team *team)
{
    return team->size;
}

void team_run(struct team *team, team_fn fn, void *arg)
{
    if (team->size > 1) {
        team->fn = fn;
        team->arg = arg;
        start(team);
    }
    fn(arg, 0, team->size);
    wait_finished(team);
}

void team_share(size_t n, int rank, int size, size_t *first, size_t *count)
{
    size_t r = (size_t)rank, each = n / (size_t)size, rest = n % (size_t)size;

    *first = each * r + (r < rest ? r : rest);
    *count = each + (r < rest);
}

void team_barrier(struct team *team)
{
    unsigned phase = atomic_load_explicit(&team->phase, memory_order_acquire);

    if (team->size == 1)
        return;
    if (atomic_fetch_add_explicit(&team->arrived, 1, memory_order_acq_rel) + 1 == (unsigned)team->size) {
        atomic_store_explicit(&team->arrived, 0, memory_order_relaxed);
        atomic_fetch_add_explicit(&team->phase, 1, memory_order_release);
        wake(&team->phase);
    } else {
        wait_change(&team->phase, phase);
    }
}
