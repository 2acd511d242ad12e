// SPDX-License-Identifier: MIT
/* test_site_rate.c -- what a rate-distortion plot shows, and of what. */
#include "site_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the dashboard

#include "report/site_rate.h"

static const struct metric recall = { "recall@10", "", METRIC_EXACT, METRIC_HIGHER_IS_BETTER, .exact = NULL };
static const struct metric ratio = { "ratio", "x", METRIC_EXACT, METRIC_HIGHER_IS_BETTER, .exact = NULL };

/* Three runs; the last one found `value`. */
static void add(struct history *h, const char *variant, const char *params, const struct metric *metric, double value)
{
    struct series *s = add_series(h, variant, metric, 3);

    snprintf(s->case_id, sizeof(s->case_id), "codecs/q/%s/%s", variant, params);
    text_copy(s->scenario, sizeof(s->scenario), "codecs/q");
    text_copy(s->params, sizeof(s->params), params);
    text_copy(s->reference, sizeof(s->reference), "plain");
    for (size_t i = 0; i < 3; i++)
        s->points[i].value = s->points[i].low = s->points[i].high = value * (i == 2 ? 1 : 0.5);
}

static void add_cell(struct history *h, const char *variant, const char *params, double x, double y)
{
    add(h, variant, params, &ratio, x);
    add(h, variant, params, &recall, y);
}

static void draw(const struct history *h, size_t *n, struct text *script, struct text *page)
{
    struct site site = { .history = h, .generated = "", .version = "" };
    struct site_plots plots = { .version = "" };
    struct site_model model;

    site_model_build(&model, &site);
    *n = site_rate_count(&model);
    text_add(script, "");
    text_add(page, "");
    site_rate_scripts(&model, &plots);
    for (size_t i = 0; i < plots.n; i++)
        text_add(script, plots.jobs[i].script.data);
    site_plots_free(&plots);
    for (size_t j = 0; j < model.n_hosts; j++)
        site_rate_section(&model, &model.scenarios[0], model.hosts[j], page);
    site_model_free(&model);
}

static void a_variant_is_a_line_by_ratio_of_the_newest_figures(void **state)
{
    struct history h = { 0 };
    struct text script = { 0 }, page = { 0 };
    size_t n;

    (void)state;
    add_cell(&h, "plain", "bytes=20", 1, 1);
    add_cell(&h, "plain", "bytes=40", 1, 1);
    add_cell(&h, "pq", "bytes=20", 205, .5);
    add_cell(&h, "pq", "bytes=40", 102, .75);
    add_cell(&h, "once", "bytes=20", 205, .25); /* one spot is no line */
    draw(&h, &n, &script, &page);
    assert_int_equal(n, 1);
    assert_non_null(strstr(script.data, "name1 = 'pq'\n"));
    assert_non_null(strstr(script.data, "<< END\n102 0.75\n205 0.5\nEND\n"));
    assert_null(strstr(script.data, "name2"));
    assert_null(strstr(script.data, "once"));
    assert_null(strstr(script.data, "plain"));
    assert_non_null(strstr(page.data, "<h3>Rate and loss</h3>"));
    assert_non_null(strstr(page.data, "at the highest: pq 0.500 at 205x"));
    text_free(&script);
    text_free(&page);
    history_free(&h);
}

static void without_ratios_or_recall_there_is_no_plot(void **state)
{
    struct history h = { 0 };
    struct text script = { 0 }, page = { 0 };
    size_t n;

    (void)state;
    add(&h, "pq", "bytes=20", &recall, .5);
    add(&h, "pq", "bytes=40", &recall, .75);
    add(&h, "sq", "bytes=40", &ratio, 102);
    draw(&h, &n, &script, &page);
    assert_int_equal(n, 0);
    assert_string_equal(page.data, "");
    assert_string_equal(script.data, "");
    text_free(&script);
    text_free(&page);
    history_free(&h);
}

static void gnuplot_draws_it_in_both_themes(void **state)
{
    struct history h = { 0 };
    struct site site = { .history = &h, .generated = "", .version = "" };
    struct err err;

    (void)state;
    need_gnuplot();
    add_cell(&h, "pq", "bytes=20", 205, .5);
    add_cell(&h, "pq", "bytes=40", 102, .75);
    assert_int_equal(site_write(&site, at("site"), &err), 0);
    assert_int_equal(access(at("site/plots/rate-1-light.svg"), R_OK), 0);
    assert_int_equal(access(at("site/plots/rate-1-dark.svg"), R_OK), 0);
    history_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_variant_is_a_line_by_ratio_of_the_newest_figures),
        cmocka_unit_test(without_ratios_or_recall_there_is_no_plot),
        IN_A_FOLDER(gnuplot_draws_it_in_both_themes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
