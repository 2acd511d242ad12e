// SPDX-License-Identifier: MIT
/* The files that decide: targets.json, a baseline, a tuning. Understood whole, or refused with words that name the file;
 * what was understood promises something, and is written as it was read. */
#include "declare/scenario.h"
#include "fuzz_file.h"
#include "judge/baseline.h"
#include "judge/targets.h"
#include "judge/tuning.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int64_t sizes[] = { 16, 32 };
static const struct axis axes[] = { { .name = "n", .values = sizes, .n_values = 2 } };
static const struct variant variants[] = { { .name = "naive" }, { .name = "fast" } };
static const struct metric metrics[] = {
    { .name = "ratio", .unit = "x", .kind = METRIC_EXACT, .better = METRIC_HIGHER_IS_BETTER },
};
static const struct scenario scenario = { .name = "a/b", .axes = axes, .n_axes = 1, .variants = variants, .n_variants = 2,
                                          .metrics = metrics, .n_metrics = 1 };
static const struct scenario *const scenarios[] = { &scenario };
static const struct registry registry = { scenarios, 1 };

static void try_targets(const char *path)
{
    struct targets targets = { 0 };
    struct err err = { 0 };

    if (targets_read(path, &registry, &targets, &err) < 0) {
        demand(err.code == ERR_CONFIG && strstr(err.msg, path));
        return;
    }
    for (size_t i = 0; i < targets.n; i++) {
        const struct target *t = &targets.rows[i];

        demand(t->cases && t->why && *t->why && t->metric[0] && t->line >= 1);
        demand(isnan(t->at_least) != isnan(t->at_most));
    }
    targets_free(&targets);
}

static void try_baseline(const char *path)
{
    struct baseline baseline = { 0 }, again = { 0 };
    struct err err = { 0 };
    char out[64];

    if (baseline_read(path, "h", &baseline, &err) != 1) {
        demand(err.code == ERR_CONFIG && strstr(err.msg, path));
        return;
    }
    for (size_t i = 0; i < baseline.n; i++) {
        demand(baseline.cases[i].n_estimates > 0);
        for (size_t j = 0; j < baseline.cases[i].n_estimates; j++)
            demand(isfinite(baseline.cases[i].estimates[j].value));
    }
    snprintf(out, sizeof(out), "/tmp/fuzz_targets-%d.json", (int)getpid());
    demand(baseline_write(out, &baseline, &err) == 0);
    demand(baseline_read(out, "h", &again, &err) == 1 && again.n == baseline.n);
    unlink(out);
    baseline_free(&again);
    baseline_free(&baseline);
}

static void try_tuning(const char *path)
{
    struct tuning tuning = { 0 };
    struct err err = { 0 };

    if (tuning_read(path, "h", &tuning, &err) != 1)
        demand(err.code == ERR_CONFIG && strstr(err.msg, path));
    else
        for (size_t i = 0; i < tuning.n; i++)
            demand(tuning.cases[i].id[0] && tuning.cases[i].n <= TUNABLES_MAX);
    tuning_free(&tuning);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(data, size);

    try_targets(path);
    try_baseline(path);
    try_tuning(path);
    return 0;
}
