// SPDX-License-Identifier: MIT
#include "base/mem.h"
#include "codecs/codec.h"
#include "codecs/evaluate.h"
#include "codecs/peak.h"
#include "codecs/peer_faiss.h"
#include "codecs/progress.h"
#include "codecs/tool_private.h"
#include "codecs/tool_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const size_t all_bytes[] = { 128, 96, 82, 64, 48, 40, 32, 27, 20, 16, 12 };

static int open_corpus(const struct tool_args *args, struct corpus *corpus, struct err *err)
{
    struct corpus_size size = { args->base, args->queries };
    int ret;

    if (!strcmp(args->corpus, "wordnet"))
        ret = corpus_wordnet(size, corpus, err);
    else if (!strcmp(args->corpus, "lsa"))
        ret = corpus_lsa(size, corpus, err);
    else
        ret = corpus_file(args->corpus, args->dim, size, corpus, err);
    if (ret == 0 && args->train && args->train < corpus->train.n) {
        size_t len = strlen(corpus->describe);

        corpus->train.n = args->train;
        snprintf(corpus->describe + len, sizeof(corpus->describe) - len, " ; trained on the first %zu", corpus->train.n);
    }
    return ret;
}

static bool wanted(const struct tool_args *args, const char *name)
{
    for (size_t i = 0; i < args->n_names; i++)
        if (!strcmp(args->names[i], name))
            return true;
    return args->n_names == 0;
}

static int one(const struct codec *codec, size_t bytes, const struct tool_args *args,
               const struct evaluate_frame *frame, struct evaluation *e, struct err *err)
{
    struct codec_options options = { bytes, args->seed };
    struct timespec start, end;
    struct peak peak = peak_begin();
    struct codec_model model;
    size_t taken;
    int ret;

    clock_gettime(CLOCK_MONOTONIC, &start);
    if (codec_train(codec, &frame->corpus->train, &options, &model, err) < 0)
        return -1;
    clock_gettime(CLOCK_MONOTONIC, &end);
    taken = peak_bytes(peak);
    ret = evaluate_model(&model, frame, e, err);
    e->train_s = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) * 1e-9;
    e->train_bytes = taken;
    codec_model_free(&model);
    return ret;
}

struct rows {
    struct evaluation *es;
    size_t n, capacity;
};

static struct evaluation *row(struct rows *rows)
{
    rows->es = mem_grow(rows->es, &rows->capacity, rows->n + 1, sizeof(*rows->es));
    return &rows->es[rows->n];
}

/* What one cannot do is its row's loss, not that of the table. */
static void say_absent(const char *kind, size_t bytes, const struct err *err)
{
    progress_say("%s", "");
    fprintf(stderr, "pawl codec eval: no row for %s at %zu bytes: %s\n", kind, bytes, err->msg);
}

/* Named by the user, but not to be had: else it is merely left out. */
static void say_unfit(const struct tool_args *args, const char *name, size_t bytes, size_t dim)
{
    struct err err;

    if (args->n_names == 0)
        return;
    err_set(&err, ERR_CONFIG, "it has no such codes of %zu dimensions", dim);
    say_absent(name, bytes, &err);
}

static int of_size(const struct tool_args *args, size_t bytes, const struct evaluate_frame *frame, struct rows *rows,
                   struct err *err)
{
    size_t dim = frame->corpus->base.dim;

    for (size_t i = 0; i < codec_list_n; i++) {
        const struct codec *codec = codec_list[i];

        if (!wanted(args, codec->name))
            continue;
        if (!codec->has(bytes, dim)) {
            say_unfit(args, codec->name, bytes, dim);
            continue;
        }
        progress_say("evaluating %s, %zu bytes", codec->name, bytes);
        if (one(codec, bytes, args, frame, row(rows), err) < 0)
            return -1;
        rows->n++;
    }
    for (size_t i = 0; evaluate_faiss_kinds[i]; i++) {
        const char *kind = evaluate_faiss_kinds[i];

        if (!wanted(args, kind) || (peer_faiss_absent() && !args->n_names))
            continue;
        if (!evaluate_faiss_has(kind, bytes, dim)) {
            say_unfit(args, kind, bytes, dim);
            continue;
        }
        progress_say("evaluating %s, %zu bytes", kind, bytes);
        if (evaluate_faiss(kind, bytes, frame, row(rows), err) == 0)
            rows->n++;
        else
            say_absent(kind, bytes, err);
    }
    return 0;
}

/* And empties it: a size is shown as soon as it is done. */
static int print(struct text *out, struct err *err)
{
    int bad = out->data && (fputs(out->data, stdout) == EOF || fflush(stdout) == EOF);

    text_free(out);
    return bad ? err_set(err, ERR_HARNESS, "cannot write to standard output: %m") : 0;
}

int tool_eval(const struct tool_args *args, struct err *err)
{
    const size_t *bytes = args->n_bytes ? args->bytes : all_bytes;
    size_t n_bytes = args->n_bytes ? args->n_bytes : ARRAY_LEN(all_bytes);
    struct evaluate_frame frame = { 0 };
    struct corpus corpus = { 0 };
    struct rows rows = { 0 };
    struct text out = { 0 };
    int ret = -1;

    if (open_corpus(args, &corpus, err) < 0)
        return -1;
    progress_say("finding the covariance of %zu vectors", corpus.base.n);
    if (evaluate_frame(&corpus, &frame, err) < 0)
        goto out;
    if (!args->json && peer_faiss_absent())
        fprintf(stderr, "pawl codec eval: no peer to compare with: %s\n", peer_faiss_absent());
    if (!args->json)
        tool_table_head(&corpus, &out);
    for (size_t i = 0; i < n_bytes; i++) {
        size_t had = rows.n;

        if (of_size(args, bytes[i], &frame, &rows, err) < 0)
            goto out;
        progress_say("%s", "");
        if (args->json)
            continue;
        tool_table_text(rows.es + had, rows.n - had, &out);
        if (print(&out, err) < 0)
            goto out;
    }
    if (args->json)
        tool_table_json(&corpus, rows.es, rows.n, &out);
    ret = print(&out, err);
out:
    for (size_t i = 0; i < rows.n; i++)
        evaluation_free(&rows.es[i]);
    free(rows.es);
    text_free(&out);
    evaluate_frame_free(&frame);
    corpus_free(&corpus);
    return ret;
}
