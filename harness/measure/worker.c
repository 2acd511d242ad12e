// SPDX-License-Identifier: MIT
#include "measure/worker.h"

#include "base/rng.h"
#include "base/text.h"
#include "declare/result.h"
#include "declare/team.h"
#include "machine/fingerprint.h"
#include "machine/pin.h"
#include "measure/gbench.h"
#include "measure/wire.h"

#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

struct work {
    struct job job;
    struct params params;
    struct topology *topology;
    struct team *team;
    void *state;
    int order; /* samples taken so far */
};

static const struct variant *variant_at(const struct work *w, int at)
{
    return &w->params.scenario->variants[w->job.variants[at]];
}

static void say_phase(const struct work *w, const char *what, int at)
{
    wire_send(WIRE_FD, json_pack("{s:s, s:s, s:i}", "t", "phase", "what", what, "variant", w->job.variants[at]));
}

static int pin_member(void *arg, int rank, struct err *err)
{
    struct work *w = arg;

    return pin_thread(w->topology, w->job.pus[rank], err);
}

static int place(struct work *w, struct err *err)
{
    int threads = params_threads(&w->params);

    if (w->job.n_pus == 0) {
        w->team = team_new(threads, NULL, NULL, err);
        return w->team ? 0 : -1;
    }
    if (threads > w->job.n_pus)
        return err_set(err, ERR_HOST, "%d threads, but only %d cores are planned", threads, w->job.n_pus);
    w->topology = topology_host(err);
    if (!w->topology || pin_memory(w->topology, w->job.pus[0], err) < 0 ||
        pin_thread(w->topology, w->job.pus[0], err) < 0)
        return -1;
    w->team = team_new(threads, pin_member, w, err);
    return w->team ? 0 : -1;
}

/* -1 where the block must end; a wrong result has then been sent. */
static int check_all(struct work *w, bool *wrong, struct err *err)
{
    const struct scenario *s = w->params.scenario;

    for (int i = 0; i < w->job.n_variants; i++) {
        say_phase(w, "check", i);
        if (s->check && s->check(w->state, variant_at(w, i), err) < 0) {
            wire_send(WIRE_FD, json_pack("{s:s, s:i, s:s}", "t", "wrong", "variant", w->job.variants[i], "reason",
                                         err->msg));
            *wrong = true;
            return -1;
        }
        for (size_t m = 0; m < s->n_metrics; m++) {
            double value;

            if (s->metrics[m].kind != METRIC_EXACT)
                continue;
            if (s->metrics[m].exact(w->state, variant_at(w, i), &value, err) < 0 || !isfinite(value))
                return err_wrap(err, "metric '%s' of '%s'", s->metrics[m].name, variant_at(w, i)->name);
            wire_send(WIRE_FD, json_pack("{s:s, s:i, s:s, s:f}", "t", "exact", "variant", w->job.variants[i],
                                         "metric", s->metrics[m].name, "value", value));
        }
    }
    return 0;
}

struct call {
    const struct work *work;
    const struct variant *variant;
};

static void run_batch(void *arg, int64_t iterations)
{
    const struct call *call = arg;

    call->work->params.scenario->run(call->work->state, call->variant, iterations);
}

static int time_once(struct work *w, int at, int64_t iterations, struct gbench_sample *time, struct err *err)
{
    struct call call = { w, variant_at(w, at) };

    return gbench_run(call.variant->name, run_batch, &call, iterations, time, err);
}

/* The smallest count, within a factor, whose repetition lasts min_sample_ns: grown step by step, since the first
 * repetitions run cold. */
static int calibrate(struct work *w, int at, struct err *err)
{
    int64_t iterations = 1;

    for (;;) {
        struct gbench_sample time;
        double total, factor;

        if (time_once(w, at, iterations, &time, err) < 0)
            return -1;
        total = time.real_ns * (double)iterations;
        if (total >= w->job.min_sample_ns || iterations > INT64_MAX / 64)
            break;
        factor = 1.2 * w->job.min_sample_ns / fmax(total, 1);
        iterations = (int64_t)ceil((double)iterations * fmin(factor, 10));
    }
    w->job.iterations[at] = iterations;
    wire_send(WIRE_FD, json_pack("{s:s, s:i, s:I}", "t", "calibrated", "variant", w->job.variants[at], "iterations",
                                 (json_int_t)iterations));
    return 0;
}

static json_t *real_or_null(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static int take_sample(struct work *w, int at, int round, struct err *err)
{
    const struct variant *v = variant_at(w, at);
    double slices = v->slices ? (double)v->slices(&w->params) : 1;
    int64_t iterations = w->job.iterations[at];
    struct rusage before, after;
    struct gbench_sample time;
    int cpu;

    getrusage(RUSAGE_THREAD, &before);
    if (time_once(w, at, iterations, &time, err) < 0)
        return -1;
    getrusage(RUSAGE_THREAD, &after);
    cpu = sched_getcpu();
    wire_send(WIRE_FD,
              json_pack("{s:s, s:i, s:i, s:i, s:I, s:f, s:f, s:i, s:I, s:o}", "t", "sample", "variant",
                        w->job.variants[at], "round", round, "order", w->order++, "iterations", (json_int_t)iterations,
                        "ns", time.real_ns * slices, "cpu_ns", time.cpu_ns * slices, "cpu", cpu, "switches",
                        (json_int_t)(after.ru_nivcsw - before.ru_nivcsw), "mhz", real_or_null(fingerprint_mhz())));
    return 0;
}

/* Rounds in pairs: a fresh seeded order, then the same backwards (ABBA), so that a drift of the host that is linear
 * over the pair falls out of every ratio. */
static int measure(struct work *w, struct err *err)
{
    struct rng rng = rng_seed(w->job.order_seed);
    int order[JOB_VARIANTS_MAX], n = w->job.n_variants;

    for (int i = 0; i < n; i++) {
        order[i] = i;
        say_phase(w, "calibrate", i);
        if (w->job.iterations[i] == 0 && calibrate(w, i, err) < 0)
            return -1;
    }
    for (int round = 0; round < w->job.rounds; round++) {
        if (round % 2 == 0)
            rng_shuffle(&rng, order, (size_t)n);
        for (int i = 0; i < n; i++) {
            int at = order[round % 2 == 0 ? i : n - 1 - i];

            say_phase(w, "time", at);
            if (take_sample(w, at, round, err) < 0)
                return -1;
        }
    }
    return 0;
}

static int work(struct work *w, const struct registry *registry, bool *wrong, struct err *err)
{
    json_error_t e;
    json_t *json = json_loadf(stdin, 0, &e);
    const struct scenario *s;
    struct bench bench;
    int ret;

    if (!json)
        return err_set(err, ERR_HARNESS, "the job is not JSON: %s", e.text);
    ret = wire_read_job(json, registry, &w->job, &w->params, err);
    json_decref(json);
    if (ret < 0)
        return -1;
    s = w->params.scenario;
    /* The plan has left these out already; a worker that is told otherwise must still never die of SIGILL. */
    for (int i = 0; i < w->job.n_variants; i++)
        if (variant_at(w, i)->absent || variant_at(w, i)->isa & ~isa_host())
            return err_set(err, ERR_HARNESS, "variant '%s' cannot run on this host", variant_at(w, i)->name);
    if (place(w, err) < 0)
        return -1;
    wire_send(WIRE_FD, json_pack("{s:s, s:i}", "t", "hello", "protocol", WIRE_PROTOCOL));
    bench = (struct bench){ &w->params, w->team, w->job.input_seed };
    if (s->setup && s->setup(&bench, &w->state, err) < 0)
        return err_wrap(err, "set-up");
    if (check_all(w, wrong, err) < 0)
        return -1;
    return w->job.check_only ? 0 : measure(w, err);
}

int worker_main(const struct registry *registry)
{
    struct work w = { 0 };
    struct err err = { 0 };
    bool wrong = false;
    int ret;

    /* Nobody reads what a worker without its run finds out. (A run that died before this line: SIGPIPE at the first
     * message.) */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    ret = work(&w, registry, &wrong, &err);
    if (w.params.scenario && w.params.scenario->teardown)
        w.params.scenario->teardown(w.state);
    team_free(w.team);
    topology_free(w.topology);
    if (ret < 0 && !wrong)
        wire_send(WIRE_FD, json_pack("{s:s, s:i, s:s}", "t", "error", "code", (int)err.code, "reason", err.msg));
    else if (ret == 0)
        wire_send(WIRE_FD, json_pack("{s:s}", "t", "done"));
    return 0;
}
