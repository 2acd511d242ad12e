// SPDX-License-Identifier: MIT
/* tool.c -- `pawl codec`: codecs on the user's own files, and their table. */
#include "base/text.h"
#include "codecs/codec.h"
#include "codecs/evaluate.h"
#include "codecs/progress.h"
#include "codecs/tool_private.h"
#include "declare/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum option_kind { FLAG, NUMBER, NAME, BYTES, CODECS };

enum { TRAIN = 1, ENCODE = 2, DECODE = 4, EVAL = 8 };

static const struct option {
    const char *name, *value, *help;
    enum option_kind kind;
    unsigned commands;
    size_t offset; /* in struct tool_args */
} options[] = {
    { "--codec", "NAME", "a codec, or several between commas (eval: all that can); 'list' names them", CODECS,
      TRAIN | EVAL, 0 },
    { "--bytes", "N,N...", "wanted bytes per vector, as written (train: one)", BYTES, TRAIN | EVAL, 0 },
    { "--corpus", "NAME", "wordnet (default), lsa, or a file of vectors", NAME, EVAL,
      offsetof(struct tool_args, corpus) },
    { "--dim", "N", "dimensions of a vector, where the file does not say (.f32, .raw)", NUMBER,
      TRAIN | ENCODE | EVAL, offsetof(struct tool_args, dim) },
    { "--base", "N", "search among so many vectors (default: all)", NUMBER, EVAL, offsetof(struct tool_args, base) },
    { "--queries", "N", "ask so many queries (default: all)", NUMBER, EVAL, offsetof(struct tool_args, queries) },
    { "--train", "N", "train on so many vectors (default: all)", NUMBER, EVAL, offsetof(struct tool_args, train) },
    { "--seed", "N", "of training (default: 1)", NUMBER, TRAIN | EVAL, offsetof(struct tool_args, seed) },
    { "--json", NULL, "one JSON document", FLAG, EVAL, offsetof(struct tool_args, json) },
};

static int run_train(const struct tool_args *args, struct err *err)
{
    const struct codec *codec = args->n_names == 1 ? codec_find(args->names[0]) : NULL;
    struct codec_options wanted = { args->bytes[0], args->seed };
    struct codec_model model = { 0 };
    struct vectors x = { 0 };
    int ret = -1;

    if (!codec || args->n_bytes != 1)
        return err_set(err, ERR_USAGE, "say which codec (--codec NAME) for how many bytes (--bytes N): one each");
    if (vectors_read(args->files[0], args->dim, &x, err) < 0)
        return -1;
    progress_say("training %s on %zu vectors", codec->name, x.n);
    if (codec_train(codec, &x, &wanted, &model, err) == 0 && codec_save(&model, args->files[1], err) == 0) {
        printf("%s: %s, %zu dimensions in %zu bytes; the model has %zu bytes\n", args->files[1], codec->name, x.dim,
               wanted.bytes, codec_side_bytes(&model));
        ret = 0;
    }
    codec_model_free(&model);
    vectors_free(&x);
    return ret;
}

static int run_encode(const struct tool_args *args, struct err *err)
{
    struct codec_model model = { 0 };
    struct codes codes = { 0 };
    struct vectors x = { 0 };
    int ret = -1;

    if (codec_load(args->files[0], &model, err) < 0 ||
        vectors_read(args->files[1], args->dim ? args->dim : model.dim, &x, err) < 0)
        goto out;
    progress_say("encoding %zu vectors", x.n);
    if (codec_encode(&model, &x, &codes, err) < 0 || codes_save(&model, &codes, args->files[2], err) < 0)
        goto out;
    printf("%s: %zu vectors in %zu bytes, %.2f each\n", args->files[2], codes.n, codes.n_bytes,
           (double)codes.n_bytes / (double)codes.n);
    ret = 0;
out:
    codes_free(&codes);
    vectors_free(&x);
    codec_model_free(&model);
    return ret;
}

static int run_decode(const struct tool_args *args, struct err *err)
{
    struct codec_model model = { 0 };
    struct codes codes = { 0 };
    struct vectors x = { 0 };
    int ret = -1;

    if (codec_load(args->files[0], &model, err) < 0 || codes_load(args->files[1], &model, &codes, err) < 0)
        goto out;
    progress_say("decoding %zu vectors", codes.n);
    if (codec_decode(&model, &codes, &x, err) < 0 || vectors_write_fvecs(args->files[2], &x, err) < 0)
        goto out;
    printf("%s: %zu vectors of %zu dimensions\n", args->files[2], x.n, x.dim);
    ret = 0;
out:
    vectors_free(&x);
    codes_free(&codes);
    codec_model_free(&model);
    return ret;
}

static int run_list(const struct tool_args *args, struct err *err)
{
    (void)args, (void)err;
    for (size_t i = 0; i < codec_list_n; i++)
        printf("%-18s %s (%s)\n", codec_list[i]->name, codec_list[i]->summary, codec_list[i]->source);
    for (size_t i = 0; evaluate_faiss_kinds[i]; i++)
        printf("%-18s faiss's, for eval only\n", evaluate_faiss_kinds[i]);
    return 0;
}

static const struct command {
    const char *name, *files, *summary;
    size_t n_files;
    unsigned bit;
    int (*run)(const struct tool_args *args, struct err *err);
} commands[] = {
    { "train", "VECTORS MODEL", "train a codec on a file of vectors (.fvecs, .npy, .f32)", 2, TRAIN, run_train },
    { "encode", "MODEL VECTORS CODES", "write vectors as codes", 3, ENCODE, run_encode },
    { "decode", "MODEL CODES OUT.fvecs", "write codes as vectors", 3, DECODE, run_decode },
    { "eval", "", "the table of a family: what its codes weigh, what retrieval loses", 0, EVAL, tool_eval },
    { "list", "", "the codecs", 0, 0, run_list },
};

static void help(void)
{
    printf("usage: pawl codec COMMAND [OPTION...] [FILE...]\n\n");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        printf("  %-7s %-22s %s\n", commands[i].name, commands[i].files, commands[i].summary);
    printf("\n");
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        printf("  %-8s %-7s %s (", options[i].name, options[i].value ? options[i].value : "", options[i].help);
        for (size_t c = 0, n = 0; c < ARRAY_LEN(commands); c++)
            if (options[i].commands & commands[c].bit)
                printf("%s%s", n++ ? ", " : "", commands[c].name);
        printf(")\n");
    }
}

static int number(const char *option, const char *value, void *at, struct err *err)
{
    int64_t n;

    if (text_int64(value, 0, INT64_MAX, &n, err) < 0)
        return err_wrap(err, "%s", option);
    if (!strcmp(option, "--seed"))
        *(uint64_t *)at = (uint64_t)n;
    else
        *(size_t *)at = (size_t)n;
    return 0;
}

static int sizes(char *list, struct tool_args *args, struct err *err)
{
    int64_t n;

    for (char *word = strtok(list, ","); word; word = strtok(NULL, ",")) {
        if (text_int64(word, 1, 4 * VECTORS_DIM_MAX, &n, err) < 0)
            return err_wrap(err, "--bytes");
        if (args->n_bytes == TOOL_SIZES_MAX)
            return err_set(err, ERR_USAGE, "--bytes: more than %d sizes", TOOL_SIZES_MAX);
        args->bytes[args->n_bytes++] = (size_t)n;
    }
    return 0;
}

static bool is_faiss(const char *name)
{
    for (size_t i = 0; evaluate_faiss_kinds[i]; i++)
        if (!strcmp(name, evaluate_faiss_kinds[i]))
            return true;
    return false;
}

static int names(char *list, struct tool_args *args, struct err *err)
{
    for (char *word = strtok(list, ","); word; word = strtok(NULL, ",")) {
        const char *all[TOOL_NAMES_MAX], *near;
        size_t n = 0;

        if (args->n_names == TOOL_NAMES_MAX)
            return err_set(err, ERR_USAGE, "--codec: more than %d codecs", TOOL_NAMES_MAX);
        args->names[args->n_names++] = word;
        if (codec_find(word) || is_faiss(word))
            continue;
        for (size_t i = 0; i < codec_list_n && n < ARRAY_LEN(all); i++)
            all[n++] = codec_list[i]->name;
        near = text_suggest(word, all, n);
        return err_set(err, ERR_USAGE, near ? "there is no codec '%s' (did you mean '%s'?)"
                                            : "there is no codec '%s' (see 'pawl codec list')", word, near);
    }
    return 0;
}

static int set(const struct option *o, char *value, struct tool_args *args, struct err *err)
{
    void *at = (char *)args + o->offset;

    switch (o->kind) {
    case FLAG:
        *(bool *)at = true;
        return 0;
    case NUMBER:
        return number(o->name, value, at, err);
    case NAME:
        *(const char **)at = value;
        return 0;
    case BYTES:
        return sizes(value, args, err);
    default:
        return names(value, args, err);
    }
}

static int parse(const struct command *c, int argc, char **argv, struct tool_args *args, struct err *err)
{
    for (int i = 2; i < argc; i++) {
        const struct option *o = NULL;
        size_t n = strcspn(argv[i], "="); /* --name VALUE or --name=VALUE */

        if (argv[i][0] != '-') {
            if (args->n_files == c->n_files)
                return err_set(err, ERR_USAGE, "too many arguments: '%s' (usage: pawl codec %s [OPTION...]%s%s)", argv[i],
                               c->name, *c->files ? " " : "", c->files);
            args->files[args->n_files++] = argv[i];
            continue;
        }
        for (size_t j = 0; j < ARRAY_LEN(options) && !o; j++)
            if (strlen(options[j].name) == n && !strncmp(argv[i], options[j].name, n) && options[j].commands & c->bit)
                o = &options[j];
        if (!o)
            return err_set(err, ERR_USAGE, "no option '%s' (see 'pawl codec --help')", argv[i]);
        if (o->kind == FLAG && argv[i][n])
            return err_set(err, ERR_USAGE, "%s takes no value", o->name);
        if (o->kind != FLAG && !argv[i][n] && i + 1 == argc)
            return err_set(err, ERR_USAGE, "%s needs a value: %s", o->name, o->value);
        if (set(o, o->kind == FLAG ? NULL : argv[i][n] ? argv[i] + n + 1 : argv[++i], args, err) < 0)
            return -1;
    }
    if (args->n_files < c->n_files)
        return err_set(err, ERR_USAGE, "a file is missing (usage: pawl codec %s [OPTION...] %s)", c->name, c->files);
    return 0;
}

struct shown {
    bool terminal;
    char topic[32]; /* a log gets a line for each new one: what stands before the first number */
};

static void show(void *arg, const char *line)
{
    struct shown *shown = arg;
    size_t len = strcspn(line, "0123456789");

    if (shown->terminal) {
        fprintf(stderr, "\r%.79s\033[K", line);
        fflush(stderr);
        return;
    }
    if (!*line || (strlen(shown->topic) == len && !strncmp(shown->topic, line, len)))
        return;
    snprintf(shown->topic, sizeof(shown->topic), "%.*s", (int)len, line);
    fprintf(stderr, "%s\n", line);
}

static int run(int argc, char **argv, const struct tool_host *host)
{
    static const int exits[] = { [ERR_NONE] = 4, [ERR_USAGE] = 2, [ERR_CONFIG] = 2, [ERR_HOST] = 3, [ERR_HARNESS] = 4 };
    struct tool_args args = { .corpus = "wordnet", .seed = 1 };
    struct shown shown = { .terminal = isatty(STDERR_FILENO) };
    const struct command *c = NULL;
    struct err err = { 0 };
    int ret;

    (void)host;
    if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        help();
        return argc < 2 ? 2 : 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (!strcmp(argv[1], commands[i].name))
            c = &commands[i];
    if (!c) {
        fprintf(stderr, "pawl codec: unknown command '%s' (see 'pawl codec --help')\n", argv[1]);
        return 2;
    }
    if (argc > 2 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h"))) {
        help();
        return 0;
    }
    progress_to(show, &shown);
    ret = parse(c, argc, argv, &args, &err) < 0 ? -1 : c->run(&args, &err);
    progress_say("%s", "");
    progress_to(NULL, NULL);
    if (ret == 0 && fflush(stdout) != 0)
        ret = err_set(&err, ERR_HARNESS, "cannot write to standard output: %m");
    if (ret < 0)
        fprintf(stderr, "pawl codec %s: %s\n", c->name, err.msg);
    return ret < 0 ? exits[err.code] : 0;
}

const struct tool tool_codec = {
    .name = "codec",
    .args = "COMMAND ...",
    .summary = "train, encode, decode: embeddings in few bytes; eval: what each codec loses",
    .run = run,
};
