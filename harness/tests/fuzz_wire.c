// SPDX-License-Identifier: MIT
/* Both ends of the worker protocol. The first byte is odd: a job, as a worker reads it; even: what a worker says, cut into
 * reads of as many bytes. What was understood may be used as an index. */
#include "declare/result.h"
#include "fuzz_file.h"
#include "measure/block_private.h"
#include "measure/foreign.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int64_t sizes[] = { 16, 32 };
static const struct axis axes[] = { { .name = "n", .values = sizes, .n_values = 2 } };
static const struct variant variants[] = { { .name = "naive" }, { .name = "fast" }, { .name = "peer", .role = ROLE_PEER } };
static const struct metric metrics[] = { { .name = "ratio", .unit = "x", .kind = METRIC_EXACT } };
static const struct tunable tunables[] = { { .name = "mc" } };
static const struct scenario scenario = { .name = "a/b", .axes = axes, .n_axes = 1, .variants = variants, .n_variants = 3,
                                          .metrics = metrics, .n_metrics = 1, .tunables = tunables, .n_tunables = 1 };
static const struct scenario *const scenarios[] = { &scenario };
static const struct registry registry = { scenarios, 1 };

static void try_job(const char *bytes, size_t n)
{
    json_t *json = json_loadb(bytes, n, 0, NULL);
    struct err err = { 0 };
    struct params params;
    struct job job;

    if (!json)
        return;
    if (wire_read_job(json, &registry, &job, &params, &err) < 0) {
        demand(err.code == ERR_HARNESS && err.msg[0]);
    } else {
        demand(params.scenario && job.n_variants >= 1 && job.n_variants <= VARIANTS_MAX);
        for (int i = 0; i < job.n_variants; i++)
            demand(job.variants[i] >= 0 && (size_t)job.variants[i] < params.scenario->n_variants && job.iterations[i] >= 0);
        for (size_t i = 0; i < params.scenario->n_axes; i++)
            demand(params.values[i] > 0);
        for (int i = 0; i < job.n_pus; i++)
            demand(job.pus[i] >= 0);
        demand(job.n_pus >= 0 && job.n_pus <= JOB_PUS_MAX && job.rounds >= 0 && job.min_sample_ns >= 0);
    }
    free(job.trial);
    if (job.foreign)
        foreign_free(job.foreign);
    free(job.foreign);
    json_decref(json);
}

static void try_words(const char *bytes, size_t n, size_t step)
{
    struct comparison comparison = { .params = { .scenario = &scenario, .values = { 16 } } };
    struct job job = { .comparison = &comparison, .variants = { 0, 1, 2 }, .n_variants = 3 };
    struct block block = { .variant = -1 };
    struct listener listener = { .job = &job, .block = &block, .phase_variant = -1 };
    struct err err = { 0 };
    int ret = 0;

    for (size_t at = 0; at < n && ret == 0; at += step)
        ret = listener_take(&listener, bytes + at, n - at < step ? n - at : step, &err);
    demand(ret == 0 || (err.code >= ERR_CONFIG && err.msg[0]));
    demand(block.variant >= -1 && block.variant < 3 && listener.phase_variant < 3);
    for (size_t i = 0; i < block.n_samples; i++)
        demand(block.samples[i].variant >= 0 && block.samples[i].variant < 3 && block.samples[i].iterations > 0);
    for (size_t i = 0; i < block.n_exacts; i++)
        demand(block.exacts[i].metric == &metrics[0] && block.exacts[i].variant >= 0 && block.exacts[i].variant < 3);
    for (int i = 0; i < 3; i++)
        demand(job.iterations[i] >= 0);
    listener_free(&listener);
    block_free(&block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && data[0] % 2)
        try_job((const char *)data + 1, size - 1);
    else if (size > 0)
        try_words((const char *)data + 1, size - 1, data[0] ? data[0] : 1);
    return 0;
}
