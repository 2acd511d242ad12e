// SPDX-License-Identifier: MIT
#include "measure/foreign_block.h"

#include "base/mem.h"
#include "machine/pin.h"
#include "measure/block.h"
#include "measure/burden.h"
#include "measure/foreign.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { CLOCK, RUN, CLOCKS_A_SAMPLE = 10 }; /* variants of foreign.h; about 4 ms */

static double thread_cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct sample time_clock(void)
{
    struct sample s = { .variant = CLOCK, .iterations = CLOCKS_A_SAMPLE, .mhz = NAN, .instructions = NAN, .cycles = NAN,
                        .branch_misses = NAN, .cache_misses = NAN };
    struct rusage before, after;
    int cpu = sched_getcpu();

    getrusage(RUSAGE_THREAD, &before);
    s.cpu_ns = -thread_cpu_s();
    s.ns = -block_clock_s();
    burden_carry((int64_t)FOREIGN_CLOCK_TURNS * CLOCKS_A_SAMPLE);
    s.ns += block_clock_s();
    s.cpu_ns += thread_cpu_s();
    getrusage(RUSAGE_THREAD, &after);
    s.cpu = sched_getcpu();
    s.migrated = s.cpu != cpu;
    s.switches = after.ru_nivcsw - before.ru_nivcsw;
    s.ns *= 1e9 / CLOCKS_A_SAMPLE;
    s.cpu_ns *= 1e9 / CLOCKS_A_SAMPLE;
    return s;
}

/* The program may use as many of the planned cores as its benchmark's name asks for; the clock is timed on the first. */
static int allow_cores(const struct job *job, int n, struct err *err)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    for (int i = 0; i < n && i < job->n_pus; i++)
        CPU_SET(job->pus[i], &set);
    if (job->n_pus && sched_setaffinity(0, sizeof(set), &set) < 0)
        return err_set(err, ERR_HOST, "cannot bind to %d cores: %s", n, strerror(errno));
    return 0;
}

static int place(const struct job *job, struct err *err)
{
    struct topology *topology;
    int ret;

    if (job->n_pus == 0)
        return 0;
    topology = topology_host(err);
    ret = !topology || pin_memory(topology, job->pus[0], err) < 0 || pin_thread(topology, job->pus[0], err) < 0 ? -1 : 0;
    topology_free(topology);
    return ret;
}

static void send(struct sample s, int round, int order)
{
    s.round = round;
    s.order = order;
    wire_send(WIRE_FD, wire_sample(&s));
}

/* A repetition that could not do its work, in the program's own words: then there is no time to tell. */
static bool send_refusal(const struct gbench_report *report)
{
    for (size_t i = 0; i < report->n; i++)
        if (report->rows[i].error) {
            wire_send(WIRE_FD, json_pack("{s:s, s:i, s:s, s:s}", "t", "error", "code", (int)ERR_CONFIG, "reason",
                                         report->rows[i].error, "status",
                                         case_status_name(report->rows[i].skipped ? CASE_SKIPPED : CASE_FAILED)));
            return true;
        }
    return false;
}

/* Round by round: the clock, as the mean of before and after, and the repetition. */
static void send_rounds(const struct job *job, const struct gbench_report *report, const struct sample *before,
                        const struct sample *after)
{
    for (size_t i = 0; i < report->n; i++) {
        const struct gbench_row *row = &report->rows[i];
        struct sample clock = before[i % FOREIGN_ROUNDS], end = after[i % FOREIGN_ROUNDS];
        struct sample run = { .variant = RUN, .iterations = row->iterations, .ns = row->real_ns,
                              .cpu_ns = isnan(row->cpu_ns) ? row->real_ns : row->cpu_ns,
                              .cpu = job->n_pus ? job->pus[0] : clock.cpu, .mhz = NAN, .instructions = NAN, .cycles = NAN,
                              .branch_misses = NAN, .cache_misses = NAN };

        clock.ns = (clock.ns + end.ns) / 2;
        clock.cpu_ns = (clock.cpu_ns + end.cpu_ns) / 2;
        clock.switches += end.switches;
        clock.migrated |= end.migrated;
        send(clock, (int)i, 2 * (int)i);
        send(run, (int)i, 2 * (int)i + 1);
    }
}

/* Each counter of the first repetition: the median of all of them. */
static void send_counters(const struct gbench_report *report)
{
    double *values = mem_array(report->n, sizeof(*values));

    for (size_t k = 0; k < report->rows[0].n_counters; k++) {
        char name[NAME_MAX_LEN];
        size_t n = 0;

        foreign_metric(report->rows[0].counters[k].name, name);
        for (size_t i = 0; i < report->n; i++) {
            const double *value = gbench_row_counter(&report->rows[i], report->rows[0].counters[k].name);

            if (value)
                values[n++] = *value;
        }
        stats_sort(values, n);
        wire_send(WIRE_FD, wire_value(RUN, name, stats_median(values, n)));
    }
    free(values);
}

int foreign_block(const struct job *job, struct err *err)
{
    const struct foreign *f = job->foreign;
    int threads = foreign_threads(f->benchmark), ret = -1;
    struct sample before[FOREIGN_ROUNDS], after[FOREIGN_ROUNDS];
    struct gbench_report report = { 0 };

    if (place(job, err) < 0)
        return -1;
    wire_send(WIRE_FD, json_pack("{s:s, s:i}", "t", "hello", "protocol", WIRE_PROTOCOL));
    wire_send(WIRE_FD, json_pack("{s:s, s:s, s:i}", "t", "phase", "what", "time", "variant", RUN));
    for (int i = 0; i < FOREIGN_ROUNDS; i++)
        before[i] = time_clock();
    if ((threads > 1 && allow_cores(job, threads, err) < 0) || foreign_run(f, f->program, &report, err) < 0 ||
        (threads > 1 && allow_cores(job, 1, err) < 0))
        goto out;
    for (int i = 0; i < FOREIGN_ROUNDS; i++)
        after[i] = time_clock();
    ret = 0;
    if (!send_refusal(&report)) {
        send_rounds(job, &report, before, after);
        send_counters(&report);
    }
out:
    gbench_report_free(&report);
    return ret;
}
