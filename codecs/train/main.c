// SPDX-License-Identifier: MIT
/* main.c -- pawl_train_encoder: makes and judges the weights that the program carries (codecs/encoder.h). */
#include "base/mem.h"
#include "base/replace.h"
#include "base/settings.h"
#include "base/text.h"
#include "codecs/hash.h"
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

static int write_file(const char *folder, const char *name, const void *data, size_t len, struct err *err)
{
    char path[4096];

    if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
        return err_set(err, ERR_USAGE, "'%s' is too long a path", folder);
    return replace_file_bytes(path, data, len, err);
}

static int parse_options(char **argv, struct train_options *o, struct err *err)
{
    const struct setting table[] = {
        { .name = "--seed", .seed = &o->seed },
        { .name = "--steps", .count = &o->steps, .least = 1 },
        { .name = "--batch", .count = &o->batch, .least = 2 },
        { .name = "--run", .count = &o->run, .least = 1 },
        { .name = "--words", .count = &o->words },
        { .name = "--buckets", .count = &o->buckets, .least = 1 },
        { .name = "--width", .count = &o->width, .least = 2 },
        { .name = "--hidden", .count = &o->hidden, .least = 1 },
        { .name = "--temperature", .value = &o->temperature },
        { .name = "--rate-table", .value = &o->rate_table },
        { .name = "--rate-dense", .value = &o->rate_dense },
        { .name = "--decay", .value = &o->decay },
        { .name = "--drop", .value = &o->drop },
        { .name = "--spread", .value = &o->spread },
        { .name = "--shared", .value = &o->shared },
    };

    if (settings_parse(argv, table, ARRAY_LEN(table), err) < 0)
        return -1;
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
