// SPDX-License-Identifier: MIT
/* store_fixture.h -- what the tests of the store share: a folder of its own per test, a scenario, and blocks whose
 * numbers follow from their index. With $PAWL_TEST_SERVER (ci/with-postgres) the stores that they make by in_folder() are
 * on that server, each in a schema of its own: what holds of one engine has to hold of the other. */
#pragma once

#include "base/text.h"
#include "record/sql_engine.h"
#include "record/store.h"
#include "record/store_url.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SAMPLES = 12, VARIANTS = 3, EXACTS = 2 }; /* of one block */

static const struct metric metrics[] = {
    { .name = "ratio", .unit = "x", .kind = METRIC_EXACT, .better = METRIC_HIGHER_IS_BETTER },
    { .name = "recall@10", .unit = "", .kind = METRIC_EXACT, .better = METRIC_HIGHER_IS_BETTER },
};
static const int64_t sizes[] = { 16, 32 };
static const struct axis axes[] = { { .name = "n", .values = sizes, .n_values = 2 } };
static const struct variant variants[VARIANTS] = { { .name = "naive" },
                                                   { .name = "fast" },
                                                   { .name = "p", .role = ROLE_PEER } };
static const struct scenario scenario = {
    .name = "test/store",
    .axes = axes,
    .n_axes = 1,
    .variants = variants,
    .n_variants = VARIANTS,
    .metrics = metrics,
    .n_metrics = 2,
};

static inline int make_folder(void **state)
{
    const char *tmp = getenv("TMPDIR");
    struct text t = { 0 };

    text_addf(&t, "%s/pawl-store-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(t.data));
    *state = t.data;
    return 0;
}

static inline int remove_folder(void **state)
{
    struct text command = { 0 };
    int status;

    text_addf(&command, "rm -rf '%s'", (const char *)*state);
    status = system(command.data); // NOLINT: a folder of our own
    text_free(&command);
    free(*state);
    return status;
}

/* A connection to a server, without the store's help. */
static inline struct store connect_to(const char *url)
{
    struct store store = { .path = (char *)url };
    struct err err = { 0 };

    if (sql_postgres_open(&store, url, false, &err) < 0)
        fail_msg("%s", err.msg);
    return store;
}

static inline bool on_server(void)
{
    return getenv("PAWL_TEST_SERVER") != NULL;
}

/* A file in the test's folder; free() it. */
static inline char *local_file(void **state, const char *name)
{
    struct text t = { 0 };

    text_addf(&t, "%s/%s", (const char *)*state, name);
    return t.data;
}

/* A new place for a store: a file in the test's folder, or a schema on the server; free() it. */
static inline char *in_folder(void **state, const char *name)
{
    const char *server = getenv("PAWL_TEST_SERVER");
    struct text t = { 0 }, create = { 0 };
    struct err err = { 0 };
    struct store store;
    static int n;

    if (!server)
        return local_file(state, name);
    store = connect_to(server);
    text_addf(&create, "CREATE SCHEMA test_%d", ++n);
    assert_int_equal(sql_exec(&store, create.data, &err), 0);
    store.engine->close(&store);
    text_free(&create);
    text_addf(&t, "%s&options=-csearch_path%%3Dtest_%d", server, n);
    return t.data;
}

static inline struct store *open_store(const char *path, enum store_mode mode)
{
    struct err err = { 0 };
    struct store *store = store_open(path, mode, &err);

    if (!store)
        fail_msg("%s", err.msg);
    return store;
}

static inline struct comparison comparison(void)
{
    struct comparison c = { .params = { .scenario = &scenario, .values = { 32 } } };

    case_id(&c.params, NULL, c.id, sizeof(c.id));
    return c;
}

static inline double sample_ns(int block, int order)
{
    return 1000.0 * block + order + 0.1;
}

/* Unknown, in every other sample. */
static inline double sample_count(int order, double count)
{
    return order % 2 ? count * order : NAN;
}

/* A block of SAMPLES samples and EXACTS exact values; block_free() it. */
static inline struct block make_block(int index)
{
    struct block b = { .index = index, .variant = -1, .cpus = "1", .seconds = 0.25 };

    b.samples = calloc(SAMPLES, sizeof(*b.samples));
    b.exacts = calloc(EXACTS, sizeof(*b.exacts));
    assert_true(b.samples && b.exacts);
    b.n_samples = SAMPLES;
    for (int i = 0; i < SAMPLES; i++)
        b.samples[i] = (struct sample){ .variant = i % VARIANTS,
                                        .round = i / VARIANTS,
                                        .order = i,
                                        .iterations = 7,
                                        .ns = sample_ns(index, i),
                                        .cpu_ns = 0.5,
                                        .cpu = 1,
                                        .switches = 2,
                                        .migrated = i == 1,
                                        .mhz = NAN,
                                        .instructions = sample_count(i, 1e6),
                                        .cycles = sample_count(i, 1.0 / 3),
                                        .branch_misses = sample_count(i, 0),
                                        .cache_misses = sample_count(i, 0.5) };
    b.n_exacts = EXACTS;
    for (int i = 0; i < EXACTS; i++)
        b.exacts[i] = (struct exact_value){ .variant = 1, .metric = &metrics[i], .value = index + 10 * i };
    return b;
}

static inline int try_block(struct store *store, int64_t run, int index, struct err *err)
{
    struct comparison c = comparison();
    struct block b = make_block(index);
    int ret = store_add_block(store, run, &c, &b, err);

    block_free(&b);
    return ret;
}

static inline void add_block(struct store *store, int64_t run, int index)
{
    struct err err = { 0 };

    if (try_block(store, run, index, &err) < 0)
        fail_msg("%s", err.msg);
}

static inline int try_begin(struct store *store, const char *host_class, struct run_info *info, struct err *err)
{
    *info = (struct run_info){
        .commit = "c0ffee", .seed = UINT64_MAX - 1, .started = "2026-11-21T02:05:53Z", .seconds = NAN
    };
    text_copy(info->host.class, sizeof(info->host.class), host_class);
    return store_begin_run(store, info, err);
}

static inline int64_t begin_run(struct store *store, const char *host_class, struct run_info *info)
{
    struct err err = { 0 };

    if (try_begin(store, host_class, info, &err) < 0)
        fail_msg("%s", err.msg);
    return info->id;
}

/* The first column of the first row, asked without the store's help. */
static inline int64_t query(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    int64_t n;

    if (store_url(path)) {
        struct store store = connect_to(path);
        struct err err = { 0 };

        if (sql_number(&store, sql, &n, &err) < 0)
            fail_msg("%s", err.msg);
        store.engine->close(&store);
        return n;
    }
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    n = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return n;
}

static inline void assert_says(const struct err *err, enum err_code code, const char *part)
{
    if (err->code != code || !strstr(err->msg, part))
        fail_msg("code %d, '%s' lacks '%s' (code %d)", (int)err->code, err->msg, part, (int)code);
}

/* NAN equals NAN; otherwise bit for bit. */
static inline void assert_same(double a, double b)
{
    if (!(isnan(a) && isnan(b)) && !(a == b))
        fail_msg("%.17g is not %.17g", a, b);
}

static inline struct estimate *add_estimate(struct case_result *c, const char *metric, double value, double low,
                                            double high, size_t n_blocks)
{
    struct estimate *e = case_add_estimate(c);

    text_copy(e->metric, sizeof(e->metric), metric);
    text_copy(e->unit, sizeof(e->unit), "ns");
    e->kind = METRIC_TIMED;
    e->better = METRIC_LOWER_IS_BETTER;
    e->value = value;
    e->low = low;
    e->high = high;
    e->spread = 0.01;
    e->n_blocks = n_blocks;
    e->blocks = n_blocks ? calloc(n_blocks, sizeof(double)) : NULL;
    for (size_t i = 0; i < n_blocks; i++)
        e->blocks[i] = value + (double)i;
    return e;
}

static inline struct case_result *add_case(struct run_result *run, int variant, enum case_status status)
{
    struct comparison c = comparison();
    struct case_result *r = run_add_case(run);

    case_id(&c.params, &variants[variant], r->id, sizeof(r->id));
    text_copy(r->scenario, sizeof(r->scenario), scenario.name);
    text_copy(r->variant, sizeof(r->variant), variants[variant].name);
    text_copy(r->reference, sizeof(r->reference), variants[0].name);
    text_copy(r->params, sizeof(r->params), "n=32");
    r->role = variants[variant].role;
    r->status = status;
    return r;
}

static inline void finish(struct store *store, struct run_result *run)
{
    struct err err = { 0 };

    if (store_finish_run(store, run, &err) < 0)
        fail_msg("%s", err.msg);
}

/* A finished run of one case with the one metric "time_ns". */
static inline int64_t quick_run(struct store *store, const char *host_class, double value, enum case_status status)
{
    struct run_result run = { 0 };
    int64_t id = begin_run(store, host_class, &run.info);

    add_estimate(add_case(&run, 1, status), "time_ns", value, value - 1, value + 1, 1);
    finish(store, &run);
    run_result_free(&run);
    return id;
}

/* A store with one unfinished run of n blocks. */
static inline void make_store(const char *path, int n)
{
    struct store *store = open_store(path, STORE_WRITE);
    struct run_info info;

    begin_run(store, "h", &info);
    for (int i = 0; i < n; i++)
        add_block(store, info.id, i);
    store_close(store);
}

static inline void assert_whole_blocks(const char *path, int64_t at_least)
{
    int64_t blocks = query(path, "SELECT count(*) FROM block");

    assert_true(blocks >= at_least);
    assert_int_equal(query(path, "SELECT count(*) FROM sample"), blocks * SAMPLES);
    assert_int_equal(query(path, "SELECT count(*) FROM block_value"), blocks * EXACTS);
    assert_int_equal(query(path, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
}
