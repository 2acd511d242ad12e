// SPDX-License-Identifier: MIT
#include "inference/train/state.h"

#include "base/mem.h"
#include "base/replace.h"

#include <errno.h>
#include <stdlib.h>

static const char magic[8] = "pawltrn1";

/* What must agree for a checkpoint to be gone on from. The number of steps may change: the rate stays level until it
 * falls. */
struct head {
    char magic[8];
    struct net_shape shape;
    uint64_t seed, batch, n;
    uint64_t step, log_len;
    double seconds;
};

static struct head make_head(const struct train_options *o, const struct net *net, const struct train_state *state)
{
    struct head head;

    memset(&head, 0, sizeof(head)); /* padding too: heads are compared and written */
    memcpy(head.magic, magic, sizeof(magic));
    head.shape.dim = o->shape.dim;
    head.shape.layers = o->shape.layers;
    head.shape.heads = o->shape.heads;
    head.shape.hidden = o->shape.hidden;
    head.shape.vocabulary = o->shape.vocabulary;
    head.shape.exit = o->shape.exit;
    head.shape.ternary = o->shape.ternary;
    head.seed = o->seed;
    head.batch = o->batch;
    head.n = net->value.n;
    head.step = state->step;
    head.log_len = state->log.len;
    head.seconds = state->seconds;
    return head;
}

struct saving {
    struct head head;
    const struct net *net;
    const struct train_state *state;
};

static bool write_state(FILE *f, const void *arg)
{
    const struct saving *s = arg;
    size_t n = s->net->value.n;

    return fwrite(&s->head, sizeof(s->head), 1, f) == 1 && fwrite(s->net->value.all, sizeof(float), n, f) == n &&
           fwrite(s->state->mean.all, sizeof(float), n, f) == n &&
           fwrite(s->state->square.all, sizeof(float), n, f) == n &&
           fwrite(s->state->log.data, 1, s->state->log.len, f) == s->state->log.len;
}

int state_save(const char *path, const struct train_options *options, const struct net *net,
               const struct train_state *state, struct err *err)
{
    struct saving saving = { make_head(options, net, state), net, state };

    return replace_file(path, write_state, &saving, err);
}

static bool read_log(FILE *f, size_t len, struct text *log)
{
    char part[4096];

    while (len > 0) {
        size_t n = fread(part, 1, len < sizeof(part) ? len : sizeof(part) - 1, f);

        if (n == 0)
            return false;
        text_addf(log, "%.*s", (int)n, part);
        len -= n;
    }
    return true;
}

int state_load(const char *path, const struct train_options *options, struct net *net, struct train_state *state,
               struct err *err)
{
    FILE *f = fopen(path, "rb");
    struct head head, own = make_head(options, net, state);
    size_t n = net->value.n;
    int ret = -1;

    if (!f)
        return errno == ENOENT ? 0 : err_set(err, ERR_CONFIG, "cannot read '%s': %s", path, strerror(errno));
    if (fread(&head, sizeof(head), 1, f) != 1 || memcmp(head.magic, magic, sizeof(magic)) != 0) {
        err_set(err, ERR_CONFIG, "'%s' is no checkpoint of a training; remove it to begin anew", path);
        goto out;
    }
    if (memcmp(&head, &own, offsetof(struct head, step)) != 0) {
        err_set(err, ERR_CONFIG, "'%s' is a checkpoint of another shape, seed or batch; remove it to begin anew", path);
        goto out;
    }
    if (head.step > options->steps) {
        err_set(err, ERR_CONFIG, "'%s' is %llu steps along, and %zu are wanted; remove it to begin anew", path,
                (unsigned long long)head.step, options->steps);
        goto out;
    }
    if (fread(net->value.all, sizeof(float), n, f) != n || fread(state->mean.all, sizeof(float), n, f) != n ||
        fread(state->square.all, sizeof(float), n, f) != n || !read_log(f, head.log_len, &state->log)) {
        err_set(err, ERR_CONFIG, "'%s' is cut short; remove it to begin anew", path);
        goto out;
    }
    state->step = head.step;
    state->seconds = head.seconds;
    ret = 0;
out:
    fclose(f);
    return ret;
}
