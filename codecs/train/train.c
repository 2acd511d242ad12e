// SPDX-License-Identifier: MIT
#include "codecs/train/train.h"

#include "base/mem.h"
#include "base/rng.h"
#include "codecs/blas.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOG_EVERY = 50, TEXT_WORDS_MAX = 64 };

const struct train_options train_defaults = {
    .seed = 1,
    .words = 20000,
    .buckets = 10000,
    .width = 192,
    .hidden = 512,
    .batch = 512,
    .steps = 4000,
    .run = 8,
    .temperature = 0.04,
    .rate_table = 4e-3,
    .rate_dense = 1e-3,
    .decay = 0.01,
    .spread = 4,
    .drop = 0.25,
    .shared = 0.4,
};

struct session {
    const struct train_options *options;
    const struct texts *texts;
    struct trained *trained;
    struct mrl *mrl;
    struct team *team;
    struct rng rng;
    struct pair *pairs, *held_out;
    size_t n_pairs, n_held_out, at;
    int *order; /* of runs */
    size_t n_runs;
    uint32_t *key_x, *key_y;
    struct word_lists lists;
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct pair next_pair(struct session *s)
{
    size_t run = s->options->run, i;

    do {
        if (s->at == s->n_runs * run)
            s->at = 0;
        if (s->at == 0)
            rng_shuffle(&s->rng, s->order, s->n_runs);
        i = (size_t)s->order[s->at / run] * run + s->at % run;
        s->at++;
    } while (i >= s->n_pairs);
    return s->pairs[i];
}

/* Adds the words of a span to list i, each left out with probability `drop`, but never all. */
static void add_span(struct session *s, struct span span, double drop)
{
    uint32_t first = s->lists.first[s->lists.n], n = first;

    for (uint32_t w = span.begin; w < span.end && n < first + TEXT_WORDS_MAX; w++)
        if (drop <= 0 || rng_uniform(&s->rng) >= drop)
            s->lists.words[n++] = s->texts->words[w];
    if (n == first)
        s->lists.words[n++] = s->texts->words[span.begin + rng_below(&s->rng, span.end - span.begin)];
    s->lists.first[++s->lists.n] = n;
}

/* Which words are whose is drawn by their place: of three kinds, x's, y's and both's. */
static void add_half(struct session *s, struct span span, uint64_t coin, bool second)
{
    uint32_t first = s->lists.first[s->lists.n], n = first;

    for (uint32_t w = span.begin; w < span.end && n < first + TEXT_WORDS_MAX; w++) {
        struct rng rng = rng_seed(coin + w);
        double draw = rng_uniform(&rng);

        if (draw < s->options->shared || (draw - s->options->shared < (1 - s->options->shared) / 2) == second)
            s->lists.words[n++] = s->texts->words[w];
    }
    if (n == first)
        s->lists.words[n++] = s->texts->words[second ? span.end - 1 : span.begin];
    s->lists.first[++s->lists.n] = n;
}

/* Half of the time a definition stands behind its lemmas, drawn for x and y together; of the held-out pairs, none. */
static struct span with_lead(struct span span, uint32_t lead, uint64_t coin, double drop)
{
    return drop > 0 && coin & 1 ? (struct span){ lead, span.end } : span;
}

/* All x, then all y. */
static void fill_lists(struct session *s, const struct pair *pairs, size_t n, double drop)
{
    uint64_t *coins = mem_array(n, sizeof(*coins));

    s->lists.n = 0;
    for (size_t i = 0; i < n; i++) {
        const struct pair *p = &pairs[i];

        s->key_x[i] = p->synset_x;
        s->key_y[i] = p->synset_y;
        coins[i] = rng_next(&s->rng);
        if (p->kind == PAIR_HALVES)
            add_half(s, p->x, coins[i], false);
        else
            add_span(s, with_lead(p->x, p->x_lead, coins[i], drop), drop);
    }
    for (size_t i = 0; i < n; i++)
        if (pairs[i].kind == PAIR_HALVES)
            add_half(s, pairs[i].y, coins[i], true);
        else
            add_span(s, with_lead(pairs[i].y, pairs[i].y_lead, coins[i], drop), drop);
    free(coins);
}

static double batch_loss(struct session *s, size_t n, double levels[MRL_LEVELS])
{
    struct net *net = &s->trained->net;
    size_t half = n * net->shape.dim;

    net_forward(net, s->team, &s->trained->features, &s->lists);
    return mrl_loss(s->mrl, s->team, net->z, net->z + half, (struct mrl_keys){ s->key_x, s->key_y }, n, net->dz,
                    net->dz + half, levels);
}

/* Rises over the first twentieth, then falls to nothing as a cosine. */
static double schedule(size_t step, size_t steps)
{
    double at = (double)step / (double)steps, warm = 0.05;

    return at < warm ? at / warm : 0.5 + 0.5 * cos(3.14159265358979 * (at - warm) / (1 - warm));
}

static void train(struct session *s, train_progress_fn progress, void *arg)
{
    const struct train_options *o = s->options;
    struct pair *batch = mem_array(o->batch, sizeof(*batch));
    double start = now(), loss = 0;
    size_t since = 0;

    for (size_t step = 1; step <= o->steps; step++) {
        double rate = schedule(step, o->steps);

        for (size_t i = 0; i < o->batch; i++)
            batch[i] = next_pair(s);
        fill_lists(s, batch, o->batch, o->drop);
        loss += batch_loss(s, o->batch, NULL);
        since++;
        net_backward(&s->trained->net, s->team, &s->trained->features, &s->lists);
        net_step(&s->trained->net, s->team,
                 (struct net_rates){ (float)(rate * o->rate_table), (float)(rate * o->rate_dense), (float)o->decay });
        if (step % LOG_EVERY == 0 || step == o->steps) {
            struct train_progress line = { .step = step, .steps = o->steps, .loss = loss / (double)since };
            size_t n = s->n_held_out < o->batch ? s->n_held_out : o->batch;

            fill_lists(s, s->held_out, n, 0);
            line.held_out = batch_loss(s, n, line.levels);
            line.seconds = now() - start;
            progress(arg, &line);
            loss = 0;
            since = 0;
        }
    }
    free(batch);
}

/* The held-out pairs that the log watches: drawn once. */
static void shuffle_held_out(struct session *s)
{
    struct rng rng = rng_seed(s->options->seed + 1);

    for (size_t i = s->n_held_out; i > 1; i--) {
        size_t j = rng_below(&rng, i);
        struct pair t = s->held_out[j];

        s->held_out[j] = s->held_out[i - 1];
        s->held_out[i - 1] = t;
    }
}

int train_run(const struct train_options *options, const struct wordnet *wordnet, const struct texts *texts,
              train_progress_fn progress, void *arg, struct trained *trained, struct err *err)
{
    struct session s = { .options = options, .texts = texts, .trained = trained, .rng = rng_seed(options->seed) };
    struct net_shape shape = { .width = options->width, .hidden = options->hidden, .dim = 1024 };
    cpu_set_t cpus;
    int ret = -1;

    *trained = (struct trained){ 0 };
    if (blas_load(err) < 0)
        return -1;
    s.pairs = texts_pairs(texts, wordnet, false, &s.n_pairs);
    s.held_out = texts_pairs(texts, wordnet, true, &s.n_held_out);
    shuffle_held_out(&s);
    s.n_runs = (s.n_pairs + options->run - 1) / options->run;
    s.order = mem_array(s.n_runs, sizeof(*s.order));
    for (size_t i = 0; i < s.n_runs; i++)
        s.order[i] = (int)i;
    s.key_x = mem_array(options->batch, sizeof(*s.key_x));
    s.key_y = mem_array(options->batch, sizeof(*s.key_y));
    s.lists.words = mem_array(2 * options->batch * TEXT_WORDS_MAX, sizeof(*s.lists.words));
    s.lists.first = mem_array(2 * options->batch + 1, sizeof(*s.lists.first));
    net_vocabulary(texts, options->words, options->buckets, &trained->vocabulary);
    net_features(texts, &trained->vocabulary, &trained->features);
    shape.rows = trained->vocabulary.n_known + options->buckets;
    s.team = team_new(sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 1, NULL, NULL, err);
    s.mrl = mrl_new(options->batch, (float)options->temperature, (float)options->spread, err);
    if (!s.team || !s.mrl || net_new(&trained->net, shape, 2 * options->batch, err) < 0)
        goto out;
    net_init(&trained->net, texts, &trained->features, options->seed);
    train(&s, progress, arg);
    ret = 0;
out:
    mrl_free(s.mrl);
    team_free(s.team);
    free(s.pairs);
    free(s.held_out);
    free(s.order);
    free(s.key_x);
    free(s.key_y);
    free(s.lists.words);
    free(s.lists.first);
    if (ret < 0)
        trained_free(trained);
    return ret;
}

void trained_free(struct trained *trained)
{
    net_free(&trained->net);
    net_vocabulary_free(&trained->vocabulary);
    net_features_free(&trained->features);
}
