// SPDX-License-Identifier: MIT
/* doctor_host.c -- the checks of the host's settings and of this build. A virtual machine shows few settings: what is
 * not shown cannot be blamed, and the check says so. */
#include "machine/doctor_private.h"

#include "base/mem.h"
#include "declare/isa.h"
#include "machine/fingerprint_private.h"
#include "machine/sysfile.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    POLICY_BYTES = 256 * 1024, /* some 80 bytes a setting, three of each of 1024 cpus */
    SENSORS_MAX = 64,
    INPUTS_MAX = 32, /* of one sensor; gaps are allowed */
};
/* An idle desktop Ryzen is at 35 to 60, at its limit at 95: at 75 it is not idle, or it is badly cooled. */
#define HOT_DEGREES 75.0
#define SYSCTL      "sudo sysctl kernel.perf_event_paranoid=2"

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
                         "sudo ci/runner-tune apply");
            return;
        }
    }
    doctor_read(finding, "performance on all planned cores");
}

/* amd_pstate lowers a core's maximum to the nominal frequency when boost is switched off. Some versions of it took the
 * switch and did nothing. Other drivers keep showing the maximum of boost, so there it says nothing. */
static bool boost_is_inert(const char *root, int cpu, double *max_mhz, double *nominal_mhz)
{
    char driver[64], max_khz[32], nominal[32];

    sysfile_cpu(root, cpu, "cpufreq/scaling_driver", driver, sizeof(driver));
    sysfile_cpu(root, cpu, "cpufreq/scaling_max_freq", max_khz, sizeof(max_khz));
    sysfile_cpu(root, cpu, "acpi_cppc/nominal_freq", nominal, sizeof(nominal));
    *max_mhz = strtod(max_khz, NULL) / 1000;
    *nominal_mhz = strtod(nominal, NULL);
    return strncmp(driver, "amd-pstate", 10) == 0 && *nominal_mhz > 0 && *max_mhz > 1.02 * *nominal_mhz;
}

void doctor_host_boost(const struct exam *exam, struct finding *finding)
{
    const struct domain *domain = topology_domain(exam->topology);
    char boost[32];

    sysfile_boost(exam->root, domain->pus[0], boost, sizeof(boost));
    if (!*boost)
        doctor_read(finding, "not shown");
    else if (strcmp(boost, "on") == 0)
        doctor_read(finding, "on: the clock depends on heat and neighbours; paired ratios cancel that, times do not");
    else
        doctor_read(finding, "off");
    for (int i = 0; i < domain->n_pus && strcmp(boost, "off") == 0; i++) {
        double max, nominal;

        if (!boost_is_inert(exam->root, domain->pus[i], &max, &nominal))
            continue;
        doctor_read(finding, "off, yet cpu %d may still run at %.0f MHz, %.0f MHz nominal", domain->pus[i], max,
                    nominal);
        doctor_blame(finding, FINDING_WARN, "the driver took the switch and did nothing: the clock still wanders",
                     "sudo ci/runner-tune apply, which then limits the clock itself");
        return;
    }
}

/* What ci/runner-tune read back when it was applied, one "path<TAB>value" a line. Firmware updates, power daemons and
 * reboots undo settings silently; a history that mixes both has a step in it. */
void doctor_host_tuning(const struct exam *exam, struct finding *finding)
{
    char *policy = mem_array(POLICY_BYTES, 1), *line, *rest = policy;
    int n = 0;

    sysfile_all(exam->root, "var/lib/pawl/runner-tune.policy", policy, POLICY_BYTES);
    while (finding->level == FINDING_OK && (line = strsep(&rest, "\n"))) {
        char *value = strchr(line, '\t'), now[128];

        if (*line != '/' || !value)
            continue;
        *value++ = '\0';
        n++;
        sysfile_choice(exam->root, line + 1, now, sizeof(now));
        if (!*now)
            sysfile_line(exam->root, line + 1, now, sizeof(now));
        if (strcmp(now, value) == 0)
            continue;
        doctor_read(finding, "%.100s is '%.30s', was set to '%.30s'", line, now, value);
        doctor_blame(finding, FINDING_FAIL, "the host is not as it was tuned: its times do not continue its history",
                     "sudo ci/runner-tune apply; or sudo ci/runner-tune restore, which forgets the tuning");
    }
    if (finding->level == FINDING_OK && n > 0)
        doctor_read(finding, "%d settings are as ci/runner-tune left them", n);
    else if (finding->level == FINDING_OK)
        doctor_read(finding, "none recorded (see ci/runner-tune)");
    free(policy);
}

/* The sensors of a CPU, as their drivers call themselves; those of disks, graphics and boards say nothing here. */
static bool is_cpu_sensor(const char *name)
{
    static const char *const names[] = {
        "k10temp", "zenpower", "coretemp", "cpu_thermal", "x86_pkg_temp", "cpu-thermal"
    };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void read_degrees(const char *root, const char *path, double *hottest)
{
    char text[32];
    double degrees;

    sysfile_line(root, path, text, sizeof(text)); /* thousandths of a degree */
    degrees = strtod(text, NULL) / 1000;
    if (degrees > *hottest && degrees < 150) /* beyond, a sensor that is not connected */
        *hottest = degrees;
}

static double hottest_sensor(const char *root)
{
    int numbers[SENSORS_MAX];
    int n = sysfile_numbers(root, "sys/class/hwmon", "hwmon", numbers, SENSORS_MAX);
    char path[96], name[64];
    double hottest = 0;

    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof(path), "sys/class/hwmon/hwmon%d/name", numbers[i]);
        for (int t = 1; is_cpu_sensor(sysfile_line(root, path, name, sizeof(name))) && t <= INPUTS_MAX; t++) {
            char input[96];

            snprintf(input, sizeof(input), "sys/class/hwmon/hwmon%d/temp%d_input", numbers[i], t);
            read_degrees(root, input, &hottest);
        }
    }
    if (hottest > 0)
        return hottest;
    n = sysfile_numbers(root, "sys/class/thermal", "thermal_zone", numbers, SENSORS_MAX);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof(path), "sys/class/thermal/thermal_zone%d/type", numbers[i]);
        if (!is_cpu_sensor(sysfile_line(root, path, name, sizeof(name))))
            continue;
        snprintf(path, sizeof(path), "sys/class/thermal/thermal_zone%d/temp", numbers[i]);
        read_degrees(root, path, &hottest);
    }
    return hottest;
}

void doctor_host_temperature(const struct exam *exam, struct finding *finding)
{
    double hottest = hottest_sensor(exam->root);

    if (hottest <= 0) {
        doctor_read(finding, "not shown");
        return;
    }
    doctor_read(finding, "%.0f degrees C at the hottest sensor of the cpu", hottest);
    if (hottest >= HOT_DEGREES)
        doctor_blame(finding, FINDING_WARN, "hot at the start: the clock falls during the run, or rises as it cools",
                     "wait some minutes, look at the fans and at what else runs");
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
        if (strtol(paranoid, NULL, 10) > 2)
            doctor_blame(finding, FINDING_WARN, "they are counted for root only: other users record NULL", SYSCTL);
        return;
    }
    doctor_read(finding, "none: %s (perf_event_paranoid: %s)", strerror(why), paranoid);
    if (why == EACCES || why == EPERM || strtol(paranoid, NULL, 10) > 2)
        doctor_blame(finding, FINDING_WARN, "counters are recorded as NULL", SYSCTL);
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
