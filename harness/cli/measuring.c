// SPDX-License-Identifier: MIT
#include "cli/measuring.h"
#include "cli/session.h"

#include "base/text.h"
#include "declare/isa.h"
#include "machine/doctor.h"
#include "machine/fingerprint.h"
#include "measure/block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { QUIET_WAIT_S = 30 };

#define FOREIGN_PERCENT 10.0 /* of the planned cores' time: less is the kernel's own work */

/* Takes the lock, so that two jobs on one host never measure at once. -1: not in the time that --wait gives. A host
 * where none can be made is measured on all the same: it has no second job that could make one. */
static int take_lock(const struct context *context, struct lock *lock, struct err *err)
{
    const struct options *o = context->options;
    const char *path = o->lock ? o->lock : getenv("PAWL_LOCK");
    char who[NAME_MAX_LEN], holder[LOCK_HOLDER];
    struct err why = { 0 };
    int taken;

    snprintf(who, sizeof(who), "pawl %s", context->command);
    taken = lock_open(lock, path && *path ? path : NULL, &why);
    if (taken == 0)
        taken = lock_try(lock, who, holder, &why);
    if (taken == 0 && o->wait_s != 0) {
        say("pawl %s: waiting for %s: --wait SECONDS gives up", context->command, holder);
        taken = lock_wait(lock, who, o->wait_s, holder, &why);
    }
    if (taken == 0)
        return err_set(err, ERR_HOST, "%s measures on this host; gave up after %g s (see --wait)", holder, o->wait_s);
    if (taken < 0)
        say("pawl %s: %s: two jobs may measure at once", context->command, why.msg);
    return 0;
}

/* The doctor's findings, and how many. A load that passes is waited for, so that a gate right after a build, or beside
 * somebody's short job, still measures. */
static int examine(struct measuring *m, const struct context *context, struct finding findings[FINDINGS_MAX])
{
    double wait_s = context->options->wait_s, patience = wait_s >= 0 ? wait_s : QUIET_WAIT_S;
    double deadline = block_clock_s() + patience;
    bool told = false;

    for (;;) {
        bool loaded = false;
        int n;

        doctor_load_free(&m->load);
        doctor_load_probe(m->topology, &m->load);
        n = doctor_examine(m->topology, context->options->db, &m->load, findings);
        for (int i = 0; i < n; i++)
            loaded |= strcmp(findings[i].check, "load") == 0 && findings[i].level == FINDING_FAIL;
        if (!loaded || context->options->force || block_clock_s() > deadline)
            return n;
        if (!told)
            say("pawl %s: the planned cores are busy: waiting up to %g s for them", context->command, patience);
        told = true;
    }
}

/* -1 where the doctor finds the host unfit and nobody forces it; forced, the failures become a fact of the host. */
static int judge_host(struct measuring *m, const struct context *context, const struct finding *findings, int n,
                      struct err *err)
{
    struct text forced = { 0 };
    int failures = 0, loads = 0;

    for (int i = 0; i < n; i++) {
        const struct finding *f = &findings[i];

        if (f->level != FINDING_FAIL)
            continue;
        say("pawl %s: host: %s: %s: %s", context->command, f->check, f->read, f->why);
        say("    mend: %s", f->mend);
        text_addf(&forced, "%s%s: %s", failures++ ? "; " : "", f->check, f->read);
        loads += strcmp(f->check, "load") == 0;
    }
    m->busy = failures && failures == loads;
    if (failures && context->options->force)
        host_add(&m->host, "forced", "%s", forced.data);
    text_free(&forced);
    if (failures && !context->options->force)
        return err_set(err, ERR_HOST,
                       "this host is not fit to measure (see 'pawl doctor'): --force measures all the same");
    return 0;
}

int measuring_begin(struct measuring *m, const struct context *context, struct err *err)
{
    struct finding findings[FINDINGS_MAX];
    struct plan plan = { 0 };
    int ret, n;

    *m = (struct measuring){ .lock = { .fd = -1 }, .command = context->command };
    m->topology = topology_host(err);
    if (!m->topology)
        return -1;
    /* A mistake in the globs is told before anybody waits. */
    ret = make_plan(context, m->topology, &plan, err);
    plan_free(&plan);
    if (ret < 0 || take_lock(context, &m->lock, err) < 0)
        return -1;
    /* Under the lock: before, the load would be that of the job that held it. */
    n = examine(m, context, findings);
    fingerprint_host(m->topology, isa_host() & context->options->isa, &m->host);
    return judge_host(m, context, findings, n, err);
}

void measuring_end(struct measuring *m)
{
    doctor_load_free(&m->load);
    lock_close(&m->lock);
    topology_free(m->topology);
    *m = (struct measuring){ .lock = { .fd = -1 } };
}

/* CPU time of this process and of its workers that have ended. */
static double own_cpu_s(void)
{
    double seconds = 0;

    for (int i = 0; i < 2; i++) {
        struct rusage use;

        if (getrusage(i == 0 ? RUSAGE_SELF : RUSAGE_CHILDREN, &use) == 0)
            seconds += (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
                       1e-6 * (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
    }
    return seconds;
}

void measuring_watch(struct measuring *m)
{
    m->own_s = own_cpu_s();
    doctor_load_begin(&m->load);
}

void measuring_tell(struct measuring *m, struct host *host)
{
    double percent;

    doctor_load_end(&m->load);
    percent = doctor_load_foreign(&m->load, m->topology, own_cpu_s() - m->own_s);
    if (!(percent > FOREIGN_PERCENT))
        return;
    say("pawl %s: other work took %.0f %% of the planned cores' time during the run: intervals are wider than they "
        "need be (who: ps -eLo psr,pcpu,pid,comm --sort=-pcpu)",
        m->command, percent);
    host_add(host, "foreign", "%.0f %% of the planned cores' time", percent);
}

static void tell(void *m, struct host *host)
{
    measuring_tell(m, host);
}

int measuring_run(struct measuring *m, const struct context *context, const struct session *session,
                  struct run_result *run, struct err *err)
{
    struct session tuned = *session;
    struct tuning tuning;
    char path[1024];
    int ret;

    *run = (struct run_result){ 0 };
    tuning_path(context->options->baselines, m->host.class, path, sizeof(path));
    if (tuning_read(path, m->host.class, &tuning, err) < 0)
        return -1;
    tuned.tuning = &tuning;
    tuned.end = tell;
    tuned.end_arg = m;
    measuring_watch(m);
    ret = session_run(context, &tuned, m->topology, &m->host, run, err);
    tuning_free(&tuning);
    return ret;
}

int measuring_exit(const struct run_result *run)
{
    int ret = 0;

    for (size_t i = 0; i < run->n_cases; i++) {
        if (run->cases[i].status != CASE_OK && run->cases[i].status != CASE_SKIPPED)
            return 1;
        if (run->cases[i].status == CASE_OK && run->cases[i].n_blocks == 0)
            ret = 3;
    }
    return ret;
}
