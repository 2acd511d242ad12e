// SPDX-License-Identifier: MIT
/* doctor_private.h -- the checks behind the doctor's table, one function a row, and what the tests feed them. */
#pragma once

#include "machine/doctor.h"
#include "machine/doctor_load.h"

#include <stdbool.h>

struct exam {
    const struct topology *topology;
    const char *db_path; /* or NULL */
    const char *root;    /* of /proc and /sys: "" is this host (see sysfile.h) */
    const struct doctor_load *load;
};

/* The same as doctor_examine(), with /proc and /sys below `root`. Bindings, CPUID, performance counters and the
 * database's file system stay this host's. */
int doctor_examine_root(const struct topology *topology, const char *db_path, const char *root,
                        const struct doctor_load *load, struct finding findings[FINDINGS_MAX]);

/* A check says what it read, which leaves the finding OK, and then perhaps why that is bad. */
void doctor_read(struct finding *finding, const char *fmt, ...) PRINTF_LIKE(2, 3);
void doctor_blame(struct finding *finding, enum finding_level level, const char *why, const char *mend);

void doctor_plan_topology(const struct exam *exam, struct finding *finding);
void doctor_plan_cpus(const struct exam *exam, struct finding *finding);
void doctor_plan_binding(const struct exam *exam, struct finding *finding);
void doctor_plan_smt(const struct exam *exam, struct finding *finding);
void doctor_plan_load(const struct exam *exam, struct finding *finding);
void doctor_plan_isolated(const struct exam *exam, struct finding *finding);
void doctor_plan_quota(const struct exam *exam, struct finding *finding);
void doctor_plan_interrupts(const struct exam *exam, struct finding *finding);

void doctor_host_governor(const struct exam *exam, struct finding *finding);
void doctor_host_boost(const struct exam *exam, struct finding *finding);
void doctor_host_tuning(const struct exam *exam, struct finding *finding);
void doctor_host_temperature(const struct exam *exam, struct finding *finding);
void doctor_host_clocksource(const struct exam *exam, struct finding *finding);
void doctor_host_thp(const struct exam *exam, struct finding *finding);
void doctor_host_virtualised(const struct exam *exam, struct finding *finding);
void doctor_host_counters(const struct exam *exam, struct finding *finding);
void doctor_host_isa(const struct exam *exam, struct finding *finding);
void doctor_host_build(const struct exam *exam, struct finding *finding);

void doctor_disk_database(const struct exam *exam, struct finding *finding);
void doctor_disk_space(const struct exam *exam, struct finding *finding);

/* How busy `cpu` was during a look, in percent; -1 where it does not tell. Time stolen by other guests of the same host
 * counts as busy. */
double doctor_load_percent(const struct doctor_load *load, int cpu);

void doctor_load_probe_root(struct topology *topology, const char *root, struct doctor_load *load);

/* The rule of doctor_load.h for the planned cpus, and for the other threads of their cores. */
void doctor_load_judge(const struct topology *topology, const struct doctor_load *load, struct finding *finding);
void doctor_load_judge_siblings(const struct topology *topology, const struct doctor_load *load,
                                struct finding *finding);

/* The name of a file system that SQLite's log must not be on, by its magic number of statfs(2); NULL: it may. */
const char *doctor_network_fs(long magic);
