// SPDX-License-Identifier: MIT
/* test_base.c -- the rules of err, mem, text and rng. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/day.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* AddressSanitizer's allocator aborts on what malloc() would refuse: here it shall refuse too. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* The wait status of a child that runs f(); one that hangs is killed by SIGALRM. */
static int status_of(void (*f)(void))
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);

        dup2(null, STDERR_FILENO);
        alarm(10);
        f();
        _exit(0);
    }
    assert_true(pid > 0);
    while (waitpid(pid, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    return status;
}

static void assert_exits(void (*f)(void), int want)
{
    int status = status_of(f);

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), want);
}

static void err_set_returns_minus_one_and_keeps_the_code(void **state)
{
    struct err err = { 0 };

    (void)state;
    assert_int_equal(err_set(&err, ERR_CONFIG, "cannot read '%s'", "x"), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_string_equal(err.msg, "cannot read 'x'");
}

static void err_wrap_puts_context_first(void **state)
{
    struct err err = { 0 };

    (void)state;
    err_set(&err, ERR_HOST, "no such file");
    assert_int_equal(err_wrap(&err, "line %d", 12), -1);
    err_wrap(&err, "cannot read '%s'", "targets.json");
    assert_int_equal(err.code, ERR_HOST);
    assert_string_equal(err.msg, "cannot read 'targets.json': line 12: no such file");
}

static void err_is_cut_where_it_does_not_fit(void **state)
{
    char big[2 * sizeof(((struct err *)0)->msg)];
    struct err err = { 0 };

    (void)state;
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    err_set(&err, ERR_USAGE, "%s", big);
    assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
    err_wrap(&err, "context");
    assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
    assert_memory_equal(err.msg, "context: xxx", 12);
    err_wrap(&err, "%s", big); /* no room for the message it finds */
    assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
}

static void make_a_bug(void)
{
    BUG("a team of %d", 0);
}

static void bug_aborts(void **state)
{
    int status = status_of(make_a_bug);

    (void)state;
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void mem_grow_keeps_the_old_and_zeroes_the_new(void **state)
{
    size_t capacity = 0;
    char *dirt = malloc(8192); /* so that the heap has something to give that is not zero by itself */
    int *a, *same;

    (void)state;
    assert_non_null(dirt);
    memset(dirt, 0xff, 8192);
    __asm__ volatile("" ::"r"(dirt) : "memory");
    free(dirt);
    a = mem_grow(NULL, &capacity, 3, sizeof(*a));
    assert_true(capacity >= 3);
    for (size_t i = 0; i < capacity; i++) {
        assert_int_equal(a[i], 0);
        a[i] = (int)i + 1;
    }
    same = mem_grow(a, &capacity, capacity, sizeof(*a));
    assert_ptr_equal(same, a);
    a = mem_grow(a, &capacity, 1000, sizeof(*a));
    assert_true(capacity >= 1000);
    assert_int_equal(a[2], 3);
    assert_int_equal(a[999], 0);
    free(a);
}

static volatile size_t huge = SIZE_MAX / 4; /* volatile: the compiler would warn of what is meant */

static void array_overflows(void)
{
    free(mem_array(huge, 16));
}

static void grow_overflows(void)
{
    size_t capacity = 0;

    free(mem_grow(NULL, &capacity, huge, 16));
}

static void bookkeeping_that_overflows_exits_4(void **state)
{
    (void)state;
    assert_exits(array_overflows, 4);
    assert_exits(grow_overflows, 4);
}

static void buffer_that_overflows_is_an_error(void **state)
{
    struct err err = { 0 };

    (void)state;
    assert_null(mem_aligned(huge, 16, MEM_LINE, &err));
    assert_int_equal(err.code, ERR_HOST);
    err.code = ERR_NONE;
    assert_null(mem_aligned(huge, 1, MEM_LINE, &err)); /* an address space holds it, no host does */
    assert_int_equal(err.code, ERR_HOST);
    assert_non_null(strstr(err.msg, "bytes"));
}

static void buffer_is_aligned_and_whole(void **state)
{
    struct err err = { 0 };

    (void)state;
    for (size_t align = 16; align <= 4096; align *= 4)
        for (size_t n = 0; n < 200; n += 33) {
            char *p = mem_aligned(n, 1, align, &err);

            assert_non_null(p);
            assert_int_equal((uintptr_t)p % align, 0);
            memset(p, 1, n);
            free(p);
        }
}

static void strdup_is_a_copy(void **state)
{
    char *s = mem_strdup("kernels");

    (void)state;
    assert_string_equal(s, "kernels");
    free(s);
}

/* The generator's published vector: state 1, 2, 3, 4 (as in the tests of the `rand_xoshiro` package). */
static void rng_is_xoshiro256_plus_plus(void **state)
{
    static const uint64_t want[] = {
        41943041, 58720359, 3588806011781223, 3591011842654386, 9228616714210784205u, 9973669472204895162u
    };
    struct rng rng = { { 1, 2, 3, 4 } };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_true(rng_next(&rng) == want[i]);
}

/* splitmix64 from 1234567: the vector that Rosetta Code gives for it. */
static void rng_seed_is_splitmix64(void **state)
{
    static const uint64_t want[] = { 6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                     4593380528125082431u };
    struct rng rng = rng_seed(1234567);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_true(rng.s[i] == want[i]);
}

/* Chi-square with 9 degrees of freedom: 27.88 is its 0.999 quantile. The seed is fixed: this cannot flake. */
static void rng_below_is_uniform(void **state)
{
    enum { BINS = 10, EACH = 10000 };
    struct rng rng = rng_seed(1);
    double chi2 = 0, count[BINS] = { 0 };

    (void)state;
    for (int i = 0; i < BINS * EACH; i++) {
        uint64_t x = rng_below(&rng, BINS);

        assert_true(x < BINS);
        count[x]++;
    }
    for (int i = 0; i < BINS; i++)
        chi2 += (count[i] - EACH) * (count[i] - EACH) / EACH;
    assert_true(chi2 < 27.88);
}

/* n is three quarters of 2^64: a plain `% n` would land in the lowest third of it half of the time. */
static void rng_below_has_no_modulo_bias(void **state)
{
    const uint64_t n = 3ull << 62;
    struct rng rng = rng_seed(2);
    int low = 0;

    (void)state;
    for (int i = 0; i < 30000; i++)
        low += rng_below(&rng, n) < n / 3;
    assert_true(low > 10000 - 400 && low < 10000 + 400); /* 5 sigma; with the bias: 15000 */
}

static void rng_uniform_and_normal_have_their_moments(void **state)
{
    enum { DRAWS = 100000 };
    struct rng rng = rng_seed(3);
    double sum = 0, z1 = 0, z2 = 0;

    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        double u = rng_uniform(&rng), z = rng_normal(&rng);

        assert_true(u >= 0 && u < 1);
        sum += u;
        z1 += z;
        z2 += z * z;
    }
    assert_true(sum / DRAWS > 0.495 && sum / DRAWS < 0.505); /* 5 sigma is 0.0046 */
    assert_true(z1 / DRAWS > -0.016 && z1 / DRAWS < 0.016);
    assert_true(z2 / DRAWS > 0.977 && z2 / DRAWS < 1.023);
}

static void shuffle_is_a_permutation(void **state)
{
    enum { N = 100 };
    struct rng rng = rng_seed(4);
    int values[N], seen[N] = { 0 }, moved = 0;

    (void)state;
    for (int i = 0; i < N; i++)
        values[i] = i;
    rng_shuffle(&rng, values, N);
    for (int i = 0; i < N; i++) {
        seen[values[i]]++;
        moved += values[i] != i;
    }
    for (int i = 0; i < N; i++)
        assert_int_equal(seen[i], 1);
    assert_true(moved > N / 2);
    rng_shuffle(&rng, values, 0);
}

/* Six orders of three, 1000 each: chi-square with 5 degrees of freedom, 0.999 quantile 20.52. */
static void shuffle_gives_every_order_alike(void **state)
{
    struct rng rng = rng_seed(5);
    double chi2 = 0, count[27] = { 0 };

    (void)state;
    for (int i = 0; i < 6000; i++) {
        int v[3] = { 0, 1, 2 };

        rng_shuffle(&rng, v, 3);
        count[v[0] * 9 + v[1] * 3 + v[2]]++;
    }
    for (int i = 0; i < 27; i++)
        if (count[i] > 0)
            chi2 += (count[i] - 1000) * (count[i] - 1000) / 1000;
    assert_true(chi2 < 20.52);
}

static void mixed_seeds_differ(void **state)
{
    (void)state;
    assert_true(rng_mix(1, 2) == rng_mix(1, 2));
    assert_true(rng_mix(1, 2) != rng_mix(2, 1));
    assert_true(rng_mix(0, 0) != rng_mix(0, 1));
    assert_true(rng_mix(0, 1) != rng_mix(1, 0));
}

static void days_go_both_ways_and_what_is_no_day_is_none(void **state)
{
    static const char *const none[] = { "", "2026", "2026-13-01", "2026-02-29", "2026-11-3", "1969-12-31", "x026-01-01" };
    char text[DAY_TEXT], before[DAY_TEXT] = "";

    (void)state;
    assert_int_equal(day_parse("1970-01-01"), 0);
    assert_int_equal(day_parse("2026-11-29T19:22:26Z"), 20786);
    assert_int_equal(day_of_week(20786), 6); /* a Sunday */
    assert_true(day_parse("2024-02-29") >= 0);
    for (int64_t day = 0; day < 60000; day++) {
        day_format(day, text);
        assert_int_equal(day_parse(text), day);
        assert_true(strcmp(before, text) < 0);
        memcpy(before, text, sizeof(text));
    }
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        assert_int_equal(day_parse(none[i]), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err_set_returns_minus_one_and_keeps_the_code),
        cmocka_unit_test(err_wrap_puts_context_first),
        cmocka_unit_test(err_is_cut_where_it_does_not_fit),
        cmocka_unit_test(bug_aborts),
        cmocka_unit_test(mem_grow_keeps_the_old_and_zeroes_the_new),
        cmocka_unit_test(bookkeeping_that_overflows_exits_4),
        cmocka_unit_test(buffer_that_overflows_is_an_error),
        cmocka_unit_test(buffer_is_aligned_and_whole),
        cmocka_unit_test(strdup_is_a_copy),
        cmocka_unit_test(rng_is_xoshiro256_plus_plus),
        cmocka_unit_test(rng_seed_is_splitmix64),
        cmocka_unit_test(rng_below_is_uniform),
        cmocka_unit_test(rng_below_has_no_modulo_bias),
        cmocka_unit_test(rng_uniform_and_normal_have_their_moments),
        cmocka_unit_test(shuffle_is_a_permutation),
        cmocka_unit_test(shuffle_gives_every_order_alike),
        cmocka_unit_test(mixed_seeds_differ),
        cmocka_unit_test(days_go_both_ways_and_what_is_no_day_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
