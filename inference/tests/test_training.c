// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "codecs/blas.h"
#include "declare/isa.h"
#include "inference/engine.h"
#include "inference/tokenizer.h"
#include "inference/train/batch.h"
#include "inference/train/gguf_write.h"
#include "inference/train/state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TOKENS = 128 };

struct fixture {
    struct net net;
    struct net_pass *pass;
    struct net_batch batch;
    struct net_parameters gradient;
};

static struct net_shape small(bool ternary)
{
    return (struct net_shape){ 16, 3, 2, 24, PROBLEM_VOCABULARY, 2, ternary };
}

static void open_fixture(struct fixture *f, bool ternary)
{
    struct rng rng = rng_seed(7);
    struct err err;

    assert_int_equal(net_new(&f->net, small(ternary), &err), 0);
    assert_int_equal(net_parameters_new(&f->gradient, &f->net.shape, &err), 0);
    assert_int_equal(batch_new(&f->batch, TOKENS, &err), 0);
    f->pass = net_pass_new(&f->net, TOKENS, &err);
    assert_non_null(f->pass);
    net_init(&f->net, 3);
    for (size_t i = 0; i < f->net.value.n; i++) /* gains other than 1, matrices large enough to matter */
        f->net.value.all[i] += 0.2f * (float)rng_normal(&rng);
    net_round(&f->net);
    batch_draw(&f->batch, TOKENS, &rng, (double[]){ 1, 1, 1, 1 });
}

static void close_fixture(struct fixture *f)
{
    net_pass_free(f->pass);
    batch_free(&f->batch);
    net_parameters_free(&f->gradient);
    net_free(&f->net);
}

/* The loss whose gradient net_run() gives. */
static double total(struct fixture *f)
{
    struct net_loss loss = { 0 };

    net_run(&f->net, f->pass, &f->batch, 0.5f, 0.3f, NULL, &loss, NULL);
    return 0.5 * (loss.sum + 0.3 * loss.exit_sum);
}

static void gradient_is_the_slope(void **state)
{
    const float step = 4e-3f;
    struct fixture f = { 0 };
    struct net_loss loss = { 0 };
    double squares = 0, errors = 0;

    (void)state;
    open_fixture(&f, false);
    net_run(&f.net, f.pass, &f.batch, 0.5f, 0.3f, &f.gradient, &loss, NULL);
    assert_true(fabs(total(&f) - 0.5 * (loss.sum + 0.3 * loss.exit_sum)) < 1e-6);
    for (size_t i = 0; i < f.net.value.n; i += 13) {
        float *w = &f.net.used.all[i], was = *w;
        double up, slope;

        *w = was + step;
        up = total(&f);
        *w = was - step;
        slope = (up - total(&f)) / (2 * (double)step);
        *w = was;
        squares += slope * slope;
        errors += (slope - f.gradient.all[i]) * (slope - f.gradient.all[i]);
        if (fabs(slope - f.gradient.all[i]) > 2e-2 + 2e-2 * fabs(slope))
            fail_msg("parameter %zu: slope %g, gradient %g", i, slope, (double)f.gradient.all[i]);
    }
    assert_true(squares > 1);
    assert_true(errors < 1e-5 * squares);
    close_fixture(&f);
}

static void only_what_follows_the_prompt_is_asked_for(void **state)
{
    struct problem p = { .prompt = "1+2#", .answer = "34" };
    struct net_batch batch = { 0 };
    struct err err;

    (void)state;
    assert_int_equal(batch_new(&batch, TOKENS, &err), 0);
    assert_true(batch_add(&batch, TOKENS, &p));
    assert_int_equal(batch.n, 6);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(batch.targets[i], -1);
    assert_int_equal(batch.targets[3], problem_token('3'));
    assert_int_equal(batch.targets[4], problem_token('4'));
    assert_int_equal(batch.targets[5], PROBLEM_END);
    assert_true(batch_add(&batch, TOKENS, &p));
    assert_int_equal(batch.positions[6], 0);
    assert_int_equal(batch.first[1], 6);
    assert_false(batch_add(&batch, 17, &p));
    assert_int_equal(batch.n, 12);
    batch_free(&batch);
}

/* The loss of the batch as the engine has it, from its logits after `layers` layers. */
static double engine_loss(struct engine *e, const struct net_batch *batch, size_t layers)
{
    double loss = 0;
    struct err err;

    for (size_t s = 0; s < batch->n_sequences; s++) {
        engine_truncate(e, 0, 0);
        for (size_t i = batch->first[s]; i < batch->first[s + 1]; i++) {
            struct engine_row row = { batch->tokens[i], 0, true };
            const float *logits;
            double sum = 0;

            assert_int_equal(engine_forward(e, &row, 1, layers, &err), 0);
            logits = engine_logits(e, 0);
            for (size_t t = 0; t < PROBLEM_VOCABULARY; t++)
                sum += exp(logits[t]);
            if (batch->targets[i] >= 0)
                loss += log(sum) - logits[batch->targets[i]];
        }
    }
    return loss;
}

static void assert_characters_are_tokens(const struct gguf *g)
{
    static const char text[] = "0123456789+-*/=;,#:";
    int32_t want[PROBLEM_TEXT];
    struct tokens tokens = { 0 };
    struct err err;
    struct tokenizer *t = tokenizer_new(g, &err);

    if (!t || tokenizer_encode(t, text, sizeof(text) - 1, true, &tokens, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(problem_encode(text, want, PROBLEM_TEXT), tokens.n);
    assert_memory_equal(tokens.ids, want, tokens.n * sizeof(*want));
    assert_int_equal(tokenizer_eos(t), PROBLEM_END);
    assert_int_equal(tokenizer_encode(t, "1 ", 2, true, &tokens, &err), -1); /* rather than to guess */
    tokens_free(&tokens);
    tokenizer_free(t);
}

static void written_model_computes_what_was_trained(void **state)
{
    (void)state;
    for (int ternary = 0; ternary < 2; ternary++) {
        struct net_shape shape = { 256, 3, 4, 512, PROBLEM_VOCABULARY, 2, ternary };
        char path[] = "/tmp/pawl-test-XXXXXX";
        int fd = mkstemp(path);
        struct fixture f = { 0 };
        struct rng rng = rng_seed(7);
        struct net_loss loss = { 0 };
        struct gguf *gguf;
        struct model *model;
        struct engine *engine;
        struct err err;
        double end, early;

        assert_true(fd >= 0);
        close(fd);
        assert_int_equal(net_new(&f.net, shape, &err), 0);
        assert_int_equal(batch_new(&f.batch, TOKENS, &err), 0);
        f.pass = net_pass_new(&f.net, TOKENS, &err);
        assert_non_null(f.pass);
        net_init(&f.net, 3);
        batch_draw(&f.batch, TOKENS, &rng, (double[]){ 1, 1, 1, 1 });
        net_run(&f.net, f.pass, &f.batch, 1, 1, NULL, &loss, NULL);
        assert_int_equal(gguf_write(path, &f.net, &(struct gguf_about){ "test", "of a test" }, &err), 0);

        gguf = gguf_open(path, &err);
        if (!gguf)
            fail_msg("%s", err.msg);
        assert_characters_are_tokens(gguf);
        model = model_load(gguf, isa_host(), &err);
        if (!model)
            fail_msg("%s", err.msg);
        engine = engine_new(model, &(struct engine_options){ .batch = 1, .length = NET_POSITIONS }, &err);
        assert_non_null(engine);
        end = engine_loss(engine, &f.batch, 0);
        early = engine_loss(engine, &f.batch, 2);
        /* bfloat16 in the float model's products; in the ternary one only float32's rounding, now and then over the
         * edge of a step */
        assert_true(fabs(end - loss.sum) < (ternary ? 1e-4 : 2e-3) * loss.sum);
        assert_true(fabs(early - loss.exit_sum) < (ternary ? 1e-4 : 2e-3) * loss.exit_sum);
        assert_true(fabs(early - end) > 1e-3 * end); /* they do differ */
        engine_free(engine);
        model_free(model);
        gguf_close(gguf);
        unlink(path);
        close_fixture(&f);
    }
}

static const struct train_options quick = {
    .shape = { 32, 2, 2, 32, PROBLEM_VOCABULARY, 1, true },
    .seed = 5,
    .batch = 1024,
    .steps = 4,
    .warm_up = 2,
    .decay_steps = 2,
    .mix_steps = 3,
    .rate = 1e-3,
    .decay = 0.1,
    .exit_weight = 0.1,
    .mix = { { 1, 1, 1, 1 }, { 1, 1, 1, 4 } },
    .every = 2,
};

static void train_quickly(const struct train_options *o, int threads, const char *checkpoint, struct net *net)
{
    struct err err;
    struct team *team = team_new(threads, NULL, NULL, &err);
    struct text log = { 0 };

    assert_non_null(team);
    assert_int_equal(net_new(net, o->shape, &err), 0);
    assert_int_equal(train_run(o, team, checkpoint, net, &log, NULL, NULL, &err), 0);
    text_free(&log);
    team_free(team);
}

static void assert_same(const struct net *a, const struct net *b)
{
    assert_memory_equal(a->value.all, b->value.all, a->value.n * sizeof(float));
}

static void threads_and_interruptions_change_nothing(void **state)
{
    char path[] = "/tmp/pawl-test-XXXXXX";
    int fd = mkstemp(path);
    struct train_options half = quick;
    struct net whole, parallel, resumed;

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    train_quickly(&quick, 1, NULL, &whole);
    train_quickly(&quick, 2, NULL, &parallel);
    assert_same(&whole, &parallel);
    half.steps = 2;
    train_quickly(&half, 1, path, &resumed);
    net_free(&resumed);
    train_quickly(&quick, 1, path, &resumed);
    assert_same(&whole, &resumed);
    unlink(path);
    net_free(&whole);
    net_free(&parallel);
    net_free(&resumed);
}

static void checkpoints_of_another_kind_are_refused(void **state)
{
    char path[] = "/tmp/pawl-test-XXXXXX";
    int fd = mkstemp(path);
    struct team *team;
    struct train_options other = quick;
    struct text log = { 0 };
    struct net net;
    struct err err;

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    team = team_new(1, NULL, NULL, &err);
    assert_int_equal(net_new(&net, quick.shape, &err), 0);
    assert_int_equal(train_run(&quick, team, path, &net, &log, NULL, NULL, &err), -1); /* empty */
    assert_int_equal(err.code, ERR_CONFIG);
    unlink(path);
    assert_int_equal(train_run(&quick, team, path, &net, &log, NULL, NULL, &err), 0);
    other.steps = quick.steps - 1;
    assert_int_equal(train_run(&other, team, path, &net, &log, NULL, NULL, &err), -1);
    assert_non_null(strstr(err.msg, "steps along"));
    other = quick;
    other.seed++;
    assert_int_equal(train_run(&other, team, path, &net, &log, NULL, NULL, &err), -1);
    assert_non_null(strstr(err.msg, "another"));
    assert_int_equal(truncate(path, 2000), 0);
    assert_int_equal(train_run(&quick, team, path, &net, &log, NULL, NULL, &err), -1);
    assert_non_null(strstr(err.msg, "cut short"));
    unlink(path);
    net_free(&net);
    text_free(&log);
    team_free(team);
}

static void training_learns(void **state)
{
    struct train_options longer = quick;
    struct net_loss before = { 0 }, after = { 0 };
    struct fixture f = { 0 };
    struct rng rng = rng_seed(7);
    struct err err;

    (void)state;
    longer.steps = 36;
    longer.rate = 4e-3;
    longer.every = 36;
    assert_int_equal(batch_new(&f.batch, TOKENS, &err), 0);
    batch_draw(&f.batch, TOKENS, &rng, (double[]){ 1, 1, 1, 1 });
    assert_int_equal(net_new(&f.net, longer.shape, &err), 0);
    net_init(&f.net, longer.seed);
    f.pass = net_pass_new(&f.net, TOKENS, &err);
    assert_non_null(f.pass);
    net_run(&f.net, f.pass, &f.batch, 1, 1, NULL, &before, NULL);
    net_free(&f.net);
    train_quickly(&longer, 1, NULL, &f.net);
    net_run(&f.net, f.pass, &f.batch, 1, 1, NULL, &after, NULL);
    assert_true(after.sum < 0.85 * before.sum);
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_is_the_slope),
        cmocka_unit_test(only_what_follows_the_prompt_is_asked_for),
        cmocka_unit_test(written_model_computes_what_was_trained),
        cmocka_unit_test(threads_and_interruptions_change_nothing),
        cmocka_unit_test(checkpoints_of_another_kind_are_refused),
        cmocka_unit_test(training_learns),
    };
    struct err err;

    if (blas_load(&err) < 0) {
        printf("skipped: %s\n", err.msg);
        return 0;
    }
    blas_keep_single();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
