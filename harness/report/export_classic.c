// SPDX-License-Identifier: MIT
#include "report/export.h"

#include "base/mem.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double figure(const struct case_result *c, const char *metric)
{
    const struct estimate *e = c && c->status == CASE_OK ? case_estimate(c, metric) : NULL;

    return e ? e->value : NAN;
}

/* The case of that scenario, variant and cell; NULL where the run has none. */
static const struct case_result *find(const struct run_result *run, const char *scenario, const char *variant,
                                      const char *params)
{
    for (size_t i = 0; i < run->n_cases; i++)
        if (strcmp(run->cases[i].scenario, scenario) == 0 && strcmp(run->cases[i].variant, variant) == 0 &&
            strcmp(run->cases[i].params, params) == 0)
            return &run->cases[i];
    return NULL;
}

/* Sets the figure, or null with a line in `lacks`, which may be NULL. */
static void set(json_t *row, const char *key, double value, const char *of, json_t *lacks)
{
    if (isfinite(value)) {
        json_object_set_new(row, key, json_real(value));
        return;
    }
    json_object_set_new(row, key, json_null());
    if (lacks)
        json_array_append_new(lacks, json_sprintf("%s of %s: this run has not measured it", key, of));
}

/* Of the plain triple loop as the baseline, on one thread. */
static json_t *kernels(const struct run_result *run, json_t *lacks)
{
    static const char scenario[] = "kernels/gemm_f32";
    json_t *rows = json_array();

    for (size_t i = 0; i < run->n_cases; i++) {
        const struct case_result *c = &run->cases[i];
        const struct case_result *avx2, *avx512;
        int size, threads;
        json_t *row;

        if (strcmp(c->scenario, scenario) != 0 || strcmp(c->variant, c->reference) != 0 ||
            sscanf(c->params, "n=%d/threads=%d", &size, &threads) != 2 || threads != 1)
            continue;
        avx2 = find(run, scenario, "avx2", c->params);
        avx512 = find(run, scenario, "avx512", c->params);
        row = json_pack("{s:i}", "size", size);
        set(row, "baseline_ms", figure(c, metric_time_ns.name) * 1e-6, c->id, lacks);
        set(row, "avx2_ms", figure(avx2, metric_time_ns.name) * 1e-6, c->id, lacks);
        set(row, "avx512_ms", figure(avx512, metric_time_ns.name) * 1e-6, c->id, lacks);
        set(row, "avx2_speedup", figure(avx2, metric_speedup.name), c->id, lacks);
        set(row, "avx512_speedup", figure(avx512, metric_speedup.name), c->id, lacks);
        json_array_append_new(rows, row);
    }
    if (json_array_size(rows) == 0)
        json_array_append_new(lacks, json_string("kernels: the run has no case of kernels/gemm_f32 on one thread"));
    return rows;
}

/* What the average and the best are made of. */
struct sums {
    double ratio, recall, encode_ms;
    int n, n_encode;
    const struct case_result *best; /* the highest ratio x recall: both count, and neither alone is worth anything */
};

static void add_codec(const struct case_result *c, json_t *rows, struct sums *sums, json_t *lacks)
{
    double ratio = figure(c, "ratio"), recall = figure(c, "recall@10");
    double encode_ms = figure(c, "encode_us"); /* of one vector: so many ms are a thousand of them */
    json_t *row = json_pack("{s:s, s:s}", "method", c->variant, "cell", c->params);

    set(row, "ratio", ratio, c->id, lacks);
    set(row, "recall", recall, c->id, lacks);
    set(row, "encode_ms", encode_ms, c->id, lacks);
    json_array_append_new(rows, row);
    if (isfinite(encode_ms)) {
        sums->encode_ms += encode_ms;
        sums->n_encode++;
    }
    if (!isfinite(ratio) || !isfinite(recall))
        return;
    sums->ratio += ratio;
    sums->recall += recall;
    sums->n++;
    if (!sums->best || ratio * recall > figure(sums->best, "ratio") * figure(sums->best, "recall@10"))
        sums->best = c;
}

static void set_real(json_t *root, const char *key, double value)
{
    json_object_set_new(root, key, isfinite(value) ? json_real(value) : json_null());
}

static json_t *compression(const struct run_result *run, json_t *lacks)
{
    json_t *rows = json_array(), *root = json_object();
    struct sums sums = { 0 };

    for (size_t i = 0; i < run->n_cases; i++)
        if (strcmp(run->cases[i].scenario, "codecs/quality") == 0 && run->cases[i].role == ROLE_OURS &&
            strcmp(run->cases[i].variant, run->cases[i].reference) != 0 && run->cases[i].status == CASE_OK)
            add_codec(&run->cases[i], rows, &sums, lacks);
    json_object_set_new(root, "methods", rows);
    if (sums.n == 0)
        json_array_append_new(lacks, json_string("compression: the run has no case of codecs/quality"));
    set_real(root, "average_ratio", sums.ratio / sums.n);
    set_real(root, "average_recall", sums.recall / sums.n);
    set_real(root, "average_encode_ms", sums.encode_ms / sums.n_encode);
    json_object_set_new(root, "best_method", sums.best ? json_string(sums.best->variant) : json_null());
    set_real(root, "best_ratio", figure(sums.best, "ratio"));
    set_real(root, "best_recall", figure(sums.best, "recall@10"));
    set_real(root, "best_encode_ms", figure(sums.best, "encode_us"));
    return root;
}

/* Of the router's problems, over all levels; where the run has several cells of those, of the one with the most. */
static const struct case_result *find_router(const struct run_result *run)
{
    static const char scenario[] = "inference/router", all[] = "level=1234";
    const struct case_result *found = NULL;

    for (size_t i = 0; i < run->n_cases; i++) {
        const struct case_result *c = &run->cases[i];

        if (strcmp(c->scenario, scenario) == 0 && strncmp(c->params, all, strlen(all)) == 0 && c->status == CASE_OK &&
            strcmp(c->variant, c->reference) == 0)
            found = c;
    }
    return found;
}

/* End to end, at the same answers: not what vectors gain over plain loops, and not greedy decoding, whose answers are
 * worse. */
json_t *export_classic_inference(const struct run_result *run, json_t *lacks)
{
    const struct case_result *fixed = find_router(run);
    const struct case_result *routed = fixed ? find(run, fixed->scenario, "routed", fixed->params) : NULL;
    json_t *root;

    if (!fixed && !lacks)
        return NULL;
    root = json_object();
    set(root, "ttft_baseline_ms", figure(fixed, "ttft_ms"), "inference/router", lacks);
    set(root, "ttft_optimized_ms", figure(routed, "ttft_ms"), "inference/router", lacks);
    set(root, "throughput_baseline_tps", figure(fixed, "tokens_per_s"), "inference/router", lacks);
    set(root, "throughput_optimized_tps", figure(routed, "tokens_per_s"), "inference/router", lacks);
    set(root, "overall_speedup_multiplier", figure(routed, metric_speedup.name), "inference/router", lacks);
    return root;
}

/* The first run that has a case of that scenario, and which one that was. */
static const struct run_result *source_of(const struct run_result *runs, size_t n_runs, const char *scenario, const char *report,
                                          json_t *sources)
{
    const struct run_result *found = NULL;

    for (size_t r = 0; r < n_runs && !found; r++)
        for (size_t i = 0; i < runs[r].n_cases && !found; i++)
            found = strcmp(runs[r].cases[i].scenario, scenario) == 0 && runs[r].cases[i].status == CASE_OK ? &runs[r] : NULL;
    json_object_set_new(sources, report,
                        found ? json_pack("{s:I, s:s, s:s}", "run", (json_int_t)found->info.id, "commit", found->info.commit, "started",
                                          found->info.started)
                              : json_null());
    return found ? found : runs;
}

void export_classic(const struct run_result *runs, size_t n_runs, struct text *out)
{
    json_t *lacks = json_array(), *sources = json_object();
    json_t *k = kernels(source_of(runs, n_runs, "kernels/gemm_f32", "kernels", sources), lacks);
    json_t *c = compression(source_of(runs, n_runs, "codecs/quality", "compression", sources), lacks);
    json_t *i = export_classic_inference(source_of(runs, n_runs, "inference/router", "inference", sources), lacks);
    json_t *root = json_pack("{s:I, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "run", (json_int_t)runs->info.id, "commit",
                             runs->info.commit, "host_class", runs->info.host.class, "started", runs->info.started, "sources",
                             sources, "kernels", k, "compression", c, "inference", i, "lacks", lacks);
    char *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17));

    if (!text)
        BUG("an export that is not JSON");
    text_add(out, text);
    text_add(out, "\n");
    free(text);
    json_decref(root);
}
