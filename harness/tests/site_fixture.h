// SPDX-License-Identifier: MIT
/* site_fixture.h -- what the tests of the dashboard share: a folder for each test, and a history to draw. */
#pragma once

#include "base/day.h"
#include "report_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the reports

#include "report/site.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of its own for every test; each path below it is made by at(). */
static char root[64];

static inline const char *at(const char *name)
{
    static char paths[4][256];
    static size_t next;
    char *path = paths[next++ % ARRAY_LEN(paths)];

    snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
    return path;
}

/* site_write() itself knows: an empty site is drawn, or the host lacks what draws. */
static inline void need_gnuplot(void)
{
    struct history h = { 0 };
    struct site site = { .history = &h, .generated = "", .version = "" };
    struct err err;
    char command[128];

    if (site_write(&site, at("probe"), &err) < 0 && err.code == ERR_HOST) {
        print_message("the drawing is not tested: this host lacks gnuplot\n");
        skip();
    }
    snprintf(command, sizeof(command), "rm -rf '%s/probe'", root);
    assert_int_equal(system(command), 0);
}

static inline int make_root(void **state)
{
    (void)state;
    text_copy(root, sizeof(root), "/tmp/pawl-site-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static inline int remove_root(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf '%s'", root);
    return system(command);
}

static inline size_t count_entries(const char *path)
{
    DIR *dir = opendir(path);
    size_t n = 0;

    if (!dir)
        return 0;
    for (const struct dirent *entry; (entry = readdir(dir));)
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return n;
}

static inline void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_true(file && fputs(text, file) >= 0);
    fclose(file);
}

static inline struct text get(const char *path)
{
    struct text t = { 0 };
    FILE *file = fopen(path, "r");
    char buf[4096];

    if (!file)
        fail_msg("cannot read '%s'", path);
    text_add(&t, "");
    while (fgets(buf, sizeof(buf), file))
        text_add(&t, buf);
    fclose(file);
    return t;
}

static inline void assert_holds(const char *path, const char *needle)
{
    struct text t = get(path);

    if (!strstr(t.data, needle))
        fail_msg("'%s' lacks '%s'", path, needle);
    text_free(&t);
}

static inline struct series *add_series(struct history *h, const char *variant, const struct metric *metric, size_t n)
{
    struct series *s;
    size_t capacity = h->n_series;

    h->series = mem_grow(h->series, &capacity, h->n_series + 1, sizeof(*h->series));
    s = &h->series[h->n_series++];
    *s = (struct series){ .kind = metric->kind, .better = metric->better, .at_least = NAN, .at_most = NAN };
    snprintf(s->case_id, sizeof(s->case_id), "kernels/gemm_f32/%s/n=1024/threads=1", variant);
    text_copy(s->scenario, sizeof(s->scenario), "kernels/gemm_f32");
    text_copy(s->variant, sizeof(s->variant), variant);
    text_copy(s->reference, sizeof(s->reference), "naive");
    text_copy(s->params, sizeof(s->params), "n=1024/threads=1");
    text_copy(s->metric, sizeof(s->metric), metric->name);
    text_copy(s->unit, sizeof(s->unit), metric->unit);
    text_copy(s->host_class, sizeof(s->host_class), "zen4-7950x");
    s->points = mem_array(n, sizeof(*s->points));
    s->n_points = n;
    for (size_t i = 0; i < n; i++) {
        struct point *p = &s->points[i];

        p->run = (int64_t)i + 1;
        day_format(day_parse("2026-11-01") + (int64_t)i, p->started);
        text_copy(p->started + 10, sizeof(p->started) - 10, "T02:05:53Z");
        snprintf(p->commit, sizeof(p->commit), "%08x", (unsigned)(i * 0x9e3779b1u));
        p->value = 10 + (double)(i % 3);
        p->low = metric->kind == METRIC_EXACT ? p->value : p->value * 0.98;
        p->high = metric->kind == METRIC_EXACT ? p->value : p->value * 1.02;
    }
    return s;
}

static inline void fill_history(struct history *h, size_t n)
{
    *h = (struct history){ 0 };
    add_series(h, "avx2", &metric_speedup, n)->at_least = 8;
    add_series(h, "avx2", &metric_recall, n)->at_most = 20;
    add_series(h, "avx2", &metric_time_ns, n);
    add_series(h, "naive", &metric_time_ns, n);
}

static inline int write_site(const struct history *h, const struct run_result *run, const char *dir, struct err *err)
{
    struct site site = { .history = h,
                         .runs = run,
                         .n_runs = run ? 1 : 0,
                         .margin = 0.03,
                         .generated = "2026-11-21T03:00:00Z",
                         .version = "0.1.0" };

    err->msg[0] = '\0';
    return site_write(&site, dir, err);
}

/* Writes a site of the fixture's run and a history of n points. */
static inline int write_sample(const char *dir, size_t n, struct err *err)
{
    struct run_result run;
    struct history h;
    int ret;

    fill_run(&run);
    fill_history(&h, n);
    ret = write_site(&h, &run, dir, err);
    history_free(&h);
    run_result_free(&run);
    return ret;
}

static inline void assert_written(int ret, const struct err *err)
{
    if (ret < 0)
        fail_msg("%s", err->msg);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)
