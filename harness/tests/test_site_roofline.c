// SPDX-License-Identifier: MIT
/* test_site_roofline.c -- what a roofline plot shows, and of what. */
#include "site_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the dashboard

#include "report/site_roofline.h"
#include "report/site_roofline_draw.h"

static const struct metric gflops = { "gflops", "GFLOP/s", METRIC_TIMED, METRIC_HIGHER_IS_BETTER, .exact = NULL };
static const struct metric gops = { "gops", "Gop/s", METRIC_TIMED, METRIC_HIGHER_IS_BETTER, .exact = NULL };
static const struct metric gbps = { "gbps", "GB/s", METRIC_TIMED, METRIC_HIGHER_IS_BETTER, .exact = NULL };
static const struct metric intensity = { "intensity", "flop/byte", METRIC_EXACT, METRIC_HIGHER_IS_BETTER, .exact = NULL };

/* Three runs; the last one found `value`. */
static struct series *add(struct history *h, const char *scenario, const char *variant, const char *params,
                          const struct metric *metric, double value)
{
    struct series *s = add_series(h, variant, metric, 3);

    snprintf(s->case_id, sizeof(s->case_id), "%s/%s/%s", scenario, variant, params);
    text_copy(s->scenario, sizeof(s->scenario), scenario);
    text_copy(s->params, sizeof(s->params), params);
    text_copy(s->reference, sizeof(s->reference), "plain");
    for (size_t i = 0; i < 3; i++)
        s->points[i].value = s->points[i].low = s->points[i].high = value * (i == 2 ? 1 : 0.5);
    return s;
}

static void add_kernel(struct history *h, const char *scenario, const char *variant, const char *params, double value,
                       double x, enum variant_role role)
{
    add(h, scenario, variant, params, &gflops, value)->role = role;
    add(h, scenario, variant, params, &intensity, x)->role = role;
}

static void add_ceilings(struct history *h, const char *threads)
{
    static const struct {
        const char *scenario, *variant, *level;
        const struct metric *metric;
        double value;
    } rows[] = {
        { "kernels/roof_fma", "plain", "", &gflops, 33 },
        { "kernels/roof_fma", "fma256", "", &gflops, 97.3 },
        { "kernels/roof_fma", "fma256_too", "", &gflops, 96.9 }, /* the same roof */
        { "kernels/roof_fma", "fma512", "", &gflops, 176 },
        { "kernels/roof_int8", "plain", "", &gops, 77123 },
        { "kernels/roof_read", "plain", "level=1/", &gbps, 133 },
        { "kernels/roof_read", "read512", "level=1/", &gbps, 357 },
        { "kernels/roof_read", "plain", "level=4/", &gbps, 13.7 },
        { "kernels/roof_read", "read512", "level=4/", &gbps, 17.1 },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char params[64];

        snprintf(params, sizeof(params), "%s%s", rows[i].level, threads);
        add(h, rows[i].scenario, rows[i].variant, params, rows[i].metric, rows[i].value)->role = ROLE_ROOF;
    }
}

static void add_gemm(struct history *h, const char *threads)
{
    char params[2][64];

    snprintf(params[0], sizeof(params[0]), "n=512/%s", threads);
    snprintf(params[1], sizeof(params[1]), "n=1024/%s", threads);
    for (size_t i = 0; i < 2; i++) {
        add_kernel(h, "kernels/gemm", "plain", params[i], 1 + (double)i, 85 + 85 * (double)i, ROLE_OURS);
        add_kernel(h, "kernels/gemm", "avx512", params[i], 150 + (double)i, 85 + 85 * (double)i, ROLE_OURS);
        add_kernel(h, "kernels/gemm", "blas", params[i], 160 + (double)i, 85 + 85 * (double)i, ROLE_PEER);
        add_kernel(h, "kernels/gemm", "roof", params[i], 175 + (double)i, 85 + 85 * (double)i, ROLE_ROOF);
    }
}

struct drawn {
    size_t n;
    struct text script;
    struct text page; /* the sections of kernels/gemm */
    size_t n_panels;  /* its trend plots */
};

static struct drawn draw(const struct history *h)
{
    struct site site = { .history = h, .generated = "", .version = "" };
    struct site_model model;
    struct site_plots plots = { .version = "" };
    struct drawn d = { 0 };

    site_model_build(&model, &site);
    d.n = site_roofline_count(&model);
    text_add(&d.script, "");
    text_add(&d.page, "");
    site_roofline_scripts(&model, &plots);
    for (size_t i = 0; i < plots.n; i++)
        text_add(&d.script, plots.jobs[i].script.data);
    site_plots_free(&plots);
    for (size_t i = 0; i < model.n_scenarios; i++)
        for (size_t j = 0; j < model.n_hosts && strcmp(model.scenarios[i].name, "kernels/gemm") == 0; j++) {
            site_roofline_section(&model, &model.scenarios[i], model.hosts[j], &d.page);
            d.n_panels = model.scenarios[i].n_panels;
        }
    site_model_free(&model);
    return d;
}

static void drop(struct drawn *d, struct history *h)
{
    text_free(&d->script);
    text_free(&d->page);
    history_free(h);
}

static void assert_script(const struct drawn *d, const char *needle, bool there)
{
    if ((strstr(d->script.data, needle) != NULL) != there)
        fail_msg("the script %s '%s'", there ? "lacks" : "holds", needle);
}

static void every_cell_is_a_mark_under_the_newest_roofs(void **state)
{
    struct history h = { 0 };
    struct drawn d;

    (void)state;
    add_ceilings(&h, "threads=1");
    add_gemm(&h, "threads=1");
    d = draw(&h);
    assert_int_equal(d.n, 2); /* on the kernel's page and on that of the ceiling of its metric; int8 has no kernel */
    assert_script(&d, "$marks1 << END\n85 1\n170 2\nEND\n", true);
    assert_script(&d, "$marks2 << END\n85 150\n170 151\nEND\n", true);
    assert_script(&d, "$marks3 << END\n85 160\n170 161\nEND\n", true);
    assert_script(&d, "$marks4", false); /* the cell's own roof is not what is shown */
    assert_script(&d, "name1 = 'plain (reference)'\nstyle1 = 0\n", true);
    assert_script(&d, "name2 = 'avx512'\nstyle2 = 1\n", true);
    assert_script(&d, "name3 = 'blas (peer)'\nstyle3 = 2\n", true);
    assert_script(&d, "level_text1 = 'fma512 176'", true);
    assert_script(&d, "level_text2 = 'fma256 97.3'", true);
    assert_script(&d, "level_text3 = 'plain 33'", true);
    assert_script(&d, "slope_name1 = 'L1'\nslope_text1 = '357 GB/s'", true);
    assert_script(&d, "slope_name2 = 'DRAM'\nslope_text2 = '17.1 GB/s'", true);
    assert_script(&d, "n_slopes = 2\n", true);
    assert_script(&d, "fma256_too", false);
    assert_script(&d, "77123", false);
    assert_non_null(strstr(d.page.data, "<h3>Roofline</h3>"));
    assert_non_null(strstr(d.page.data, "alt=\"GFLOP/s over flop/byte; roofs: fma512 176 GFLOP/s, fma256 97.3 GFLOP/s, "
                                        "plain 33 GFLOP/s, L1 357 GB/s, DRAM 17.1 GB/s; at most: plain (reference) 2, "
                                        "avx512 151, blas (peer) 161\""));
    drop(&d, &h);
}

static void a_roof_at_its_slope_begins_where_they_meet(void **state)
{
    struct history h = { 0 };
    struct drawn d;

    (void)state;
    add_ceilings(&h, "threads=1");
    add_gemm(&h, "threads=1");
    d = draw(&h);
    const char *from = strstr(d.script.data, "level_from1 = ");
    assert_non_null(from);
    assert_true(fabs(strtod(from + strlen("level_from1 = "), NULL) - 176.0 / 357) < 1e-9);
    drop(&d, &h);
}

static void the_page_of_a_ceiling_shows_the_best_of_ours_of_every_kernel(void **state)
{
    struct history h = { 0 };
    struct drawn d;

    (void)state;
    add_ceilings(&h, "threads=1");
    add_gemm(&h, "threads=1");
    add_kernel(&h, "kernels/dot", "plain", "threads=1", 5, 0.25, ROLE_OURS);
    d = draw(&h);
    assert_int_equal(d.n, 3);
    assert_script(&d, "name1 = 'kernels/dot'\nstyle1 = 1\n", true);
    assert_script(&d, "name2 = 'kernels/gemm'\nstyle2 = 2\n", true);
    assert_script(&d, "$marks1 << END\n0.25 5\nEND\n", true);
    assert_script(&d, "$marks2 << END\n85 150\n170 151\nEND\n", true);
    drop(&d, &h);
}

static void what_has_no_intensity_or_no_roof_has_no_plot(void **state)
{
    struct history h = { 0 };
    struct drawn d;

    (void)state;
    add_gemm(&h, "threads=1");
    d = draw(&h); /* no roofs at all */
    assert_int_equal(d.n, 0);
    assert_string_equal(d.page.data, "");
    drop(&d, &h);

    h = (struct history){ 0 };
    add_ceilings(&h, "threads=1");
    add(&h, "kernels/gemm", "avx512", "n=512/threads=1", &gflops, 150);
    d = draw(&h); /* no intensity */
    assert_int_equal(d.n, 0);
    drop(&d, &h);

    h = (struct history){ 0 };
    add_ceilings(&h, "threads=1");
    add_gemm(&h, "threads=2");
    d = draw(&h); /* roofs of another number of threads */
    assert_int_equal(d.n, 0);
    drop(&d, &h);

    h = (struct history){ 0 };
    add_ceilings(&h, "threads=1");
    add_kernel(&h, "kernels/gemm", "avx512", "n=512/threads=1", 0, 85, ROLE_OURS);
    d = draw(&h); /* nothing that a logarithmic axis can hold */
    assert_int_equal(d.n, 0);
    drop(&d, &h);

    h = (struct history){ 0 };
    add_ceilings(&h, "threads=1");
    for (size_t i = 0; i < h.n_series; i++)
        text_copy(h.series[i].host_class, sizeof(h.series[i].host_class), "other-host");
    add_gemm(&h, "threads=1");
    d = draw(&h); /* roofs of another host */
    assert_int_equal(d.n, 0);
    drop(&d, &h);
}

static void each_number_of_threads_has_its_own_plot(void **state)
{
    struct history h = { 0 };
    struct drawn d;
    const char *one, *two;

    (void)state;
    add_ceilings(&h, "threads=1");
    add_ceilings(&h, "threads=2");
    add_gemm(&h, "threads=1");
    add_gemm(&h, "threads=2");
    d = draw(&h);
    assert_int_equal(d.n, 4);
    one = strstr(d.page.data, "1 thread: every cell");
    two = strstr(d.page.data, "2 threads: every cell");
    assert_true(one && two && one < two);
    drop(&d, &h);
}

static void an_intensity_has_no_trend(void **state)
{
    struct history h = { 0 };
    struct drawn d;

    (void)state;
    add_gemm(&h, "threads=1");
    d = draw(&h);
    assert_int_equal(d.n_panels, 2); /* gflops, of two cells */
    drop(&d, &h);
}

static void only_the_highest_roofs_are_drawn_where_there_are_too_many(void **state)
{
    struct history h = { 0 };
    struct drawn d;

    (void)state;
    add_gemm(&h, "threads=1");
    for (int i = 0; i < ROOFLINE_ROOFS + 3; i++) {
        char name[16];

        snprintf(name, sizeof(name), i ? "v%d" : "plain", i);
        add(&h, "kernels/roof_fma", name, "threads=1", &gflops, pow(2, 1 + (i * 4) % 11))->role = ROLE_ROOF;
    }
    d = draw(&h);
    assert_script(&d, "n_levels = 8\n", true);
    assert_script(&d, "level1 = 2048\n", true);
    assert_script(&d, "level8 = 16\n", true);
    drop(&d, &h);
}

static void labels_give_way_and_keep_their_order(void **state)
{
    static const struct { double in[3], out[3]; } rows[] = {
        { { 0.1, 0.5, 0.9 }, { 0.1, 0.5, 0.9 } },
        { { 0.1, 0.11, 0.9 }, { 0.1, 0.3, 0.9 } },
        { { 0.5, 0.9, 0.95 }, { 0.5, 0.8, 1.0 } },   /* not beyond the end */
        { { -1, 0.5, 2 }, { 0, 0.5, 1 } },
        { { 0.98, 0.99, 1 }, { 0.6, 0.8, 1.0 } },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double at[3];

        memcpy(at, rows[i].in, sizeof(at));
        site_roofline_spread(at, 3, 0.2, 0, 1);
        for (size_t j = 0; j < 3; j++)
            if (fabs(at[j] - rows[i].out[j]) > 1e-12)
                fail_msg("row %zu: place %zu is %g, want %g", i, j, at[j], rows[i].out[j]);
    }
}

static void gnuplot_draws_it_in_both_themes(void **state)
{
    struct history h = { 0 };
    struct err err;

    (void)state;
    need_gnuplot();
    add_ceilings(&h, "threads=1");
    add_gemm(&h, "threads=1");
    assert_written(write_site(&h, NULL, at("site"), &err), &err);
    assert_holds(at("site/plots/roofline-1-light.svg"), "fma512 176");
    assert_holds(at("site/plots/roofline-1-dark.svg"), "arithmetic intensity (flop/byte)");
    assert_holds(at("site/plots/roofline-2-dark.svg"), "kernels/gemm");
    assert_holds(at("site/kernels-gemm.html"), "srcset=\"plots/roofline-1-dark.svg\"");
    assert_holds(at("site/kernels-roof_fma.html"), "1 thread: the best of ours in every cell");
    history_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_is_a_mark_under_the_newest_roofs),
        cmocka_unit_test(a_roof_at_its_slope_begins_where_they_meet),
        cmocka_unit_test(the_page_of_a_ceiling_shows_the_best_of_ours_of_every_kernel),
        cmocka_unit_test(what_has_no_intensity_or_no_roof_has_no_plot),
        cmocka_unit_test(each_number_of_threads_has_its_own_plot),
        cmocka_unit_test(an_intensity_has_no_trend),
        cmocka_unit_test(only_the_highest_roofs_are_drawn_where_there_are_too_many),
        cmocka_unit_test(labels_give_way_and_keep_their_order),
        IN_A_FOLDER(gnuplot_draws_it_in_both_themes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
