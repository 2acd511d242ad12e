// SPDX-License-Identifier: MIT
/* main.c -- pawl_train_encoder: makes and judges the weights that the program carries (codecs/encoder.h). */
#include "base/mem.h"
#include "base/text.h"
#include "codecs/hash.h"
#include "codecs/replace.h"
#include "codecs/train/eval.h"
#include "codecs/train/save.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: pawl_train_encoder train FOLDER [OPTION VALUE]...   write FOLDER/encoder.bin and its log, encoder.tsv\n"
    "       pawl_train_encoder eval [FILE]                      judge the weights in FILE, or those built in\n"
    "\n"
    "Options of train: --seed --steps --batch --run --words --buckets --width --hidden --temperature --rate-table\n"
    "--rate-dense --decay --spread --drop --shared (codecs/train/train.h says what they are).\n"
    "Nothing is written before the last step.\n"
    "Exit: 0 done; 2 usage; 3 WordNet, OpenBLAS or memory lacks; 4 disk or a bug.\n";

struct log {
    struct text text;
    bool live; /* a terminal is there to rewrite a line on */
};

static void log_progress(void *arg, const struct train_progress *p)
{
    struct log *log = arg;
    double left = p->seconds / (double)p->step * (double)(p->steps - p->step);

    text_addf(&log->text, "%zu\t%.1f\t%.4f\t%.4f", p->step, p->seconds, p->loss, p->held_out);
    for (size_t i = 0; i < MRL_LEVELS; i++)
        text_addf(&log->text, "\t%.4f", p->levels[i]);
    text_add(&log->text, "\n");
    fprintf(stderr, "%sencoder: step %zu of %zu, loss %.3f, held out %.3f, %.0f s, about %.0f s left%s",
            log->live ? "\r\033[K" : "", p->step, p->steps, p->loss, p->held_out, p->seconds, left,
            log->live && p->step < p->steps ? "" : "\n");
    fflush(stderr);
}

static void log_head(struct log *log, const struct train_options *o)
{
    text_addf(&log->text,
              "# seed %llu, %zu words, %zu buckets, width %zu, hidden %zu, batch %zu, run %zu, temperature %g, "
              "rates %g %g, decay %g, spread %g, drop %g, shared %g\n",
              (unsigned long long)o->seed, o->words, o->buckets, o->width, o->hidden, o->batch, o->run, o->temperature,
              o->rate_table, o->rate_dense, o->decay, o->spread, o->drop, o->shared);
    text_add(&log->text,
             "# loss: mean of the batches since the line before; held_out: pairs never trained on, one batch; "
             "prefix_N: its cross-entropy by N floats\nstep\tseconds\tloss\theld_out");
    for (size_t i = 0; i < MRL_LEVELS; i++)
        text_addf(&log->text, "\tprefix_%zu", mrl_dims[i]);
    text_add(&log->text, "\n");
}

static bool write_blob(FILE *f, const void *arg)
{
    const struct blob *b = arg;

    return fwrite(b->data, 1, b->len, f) == b->len;
}

static int write_file(const char *folder, const char *name, const void *data, size_t len, struct err *err)
{
    struct blob blob = { .data = (uint8_t *)data, .len = len };
    char path[4096];

    if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
        return err_set(err, ERR_USAGE, "'%s' is too long a path", folder);
    return replace_file(path, write_blob, &blob, err);
}

static int parse_options(char **argv, struct train_options *o, struct err *err)
{
    const struct {
        const char *name;
        size_t *count;
        double *value;
        int64_t least;
    } table[] = {
        { "--steps", &o->steps, NULL, 1 },
        { "--batch", &o->batch, NULL, 2 },
        { "--run", &o->run, NULL, 1 },
        { "--words", &o->words, NULL, 0 },
        { "--buckets", &o->buckets, NULL, 1 },
        { "--width", &o->width, NULL, 2 },
        { "--hidden", &o->hidden, NULL, 1 },
        { "--temperature", NULL, &o->temperature, 0 },
        { "--rate-table", NULL, &o->rate_table, 0 },
        { "--rate-dense", NULL, &o->rate_dense, 0 },
        { "--decay", NULL, &o->decay, 0 },
        { "--drop", NULL, &o->drop, 0 },
        { "--spread", NULL, &o->spread, 0 },
        { "--shared", NULL, &o->shared, 0 },
    };

    for (; *argv; argv += 2) {
        int64_t count = 0;
        size_t i = 0;

        if (!argv[1])
            return err_set(err, ERR_USAGE, "'%s' needs a value", argv[0]);
        if (!strcmp(argv[0], "--seed")) {
            if (text_int64(argv[1], 0, INT64_MAX, &count, err) < 0)
                return err_wrap(err, "--seed");
            o->seed = (uint64_t)count;
            continue;
        }
        while (i < ARRAY_LEN(table) && strcmp(argv[0], table[i].name))
            i++;
        if (i == ARRAY_LEN(table))
            return err_set(err, ERR_USAGE, "no option '%s'", argv[0]);
        if (table[i].count ? text_int64(argv[1], table[i].least, 1 << 20, &count, err) < 0
                           : text_double(argv[1], 0, 100, table[i].value, err) < 0)
            return err_wrap(err, "%s", argv[0]);
        if (table[i].count)
            *table[i].count = (size_t)count;
    }
    if (o->width % 2 || o->temperature < 0.01 || o->drop > 0.9 || o->shared > 1)
        return err_set(err, ERR_USAGE,
                       "--width is even, --temperature at least 0.01, --drop at most 0.9, --shared at most 1");
    return 0;
}

static int train(char **argv, const struct wordnet *wordnet, const struct texts *texts, struct err *err)
{
    struct train_options options = train_defaults;
    struct log log = { .live = isatty(STDERR_FILENO) };
    struct blob weights = { 0 };
    struct trained trained = { 0 };
    int ret = -1;

    if (!argv[0])
        return err_set(err, ERR_USAGE, "train: which folder?");
    if (parse_options(argv + 1, &options, err) < 0)
        return -1;
    log_head(&log, &options);
    if (train_run(&options, wordnet, texts, log_progress, &log, &trained, err) < 0)
        goto out;
    save_weights(&trained, texts, &weights);
    if (write_file(argv[0], "encoder.bin", weights.data, weights.len, err) < 0 ||
        write_file(argv[0], "encoder.tsv", log.text.data, log.text.len, err) < 0)
        goto out;
    printf("%s/encoder.bin: %zu bytes, XXH64 %016llx\n", argv[0], weights.len,
           (unsigned long long)hash_bytes(weights.data, weights.len, 0));
    ret = 0;
out:
    trained_free(&trained);
    blob_free(&weights);
    text_free(&log.text);
    return ret;
}

static int read_file(const char *path, struct blob *out, struct err *err)
{
    FILE *f = fopen(path, "rb");
    uint8_t part[65536];
    size_t n;
    int ret = 0;

    if (!f)
        return err_set(err, ERR_CONFIG, "cannot read '%s': %s", path, strerror(errno));
    while ((n = fread(part, 1, sizeof(part), f)) > 0)
        blob_bytes(out, part, n);
    if (ferror(f))
        ret = err_set(err, ERR_CONFIG, "cannot read '%s'", path);
    fclose(f);
    return ret;
}

static int eval(char **argv, const struct wordnet *wordnet, const struct texts *texts, struct err *err)
{
    struct encoder *encoder = NULL;
    struct blob weights = { 0 };
    struct text report = { 0 };
    int ret = -1;

    if (argv[0] ? read_file(argv[0], &weights, err) < 0 || encoder_load(weights.data, weights.len, &encoder, err) < 0
                : encoder_builtin(&encoder, err) < 0)
        goto out;
    if (eval_retrieval(encoder, wordnet, texts, &report, err) < 0 || eval_shape(encoder, texts, &report, err) < 0)
        goto out;
    fputs(report.data, stdout);
    ret = 0;
out:
    encoder_free(encoder);
    blob_free(&weights);
    text_free(&report);
    return ret;
}

int main(int argc, char **argv)
{
    static const int status[] = { [ERR_USAGE] = 2, [ERR_CONFIG] = 2, [ERR_HOST] = 3, [ERR_HARNESS] = 4 };
    struct err err = { 0 };
    struct wordnet wordnet = { 0 };
    struct texts texts = { 0 };
    bool training = argc > 1 && !strcmp(argv[1], "train");
    int ret = -1;

    if (!training && !(argc > 1 && !strcmp(argv[1], "eval"))) {
        fputs(usage, argc > 1 && !strcmp(argv[1], "--help") ? stdout : stderr);
        return argc > 1 && !strcmp(argv[1], "--help") ? 0 : 2;
    }
    if (wordnet_load(NULL, &wordnet, &err) == 0) {
        texts_make(&wordnet, &texts);
        ret = training ? train(argv + 2, &wordnet, &texts, &err) : eval(argv + 2, &wordnet, &texts, &err);
    }
    if (ret < 0)
        fprintf(stderr, "pawl_train_encoder: %s\n", err.msg);
    texts_free(&texts);
    wordnet_free(&wordnet);
    return ret < 0 ? status[err.code] : 0;
}
