// SPDX-License-Identifier: MIT
/* report_fixture.h -- what the tests of the reports share: one judged run with a case of every kind: measured, without
 * an interval, skipped, wrong, a peer. */
#pragma once

#include "base/mem.h"
#include "base/text.h"
#include "declare/result.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Everything that some medium takes for more than text. */
#define HOSTILE "`>HACK` $(>HACK) <script>alert('x')</script> \"q\" & 100% | *b* [l](u)\n\x1b[31mred \xff %s"

static struct estimate *add_estimate(struct case_result *c, const struct metric *metric, double value, double half)
{
    struct estimate *e = case_add_estimate(c);

    text_copy(e->metric, sizeof(e->metric), metric->name);
    text_copy(e->unit, sizeof(e->unit), metric->unit);
    e->kind = metric->kind;
    e->better = metric->better;
    e->value = value;
    e->low = value * (1 - half);
    e->high = value * (1 + half);
    e->spread = metric->kind == METRIC_TIMED ? 0.008 : NAN;
    return e;
}

static struct case_result *add_case(struct run_result *run, const char *scenario, const char *variant,
                                    const char *params)
{
    struct case_result *c = run_add_case(run);

    snprintf(c->id, sizeof(c->id), *params ? "%.80s/%.40s/%.60s" : "%.80s/%.40s%s", scenario, variant, params);
    text_copy(c->scenario, sizeof(c->scenario), scenario);
    text_copy(c->variant, sizeof(c->variant), variant);
    text_copy(c->reference, sizeof(c->reference), "naive");
    text_copy(c->params, sizeof(c->params), params);
    c->n_blocks = 9;
    return c;
}

static struct verdict *add_verdict(struct run_result *run, const char *case_id, enum outcome outcome,
                                   const char *reason)
{
    struct verdict *v = run_add_verdict(run);

    text_copy(v->case_id, sizeof(v->case_id), case_id);
    text_copy(v->metric, sizeof(v->metric), "speedup");
    v->against = AGAINST_BASELINE;
    v->outcome = outcome;
    v->value = v->low = v->high = v->limit = v->detectable = NAN;
    text_copy(v->reason, sizeof(v->reason), reason);
    return v;
}

static const struct metric metric_gflops = { .name = "gflops", .unit = "GFLOP/s", .kind = METRIC_TIMED };
static const struct metric metric_recall = { .name = "recall@10", .unit = "", .kind = METRIC_EXACT };

static void fill_info(struct run_info *info)
{
    info->id = 12;
    text_copy(info->command, sizeof(info->command), "gate --quick");
    text_copy(info->commit, sizeof(info->commit), "3f9c2ab41d77e0c5");
    info->dirty = true;
    text_copy(info->host.class, sizeof(info->host.class), "zen4-7950x");
    host_add(&info->host, "cpu", "AMD Ryzen 9 7950X");
    text_copy(info->compiler, sizeof(info->compiler), "gcc 12.2.0");
    text_copy(info->flags, sizeof(info->flags), "-O2 -g");
    text_copy(info->libraries, sizeof(info->libraries), "benchmark 1.7.1");
    info->seed = UINT64_MAX;
    text_copy(info->started, sizeof(info->started), "2026-11-21T02:05:53Z");
    info->seconds = 36.5;
}

static void fill_run(struct run_result *run)
{
    struct case_result *c;
    struct estimate *e;
    struct verdict *v;

    *run = (struct run_result){ .judged = true, .exit = 1 };
    fill_info(&run->info);
    for (int i = 0; i < 2; i++) {
        const char *params = i ? "n=1024/threads=1" : "n=512/threads=1";
        double ns = i ? 7.04e8 : 8.87e7;

        c = add_case(run, "kernels/gemm_f32", "avx2", params);
        add_estimate(c, &metric_time_ns, ns / 7.5, 0.018);
        add_estimate(c, &metric_speedup, 7.5 - i, 0.02);
        add_estimate(c, &metric_gflops, 22.75, 0.02);
        v = add_verdict(run, c->id, i ? OUTCOME_REGRESSED : OUTCOME_PASS, i ? "speedup fell by 13 %, limit 5 %" : "");
        v->value = 7.5 - i;
        v->low = v->value * 0.98;
        v->high = v->value * 1.02;
        v->limit = 7.5;
        v->detectable = 0.02;
        v->n_blocks = 9;
        v->change = i ? (struct interval){ 1.154, 1.121, 1.187 } : (struct interval){ 1, 0.99, 1.01 };
        text_copy(v->since, sizeof(v->since), "0d5ac3b2e1f09877");
        c = add_case(run, "kernels/gemm_f32", "naive", params);
        add_estimate(c, &metric_time_ns, ns, 0.022);
        add_estimate(c, &metric_gflops, 3.03, 0.022);
    }
    c = add_case(run, "kernels/gemm_f32", "avx512", "n=1024/threads=1");
    c->status = CASE_SKIPPED;
    c->n_blocks = 0;
    text_copy(c->reason, sizeof(c->reason), "this host lacks avx512f");
    add_verdict(run, c->id, OUTCOME_SKIPPED, c->reason);
    c = add_case(run, "kernels/gemm_f32", "openblas", "n=1024/threads=1");
    c->role = ROLE_PEER;
    c->n_blocks = 3;
    e = add_estimate(c, &metric_time_ns, 4.63e7, 0.02);
    e->low = -INFINITY;
    e->high = INFINITY;
    e = add_estimate(c, &metric_speedup, 15.2, 0.02);
    e->low = -INFINITY;
    e->high = INFINITY;
    c = add_case(run, "codecs/pq", "naive", "");
    add_estimate(c, &metric_time_ns, 1520, 0);
    add_estimate(c, &metric_recall, 0.962, 0);
    c = add_case(run, "codecs/pq", "avx2", "");
    c->status = CASE_WRONG_RESULT;
    text_copy(c->reason, sizeof(c->reason), "code 7 is 3, the reference says 4");
    add_verdict(run, c->id, OUTCOME_WRONG_RESULT, c->reason)->against = AGAINST_RESULT;
    add_verdict(run, "codecs/pq/gone/n=1", OUTCOME_MISSING, "the baseline of zen4-7950x knows it, this run lacks it");
}
