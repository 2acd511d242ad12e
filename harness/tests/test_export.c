// SPDX-License-Identifier: MIT
/* test_export.c -- a run in other tools' formats says what the run says, and what it lacks. */
#include "base/text.h"
#include "declare/gbench_report.h"
#include "report/export.h"
#include "report/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>
#include <math.h>

static void add_figure(struct case_result *c, const char *metric, enum metric_kind kind, double value)
{
    struct estimate *e = case_add_estimate(c);

    text_copy(e->metric, sizeof(e->metric), metric);
    text_copy(e->unit, sizeof(e->unit), "u");
    e->kind = kind;
    e->value = value;
    e->low = kind == METRIC_EXACT ? value : value * 0.9;
    e->high = kind == METRIC_EXACT ? value : INFINITY;
    e->blocks = calloc(2, sizeof(*e->blocks));
    e->blocks[0] = value;
    e->blocks[1] = value * 1.1;
    e->n_blocks = 2;
}

static struct case_result *add_case(struct run_result *run, const char *scenario, const char *variant, const char *params)
{
    struct case_result *c = run_add_case(run);

    memset(c, 0, sizeof(*c));
    text_copy(c->scenario, sizeof(c->scenario), scenario);
    text_copy(c->variant, sizeof(c->variant), variant);
    text_copy(c->reference, sizeof(c->reference), strstr(scenario, "inference") ? "fixed" : "naive");
    text_copy(c->params, sizeof(c->params), params);
    snprintf(c->id, sizeof(c->id), "%.60s/%.40s/%.60s", scenario, variant, params);
    return c;
}

static struct run_result sample(void)
{
    struct run_result run = { .info = { .id = 7, .commit = "abc", .started = "2026-11-29T00:00:00Z" } };
    struct case_result *c;

    add_figure(add_case(&run, "kernels/gemm_f32", "naive", "n=512/threads=1"), "time_ns", METRIC_TIMED, 150e6);
    c = add_case(&run, "kernels/gemm_f32", "avx2", "n=512/threads=1");
    add_figure(c, "time_ns", METRIC_TIMED, 2e6);
    add_figure(c, "speedup", METRIC_TIMED, 75);
    add_figure(c, "cpu_time_ns", METRIC_TIMED, 1.9e6);
    c = add_case(&run, "codecs/quality", "pq", "bytes=40");
    add_figure(c, "ratio", METRIC_EXACT, 102.4);
    add_figure(c, "recall@10", METRIC_EXACT, 0.6);
    add_figure(c, "encode_us", METRIC_TIMED, 12);
    c = add_case(&run, "codecs/quality", "say \"hi\",\n", "bytes=82");
    add_figure(c, "ratio", METRIC_EXACT, 50);
    add_figure(c, "recall@10", METRIC_EXACT, 0.8);
    return run;
}

static json_t *exported(const char *format, const struct run_result *run)
{
    struct text out = { 0 };
    json_t *json;

    export_format(format)(run, &out);
    json = json_loads(out.data, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    text_free(&out);
    return json;
}

static double at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void gbench_comes_back_through_its_own_reader(void **state)
{
    struct run_result run = sample();
    struct text out = { 0 };
    struct gbench_report r;
    struct err err = { 0 };

    (void)state;
    export_format("gbench")(&run, &out);
    if (gbench_report_parse(out.data, out.len, &r, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(r.n, 4); /* two cases with times, of two blocks each */
    assert_string_equal(r.rows[2].name, "kernels/gemm_f32/avx2/n=512/threads=1");
    assert_float_equal(r.rows[3].real_ns, 2.2e6, 1e-6);
    assert_float_equal(r.rows[2].cpu_ns, 1.9e6, 1e-6);
    assert_float_equal(r.rows[0].cpu_ns, r.rows[0].real_ns, 0); /* none is known: it repeats the wall time */
    assert_float_equal(*gbench_row_counter(&r.rows[2], "speedup"), 75, 0);
    gbench_report_free(&r);
    text_free(&out);
    run_result_free(&run);
}

static void csv_bmf_and_openmetrics_hold_every_figure_and_no_infinity(void **state)
{
    struct run_result run = sample();
    struct text csv = { 0 }, metrics = { 0 };
    json_t *bmf = exported("bmf", &run), *time;

    (void)state;
    export_format("csv")(&run, &csv);
    assert_non_null(strstr(csv.data, "kernels/gemm_f32/avx2/n=512/threads=1,speedup,u,timed,0,75\r\n"));
    assert_non_null(strstr(csv.data, "\"codecs/quality/say \"\"hi\"\",\n/bytes=82\",ratio,u,exact,0,50\r\n"));
    export_format("openmetrics")(&run, &metrics);
    assert_non_null(strstr(metrics.data, "case=\"codecs/quality/say \\\"hi\\\",\\n/bytes=82\",metric=\"ratio\""));
    assert_null(strstr(metrics.data, "inf"));
    assert_string_equal(metrics.data + metrics.len - 6, "# EOF\n");
    time = json_object_get(json_object_get(bmf, "kernels/gemm_f32/avx2/n=512/threads=1"), "time_ns");
    assert_float_equal(at(time, "value"), 2e6, 0);
    assert_null(json_object_get(time, "upper_value")); /* open */
    json_decref(bmf);
    text_free(&csv);
    text_free(&metrics);
    run_result_free(&run);
}

static void classic_has_the_old_keys_and_names_what_is_missing(void **state)
{
    struct run_result run = sample();
    json_t *root = exported("classic", &run), *kernel = json_array_get(json_object_get(root, "kernels"), 0);
    json_t *compression = json_object_get(root, "compression"), *lack;
    bool said = false;
    size_t i;

    (void)state;
    assert_float_equal(at(kernel, "size"), 512, 0);
    assert_float_equal(at(kernel, "baseline_ms"), 150, 1e-9);
    assert_float_equal(at(kernel, "avx2_ms"), 2, 1e-9);
    assert_float_equal(at(kernel, "avx2_speedup"), 75, 0);
    assert_true(json_is_null(json_object_get(kernel, "avx512_ms")));
    assert_float_equal(at(compression, "average_ratio"), 76.2, 1e-9);
    assert_float_equal(at(compression, "average_recall"), 0.7, 1e-9);
    assert_string_equal(json_string_value(json_object_get(compression, "best_method")), "pq");
    assert_float_equal(at(compression, "average_encode_ms"), 12, 1e-9);
    assert_float_equal(at(compression, "best_encode_ms"), 12, 0);
    assert_true(json_is_null(json_object_get(json_object_get(root, "inference"), "overall_speedup_multiplier")));
    json_array_foreach(json_object_get(root, "lacks"), i, lack)
        said |= strstr(json_string_value(lack), "avx512_ms of kernels/gemm_f32/naive/n=512/threads=1") != NULL;
    assert_true(said);
    json_decref(root);
    run_result_free(&run);
}

/* A night measures each scenario in a run of its own. */
static void classic_takes_each_report_from_the_newest_run_that_has_it(void **state)
{
    struct run_result runs[3] = { { .info = { .id = 9 } }, sample(), sample() };
    struct text out = { 0 };
    const json_t *sources;
    json_t *root;

    (void)state;
    runs[1].info.id = 8;
    runs[2].info.id = 7;
    export_classic(runs, ARRAY_LEN(runs), &out);
    root = json_loads(out.data, JSON_REJECT_DUPLICATES, NULL);
    sources = json_object_get(root, "sources");
    assert_float_equal(at(root, "run"), 9, 0);
    assert_float_equal(at(json_object_get(sources, "kernels"), "run"), 8, 0);
    assert_float_equal(at(json_object_get(sources, "compression"), "run"), 8, 0);
    assert_true(json_is_null(json_object_get(sources, "inference")));
    assert_float_equal(at(json_array_get(json_object_get(root, "kernels"), 0), "baseline_ms"), 150, 1e-9);
    json_decref(root);
    text_free(&out);
    for (size_t i = 0; i < ARRAY_LEN(runs); i++)
        run_result_free(&runs[i]);
}

static void assert_classic_inference(const json_t *inference)
{
    assert_float_equal(at(inference, "ttft_baseline_ms"), 90, 0);
    assert_float_equal(at(inference, "ttft_optimized_ms"), 9, 0);
    assert_float_equal(at(inference, "throughput_baseline_tps"), 3, 0);
    assert_float_equal(at(inference, "throughput_optimized_tps"), 24, 0);
    assert_float_equal(at(inference, "overall_speedup_multiplier"), 8, 0);
}

static void classic_inference_is_the_router_end_to_end(void **state)
{
    struct run_result run = { .info = { .id = 7 } };
    struct text text = { 0 };
    struct case_result *c;
    json_t *root, *inference;

    (void)state;
    c = add_case(&run, "inference/router", "fixed", "level=1/problems=20"); /* one level is not the mix */
    add_figure(c, "ttft_ms", METRIC_TIMED, 4);
    c = add_case(&run, "inference/router", "fixed", "level=1234");
    add_figure(c, "ttft_ms", METRIC_TIMED, 90);
    add_figure(c, "tokens_per_s", METRIC_TIMED, 3);
    c = add_case(&run, "inference/router", "greedy", "level=1234"); /* faster, and other answers */
    add_figure(c, "ttft_ms", METRIC_TIMED, 1);
    add_figure(c, "speedup", METRIC_TIMED, 16);
    c = add_case(&run, "inference/router", "routed", "level=1234");
    add_figure(c, "ttft_ms", METRIC_TIMED, 9);
    add_figure(c, "tokens_per_s", METRIC_TIMED, 24);
    add_figure(c, "speedup", METRIC_TIMED, 8);
    root = exported("classic", &run);
    inference = json_object_get(root, "inference");
    assert_classic_inference(inference);
    json_decref(root);
    json_run(&run, &text); /* the same in the document of the run */
    root = json_loads(text.data, 0, NULL);
    assert_classic_inference(json_object_get(root, "inference"));
    text_free(&text);
    json_decref(root);
    run_result_free(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gbench_comes_back_through_its_own_reader),
        cmocka_unit_test(csv_bmf_and_openmetrics_hold_every_figure_and_no_infinity),
        cmocka_unit_test(classic_has_the_old_keys_and_names_what_is_missing),
        cmocka_unit_test(classic_takes_each_report_from_the_newest_run_that_has_it),
        cmocka_unit_test(classic_inference_is_the_router_end_to_end),
    };

    return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}
