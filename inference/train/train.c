// SPDX-License-Identifier: MIT
#include "inference/train/train.h"

#include "base/mem.h"
#include "codecs/blas.h"
#include "inference/train/batch.h"
#include "inference/train/state.h"

#include <stdlib.h>
#include <time.h>

enum {
    LANES = 2,         /* the step's gradients are summed in so many places, at once where there are threads */
    PASS_TOKENS = 512, /* what one pass keeps should stay in the cache of the cores */
    HELD_OUT = 200,    /* problems of a level that are looked at for the log */
};

struct lane {
    struct net_pass *pass;
    struct net_batch batch;
    struct net_parameters gradient;
    struct net_loss loss;
};

struct run {
    const struct train_options *options;
    struct team *team;
    struct net *net;
    struct train_state state;
    struct lane lanes[LANES];
    struct problem *held_out; /* (PROBLEM_LEVELS, HELD_OUT) */
    double mix[PROBLEM_LEVELS];
    float weight; /* 1 / targets of a step, about */
    struct ops_adam adam;
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void run_free(struct run *run)
{
    for (size_t i = 0; i < LANES; i++) {
        net_pass_free(run->lanes[i].pass);
        batch_free(&run->lanes[i].batch);
        net_parameters_free(&run->lanes[i].gradient);
    }
    net_parameters_free(&run->state.mean);
    net_parameters_free(&run->state.square);
    text_free(&run->state.log);
    free(run->held_out);
}

static int run_new(struct run *run, struct err *err)
{
    const struct net_shape *shape = &run->options->shape;
    struct rng rng = rng_seed(rng_mix(run->options->seed, 1));

    if (net_parameters_new(&run->state.mean, shape, err) < 0 || net_parameters_new(&run->state.square, shape, err) < 0)
        return -1;
    for (size_t i = 0; i < LANES; i++) {
        struct lane *lane = &run->lanes[i];

        lane->pass = net_pass_new(run->net, PASS_TOKENS, err);
        if (!lane->pass || batch_new(&lane->batch, PASS_TOKENS, err) < 0 ||
            net_parameters_new(&lane->gradient, shape, err) < 0)
            return -1;
    }
    run->held_out = mem_array(PROBLEM_LEVELS * HELD_OUT, sizeof(*run->held_out));
    for (size_t i = 0; i < PROBLEM_LEVELS * HELD_OUT; i++)
        problem_draw_held_out(&rng, 1 + (int)(i / HELD_OUT), &run->held_out[i]);
    return 0;
}

/* A lane's part of the step: whole passes, their number the same for all lanes. */
static void lane_gradient(struct run *run, size_t i)
{
    struct lane *lane = &run->lanes[i];
    size_t passes = run->options->batch / PASS_TOKENS / LANES;

    memset(lane->gradient.all, 0, lane->gradient.n * sizeof(float));
    lane->loss = (struct net_loss){ 0 };
    for (size_t p = 0; p < passes; p++) {
        struct rng rng = rng_seed(rng_mix(rng_mix(run->options->seed, 2 + run->state.step), i * passes + p));

        batch_draw(&lane->batch, PASS_TOKENS, &rng, run->mix);
        net_run(run->net, lane->pass, &lane->batch, run->weight, (float)run->options->exit_weight, &lane->gradient,
                &lane->loss, NULL);
    }
}

static void gradients(void *arg, int rank, int size)
{
    for (size_t i = (size_t)rank; i < LANES; i += (size_t)size)
        lane_gradient(arg, i);
}

static double rate_at(const struct train_options *o, size_t step)
{
    size_t left = o->steps - step;

    if (step < o->warm_up)
        return o->rate * (double)(step + 1) / (double)o->warm_up;
    return left < o->cool_down ? o->rate * (double)left / (double)o->cool_down : o->rate;
}

/* Matrices decay; embeddings and gains do not. */
static void update(struct run *run, struct ops_adam adam)
{
    struct net *net = run->net;
    size_t end = 0;

    for (size_t m = 0; m <= net->n_matrices; m++) {
        size_t at = m < net->n_matrices ? net->matrices[m].offset : net->value.n;
        size_t n = m < net->n_matrices ? net->matrices[m].n : 0;
        struct ops_adam plain = adam;

        plain.decay = 0;
        net->ops->adam(net->value.all + end, run->lanes[0].gradient.all + end, run->state.mean.all + end,
                       run->state.square.all + end, at - end, &plain);
        net->ops->adam(net->value.all + at, run->lanes[0].gradient.all + at, run->state.mean.all + at,
                       run->state.square.all + at, n, &adam);
        end = at + n;
    }
}

static void step(struct run *run, struct net_loss *loss)
{
    const struct train_options *o = run->options;
    double mixed = run->state.step < o->mix_steps ? (double)run->state.step / (double)o->mix_steps : 1, length;
    float *sum = run->lanes[0].gradient.all;
    struct ops_adam adam = { .keep_mean = 0.9f, .keep_square = 0.98f, .epsilon = 1e-8f };

    for (size_t i = 0; i < PROBLEM_LEVELS; i++)
        run->mix[i] = (1 - mixed) * o->mix[0][i] + mixed * o->mix[1][i];
    team_run(run->team, gradients, run);
    for (size_t l = 0; l < LANES; l++) {
        loss->sum += run->lanes[l].loss.sum;
        loss->exit_sum += run->lanes[l].loss.exit_sum;
        loss->n += run->lanes[l].loss.n;
        for (size_t i = 0; l && i < run->net->value.n; i++)
            sum[i] += run->lanes[l].gradient.all[i];
    }
    length = sqrt(run->net->ops->sum_of_squares(sum, run->net->value.n));
    adam.clip = length > 1 ? (float)(1 / length) : 1;
    adam.rate = (float)rate_at(o, run->state.step);
    adam.decay = run->state.step < o->decay_steps ? (float)o->decay : 0;
    adam.unbias_mean = (float)(1 / (1 - pow(adam.keep_mean, (double)run->state.step + 1)));
    adam.unbias_square = (float)(1 / (1 - pow(adam.keep_square, (double)run->state.step + 1)));
    update(run, adam);
    net_round(run->net);
    run->state.step++;
}

/* Of one level's held-out problems. */
static void look(struct run *run, size_t level, struct train_progress *p)
{
    struct lane *lane = &run->lanes[0];
    const struct problem *problems = run->held_out + level * HELD_OUT;
    struct net_loss loss = { 0 };
    uint8_t right[PASS_TOKENS];
    size_t exact = 0;

    for (size_t i = 0; i < HELD_OUT;) {
        lane->batch.n = lane->batch.n_sequences = 0;
        while (i < HELD_OUT && batch_add(&lane->batch, PASS_TOKENS, &problems[i]))
            i++;
        net_run(run->net, lane->pass, &lane->batch, 0, 0, NULL, &loss, right);
        for (size_t s = 0; s < lane->batch.n_sequences; s++) {
            bool all = true;

            for (size_t t = lane->batch.first[s]; t < lane->batch.first[s + 1]; t++)
                all = all && (lane->batch.targets[t] < 0 || right[t]);
            exact += all;
        }
    }
    p->held_out[level] = loss.sum / (double)loss.n;
    p->exact[level] = (double)exact / HELD_OUT;
}

static void log_line(struct text *log, const struct train_progress *p)
{
    text_addf(log, "%zu\t%.1f\t%.0f\t%.3g\t%.4f\t%.4f", p->step, p->seconds, p->tokens, p->rate, p->loss, p->exit_loss);
    for (size_t i = 0; i < PROBLEM_LEVELS; i++)
        text_addf(log, "\t%.4f", p->held_out[i]);
    for (size_t i = 0; i < PROBLEM_LEVELS; i++)
        text_addf(log, "\t%.3f", p->exact[i]);
    text_add(log, "\n");
}

static void log_head(struct text *log)
{
    text_add(log, "step\tseconds\ttokens\trate\tloss\texit_loss");
    for (size_t i = 0; i < PROBLEM_LEVELS; i++)
        text_addf(log, "\theld_out_%zu", i + 1);
    for (size_t i = 0; i < PROBLEM_LEVELS; i++)
        text_addf(log, "\texact_%zu", i + 1);
    text_add(log, "\n");
}

static int train(struct run *run, const char *checkpoint, train_progress_fn progress, void *arg, struct err *err)
{
    const struct train_options *o = run->options;
    struct net_loss loss = { 0 };
    double started = now() - run->state.seconds;

    while (run->state.step < o->steps) {
        struct train_progress p = { .steps = o->steps, .rate = rate_at(o, run->state.step) };

        step(run, &loss);
        if (run->state.step % o->every && run->state.step != o->steps)
            continue;
        for (size_t level = 0; level < PROBLEM_LEVELS; level++)
            look(run, level, &p);
        p.step = run->state.step;
        p.seconds = run->state.seconds = now() - started;
        p.tokens = (double)(run->state.step * o->batch);
        p.loss = loss.sum / (double)loss.n;
        p.exit_loss = loss.exit_sum / (double)loss.n;
        loss = (struct net_loss){ 0 };
        log_line(&run->state.log, &p);
        if (progress)
            progress(arg, &p);
        if (checkpoint && state_save(checkpoint, o, run->net, &run->state, err) < 0)
            return -1;
    }
    return 0;
}

int train_run(const struct train_options *options, struct team *team, const char *checkpoint, struct net *net,
              struct text *log, train_progress_fn progress, void *arg, struct err *err)
{
    struct run run = { .options = options, .team = team, .net = net };
    int ret = -1;

    if (options->batch % (LANES * PASS_TOKENS))
        return err_set(err, ERR_USAGE, "a batch of %zu tokens cannot be cut into passes of %d: take a multiple of %d",
                       options->batch, PASS_TOKENS, LANES * PASS_TOKENS);
    if (blas_load(err) < 0 || run_new(&run, err) < 0)
        goto out;
    blas_keep_single();
    run.weight = 2 / (float)options->batch; /* about half of the tokens are asked for */
    net_init(net, options->seed);
    if (checkpoint && state_load(checkpoint, options, net, &run.state, err) < 0)
        goto out;
    net_round(net);
    if (!run.state.log.len)
        log_head(&run.state.log);
    ret = train(&run, checkpoint, progress, arg, err);
    text_add(log, run.state.log.data);
out:
    run_free(&run);
    return ret;
}
