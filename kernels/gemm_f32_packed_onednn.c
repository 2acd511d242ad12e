// SPDX-License-Identifier: MIT
#include "kernels/gemm_f32_packed_onednn.h"

#ifdef PAWL_HAVE_ONEDNN
#include "base/mem.h"
#include "declare/team.h"
#include "kernels/gemm_f32_onednn_api.h"
#include "kernels/gemm_f32_work.h"

#include <stdlib.h>

enum { COLUMNS = 64 }; /* slabs are multiples of it: its own blocks are 16, 32, 48 or 64 columns wide */

enum { SRC, WEIGHTS, DST, SCRATCH, MEMORIES };

static const int argument[MEMORIES] = { DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, DNNL_ARG_SCRATCHPAD };

/* What one rank runs; an empty share has no primitive. */
struct slab {
    dnnl_stream_t stream;
    dnnl_primitive_t matmul;
    dnnl_memory_t memory[MEMORIES];
};

struct gemm_f32_packed_onednn {
    const struct gemm_f32_onednn_api *api;
    dnnl_engine_t engine;
    int size;
    struct slab *slabs;
};

/* A call of oneDNN that must succeed; `what` names it. */
static int done(dnnl_status_t status, const char *what, struct err *err)
{
    return status == dnnl_success ? 0 : err_set(err, ERR_HOST, "onednn: %s returned %d", what, (int)status);
}

/* A memory descriptor is a value in version 2 and an object in version 3; its functions take a pointer in both. */
struct desc {
    dnnl_memory_desc_t md;
};

#if DNNL_VERSION_MAJOR >= 3
static const void *md(const struct desc *desc)
{
    return desc->md;
}

static int desc_make(const struct gemm_f32_onednn_api *api, struct desc *to, size_t rows, size_t cols, size_t ld,
                     struct err *err)
{
    dnnl_dims_t dims = { (dnnl_dim_t)rows, (dnnl_dim_t)cols }, strides = { (dnnl_dim_t)ld, 1 };

    return done(api->memory_desc_create_with_strides(&to->md, 2, dims, dnnl_f32, strides), "memory_desc", err);
}

static int desc_any(const struct gemm_f32_onednn_api *api, struct desc *to, size_t rows, size_t cols, struct err *err)
{
    dnnl_dims_t dims = { (dnnl_dim_t)rows, (dnnl_dim_t)cols };

    return done(api->memory_desc_create_with_tag(&to->md, 2, dims, dnnl_f32, dnnl_format_tag_any), "memory_desc", err);
}

static void desc_free(const struct gemm_f32_onednn_api *api, struct desc *desc)
{
    if (desc->md)
        api->memory_desc_destroy(desc->md);
}

static int matmul_desc(const struct gemm_f32_packed_onednn *peer, dnnl_primitive_desc_t *to, const void *src,
                       const void *weights, const void *dst, dnnl_primitive_attr_t attr, struct err *err)
{
    return done(peer->api->matmul_primitive_desc_create(to, peer->engine, src, weights, NULL, dst, attr), "matmul",
                err);
}
#else
static const void *md(const struct desc *desc)
{
    return &desc->md;
}

static int desc_make(const struct gemm_f32_onednn_api *api, struct desc *to, size_t rows, size_t cols, size_t ld,
                     struct err *err)
{
    dnnl_dims_t dims = { (dnnl_dim_t)rows, (dnnl_dim_t)cols }, strides = { (dnnl_dim_t)ld, 1 };

    return done(api->memory_desc_init_by_strides(&to->md, 2, dims, dnnl_f32, strides), "memory_desc", err);
}

static int desc_any(const struct gemm_f32_onednn_api *api, struct desc *to, size_t rows, size_t cols, struct err *err)
{
    dnnl_dims_t dims = { (dnnl_dim_t)rows, (dnnl_dim_t)cols };

    return done(api->memory_desc_init_by_tag(&to->md, 2, dims, dnnl_f32, dnnl_format_tag_any), "memory_desc", err);
}

static void desc_free(const struct gemm_f32_onednn_api *api, struct desc *desc)
{
    (void)api;
    (void)desc;
}

static int matmul_desc(const struct gemm_f32_packed_onednn *peer, dnnl_primitive_desc_t *to, const void *src,
                       const void *weights, const void *dst, dnnl_primitive_attr_t attr, struct err *err)
{
    dnnl_matmul_desc_t matmul;

    if (done(peer->api->matmul_desc_init(&matmul, src, weights, NULL, dst), "matmul_desc", err) < 0)
        return -1;
    return done(peer->api->primitive_desc_create(to, &matmul, attr, peer->engine, NULL), "matmul", err);
}
#endif

static int memory_make(const struct gemm_f32_packed_onednn *peer, dnnl_memory_t *to, const void *like, void *at,
                       struct err *err)
{
    return done(peer->api->memory_create(to, like, peer->engine, at), "memory", err);
}

/* The weights of a slab, from rows of `from` into the layout that the matmul wants. */
static int pack(const struct gemm_f32_packed_onednn *peer, struct slab *slab, const void *from, const float *b,
                const void *to, struct err *err)
{
    const struct gemm_f32_onednn_api *api = peer->api;
    dnnl_primitive_desc_t how = NULL;
    dnnl_primitive_t reorder = NULL;
    dnnl_memory_t plain = NULL;
    int ret = -1;

    if (memory_make(peer, &plain, from, (void *)(uintptr_t)b, err) < 0 || /* not written to */
        memory_make(peer, &slab->memory[WEIGHTS], to, DNNL_MEMORY_ALLOCATE, err) < 0 ||
        done(api->reorder_primitive_desc_create(&how, from, peer->engine, to, peer->engine, NULL), "reorder",
             err) < 0 ||
        done(api->primitive_create(&reorder, how), "reorder", err) < 0)
        goto out;
    dnnl_exec_arg_t args[] = { { DNNL_ARG_FROM, plain }, { DNNL_ARG_TO, slab->memory[WEIGHTS] } };
    if (done(api->primitive_execute(reorder, slab->stream, 2, args), "reorder", err) < 0 ||
        done(api->stream_wait(slab->stream), "reorder", err) < 0)
        goto out;
    ret = 0;
out:
    api->primitive_destroy(reorder);
    api->primitive_desc_destroy(how);
    api->memory_destroy(plain);
    return ret;
}

/* The user's scratchpad: the library's own would belong to the thread that made the primitive. */
static int slab_matmul(const struct gemm_f32_packed_onednn *peer, struct slab *slab, const struct gemm_f32_problem *p,
                       const struct desc *src, const struct desc *plain, const struct desc *any, const struct desc *dst,
                       struct err *err)
{
    const struct gemm_f32_onednn_api *api = peer->api;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t matmul = NULL;
    int ret = -1;

    if (done(api->primitive_attr_create(&attr), "attr", err) < 0 ||
        done(api->primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user), "scratchpad", err) < 0 ||
        matmul_desc(peer, &matmul, md(src), md(any), md(dst), attr, err) < 0 ||
        done(api->primitive_create(&slab->matmul, matmul), "matmul", err) < 0 ||
        memory_make(peer, &slab->memory[SRC], md(src), (void *)(uintptr_t)p->a, err) < 0 || /* not written to */
        memory_make(peer, &slab->memory[DST], md(dst), p->c, err) < 0 ||
        memory_make(peer, &slab->memory[SCRATCH], api->primitive_desc_query_md(matmul, dnnl_query_scratchpad_md, 0),
                    DNNL_MEMORY_ALLOCATE, err) < 0 ||
        pack(peer, slab, md(plain), p->b, api->primitive_desc_query_md(matmul, dnnl_query_weights_md, 0), err) < 0)
        goto out;
    ret = 0;
out:
    api->primitive_desc_destroy(matmul);
    api->primitive_attr_destroy(attr);
    return ret;
}

/* *p: the part of the product that the slab computes. */
static int slab_make(const struct gemm_f32_packed_onednn *peer, struct slab *slab, const struct gemm_f32_problem *p,
                     struct err *err)
{
    const struct gemm_f32_onednn_api *api = peer->api;
    struct desc src = { 0 }, plain = { 0 }, any = { 0 }, dst = { 0 };
    int ret = -1;

    if (done(api->stream_create(&slab->stream, peer->engine, dnnl_stream_default_flags), "stream", err) == 0 &&
        desc_make(api, &src, p->m, p->k, p->lda, err) == 0 && desc_make(api, &plain, p->k, p->n, p->ldb, err) == 0 &&
        desc_any(api, &any, p->k, p->n, err) == 0 && desc_make(api, &dst, p->m, p->n, p->ldc, err) == 0)
        ret = slab_matmul(peer, slab, p, &src, &plain, &any, &dst, err);
    desc_free(api, &src);
    desc_free(api, &plain);
    desc_free(api, &any);
    desc_free(api, &dst);
    return ret;
}

struct gemm_f32_packed_onednn *gemm_f32_packed_onednn_new(const struct gemm_f32_problem *p, int threads,
                                                          struct err *err)
{
    const struct gemm_f32_onednn_api *api = gemm_f32_onednn_load(err);
    struct gemm_f32_packed_onednn *peer;

    if (!api)
        return NULL;
    peer = mem_array(1, sizeof(*peer));
    *peer = (struct gemm_f32_packed_onednn){ api, NULL, threads, mem_array((size_t)threads, sizeof(*peer->slabs)) };
    if (done(api->engine_create(&peer->engine, dnnl_cpu, 0), "engine", err) < 0)
        goto fail;
    for (int rank = 0; rank < threads; rank++) {
        struct gemm_f32_problem part = *p;
        size_t first, count;

        team_share((p->n + COLUMNS - 1) / COLUMNS, rank, threads, &first, &count);
        part.b += first * COLUMNS;
        part.c += first * COLUMNS;
        part.n = (first + count) * COLUMNS > p->n ? p->n - first * COLUMNS : count * COLUMNS;
        if (count > 0 && slab_make(peer, &peer->slabs[rank], &part, err) < 0)
            goto fail;
    }
    return peer;
fail:
    gemm_f32_packed_onednn_free(peer);
    return NULL;
}

void gemm_f32_packed_onednn_free(struct gemm_f32_packed_onednn *peer)
{
    if (!peer)
        return;
    for (int rank = 0; rank < peer->size; rank++) {
        struct slab *slab = &peer->slabs[rank];

        peer->api->primitive_destroy(slab->matmul);
        for (int i = 0; i < MEMORIES; i++)
            peer->api->memory_destroy(slab->memory[i]);
        peer->api->stream_destroy(slab->stream);
    }
    peer->api->engine_destroy(peer->engine);
    free(peer->slabs);
    free(peer);
}

static void run_rank(void *arg, int rank, int size)
{
    const struct gemm_f32_packed_onednn *peer = arg;
    const struct slab *slab = &peer->slabs[rank];
    dnnl_exec_arg_t args[MEMORIES];
    dnnl_status_t status;

    if (size != peer->size)
        BUG("onednn with a team of %d, made for %d", size, peer->size);
    if (!slab->matmul)
        return;
    for (int i = 0; i < MEMORIES; i++)
        args[i] = (dnnl_exec_arg_t){ argument[i], slab->memory[i] };
    status = peer->api->primitive_execute(slab->matmul, slab->stream, MEMORIES, args);
    if (status == dnnl_success)
        status = peer->api->stream_wait(slab->stream);
    if (status != dnnl_success)
        BUG("onednn: matmul returned %d", (int)status);
}

void gemm_f32_packed_onednn_run(struct gemm_f32_packed_onednn *peer, struct team *team)
{
    if (team)
        team_run(team, run_rank, peer);
    else
        run_rank(peer, 0, 1);
}
#else
#include "kernels/gemm_f32_onednn.h"

struct gemm_f32_packed_onednn *gemm_f32_packed_onednn_new(const struct gemm_f32_problem *p, int threads,
                                                          struct err *err)
{
    (void)p;
    (void)threads;
    err_set(err, ERR_HOST, "%s", GEMM_F32_ONEDNN_ABSENT);
    return NULL;
}

void gemm_f32_packed_onednn_free(struct gemm_f32_packed_onednn *peer)
{
    (void)peer;
}

void gemm_f32_packed_onednn_run(struct gemm_f32_packed_onednn *peer, struct team *team)
{
    (void)peer;
    (void)team;
    BUG("onednn is not in this build");
}
#endif
