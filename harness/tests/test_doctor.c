// SPDX-License-Identifier: MIT
/* test_doctor.c -- findings on made-up trees of /proc and /sys, and on this host: what is blamed, and what is not. */
#include "machine/doctor_private.h"

#include "base/text.h"
#include "machine/topology_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "machine_fixture.h"

#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CPU1   "sys/devices/system/cpu/cpu1/"
#define POLICY "var/lib/pawl/runner-tune.policy"

static char folder[64]; /* of the running test */
static struct finding findings[FINDINGS_MAX];
static int n_findings;

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/pawl-doctor-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st, (void)kind, (void)walk;
    return remove(path);
}

static int remove_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Writes `text` to `path` below the folder, with the folders on the way. */
static void put(const char *path, const char *text)
{
    char full[512];
    FILE *file;

    snprintf(full, sizeof(full), "%s/%s", folder, path);
    for (char *slash = full + strlen(folder) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(full, 0777);
        *slash = '/';
    }
    file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static const struct finding *finding(const char *check)
{
    for (int i = 0; i < n_findings; i++)
        if (strcmp(findings[i].check, check) == 0)
            return &findings[i];
    fail_msg("no check '%s'", check);
    abort(); /* not reached: fail_msg() leaves the test */
}

/* Every finding has words; only what is blamed has a why and a mend. */
static void assert_well_formed(void)
{
    for (int i = 0; i < n_findings; i++) {
        const struct finding *f = &findings[i];

        if (!*f->check || !*f->read || (f->level != FINDING_OK) != (*f->why != '\0') ||
            (f->level != FINDING_OK) != (*f->mend != '\0'))
            fail_msg("'%s': %s: read '%s', why '%s', mend '%s'", f->check, finding_level_name(f->level), f->read,
                     f->why, f->mend);
    }
}

static void examine(const struct topology *topology, const char *db_path)
{
    struct doctor_load load = { 0 };

    n_findings = doctor_examine_root(topology, db_path, folder, &load, findings);
    assert_true(n_findings > 0 && n_findings <= FINDINGS_MAX);
    assert_well_formed();
}

static void setting_is_blamed_where_it_blurs_times(void **state)
{
    static const struct {
        const char *path, *text, *check;
        enum finding_level level;
        const char *words; /* in what was read */
    } rows[] = {
        { "sys/class/hwmon/hwmon3/temp1_input", "44875\n", "temperature", FINDING_OK, "45 degrees" },
        { "sys/class/hwmon/hwmon3/temp3_input", "90250\n", "temperature", FINDING_WARN, "90 degrees" },
        { "sys/class/hwmon/hwmon3/temp2_input", "-273000\n", "temperature", FINDING_OK, "not shown" },
        { "sys/class/hwmon/hwmon3/temp2_input", "255000\n", "temperature", FINDING_OK, "not shown" },
        { "sys/class/hwmon/hwmon4/temp1_input", "90000\n", "temperature", FINDING_OK, "not shown" }, /* a disk */
        { "sys/class/thermal/thermal_zone0/temp", "81000\n", "temperature", FINDING_WARN, "81 degrees" },
        { "sys/class/thermal/thermal_zone1/temp", "81000\n", "temperature", FINDING_OK, "not shown" }, /* the board */
        { "proc/irq/41/effective_affinity_list", "3\n", "interrupts", FINDING_WARN, "1 of 1" },
        { "proc/irq/41/effective_affinity_list", "17\n", "interrupts", FINDING_OK, "0 of 1" },
        { "proc/irq/41/smp_affinity_list", "8-31,5\n", "interrupts", FINDING_WARN, "1 of 1" },
        { "proc/irq/41/smp_affinity_list", "8-31\n", "interrupts", FINDING_OK, "0 of 1" },
        { "proc/irq/default_smp_affinity", "ff\n", "interrupts", FINDING_OK, "not shown" },
        { "proc/sys/kernel/perf_event_paranoid", "4\n", "counters", FINDING_WARN, "perf_event_paranoid: 4" },
        { POLICY, "/sys/devices/system/cpu/cpu1/online\t1\n", "tuning", FINDING_FAIL,
          "cpu1/online is '', was set to '1'" },
        { POLICY, "/sys/class/hwmon/hwmon3/name\tk10temp\n", "tuning", FINDING_OK, "1 settings are as" },
        { POLICY, "/sys/class/hwmon/hwmon3/name\tk10temp\n/sys/class/hwmon/hwmon4/name\tk10temp\n", "tuning",
          FINDING_FAIL, "hwmon4/name is 'nvme', was set to 'k10temp'" },
        { POLICY, "garbage\n\t\n/\n", "tuning", FINDING_OK, "none recorded" },
        { CPU1 "cpufreq/scaling_governor", "powersave\n", "governor", FINDING_WARN, "powersave on cpu 1" },
        { CPU1 "cpufreq/scaling_governor", "performance\n", "governor", FINDING_OK, "" },
        { "sys/devices/system/cpu/cpufreq/boost", "1\n", "boost", FINDING_OK, "on" },
        { "sys/devices/system/cpu/cpufreq/boost", "0\n", "boost", FINDING_OK, "off" },
        { "sys/devices/system/cpu/intel_pstate/no_turbo", "1\n", "boost", FINDING_OK, "off" },
        { "sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n", "clocksource", FINDING_OK,
          "tsc" },
        { "sys/devices/system/clocksource/clocksource0/current_clocksource", "kvm-clock\n", "clocksource", FINDING_WARN,
          "kvm-clock" },
        { "sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n", "clocksource", FINDING_FAIL,
          "hpet" },
        { "sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n", "huge pages", FINDING_WARN,
          "always" },
        { "sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n", "huge pages", FINDING_OK,
          "madvise" },
        { "sys/devices/system/cpu/isolated", "\n", "isolated", FINDING_WARN, "no isolated" },
        { "sys/devices/system/cpu/isolated", "0-7\n", "isolated", FINDING_OK, "8 of 8" },
        { "sys/devices/system/cpu/isolated", "2-3,5,12\n", "isolated", FINDING_WARN, "3 of 8" },
        { "sys/devices/system/cpu/isolated", "garbage\n", "isolated", FINDING_WARN, "0 of 8" },
        { "proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu hypervisor lm\n", "virtualised", FINDING_WARN, "yes" },
        { "proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu hypervisorx lm\n", "virtualised", FINDING_OK, "no" },
        { "sys/fs/cgroup/a/b/cpu.max", "max 100000\n", "quota", FINDING_OK, "none" },
        { "sys/fs/cgroup/a/b/cpu.max", "50000 100000\n", "quota", FINDING_FAIL, "0.5 cores" },
        { "sys/fs/cgroup/a/cpu.max", "400000 100000\n", "quota", FINDING_WARN, "4 cores" }, /* of the group above */
        { "sys/fs/cgroup/cpu.max", "1600000 100000\n", "quota", FINDING_OK, "16 cores" },
        { "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us", "-1\n", "quota", FINDING_OK, "none" },
        { "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us", "20000\n", "quota", FINDING_FAIL, "0.2 cores" },
        { "sys/fs/cgroup/cpu,cpuacct/d/cpu.cfs_quota_us", "20000\n", "quota", FINDING_OK, "none" }, /* another's */
        { "proc/loadavg", "0.52 0.40 0.30 1/200 4242\n", "load", FINDING_OK, "load average 0.52" },
    };
    struct topology *topology = model("syn-9950X");

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct finding *f;

        print_message("%s: %s", rows[i].path, rows[i].text);
        if (strstr(rows[i].path, "scaling_governor"))
            for (int cpu = 0; cpu < 8; cpu++) { /* the one of the row is written over it */
                char path[96];

                snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", cpu);
                put(path, "performance\n");
            }
        put("sys/class/hwmon/hwmon3/name", "k10temp\n");
        put("sys/class/hwmon/hwmon4/name", "nvme\n");
        put("sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n");
        put("sys/class/thermal/thermal_zone1/type", "acpitz\n");
        put("proc/self/cgroup", "7:memory:/x\n1:cpu,cpuacct:/c\n0::/a/b\n");
        put("sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us", "100000\n");
        put(rows[i].path, rows[i].text);
        examine(topology, NULL);
        f = finding(rows[i].check);
        assert_string_equal(finding_level_name(f->level), finding_level_name(rows[i].level));
        assert_non_null(strstr(f->read, rows[i].words));
        remove_folder(NULL);
        assert_int_equal(mkdir(folder, 0777), 0);
    }
    topology_free(topology);
}

static void missing_files_are_not_blamed(void **state)
{
    static const char *const checks[] = { "governor", "boost", "clocksource", "huge pages",  "virtualised",
                                          "load",     "smt",   "tuning",      "temperature", "interrupts",
                                          "quota" };
    struct topology *topology = model("syn-VM-8vCPU-nol3");

    (void)state;
    examine(topology, NULL);
    for (size_t i = 0; i < ARRAY_LEN(checks); i++)
        assert_int_equal(finding(checks[i])->level, FINDING_OK);
    topology_free(topology);
}

static void unreadable_text_does_not_crash(void **state)
{
    static const char *const paths[] = {
        "proc/stat",
        "proc/loadavg",
        "proc/self/cgroup",
        "proc/irq/7/smp_affinity_list",
        "sys/class/hwmon/hwmon0/name",
        "sys/class/hwmon/hwmon0/temp1_input",
        "sys/class/thermal/thermal_zone0/temp",
        POLICY,
        "proc/cpuinfo",
        "proc/sys/kernel/perf_event_paranoid",
        "sys/devices/system/cpu/isolated",
        "sys/kernel/mm/transparent_hugepage/enabled",
        "sys/devices/system/cpu/smt/control",
        "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor",
    };
    static const char *const texts[] = {
        "", "\n", "\n\n:\n", "[", "]", "-,-,", "9999999999999999999", "cpu1 \ncpu1", "flags", "flags:", " \t "
    };
    struct topology *topology = model("syn-9950X");
    char longest[20000];

    (void)state;
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    for (size_t i = 0; i <= ARRAY_LEN(texts); i++) {
        for (size_t j = 0; j < ARRAY_LEN(paths); j++)
            put(paths[j], i < ARRAY_LEN(texts) ? texts[i] : longest);
        examine(topology, NULL);
    }
    topology_free(topology);
}

static void model_cannot_be_measured_on(void **state)
{
    struct topology *topology = model("syn-9950X");

    (void)state;
    examine(topology, NULL);
    assert_int_equal(finding("topology")->level, FINDING_FAIL);
    assert_int_equal(finding("binding")->level, FINDING_FAIL);
    topology_free(topology);
}

static void plan_of_less_than_the_class_is_told(void **state)
{
    struct topology *topology = model("syn-cgroup-second-L3");

    (void)state;
    examine(topology, NULL);
    assert_int_equal(finding("plan")->level, FINDING_WARN);
    topology_free(topology);
}

/* Known of some versions of amd_pstate: boost reads 0, and the core boosts. */
static void boost_that_is_off_in_name_only_is_blamed(void **state)
{
    static const struct {
        const char *driver, *max_khz;
        enum finding_level level;
    } rows[] = {
        { "amd-pstate-epp\n", "5752000\n", FINDING_WARN },
        { "amd-pstate\n", "5752000\n", FINDING_WARN },
        { "amd-pstate-epp\n", "4300000\n", FINDING_OK },
        { "amd-pstate-epp\n", "4301562\n", FINDING_OK }, /* rounded by the driver */
        { "acpi-cpufreq\n", "5752000\n", FINDING_OK },   /* shows that of boost, whatever the switch says */
        { "", "5752000\n", FINDING_OK },
    };
    struct topology *topology = model("syn-9950X");

    (void)state;
    put("sys/devices/system/cpu/cpufreq/boost", "0\n");
    put(CPU1 "acpi_cppc/nominal_freq", "4300\n");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        put(CPU1 "cpufreq/scaling_driver", rows[i].driver);
        put(CPU1 "cpufreq/scaling_max_freq", rows[i].max_khz);
        examine(topology, NULL);
        assert_int_equal(finding("boost")->level, rows[i].level);
    }
    topology_free(topology);
}

static void database_belongs_on_a_local_disk(void **state)
{
    static const struct {
        long magic;
        const char *name;
    } rows[] = {
        { 0x6969, "NFS" },       { 0x65735546, "FUSE" }, { (long)0xff534d42, "CIFS" },  { (int)0xff534d42, "CIFS" },
        { 0x01021997, "9p" },    { 0xef53, "local" },    { (long)0x9123683e, "local" }, { 0x01021994, "local" },
        { 0x794c7630, "local" }, { 0, "local" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *name = doctor_network_fs(rows[i].magic);

        print_message("%lx\n", (unsigned long)rows[i].magic);
        assert_string_equal(name ? name : "local", rows[i].name);
    }
}

static void database_is_sought_in_the_nearest_folder(void **state)
{
    struct topology *topology = model("syn-EPYC-VM-4vCPU-smt");
    char path[512];

    (void)state;
    snprintf(path, sizeof(path), "%s/not/yet/made/pawl.db", folder);
    examine(topology, path);
    assert_int_not_equal(finding("database")->level, FINDING_FAIL);
    assert_null(strstr(finding("disk")->read, "not/yet"));

    put("file", "");
    snprintf(path, sizeof(path), "%s/file/pawl.db", folder); /* below a file nothing can be made, above it can */
    examine(topology, path);
    examine(topology, "pawl.db");
    examine(topology, "/pawl.db");
    examine(topology, "");
    if (geteuid() != 0) { /* root may write anywhere */
        snprintf(path, sizeof(path), "%s/pawl.db", folder);
        assert_int_equal(chmod(folder, 0500), 0);
        examine(topology, path);
        assert_int_equal(finding("database")->level, FINDING_FAIL);
        assert_int_equal(chmod(folder, 0700), 0);
    }
    topology_free(topology);
}

static void doctor_leaves_this_host_as_it_is(void **state)
{
    struct err err = { 0 };
    struct topology *topology = topology_host(&err);
    struct doctor_load load = { 0 };
    cpu_set_t before, after;

    (void)state;
    if (!topology)
        fail_msg("%s", err.msg);
    assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
    doctor_load_probe(topology, &load);
    n_findings = doctor_examine(topology, NULL, &load, findings);
    doctor_load_free(&load);
    assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
    assert_true(CPU_EQUAL(&before, &after));
    assert_well_formed();
    for (int i = 0; i < n_findings; i++)
        print_message("%-4s %-12s %s\n", finding_level_name(findings[i].level), findings[i].check, findings[i].read);
    assert_int_equal(finding("topology")->level, FINDING_OK);
    assert_int_equal(finding("binding")->level, FINDING_OK);
#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
    assert_int_equal(finding("build")->level, FINDING_FAIL);
#endif
    topology_free(topology);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(setting_is_blamed_where_it_blurs_times), TEST(missing_files_are_not_blamed),
        TEST(unreadable_text_does_not_crash),         TEST(model_cannot_be_measured_on),
        TEST(plan_of_less_than_the_class_is_told),    TEST(boost_that_is_off_in_name_only_is_blamed),
        TEST(database_belongs_on_a_local_disk),       TEST(database_is_sought_in_the_nearest_folder),
        TEST(doctor_leaves_this_host_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
