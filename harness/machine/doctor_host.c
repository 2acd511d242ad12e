// SPDX-License-Identifier: MIT
/* doctor_host.c -- the checks of the host's settings and of this build. A virtual machine shows few settings: what is
 * not shown cannot be blamed, and the check says so. */
#include "machine/doctor_private.h"

#include "declare/isa.h"
#include "machine/fingerprint_private.h"
#include "machine/sysfile.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void doctor_host_governor(const struct exam *exam, struct finding *finding)
{
    const struct domain *domain = topology_domain(exam->topology);
    char governor[64], preference[64];
    const char *name = "cpufreq/energy_performance_preference";

    for (int i = 0; i < domain->n_pus; i++) {
        int cpu = domain->pus[i];

        sysfile_cpu(exam->root, cpu, "cpufreq/scaling_governor", governor, sizeof(governor));
        sysfile_cpu(exam->root, cpu, name, preference, sizeof(preference));
        if (!*governor) {
            doctor_read(finding, "not shown: the hypervisor or the firmware sets the frequency");
            return;
        }
        doctor_read(finding, "%s on cpu %d%s%s", governor, cpu, *preference ? ", preference " : "", preference);
        if (strcmp(governor, "performance") != 0) {
            doctor_blame(finding, FINDING_WARN, "the clock follows the load: short runs are measured on a slow clock",
                         "sudo cpupower frequency-set -g performance");
            return;
        }
    }
    doctor_read(finding, "performance on all planned cores");
}

void doctor_host_boost(const struct exam *exam, struct finding *finding)
{
    char boost[32];

    sysfile_boost(exam->root, topology_domain(exam->topology)->pus[0], boost, sizeof(boost));
    if (!*boost)
        doctor_read(finding, "not shown");
    else if (strcmp(boost, "on") == 0)
        doctor_read(finding, "on: the clock depends on heat and neighbours; paired ratios cancel that, times do not");
    else
        doctor_read(finding, "off");
}

void doctor_host_clocksource(const struct exam *exam, struct finding *finding)
{
    char source[64];

    sysfile_line(exam->root, "sys/devices/system/clocksource/clocksource0/current_clocksource", source, sizeof(source));
    if (!*source) {
        doctor_read(finding, "not shown");
        return;
    }
    doctor_read(finding, "%s", source);
    if (strcmp(source, "tsc") == 0)
        return;
    /* These two are read without a system call, by way of the TSC. */
    if (strcmp(source, "kvm-clock") == 0 || strncmp(source, "hyperv_clocksource_tsc", 22) == 0)
        doctor_blame(finding, FINDING_WARN, "the hypervisor corrects this clock while it is read",
                     "echo tsc | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource");
    else
        doctor_blame(finding, FINDING_FAIL, "reading it takes a microsecond or more, and disturbs what is measured",
                     "boot with tsc=reliable; see 'dmesg | grep -i clocksource' for why the kernel gave up tsc");
}

void doctor_host_thp(const struct exam *exam, struct finding *finding)
{
    char choice[32];

    sysfile_choice(exam->root, "sys/kernel/mm/transparent_hugepage/enabled", choice, sizeof(choice));
    doctor_read(finding, "%s", *choice ? choice : "not shown");
    if (strcmp(choice, "always") == 0)
        doctor_blame(finding, FINDING_WARN,
                     "whether a buffer gets huge pages depends on free memory: two speeds for one program",
                     "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled");
}

void doctor_host_virtualised(const struct exam *exam, struct finding *finding)
{
    char vendor[64];

    fingerprint_hypervisor(exam->root, vendor, sizeof(vendor));
    if (!*vendor) {
        doctor_read(finding, "no");
        return;
    }
    doctor_read(finding, "%s", vendor);
    doctor_blame(finding, FINDING_WARN,
                 "other guests share caches, memory and clock unseen; cpu numbers may not be cores",
                 "measure on bare metal, or on a dedicated host");
}

void doctor_host_counters(const struct exam *exam, struct finding *finding)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof(attr),
        .config = PERF_COUNT_HW_INSTRUCTIONS,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };
    int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    int why = errno;
    char paranoid[32];

    sysfile_line(exam->root, "proc/sys/kernel/perf_event_paranoid", paranoid, sizeof(paranoid));
    if (!*paranoid)
        strcpy(paranoid, "not shown");
    if (fd >= 0) {
        close(fd);
        doctor_read(finding, "instructions are counted (perf_event_paranoid: %s)", paranoid);
        return;
    }
    doctor_read(finding, "none: %s (perf_event_paranoid: %s)", strerror(why), paranoid);
    if (why == EACCES || why == EPERM)
        doctor_blame(finding, FINDING_WARN, "counters are recorded as NULL",
                     "sudo sysctl kernel.perf_event_paranoid=2");
    else
        doctor_blame(finding, FINDING_WARN, "counters are recorded as NULL: this machine shows no counters",
                     "let the hypervisor pass the PMU on, or measure on bare metal");
}

void doctor_host_isa(const struct exam *exam, struct finding *finding)
{
    char isa[ISA_TEXT];

    (void)exam;
    doctor_read(finding, "%s", isa_format(isa_host(), isa));
}

/* UBSan alone shows in no macro of GCC, so the build system says what it was asked for. */
static const char *sanitizer(void)
{
#if defined(PAWL_SANITIZERS)
    return PAWL_SANITIZERS;
#elif defined(__SANITIZE_ADDRESS__)
    return "address";
#elif defined(__SANITIZE_THREAD__)
    return "thread";
#else
    return "";
#endif
}

static bool optimised(void)
{
#if defined(__OPTIMIZE__)
    return true;
#else
    return false;
#endif
}

void doctor_host_build(const struct exam *exam, struct finding *finding)
{
    (void)exam;
    if (*sanitizer())
        doctor_read(finding, "with sanitizers: %s", sanitizer());
    else
        doctor_read(finding, optimised() ? "optimised, no sanitizer" : "not optimised");
    if (*sanitizer() || !optimised())
        doctor_blame(finding, FINDING_FAIL, "its times say nothing about the program that users run",
                     "cmake -B build -DCMAKE_BUILD_TYPE=Release -DPAWL_SANITIZE=");
}
