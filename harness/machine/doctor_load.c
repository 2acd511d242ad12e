// SPDX-License-Identifier: MIT
#include "machine/doctor_load.h"

#include "base/mem.h"
#include "base/text.h"
#include "machine/doctor_private.h"
#include "machine/sysfile.h"
#include "machine/topology_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    SIBLINGS_MAX = 8,        /* threads of one core: POWER has 8 */
    STAT_BYTES = 256 * 1024, /* the cpu lines of /proc/stat come first, about 70 bytes each */
    LOOK_MS = 100,           /* ten ticks of the kernel's 100 Hz accounting */
    LOOKS = 4,               /* each twice as long as the one before: 1.5 s in all */
};
#define TAKEN_PERCENT 25.0 /* of the quietest core: a repetition of some ms then meets others every few times */
#define BUSY_PERCENT  50.0 /* of any core: others have it more than the run would */

/* Jiffies of one "cpuN" line. guest and guest_nice are already in user and nice (proc(5)). */
static bool cpu_line(const char *stat, int cpu, double *busy, double *all)
{
    char key[24];
    const char *line;
    double user, nice, system, idle, iowait, irq, softirq, steal;

    snprintf(key, sizeof(key), "cpu%d ", cpu);
    line = strstr(stat, key);
    if (!line || (line != stat && line[-1] != '\n') ||
        sscanf(line + strlen(key), "%lf %lf %lf %lf %lf %lf %lf %lf", &user, &nice, &system, &idle, &iowait, &irq,
               &softirq, &steal) != 8)
        return false;
    *busy = user + nice + system + irq + softirq + steal;
    *all = *busy + idle + iowait;
    return true;
}

/* What went by between the two texts; false where they do not tell. */
static bool cpu_passed(const struct doctor_load *load, int cpu, double *busy, double *all)
{
    double from_busy, from_all;

    if (!load->before || !load->after || !cpu_line(load->before, cpu, &from_busy, &from_all) ||
        !cpu_line(load->after, cpu, busy, all))
        return false;
    *busy -= from_busy;
    *all -= from_all;
    return *all > 0;
}

double doctor_load_percent(const struct doctor_load *load, int cpu)
{
    double busy, all;

    return cpu_passed(load, cpu, &busy, &all) ? 100 * busy / all : -1;
}

/* One core of the plan: how busy the planned PU is, and the busiest of the threads beside it (-1: there is none). */
struct core {
    double own, beside;
    int pu, pu_beside;
};

static struct core look_at(const struct doctor_load *load, const struct topology *topology, int pu)
{
    struct core core = { doctor_load_percent(load, pu), -1, pu, -1 };
    int pus[SIBLINGS_MAX];
    int n = topology_siblings(topology, pu, pus, SIBLINGS_MAX);

    for (int i = 0; i < n; i++) {
        double percent = pus[i] == pu ? -1 : doctor_load_percent(load, pus[i]);

        if (percent > core.beside) {
            core.beside = percent;
            core.pu_beside = pus[i];
        }
    }
    return core;
}

static struct core *look_at_all(const struct doctor_load *load, const struct topology *topology)
{
    const struct domain *domain = topology_domain(topology);
    struct core *cores = mem_array((size_t)domain->n_pus, sizeof(*cores));

    for (int i = 0; i < domain->n_pus; i++)
        cores[i] = look_at(load, topology, domain->pus[i]);
    return cores;
}

/* How busy it is to whoever measures on it, in all its threads. */
static double taken(const struct core *core)
{
    return fmax(core->own, core->beside);
}

/* The rule of the header. `beside` judges the sibling threads, on their own account but for the quietest core: that has
 * to be quiet in all its threads. Returns the index of the busiest core in *most, -1 where nothing is shown. */
static enum finding_level judge(const struct core *cores, int n, bool beside, int *most)
{
    double quietest = INFINITY;
    int n_busy = 0;

    *most = -1;
    for (int i = 0; i < n; i++) {
        double percent = beside ? cores[i].beside : cores[i].own;

        quietest = fmin(quietest, beside ? taken(&cores[i]) : cores[i].own);
        n_busy += percent > BUSY_PERCENT;
        if (percent >= 0 && (*most < 0 || percent > (beside ? cores[*most].beside : cores[*most].own)))
            *most = i;
    }
    if (*most < 0 || (beside ? cores[*most].beside : cores[*most].own) <= TOPOLOGY_QUIET_PERCENT)
        return FINDING_OK;
    return quietest > TAKEN_PERCENT || 2 * n_busy > n ? FINDING_FAIL : FINDING_WARN;
}

void doctor_load_judge(const struct topology *topology, const struct doctor_load *load, struct finding *finding)
{
    int n = topology_domain(topology)->n_pus, most, least = 0;
    struct core *cores = look_at_all(load, topology);
    enum finding_level level = judge(cores, n, false, &most);

    for (int i = 1; i < n; i++)
        if (cores[i].own >= 0 && cores[i].own <= cores[least].own)
            least = i;
    if (most < 0)
        doctor_read(finding, "not shown: /proc/stat does not count these cpus");
    else if (n == 1)
        doctor_read(finding, "cpu %d is %.0f %% busy", cores[most].pu, cores[most].own);
    else
        doctor_read(finding, "cpu %d is %.0f %% busy, the most of %d planned cores; the least is cpu %d with %.0f %%",
                    cores[most].pu, cores[most].own, n, cores[least].pu, cores[least].own);
    if (level != FINDING_OK)
        doctor_blame(finding, level, "other work on a planned core takes its time and its cache",
                     "ps -eLo psr,pcpu,pid,comm --sort=-pcpu | head");
    free(cores);
}

void doctor_load_judge_siblings(const struct topology *topology, const struct doctor_load *load,
                                struct finding *finding)
{
    int n = topology_domain(topology)->n_pus, most;
    struct core *cores = look_at_all(load, topology);
    enum finding_level level = judge(cores, n, true, &most);

    if (most >= 0)
        doctor_read(finding, "cpu %d, beside planned cpu %d, is %.0f %% busy, the most of the sibling threads",
                    cores[most].pu_beside, cores[most].pu, cores[most].beside);
    if (level != FINDING_OK)
        doctor_blame(finding, level, "the threads of a core share its units and caches: the planned one runs slower",
                     "echo off | sudo tee /sys/devices/system/cpu/smt/control, or end that work");
    free(cores);
}

static void read_stat(const char *root, char **text)
{
    free(*text);
    *text = mem_array(STAT_BYTES, 1);
    sysfile_all(root, "proc/stat", *text, STAT_BYTES);
}

static bool unfit(const struct topology *topology, const struct doctor_load *load)
{
    struct core *cores = look_at_all(load, topology);
    int n = topology_domain(topology)->n_pus, most;
    bool ret = judge(cores, n, false, &most) == FINDING_FAIL || judge(cores, n, true, &most) == FINDING_FAIL;

    free(cores);
    return ret;
}

static void order_cores(struct topology *topology, const struct doctor_load *load)
{
    const struct domain *domain = topology_domain(topology);
    double *busy = mem_array((size_t)domain->n_pus, sizeof(*busy));

    for (int i = 0; i < domain->n_pus; i++) {
        struct core core = look_at(load, topology, domain->pus[i]);

        busy[i] = taken(&core);
    }
    topology_prefer_quiet(topology, busy);
    free(busy);
}

void doctor_load_probe_root(struct topology *topology, const char *root, struct doctor_load *load)
{
    int64_t ms = LOOK_MS;

    read_stat(root, &load->after);
    for (int i = 0; i < LOOKS && *load->after; i++, ms *= 2) {
        free(load->before);
        load->before = load->after;
        load->after = NULL;
        nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
        read_stat(root, &load->after);
        if (!unfit(topology, load))
            break;
    }
    order_cores(topology, load);
}

void doctor_load_probe(struct topology *topology, struct doctor_load *load)
{
    doctor_load_probe_root(topology, "", load);
}

void doctor_load_begin(struct doctor_load *load)
{
    read_stat("", &load->before);
}

void doctor_load_end(struct doctor_load *load)
{
    read_stat("", &load->after);
}

double doctor_load_foreign(const struct doctor_load *load, const struct topology *topology, double own_s)
{
    const struct domain *domain = topology_domain(topology);
    double hz = (double)sysconf(_SC_CLK_TCK), busy_s = 0, all_s = 0;

    for (int i = 0; i < domain->n_pus; i++) {
        double busy, all;

        if (!cpu_passed(load, domain->pus[i], &busy, &all))
            return NAN;
        busy_s += busy / hz;
        all_s += all / hz;
    }
    return all_s < domain->n_pus ? NAN : 100 * fmax(busy_s - own_s, 0) / all_s;
}

void doctor_load_free(struct doctor_load *load)
{
    free(load->before);
    free(load->after);
    *load = (struct doctor_load){ 0 };
}
