// SPDX-License-Identifier: MIT
#include "inference/train/fit_router.h"

#include "base/mem.h"
#include "declare/isa.h"
#include "inference/multipath.h"

#include <math.h>
#include <stdlib.h>

enum { STEPS = 3000 };

void fit_weights(const float *x, const uint8_t *labels, size_t n, struct router *router)
{
    const double rate = 1.0, keep = 0.9, decay = 1e-5;
    double w[ROUTES][ROUTER_FEATURES] = { { 0 } }, pace[ROUTES][ROUTER_FEATURES] = { { 0 } };

    for (int step = 0; step < STEPS; step++) {
        double gradient[ROUTES][ROUTER_FEATURES] = { { 0 } };

        for (size_t i = 0; i < n; i++) {
            const float *xi = x + i * ROUTER_FEATURES;
            double p[ROUTES], sum = 0;

            for (int r = 0; r < ROUTES; r++) {
                double score = 0;

                for (int k = 0; k < ROUTER_FEATURES; k++)
                    score += w[r][k] * xi[k];
                p[r] = exp(score);
                sum += p[r];
            }
            for (int r = 0; r < ROUTES; r++) {
                double d = p[r] / sum - (r == labels[i]);

                for (int k = 0; k < ROUTER_FEATURES; k++)
                    gradient[r][k] += d * xi[k];
            }
        }
        for (int r = 0; r < ROUTES; r++)
            for (int k = 0; k < ROUTER_FEATURES; k++) {
                pace[r][k] = keep * pace[r][k] - rate * (gradient[r][k] / (double)n + decay * w[r][k]);
                w[r][k] += pace[r][k];
            }
    }
    for (int r = 0; r < ROUTES; r++)
        for (int k = 0; k < ROUTER_FEATURES; k++)
            router->weights[r][k] = (float)w[r][k];
}

static int label(struct multipath *m, uint64_t seed, size_t n, float *x, uint8_t *labels, struct err *err)
{
    const struct multipath_plan greedy = { .early_stop = true, .shared_prefix = true, .first = 1, .width = 1 };
    struct rng rng = rng_seed(rng_mix(seed, 7));

    for (size_t i = 0; i < n; i++) {
        struct multipath_answer answer;
        struct problem p;

        problem_draw_training(&rng, 1 + (int)(i % PROBLEM_LEVELS), &p);
        if (multipath_solve(m, p.prompt, &greedy, &answer, err) < 0)
            return -1;
        router_features(p.prompt, x + i * ROUTER_FEATURES);
        labels[i] = (uint8_t)router_label(answer.len, answer.verified);
    }
    return 0;
}

static void write_header(const struct router *router, struct text *out)
{
    text_add(out, "// SPDX-License-Identifier: MIT\n"
                  "/* router.h -- made by `pawl_train_reasoner router`: rows are routes, columns features "
                  "(inference/router.h). */\n#pragma once\n\n#define ROUTER_WEIGHTS");
    for (int r = 0; r < ROUTES; r++) {
        text_add(out, r ? ", \\\n      {" : " \\\n    { { {");
        for (int k = 0; k < ROUTER_FEATURES; k++)
            text_addf(out, "%s %#.6gf", k ? "," : "", (double)router->weights[r][k]);
        text_add(out, " }");
    }
    text_add(out, " } }\n");
}

static void write_report(const struct router *router, const float *x, const uint8_t *labels, size_t n, struct text *out)
{
    size_t confusion[ROUTES][ROUTES] = { { 0 } };

    for (size_t i = 0; i < n; i++) {
        float best = -INFINITY;
        int at = 0;

        for (int r = 0; r < ROUTES; r++) {
            float score = 0;

            for (int k = 0; k < ROUTER_FEATURES; k++)
                score += router->weights[r][k] * x[i * ROUTER_FEATURES + (size_t)k];
            if (score > best) {
                best = score;
                at = r;
            }
        }
        confusion[labels[i]][at]++;
    }
    text_addf(out, "router: %zu problems trained on; rows: what they are, columns: what they are taken for\n", n);
    for (int r = 0; r < ROUTES; r++) {
        text_addf(out, "%-10s", route_names[r]);
        for (int k = 0; k < ROUTES; k++)
            text_addf(out, " %6zu", confusion[r][k]);
        text_add(out, "\n");
    }
}

int fit_router(const char *path, uint64_t seed, struct text *header, struct text *report, struct err *err)
{
    const struct multipath_options options = { .paths = 1, .seed = seed };
    const struct engine_options engine_options = multipath_engine(&options);
    size_t n = (size_t)FIT_PROBLEMS * PROBLEM_LEVELS;
    float *x = mem_array(n * ROUTER_FEATURES, sizeof(*x));
    uint8_t *labels = mem_array(n, 1);
    struct gguf *gguf = gguf_open(path, err);
    struct model *model = gguf ? model_load(gguf, isa_host(), err) : NULL;
    struct engine *engine = model ? engine_new(model, &engine_options, err) : NULL;
    struct multipath *m = engine ? multipath_new(engine, &options, err) : NULL;
    int ret = -1;

    if (m && label(m, seed, n, x, labels, err) == 0) {
        struct router router;

        fit_weights(x, labels, n, &router);
        write_header(&router, header);
        write_report(&router, x, labels, n, report);
        ret = 0;
    }
    multipath_free(m);
    engine_free(engine);
    model_free(model);
    gguf_close(gguf);
    free(labels);
    free(x);
    return ret;
}
