// SPDX-License-Identifier: MIT
#include "measure/worker.h"

#include "base/rng.h"
#include "base/stats.h"
#include "base/text.h"
#include "declare/result.h"
#include "declare/team.h"
#include "machine/counters.h"
#include "machine/fingerprint.h"
#include "machine/pin.h"
#include "measure/burden.h"
#include "measure/foreign.h"
#include "measure/foreign_block.h"
#include "measure/gbench.h"
#include "measure/wire.h"

#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

struct work {
    struct job job;
    double burden[VARIANTS_MAX]; /* by position in the job: turns per iteration, in a drill */
    struct params params;
    struct topology *topology;
    struct team *team;
    void *state;
    int order; /* samples taken so far */
    double round_ns; /* what a round takes, by the calibration; 0: not known */
    struct counters counters;
    struct counts empty; /* what a repetition of nothing counts */
};

static const struct variant *variant_at(const struct work *w, int at)
{
    return &w->params.scenario->variants[w->job.variants[at]];
}

/* `variant` is that of the scenario; -1: none in particular. */
static void say_phase(const char *what, int variant)
{
    wire_send(WIRE_FD, json_pack("{s:s, s:s, s:i}", "t", "phase", "what", what, "variant", variant));
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
        say_phase("check", w->job.variants[i]);
        if (s->check && s->check(w->state, variant_at(w, i), err) < 0) {
            if (err->code == ERR_HOST) /* it cannot work here: there is no result that could be wrong */
                return -1;
            wire_send(WIRE_FD, json_pack("{s:s, s:i, s:s}", "t", "wrong", "variant", w->job.variants[i], "reason",
                                         err->msg));
            *wrong = true;
            return -1;
        }
        for (size_t m = 0; m < s->n_metrics; m++) {
            const struct metric *metric = &s->metrics[m];
            double value = NAN;

            if (metric->from_ns)
                continue;
            if ((metric->kind == METRIC_EXACT ? metric->exact : metric->timed)(w->state, variant_at(w, i), &value, err) < 0 ||
                !isfinite(value))
                return err_wrap(err, "metric '%s' of '%s'", metric->name, variant_at(w, i)->name);
            wire_send(WIRE_FD, wire_value(w->job.variants[i], metric->name, value));
        }
    }
    return 0;
}

struct call {
    const struct work *work;
    const struct variant *variant;
    double burden; /* turns per iteration */
};

static void run_batch(void *arg, int64_t iterations)
{
    const struct call *call = arg;

    call->work->params.scenario->run(call->work->state, call->variant, iterations);
    burden_carry((int64_t)(call->burden * (double)iterations));
}

static int time_once(struct work *w, int at, int64_t iterations, struct gbench_sample *time, struct err *err)
{
    struct call call = { w, variant_at(w, at), w->burden[at] };

    return gbench_run(call.variant->name, run_batch, &call, iterations, time, err);
}

/* The smallest count, within a factor, whose repetition lasts min_sample_ns: grown step by step, since the first
 * repetitions run cold. */
static int calibrate(struct work *w, int at, struct err *err)
{
    int64_t iterations = 1;
    double total;

    for (;;) {
        struct gbench_sample time;
        double factor;

        if (time_once(w, at, iterations, &time, err) < 0)
            return -1;
        total = time.real_ns * (double)iterations;
        if (total >= w->job.min_sample_ns || iterations > INT64_MAX / 64)
            break;
        factor = 1.2 * w->job.min_sample_ns / fmax(total, 1);
        iterations = (int64_t)ceil((double)iterations * fmin(factor, 10));
    }
    w->job.iterations[at] = iterations;
    w->round_ns += total;
    wire_send(WIRE_FD, json_pack("{s:s, s:i, s:I}", "t", "calibrated", "variant", w->job.variants[at], "iterations",
                                 (json_int_t)iterations));
    return 0;
}

/* A drill: how many turns an iteration of each judged variant has to carry. */
static int calibrate_burden(struct work *w, struct err *err)
{
    enum { TRIES = 5 };
    double rate = burden_turns_per_ns();

    for (int i = 1; i < w->job.n_variants; i++) {
        struct gbench_sample times[TRIES];
        double ns[TRIES];

        for (int t = 0; t < TRIES; t++) {
            if (time_once(w, i, w->job.iterations[i], &times[t], err) < 0)
                return -1;
            ns[t] = times[t].real_ns;
        }
        stats_sort(ns, TRIES);
        if (variant_at(w, i)->role == ROLE_OURS)
            w->burden[i] = w->job.slowdown * stats_median(ns, TRIES) * rate;
    }
    return 0;
}

static void run_nothing(void *arg, int64_t iterations)
{
    (void)arg;
    (void)iterations;
}

/* Google Benchmark's own work around a repetition: some 2e4 instructions, the same each time, which a sample's counts
 * must not hold: divided by its iterations they would change with the calibration. The least of three, since the first
 * runs cold. After a sample it runs cold too: up to 0.5 % of the cycles of one of 4 ms, and some hundred misses, stay
 * in its counts. (To count inside the repetition instead would put system calls into what is timed.) */
static int count_empty(struct work *w, struct err *err)
{
    for (int i = 0; i < 3; i++) {
        struct gbench_sample time;
        struct counts c;

        counters_start(&w->counters);
        if (gbench_run(variant_at(w, 0)->name, run_nothing, NULL, 1, &time, err) < 0)
            return -1;
        counters_stop(&w->counters, &c);
        if (i == 0)
            w->empty = c;
        w->empty.instructions = fmin(w->empty.instructions, c.instructions);
        w->empty.cycles = fmin(w->empty.cycles, c.cycles);
        w->empty.branch_misses = fmin(w->empty.branch_misses, c.branch_misses);
        w->empty.cache_misses = fmin(w->empty.cache_misses, c.cache_misses);
    }
    return 0;
}

/* NAN stays NAN: not fmax(), which prefers the number. */
static double without(double counted, double empty)
{
    return counted < empty ? 0 : counted - empty;
}

enum { WARM_UP_AT = 4 }; /* iterations of a sample */

static int take_sample(struct work *w, int at, int round, struct err *err)
{
    const struct variant *v = variant_at(w, at);
    struct sample s = { .variant = w->job.variants[at], .round = round, .iterations = w->job.iterations[at] };
    double slices = v->slices ? (double)v->slices(&w->params) : 1, per_op = slices / (double)s.iterations;
    struct rusage before, after;
    struct gbench_sample time;
    struct counts counts;
    int cpu = sched_getcpu();

    /* The other variants of the round have had the caches since: one iteration brings back what this one works on. Where an
     * iteration is a good part of the sample, the cold start weighs little and the time is better spent measuring. */
    if (s.iterations >= WARM_UP_AT)
        w->params.scenario->run(w->state, v, 1);
    getrusage(RUSAGE_THREAD, &before);
    counters_start(&w->counters);
    if (time_once(w, at, s.iterations, &time, err) < 0)
        return -1;
    counters_stop(&w->counters, &counts);
    getrusage(RUSAGE_THREAD, &after);
    s.cpu = sched_getcpu();
    s.migrated = s.cpu != cpu;
    s.order = w->order++;
    s.ns = time.real_ns * slices;
    s.cpu_ns = time.cpu_ns * slices;
    s.switches = after.ru_nivcsw - before.ru_nivcsw;
    s.mhz = isnan(counts.mhz) || s.migrated ? fingerprint_mhz() : counts.mhz;
    s.instructions = without(counts.instructions, w->empty.instructions) * per_op;
    s.cycles = without(counts.cycles, w->empty.cycles) * per_op;
    s.branch_misses = without(counts.branch_misses, w->empty.branch_misses) * per_op;
    s.cache_misses = without(counts.cache_misses, w->empty.cache_misses) * per_op;
    wire_send(WIRE_FD, wire_sample(&s));
    return 0;
}

/* No variant is timed cold. The first block calibrates, which runs each several times. In later ones check() has run
 * them, and a repetition on top gains nothing: at n = 2048 of gemm_f32, the first round of the block that had
 * calibrated right before took 2 to 9 % longer than the later rounds, that of the blocks that had only checked 3 to 5
 * %, and all variants alike; and it would cost 0.4 s of a block of 3 s. So what no check() runs is warmed up, by one
 * repetition. */
static int warm_up(struct work *w, struct err *err)
{
    bool all = true;

    for (int i = 0; i < w->job.n_variants; i++) {
        struct gbench_sample unused;

        all &= w->job.iterations[i] == 0;

        if (w->job.iterations[i] == 0) {
            say_phase("calibrate", w->job.variants[i]);
            if (calibrate(w, i, err) < 0)
                return -1;
        } else if (!w->params.scenario->check) {
            say_phase("warm-up", w->job.variants[i]);
            if (time_once(w, i, w->job.iterations[i], &unused, err) < 0)
                return -1;
        }
    }
    if (!all) /* an earlier block calibrated the others: what a round takes is not known */
        w->round_ns = 0;
    return 0;
}

/* How many rounds make a block. On a host whose clock frequency moves from one millisecond to the next, many short
 * samples in turn cancel more of it than few long ones: 10 rounds of 4 ms a sample had two thirds of the deviation
 * between blocks that 4 rounds of 10 ms had (gemm_f32 avx512 against the FMA roof, n = 512, 24 blocks, three times in
 * turn on a 2-core virtual Emerald Rapids: 1.4 and 1.1 % against 1.9 and 1.6 %). Slow comparisons get fewer: a process
 * is the sampling unit, and many of them say more than a long one. */
static int choose_rounds(const struct work *w)
{
    enum { PAIRS_MAX = 5 };
    const double block_ns = 0.3e9;
    double pairs = w->round_ns > 0 ? floor(block_ns / (2 * w->round_ns)) : 2;

    return 2 * (int)fmax(1, fmin(pairs, PAIRS_MAX));
}

/* Rounds in pairs: a fresh seeded order, then the same backwards (ABBA), so that a drift of the host that is linear
 * over the pair falls out of every ratio. */
static int measure(struct work *w, struct err *err)
{
    struct rng rng = rng_seed(w->job.order_seed);
    int order[VARIANTS_MAX], n = w->job.n_variants;

    for (int i = 0; i < n; i++)
        order[i] = i;
    if (warm_up(w, err) < 0)
        return -1;
    if (w->job.rounds == 0)
        w->job.rounds = choose_rounds(w);
    counters_open(&w->counters);
    if (count_empty(w, err) < 0)
        return -1;
    if (w->job.slowdown > 0 && calibrate_burden(w, err) < 0)
        return -1;
    for (int round = 0; round < w->job.rounds; round++) {
        if (round % 2 == 0)
            rng_shuffle(&rng, order, (size_t)n);
        for (int i = 0; i < n; i++) {
            int at = order[round % 2 == 0 ? i : n - 1 - i];

            say_phase("time", w->job.variants[at]);
            if (take_sample(w, at, round, err) < 0)
                return -1;
        }
    }
    return 0;
}

static int read_job(struct work *w, const struct registry *registry, struct err *err)
{
    json_error_t e;
    json_t *json = json_loadf(stdin, 0, &e);
    int ret;

    if (!json)
        return err_set(err, ERR_HARNESS, "the job is not JSON: %s", e.text);
    ret = wire_read_job(json, registry, &w->job, &w->params, err);
    json_decref(json);
    return ret;
}

static int work(struct work *w, bool *wrong, struct err *err)
{
    const struct scenario *s = w->params.scenario;
    int64_t tuned[VARIANTS_MAX][TUNABLES_MAX] = { 0 };
    struct bench bench = { .params = &w->params, .seed = w->job.input_seed,
                           .tuned = (const int64_t (*)[TUNABLES_MAX])tuned };

    bench.isa = isa_host() & ~w->job.isa_without;
    /* The plan has left these out already; a worker that is told otherwise must still never die of SIGILL. */
    for (int i = 0; i < w->job.n_variants; i++) {
        if (variant_absent(variant_at(w, i)) || variant_at(w, i)->isa & ~bench.isa)
            return err_set(err, ERR_HARNESS, "variant '%s' cannot run on this host", variant_at(w, i)->name);
        bench.variants |= UINT64_C(1) << w->job.variants[i];
        memcpy(tuned[w->job.variants[i]], w->job.tuned[i], sizeof(tuned[0]));
    }
    if (place(w, err) < 0)
        return -1;
    wire_send(WIRE_FD, json_pack("{s:s, s:i}", "t", "hello", "protocol", WIRE_PROTOCOL));
    bench.team = w->team;
    bench.caches = topology_caches(w->topology, sched_getcpu());
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

    /* Nobody reads what a worker without its run finds out. A run that died before prctl() is found out by the parent
     * being another one; one whose reading end is gone, by the signal, which this program else ignores. */
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    ret = getenv(REGISTRY_FILE_VARIABLE) ? registry_file(registry, getenv(REGISTRY_FILE_VARIABLE), &err) : 0;
    if (ret == 0)
        ret = read_job(&w, registry, &err);
    if (ret == 0 && w.job.parent != 0 && w.job.parent != (int)getppid())
        return 1;
    if (ret == 0)
        ret = w.job.foreign ? foreign_block(&w.job, &err) : work(&w, &wrong, &err);
    if (ret < 0 && !wrong) /* before the tear-down, which must not hide it */
        wire_send(WIRE_FD, json_pack("{s:s, s:i, s:s}", "t", "error", "code", (int)err.code, "reason", err.msg));
    if (!w.job.foreign)
        say_phase("teardown", -1);
    if (w.params.scenario && w.params.scenario->teardown)
        w.params.scenario->teardown(w.state);
    counters_close(&w.counters);
    team_free(w.team);
    topology_free(w.topology);
    free(w.job.trial);
    if (w.job.foreign)
        foreign_free(w.job.foreign);
    free(w.job.foreign);
    if (ret == 0)
        wire_send(WIRE_FD, json_pack("{s:s}", "t", "done"));
    return 0;
}
