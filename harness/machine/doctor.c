// SPDX-License-Identifier: MIT
/* doctor.c -- the table of checks, in the order in which a person would mend things. */
#include "machine/doctor_private.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef void (*check_fn)(const struct exam *exam, struct finding *finding);

static const struct check {
    const char *name;
    check_fn fn;
} checks[] = {
    { "topology", doctor_plan_topology },
    { "plan", doctor_plan_cpus },
    { "binding", doctor_plan_binding },
    { "quota", doctor_plan_quota },
    { "build", doctor_host_build },
    { "isa", doctor_host_isa },
    { "clocksource", doctor_host_clocksource },
    { "load", doctor_plan_load },
    { "smt", doctor_plan_smt },
    { "tuning", doctor_host_tuning },
    { "governor", doctor_host_governor },
    { "boost", doctor_host_boost },
    { "temperature", doctor_host_temperature },
    { "interrupts", doctor_plan_interrupts },
    { "isolated", doctor_plan_isolated },
    { "virtualised", doctor_host_virtualised },
    { "counters", doctor_host_counters },
    { "huge pages", doctor_host_thp },
    { "database", doctor_disk_database },
    { "disk", doctor_disk_space },
};

_Static_assert(ARRAY_LEN(checks) <= FINDINGS_MAX, "room for a finding of every check");

void doctor_read(struct finding *finding, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(finding->read, sizeof(finding->read), fmt, ap);
    va_end(ap);
}

void doctor_blame(struct finding *finding, enum finding_level level, const char *why, const char *mend)
{
    finding->level = level;
    text_copy(finding->why, sizeof(finding->why), why);
    text_copy(finding->mend, sizeof(finding->mend), mend);
}

int doctor_examine_root(const struct topology *topology, const char *db_path, const char *root,
                        const struct doctor_load *load, struct finding findings[FINDINGS_MAX])
{
    struct exam exam = { topology, db_path, root, load };

    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        findings[i] = (struct finding){ .level = FINDING_OK };
        text_copy(findings[i].check, sizeof(findings[i].check), checks[i].name);
        checks[i].fn(&exam, &findings[i]);
    }
    return (int)ARRAY_LEN(checks);
}

int doctor_examine(const struct topology *topology, const char *db_path, const struct doctor_load *load,
                   struct finding findings[FINDINGS_MAX])
{
    return doctor_examine_root(topology, db_path, "", load, findings);
}

const char *finding_level_name(enum finding_level level)
{
    static const char *const names[] = { "ok", "warn", "fail" };

    return names[level];
}
