// SPDX-License-Identifier: MIT
/* faulty.c -- a subject for the tests of the command line: each variant fails in a way of its own. */
#include "base/err.h"
#include "declare/scenario.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct faulty {
    uint64_t seed;
    volatile double x;
};

static int setup(const struct bench *bench, void **state, struct err *err)
{
    struct faulty *f = calloc(1, sizeof(*f));

    if (!f)
        return err_set(err, ERR_HOST, "no memory");
    f->seed = bench->seed;
    *state = f;
    return 0;
}

static void spin(struct faulty *f, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int j = 0; j < 1000; j++)
            f->x = f->x * 0.5 + 1;
}

static void run(void *state, const struct variant *variant, int64_t n)
{
    if (strcmp(variant->name, "crash_in_run") == 0) {
        fputs("about to use an instruction that this CPU lacks\n", stderr);
        raise(SIGILL);
    }
    if (strcmp(variant->name, "hang") == 0) {
        const char *sign = getenv("FAULTY_HANGS"); /* a file that shows that it has come here */
        FILE *f = sign ? fopen(sign, "w") : NULL;

        if (f)
            fclose(f);
        for (;;)
            pause();
    }
    if (strcmp(variant->name, "exits") == 0)
        _exit(7);
    spin(state, strcmp(variant->name, "slow") == 0 ? 2 * n : n);
}

static int check(void *state, const struct variant *variant, struct err *err)
{
    (void)state;
    if (strcmp(variant->name, "wrong") == 0)
        return err_set(err, ERR_HARNESS, "entry 3 is 4.5, want 4");
    if (strcmp(variant->name, "crash_in_check") == 0)
        abort();
    if (strcmp(variant->name, "stranger") == 0)
        return err_set(err, ERR_HOST, "cannot load libstranger (apt install libstranger0)");
    return 0;
}

/* The answer to everything, until the environment says otherwise: a number, or "seed", that of the inputs. */
static int answer(void *state, const struct variant *variant, double *value, struct err *err)
{
    const char *other = getenv("FAULTY_ANSWER");

    (void)variant;
    (void)err;
    *value = !other ? 42 : strcmp(other, "seed") == 0 ? (double)((struct faulty *)state)->seed : atof(other);
    return 0;
}

static double per_second(const struct params *params, double ns)
{
    (void)params;
    return 1e9 / ns;
}

static void teardown(void *state)
{
    free(state);
}

static const struct metric metrics[] = {
    { "ops", "op/s", METRIC_TIMED, METRIC_HIGHER_IS_BETTER, .from_ns = per_second },
    { "answer@1", "", METRIC_EXACT, METRIC_HIGHER_IS_BETTER, .exact = answer },
};

static const struct variant variants[] = {
    { .name = "plain" },
    { .name = "same" },
    { .name = "slow" },
    { .name = "wrong" },
    { .name = "crash_in_check" },
    { .name = "crash_in_run" },
    { .name = "hang" },
    { .name = "exits" },
    { .name = "absent", .absent = "not in this build (install libabsent)" },
    { .name = "friend", .role = ROLE_PEER },
    { .name = "stranger", .role = ROLE_PEER },
};

static const int64_t sizes[] = { 1, 2 };
static const struct axis axes[] = { { .name = "n", .values = sizes, .n_values = 2, .quick = 1u << 0 } };

const struct scenario scenario_faulty = {
    .name = "tests/faulty",
    .summary = "variants that fail in every way",
    .axes = axes,
    .n_axes = ARRAY_LEN(axes),
    .variants = variants,
    .n_variants = ARRAY_LEN(variants),
    .metrics = metrics,
    .n_metrics = ARRAY_LEN(metrics),
    .setup = setup,
    .run = run,
    .check = check,
    .teardown = teardown,
};
