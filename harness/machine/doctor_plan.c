// SPDX-License-Identifier: MIT
/* doctor_plan.c -- the checks of the cores that the plan takes: may they be used, and does anybody else use them? */
#include "machine/doctor_private.h"

#include "base/mem.h"
#include "base/text.h"
#include "machine/pin.h"
#include "machine/sysfile.h"
#include "machine/topology_private.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIBLINGS_MAX = 8, /* threads of one core: POWER has 8 */
    IRQS_MAX = 4096,  /* a server with many queues has some 2000 */
};

void doctor_plan_topology(const struct exam *exam, struct finding *finding)
{
    const struct domain *domain = topology_domain(exam->topology);
    int n = topology_n_domains(exam->topology);

    if (domain->l3_bytes)
        doctor_read(finding, "%d L3 domain%s, %.4g MiB in the one measured in", n, n == 1 ? "" : "s",
                    (double)domain->l3_bytes / (1 << 20));
    else
        doctor_read(finding, "no L3 is shown: the whole machine is one domain");
    if (!topology_is_host(exam->topology))
        doctor_blame(finding, FINDING_FAIL, "this is a model of a machine, nothing can be bound to it",
                     "unset HWLOC_XMLFILE HWLOC_SYNTHETIC");
}

/* The mask may have changed since the topology was loaded, so the kernel is asked again. */
static int first_outside_mask(const struct domain *domain)
{
    cpu_set_t *mask = CPU_ALLOC(CPU_SETSIZE * 8);
    size_t size = CPU_ALLOC_SIZE(CPU_SETSIZE * 8);
    int outside = -1;

    if (mask && sched_getaffinity(0, size, mask) == 0)
        for (int i = 0; i < domain->n_pus && outside < 0; i++)
            if (!CPU_ISSET_S(domain->pus[i], size, mask))
                outside = domain->pus[i];
    CPU_FREE(mask);
    return outside;
}

void doctor_plan_cpus(const struct exam *exam, struct finding *finding)
{
    const struct topology *topology = exam->topology;
    const struct domain *domain = topology_domain(topology);
    int outside = topology->host ? first_outside_mask(domain) : -1;
    char cpus[160];

    doctor_read(finding, "cpu %s", topology_list(domain, cpus, sizeof(cpus)));
    if (outside >= 0) {
        doctor_read(finding, "cpu %d is planned, but not among those that this process may use", outside);
        doctor_blame(finding, FINDING_FAIL, "what is not bound wanders from core to core",
                     "widen the cgroup's cpuset or the taskset mask");
    } else if (domain->n_pus < topology->class_cores || domain->l3_bytes != topology->class_bytes) {
        doctor_blame(finding, FINDING_WARN,
                     "a mask leaves less than the domain that names the host class: baselines of the whole domain may "
                     "not fit",
                     "start without taskset, or with all cores of the larger L3");
    } else if (domain->n_pus == 1) {
        doctor_blame(finding, FINDING_WARN, "the kernel and all other work share the one core that is measured on",
                     "use a host with two cores or more");
    }
}

/* The CPU time that one control group may have, in cores; INFINITY: it does not say. `folder` is its own. */
static double quota_of(const char *root, const char *folder)
{
    char path[512], text[64];
    double quota = NAN, period = NAN;

    snprintf(path, sizeof(path), "%s/cpu.max", folder); /* version 2: "20000 100000", "max 100000" */
    if (sscanf(sysfile_line(root, path, text, sizeof(text)), "%lf %lf", &quota, &period) != 2) {
        snprintf(path, sizeof(path), "%s/cpu.cfs_quota_us", folder); /* version 1: -1 is none */
        quota = strtod(sysfile_line(root, path, text, sizeof(text)), NULL);
        snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", folder);
        period = strtod(sysfile_line(root, path, text, sizeof(text)), NULL);
    }
    return quota > 0 && period > 0 ? quota / period : INFINITY;
}

/* The least quota of this process's control groups and of those above them (cgroups(7)). */
static double least_quota(const char *root)
{
    char groups[4096], *rest = groups, *line;
    double least = INFINITY;

    sysfile_all(root, "proc/self/cgroup", groups, sizeof(groups));
    while ((line = strsep(&rest, "\n"))) {
        char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL, folder[400];

        if (!group)
            continue;
        *group++ = '\0';
        if (controllers[1] && !strstr(controllers + 1, "cpu")) /* "cpu", "cpu,cpuacct"; "" is version 2 */
            continue;
        for (char *slash = group + strlen(group); slash; slash = strrchr(group, '/')) {
            *slash = '\0';
            snprintf(folder, sizeof(folder), "sys/fs/cgroup/%.64s%s", controllers + 1, group);
            least = fmin(least, quota_of(root, folder));
        }
    }
    return least;
}

void doctor_plan_quota(const struct exam *exam, struct finding *finding)
{
    double cores = least_quota(exam->root);

    if (isinf(cores)) {
        doctor_read(finding, "none: planned cores may be used all the time");
        return;
    }
    doctor_read(finding, "%.3g cores' time", cores);
    if (cores < 1)
        doctor_blame(finding, FINDING_FAIL, "the kernel stops what is measured when its share of a period is used up",
                     "take the CPU limit off the container or slice (docker --cpus, CPUQuota=)");
    else if (cores < topology_domain(exam->topology)->n_pus)
        doctor_blame(finding, FINDING_WARN, "a team on all planned cores is stopped for a part of each period",
                     "take the CPU limit off the container or slice (docker --cpus, CPUQuota=)");
}

struct trial {
    const struct topology *topology;
    int n_bound;
    struct err err;
    bool failed;
};

static void *try_binding(void *arg)
{
    struct trial *trial = arg;
    const struct domain *domain = topology_domain(trial->topology);

    for (int i = 0; i < domain->n_pus && !trial->failed; i++) {
        if (pin_thread(trial->topology, domain->pus[i], &trial->err) < 0)
            trial->failed = true;
        else
            trial->n_bound++;
    }
    if (!trial->failed && pin_memory(trial->topology, domain->pus[0], &trial->err) < 0)
        trial->failed = true;
    return NULL;
}

void doctor_plan_binding(const struct exam *exam, struct finding *finding)
{
    struct trial trial = { .topology = exam->topology };
    pthread_t thread;

    /* In a thread of its own: the caller's binding is none of the doctor's business. */
    if (pthread_create(&thread, NULL, try_binding, &trial) != 0) {
        doctor_read(finding, "no thread to try it in");
        doctor_blame(finding, FINDING_FAIL, "a team of threads could not be made either", "ulimit -u unlimited");
        return;
    }
    pthread_join(thread, NULL);
    if (trial.failed) {
        doctor_read(finding, "%s", trial.err.msg);
        doctor_blame(finding, FINDING_FAIL, "a measurement that moves between cores measures the move",
                     "run on the host itself, or in a container with its own cpuset");
    } else {
        doctor_read(finding, "%d core%s bound and read back", trial.n_bound, trial.n_bound == 1 ? "" : "s");
    }
}

void doctor_plan_smt(const struct exam *exam, struct finding *finding)
{
    const struct domain *domain = topology_domain(exam->topology);
    char control[64];
    int pus[SIBLINGS_MAX], most = 1;

    sysfile_line(exam->root, "sys/devices/system/cpu/smt/control", control, sizeof(control));
    for (int i = 0; i < domain->n_pus; i++) {
        int n = topology_siblings(exam->topology, domain->pus[i], pus, SIBLINGS_MAX);

        most = n > most ? n : most;
    }
    if (most > 1) {
        doctor_read(finding, "%d threads a core; one is measured on", most);
        doctor_load_judge_siblings(exam->topology, exam->load, finding);
    } else
        doctor_read(finding, "one thread a core%s%s%s", *control ? " (control: " : "", control, *control ? ")" : "");
}

void doctor_plan_load(const struct exam *exam, struct finding *finding)
{
    char average[64], seen[sizeof(finding->read)];

    doctor_load_judge(exam->topology, exam->load, finding);
    sysfile_line(exam->root, "proc/loadavg", average, sizeof(average));
    average[strcspn(average, " ")] = '\0';
    if (*average) {
        text_copy(seen, sizeof(seen), finding->read);
        doctor_read(finding, "%.120s; load average %.40s", seen, average);
    }
}

/* Is `cpu` in a list like "2-5,8"? */
static bool in_list(const char *list, int cpu)
{
    while (*list) {
        int low, high, used = 0;

        if (sscanf(list, "%d-%d%n", &low, &high, &used) < 2 || used == 0) {
            if (sscanf(list, "%d%n", &low, &used) < 1 || used == 0)
                return false;
            high = low;
        }
        if (cpu >= low && cpu <= high)
            return true;
        list += used;
        list += *list == ',';
    }
    return false;
}

void doctor_plan_isolated(const struct exam *exam, struct finding *finding)
{
    const struct domain *domain = topology_domain(exam->topology);
    char list[128], mend[160];
    int n = 0;

    sysfile_line(exam->root, "sys/devices/system/cpu/isolated", list, sizeof(list));
    if (!*list) {
        doctor_read(finding, "no isolated cores");
        doctor_blame(finding, FINDING_WARN, "the scheduler may put any other work on a planned core",
                     "boot with isolcpus=, nohz_full= and rcu_nocbs= for one L3, then start with taskset -c");
        return;
    }
    for (int i = 0; i < domain->n_pus; i++)
        n += in_list(list, domain->pus[i]);
    doctor_read(finding, "isolated: %s; %d of %d planned cores", list, n, domain->n_pus);
    if (n < domain->n_pus) { /* the kernel leaves isolated cores out of the mask that processes start with */
        snprintf(mend, sizeof(mend), "taskset -c %s pawl ...", list);
        doctor_blame(finding, FINDING_WARN, "planned cores that are not isolated share their time with other work",
                     mend);
    }
}

/* Where the kernel sends an interrupt; older kernels and some controllers show only where it may send it. */
static bool irq_hits(const char *root, int irq, int cpu, char list[128])
{
    char path[64];

    snprintf(path, sizeof(path), "proc/irq/%d/effective_affinity_list", irq);
    if (!*sysfile_line(root, path, list, 128)) {
        snprintf(path, sizeof(path), "proc/irq/%d/smp_affinity_list", irq);
        sysfile_line(root, path, list, 128);
    }
    return in_list(list, cpu);
}

void doctor_plan_interrupts(const struct exam *exam, struct finding *finding)
{
    const struct domain *domain = topology_domain(exam->topology);
    int *irqs = mem_array(IRQS_MAX, sizeof(*irqs));
    int n = sysfile_numbers(exam->root, "proc/irq", "", irqs, IRQS_MAX), hits = 0, first = 0;

    for (int i = 0; i < n; i++) {
        bool hit = false;
        char list[128];

        for (int j = 0; j < domain->n_pus && !hit; j++)
            hit = irq_hits(exam->root, irqs[i], domain->pus[j], list);
        if (hit && hits++ == 0)
            first = irqs[i];
    }
    free(irqs);
    if (n == 0)
        doctor_read(finding, "not shown");
    else
        doctor_read(finding, "%d of %d interrupts go to planned cores", hits, n);
    if (hits > 0) {
        char mend[160];

        snprintf(
            mend, sizeof(mend),
            "stop irqbalance; echo CPU | sudo tee /proc/irq/%d/smp_affinity_list, a cpu outside the plan, and so on",
            first);
        doctor_blame(finding, FINDING_WARN, "an interrupt stops what is measured and takes lines of its cache", mend);
    }
}
