// SPDX-License-Identifier: MIT
/* export.h -- a run in the formats of other tools: pure functions from what the store has to text.
 *
 * gbench       Google Benchmark's JSON, as its compare.py reads it: a case is a benchmark, a block a repetition, its time
 *              per operation in ns. `cpu_time` is the block's metric_cpu_time_ns; where there is none it repeats the wall
 *              time, and the context says so. All other metrics are counters.
 * csv          a header and a line for every block of every metric: case,metric,unit,kind,block,value; for an exact metric
 *              one line. `pawl import csv` reads it back.
 * bmf          Bencher Metric Format: { CASE: { METRIC: { "value", "lower_value", "upper_value" } } }
 * openmetrics  OpenMetrics 1.0 text: one gauge, pawl_estimate, with labels case, metric, unit, bound (value, low, high)
 * classic      three reports in one document, every figure measured: "kernels" (a row for each size of kernels/gemm_f32 on
 *              one thread), "compression" (a row for each codec and size of codecs/quality, with the milliseconds that a
 *              thousand vectors take to encode, the average and the best) and "inference" (inference/router over all
 *              levels). What the run lacks is null, and named in "lacks".
 *
 * Cases without figures are left out, but for the reasons in "lacks". */
#pragma once

#include "base/text.h"
#include "declare/result.h"

typedef void (*export_fn)(const struct run_result *run, struct text *out);

/* NULL for a word that is no format; export_names() are all of them, "gbench, csv, ...". */
export_fn export_format(const char *name);
const char *export_names(void);

/* The same of several runs, newest first: each report is of the first that has its cases, which "sources" names. At least
 * one run. */
void export_classic(const struct run_result *runs, size_t n_runs, struct text *out);

/* "inference" alone: ttft_{baseline,optimized}_ms, throughput_{baseline,optimized}_tps, overall_speedup_multiplier. What
 * the run lacks is null and added to the array `lacks`; where that is NULL, a run without a router gives NULL. */
struct json_t;
struct json_t *export_classic_inference(const struct run_result *run, struct json_t *lacks);
