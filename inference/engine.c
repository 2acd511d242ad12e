// SPDX-License-Identifier: MIT
#include "inference/engine_private.h"

#include "base/mem.h"
#include "declare/team.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)ENGINE_PAGE == (int)KVCACHE_PAGE && (int)KVCACHE_PAGE == (int)OPS_PAGE, "one size of page");

void engine_free(struct engine *e)
{
    if (!e)
        return;
    kvcache_free(&e->cache);
    linear_work_free(e->linear);
    free(e->floats);
    free(e->rows);
    free(e->prefill);
    free(e->positions);
    free(e->logits_rows);
    free(e->logits_of);
    free(e);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* One block of memory for all buffers. */
static int make_buffers(struct engine *e, struct err *err)
{
    const struct model_shape *s = &e->model->shape;
    size_t n = e->options.batch, kv = s->kv_heads * s->head_dim, at = 0;
    const struct { float **out; size_t rows, cols; } buffers[] = {
        { &e->cos, e->options.length, s->rope_dim / 2 },
        { &e->sin, e->options.length, s->rope_dim / 2 },
        { &e->x, n, s->dim },
        { &e->y, n, s->dim },
        { &e->norm, n, larger(s->dim, s->ff) },
        { &e->q, n, s->dim },
        { &e->k, n, kv },
        { &e->v, n, kv },
        { &e->mixed, n, s->dim },
        { &e->gate, n, s->ff },
        { &e->up, n, s->ff },
        { &e->logits, e->options.logits, s->vocab },
        { &e->weights, 2 * (size_t)e->threads, e->cache.path_pages * KVCACHE_PAGE },
    };
    size_t offsets[ARRAY_LEN(buffers)];

    for (size_t i = 0; i < ARRAY_LEN(buffers); i++) {
        size_t floats;

        offsets[i] = at;
        if (__builtin_mul_overflow(buffers[i].rows, buffers[i].cols, &floats) ||
            __builtin_add_overflow(at, (floats + 15) / 16 * 16, &at))
            return err_set(err, ERR_HOST, "a batch of %zu rows is too large", n);
    }
    e->floats = mem_huge(at, sizeof(float), err);
    if (!e->floats)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(buffers); i++)
        *buffers[i].out = e->floats + offsets[i];
    e->work_bytes += at * sizeof(float);
    return 0;
}

/* theta_i = base^(-2 i / rope_dim), in double: an angle of thousands of turns keeps its fraction. */
static void make_angles(struct engine *e)
{
    const struct model_shape *s = &e->model->shape;
    size_t pairs = s->rope_dim / 2;

    for (size_t i = 0; i < pairs; i++) {
        double theta = pow((double)s->rope_base, -2.0 * (double)i / (double)s->rope_dim);

        for (size_t t = 0; t < e->options.length; t++) {
            e->cos[t * pairs + i] = (float)cos((double)t * theta);
            e->sin[t * pairs + i] = (float)sin((double)t * theta);
        }
    }
}

static int check_options(struct engine_options *o, const struct model *model, struct err *err)
{
    o->logits = o->logits ? o->logits : o->batch;
    o->paths = o->paths ? o->paths : 1;
    o->length = o->length ? o->length : model->shape.context;
    if (o->batch == 0 || o->logits > o->batch)
        return err_set(err, ERR_USAGE, "a batch of %zu rows with %zu logits", o->batch, o->logits);
    if (o->positions == 0 &&
        __builtin_mul_overflow((o->length + KVCACHE_PAGE - 1) / KVCACHE_PAGE * KVCACHE_PAGE, o->paths, &o->positions))
        return err_set(err, ERR_USAGE, "%zu paths of %zu tokens are too many", o->paths, o->length);
    return 0;
}

struct engine *engine_new(const struct model *model, const struct engine_options *options, struct err *err)
{
    const struct model_shape *s = &model->shape;
    struct engine *e = mem_array(1, sizeof(*e));
    size_t n;

    e->model = model;
    e->ops = ops_best(model->isa);
    e->options = *options;
    e->team = options->team;
    e->threads = e->team ? team_size(e->team) : 1;
    if (check_options(&e->options, model, err) < 0 ||
        kvcache_new(&e->cache, s->layers, s->kv_heads, s->head_dim, e->options.paths, e->options.length,
                  e->options.positions, err) < 0 ||
        make_buffers(e, err) < 0)
        goto fail;
    n = e->options.batch;
    e->linear = linear_work_new(n, larger(s->dim, s->ff), e->threads, err);
    e->rows = mem_zeroed(n, sizeof(*e->rows), err);
    e->prefill = mem_zeroed(n, sizeof(*e->prefill), err);
    e->positions = mem_zeroed(n, sizeof(*e->positions), err);
    e->logits_rows = mem_zeroed(n, sizeof(*e->logits_rows), err);
    e->logits_of = mem_zeroed(n, sizeof(*e->logits_of), err);
    if (!e->linear || !e->rows || !e->prefill || !e->positions || !e->logits_rows || !e->logits_of)
        goto fail;
    e->work_bytes += linear_work_bytes(e->linear) + n * (2 * sizeof(*e->rows) + 3 * sizeof(size_t));
    make_angles(e);
    return e;
fail:
    engine_free(e);
    return NULL;
}

const struct model *engine_model(const struct engine *e)
{
    return e->model;
}

size_t engine_batch(const struct engine *e)
{
    return e->options.batch;
}

size_t engine_limit(const struct engine *e)
{
    return e->options.length;
}

size_t engine_cache_bytes(const struct engine *e)
{
    return kvcache_bytes(&e->cache);
}

size_t engine_work_bytes(const struct engine *e)
{
    return e->work_bytes;
}

size_t engine_room(const struct engine *e)
{
    return e->cache.n_spare;
}

static bool is_path(const struct engine *e, int path)
{
    return path >= 0 && (size_t)path < e->options.paths;
}

static int check_rows(const struct engine *e, const struct engine_row *rows, size_t n, struct err *err)
{
    size_t logits = 0;

    if (n == 0 || n > e->options.batch)
        return err_set(err, ERR_USAGE, "a batch of %zu rows, where 1 to %zu are possible", n, e->options.batch);
    for (size_t i = 0; i < n; i++) {
        if (!is_path(e, rows[i].path))
            return err_set(err, ERR_USAGE, "there is no path %d", rows[i].path);
        if (rows[i].token < 0 || (size_t)rows[i].token >= e->model->shape.vocab)
            return err_set(err, ERR_USAGE, "there is no token %d", rows[i].token);
        logits += rows[i].logits;
    }
    if (logits > e->options.logits)
        return err_set(err, ERR_USAGE, "logits of %zu rows, where %zu are possible", logits, e->options.logits);
    return 0;
}

/* Takes back what the first n rows of a batch that failed have appended. */
static void take_back(struct engine *e, size_t n)
{
    while (n-- > 0)
        kvcache_truncate(&e->cache, (size_t)e->rows[n].path, e->positions[n]);
}

static int append_rows(struct engine *e, const struct engine_row *rows, size_t n, struct err *err)
{
    e->n = n;
    e->n_logits = 0;
    for (size_t i = 0; i < n; i++) {
        size_t path = (size_t)rows[i].path;

        e->rows[i] = rows[i];
        e->positions[i] = e->cache.lengths[path];
        if (e->positions[i] == e->options.length) {
            take_back(e, i);
            return err_set(err, ERR_USAGE, "the text is full: it has %zu tokens", e->options.length);
        }
        if (kvcache_append(&e->cache, path) < 0) {
            take_back(e, i);
            return err_set(err, ERR_HOST, "the cache of %zu positions is full", e->options.positions);
        }
        e->logits_of[i] = rows[i].logits ? e->n_logits : SIZE_MAX;
        if (rows[i].logits)
            e->logits_rows[e->n_logits++] = i;
    }
    return 0;
}

int engine_append(struct engine *e, const struct engine_row *rows, size_t n, struct err *err)
{
    return check_rows(e, rows, n, err) < 0 || append_rows(e, rows, n, err) < 0 ? -1 : 0;
}

void engine_run(struct engine *e, size_t first, size_t last, bool ends)
{
    e->first = first;
    e->last = last;
    e->ends = ends;
    if (e->team)
        team_run(e->team, engine_step, e);
    else
        engine_step(e, 0, 1);
}

int engine_forward(struct engine *e, const struct engine_row *rows, size_t n, size_t layers, struct err *err)
{
    if (layers > e->model->shape.layers)
        return err_set(err, ERR_USAGE, "%zu layers of a model that has %zu", layers, e->model->shape.layers);
    if (engine_append(e, rows, n, err) < 0)
        return -1;
    engine_run(e, 0, layers ? layers : e->model->shape.layers, true);
    return 0;
}

const float *engine_logits(const struct engine *e, size_t row)
{
    if (row >= e->n || e->logits_of[row] == SIZE_MAX)
        BUG("row %zu of %zu did not ask for logits", row, e->n);
    return e->logits + e->logits_of[row] * e->model->shape.vocab;
}

static size_t known(const struct engine *e, int path)
{
    if (!is_path(e, path))
        BUG("there is no path %d", path);
    return (size_t)path;
}

size_t engine_length(const struct engine *e, int path)
{
    return e->cache.lengths[known(e, path)];
}

void engine_truncate(struct engine *e, int path, size_t length)
{
    kvcache_truncate(&e->cache, known(e, path), length);
}

void engine_fork(struct engine *e, int from, int to)
{
    kvcache_fork(&e->cache, known(e, from), known(e, to));
}

int engine_prefill(struct engine *e, int path, const int32_t *tokens, size_t n, size_t *row, struct err *err)
{
    size_t start = is_path(e, path) ? e->cache.lengths[path] : 0, chunk;

    if (n == 0)
        return err_set(err, ERR_USAGE, "there are no tokens to begin with");
    for (size_t i = 0; i < n; i += chunk) {
        chunk = n - i < e->options.batch ? n - i : e->options.batch;
        for (size_t j = 0; j < chunk; j++)
            e->prefill[j] = (struct engine_row){ tokens[i + j], path, i + j + 1 == n };
        if (engine_forward(e, e->prefill, chunk, 0, err) < 0) {
            if (i > 0)
                kvcache_truncate(&e->cache, (size_t)path, start);
            return -1;
        }
        *row = chunk - 1;
    }
    return 0;
}
