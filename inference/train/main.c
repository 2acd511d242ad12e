// SPDX-License-Identifier: MIT
/* main.c -- pawl_train_reasoner: makes the models in inference/models. */
#include "base/mem.h"
#include "base/replace.h"
#include "base/settings.h"
#include "base/text.h"
#include "inference/train/fit_router.h"
#include "inference/train/gguf_write.h"
#include "inference/train/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
    "usage: pawl_train_reasoner reasoner|draft FOLDER [OPTION VALUE]...\n"
    "       pawl_train_reasoner router FOLDER\n"
    "\n"
    "Writes FOLDER/reasoner.gguf and its log, reasoner.tsv; or those of the draft model. Nothing is written before "
    "the\n"
    "last step but FOLDER/reasoner.checkpoint, from which an interrupted training goes on; it is removed at the end.\n"
    "router: fits the complexity estimator to what FOLDER/reasoner.gguf can do, and writes FOLDER/router.h.\n"
    "\n"
    "Options: --seed --steps --warm-up --cool-down --decay-steps --mix-steps --batch --every --rate --decay "
    "--exit-weight\n"
    "--threads (inference/train/train.h says what they are).\n"
    "Exit: 0 done; 2 usage or a checkpoint that is of no use; 3 OpenBLAS or memory lacks; 4 disk or a bug.\n";

static const struct model {
    const char *name, *describe;
    struct train_options options;
} models[] = {
    { "reasoner",
      "four levels of arithmetic, lowest digit first: see inference/problems.h",
      { .shape = { .dim = 256,
                   .layers = 4,
                   .heads = 4,
                   .hidden = 512,
                   .vocabulary = PROBLEM_VOCABULARY,
                   .exit = 2,
                   .ternary = true },
        .seed = 1,
        .batch = 4096,
        .steps = 7000,
        .warm_up = 200,
        .cool_down = 2500,
        .decay_steps = 3500,
        .mix_steps = 3000,
        .rate = 2e-3,
        .decay = 0.1,
        .exit_weight = 0.15,
        .mix = { { 1, 2, 4, 3 }, { 1, 2, 2, 12 } },
        .every = 100 } },
    { "draft",
      "drafts for the reasoner",
      { .shape = { .dim = 64, .layers = 2, .heads = 2, .hidden = 128, .vocabulary = PROBLEM_VOCABULARY },
        .seed = 1,
        .batch = 4096,
        .steps = 4000,
        .warm_up = 200,
        .cool_down = 2000,
        .decay_steps = 2000,
        .mix_steps = 3000,
        .rate = 4e-3,
        .decay = 0.1,
        .mix = { { 1, 2, 4, 3 }, { 1, 2, 4, 8 } },
        .every = 100 } },
};

static void show_progress(void *arg, const struct train_progress *p)
{
    const struct model *model = arg;
    bool live = isatty(STDERR_FILENO);
    double left = p->seconds / (double)p->step * (double)(p->steps - p->step);

    fprintf(
        stderr,
        "%s%s: step %zu of %zu, loss %.3f, held out %.3f %.3f %.3f %.3f, exact %.0f %.0f %.0f %.0f %%, %.0f s, about "
        "%.0f s left%s",
        live ? "\r\033[K" : "", model->name, p->step, p->steps, p->loss, p->held_out[0], p->held_out[1], p->held_out[2],
        p->held_out[3], 100 * p->exact[0], 100 * p->exact[1], 100 * p->exact[2], 100 * p->exact[3], p->seconds, left,
        live && p->step < p->steps ? "" : "\n");
    fflush(stderr);
}

static int parse_options(char **argv, struct train_options *o, size_t *threads, struct err *err)
{
    const struct setting table[] = {
        { .name = "--seed", .seed = &o->seed },
        { .name = "--steps", .count = &o->steps, .least = 1 },
        { .name = "--warm-up", .count = &o->warm_up },
        { .name = "--cool-down", .count = &o->cool_down },
        { .name = "--decay-steps", .count = &o->decay_steps },
        { .name = "--mix-steps", .count = &o->mix_steps },
        { .name = "--batch", .count = &o->batch, .least = 1 },
        { .name = "--every", .count = &o->every, .least = 1 },
        { .name = "--threads", .count = threads, .least = 1 },
        { .name = "--rate", .value = &o->rate },
        { .name = "--decay", .value = &o->decay },
        { .name = "--exit-weight", .value = &o->exit_weight },
    };

    return settings_parse(argv, table, ARRAY_LEN(table), err);
}

static void describe(const struct model *model, const struct train_options *o, struct text *out)
{
    text_addf(out, "%s; seed %llu, %zu steps of %zu tokens", model->describe, (unsigned long long)o->seed, o->steps,
              o->batch);
}

static void log_head(struct text *log, const struct train_options *o)
{
    const struct net_shape *s = &o->shape;

    text_addf(log, "# dim %zu, layers %zu, heads %zu, hidden %zu, %s, exit %zu of weight %g\n", s->dim, s->layers,
              s->heads, s->hidden, s->ternary ? "ternary" : "float32", s->exit, o->exit_weight);
    text_addf(
        log, "# seed %llu, steps %zu, batch %zu tokens, rate %g, warm-up %zu, cool-down %zu, decay %g for %zu, mix ",
        (unsigned long long)o->seed, o->steps, o->batch, o->rate, o->warm_up, o->cool_down, o->decay, o->decay_steps);
    for (size_t i = 0; i < PROBLEM_LEVELS; i++)
        text_addf(log, "%s%g to %g", i ? ", " : "", o->mix[0][i], o->mix[1][i]);
    text_addf(
        log,
        " over %zu\n# loss, exit_loss: mean by token since the line before; held_out_L: of 200 problems of level L "
        "never trained on; exact_L: share of them whose every token was the likeliest (of level 4, with its many "
        "answers, that says little)\n",
        o->mix_steps);
}

static int train(const struct model *model, const char *folder, const struct train_options *o, struct team *team,
                 struct err *err)
{
    struct text gguf = { 0 }, tsv = { 0 }, checkpoint = { 0 }, about = { 0 }, log = { 0 };
    struct net net = { 0 };
    int ret = -1;

    text_addf(&gguf, "%s/%s.gguf", folder, model->name);
    text_addf(&tsv, "%s/%s.tsv", folder, model->name);
    text_addf(&checkpoint, "%s/%s.checkpoint", folder, model->name);
    describe(model, o, &about);
    log_head(&log, o);
    if (net_new(&net, o->shape, err) < 0 ||
        train_run(o, team, checkpoint.data, &net, &log, show_progress, (void *)model, err) < 0 ||
        gguf_write(gguf.data, &net, &(struct gguf_about){ model->name, about.data }, err) < 0 ||
        replace_file_bytes(tsv.data, log.data, log.len, err) < 0)
        goto out;
    unlink(checkpoint.data);
    printf("%s\n", gguf.data);
    ret = 0;
out:
    net_free(&net);
    text_free(&gguf);
    text_free(&tsv);
    text_free(&checkpoint);
    text_free(&about);
    text_free(&log);
    return ret;
}

static int fit(const char *folder, struct err *err)
{
    struct text gguf = { 0 }, path = { 0 }, header = { 0 }, report = { 0 };
    int ret = -1;

    text_addf(&gguf, "%s/reasoner.gguf", folder);
    text_addf(&path, "%s/router.h", folder);
    if (fit_router(gguf.data, models[0].options.seed, &header, &report, err) == 0 &&
        replace_file_bytes(path.data, header.data, header.len, err) == 0) {
        printf("%s%s\n", report.data, path.data);
        ret = 0;
    }
    text_free(&gguf);
    text_free(&path);
    text_free(&header);
    text_free(&report);
    return ret;
}

static int run(int argc, char **argv, struct err *err)
{
    size_t m = 0, threads = 2;
    struct train_options options;
    struct stat folder;
    struct team *team;
    int ret;

    if (!strcmp(argv[1], "router"))
        return argc == 3 ? fit(argv[2], err) : err_set(err, ERR_USAGE, "router: which folder?");
    while (m < ARRAY_LEN(models) && strcmp(argv[1], models[m].name))
        m++;
    if (m == ARRAY_LEN(models))
        return err_set(err, ERR_USAGE, "nothing to make that is called '%s': reasoner, draft or router", argv[1]);
    if (argc < 3)
        return err_set(err, ERR_USAGE, "%s: into which folder?", argv[1]);
    options = models[m].options;
    if (parse_options(argv + 3, &options, &threads, err) < 0)
        return -1;
    if (stat(argv[2], &folder) < 0 || !S_ISDIR(folder.st_mode)) /* better now than after an hour */
        return err_set(err, ERR_USAGE, "'%s' is no folder", argv[2]);
    team = team_new((int)threads, NULL, NULL, err);
    if (!team)
        return -1;
    ret = train(&models[m], argv[2], &options, team, err);
    team_free(team);
    return ret;
}

int main(int argc, char **argv)
{
    static const int status[] = { [ERR_USAGE] = 2, [ERR_CONFIG] = 2, [ERR_HOST] = 3, [ERR_HARNESS] = 4 };
    struct err err = { 0 };

    if (argc < 2 || !strcmp(argv[1], "--help")) {
        fputs(usage, argc < 2 ? stderr : stdout);
        return argc < 2 ? 2 : 0;
    }
    if (run(argc, argv, &err) < 0) {
        fprintf(stderr, "pawl_train_reasoner: %s\n", err.msg);
        return status[err.code];
    }
    return 0;
}
