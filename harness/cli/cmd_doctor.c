// SPDX-License-Identifier: MIT
#include "cli/commands.h"
#include "machine/doctor.h"
#include "report/json.h"

static void doctor_text(const struct finding *findings, int n, struct text *out)
{
    static const char *const colours[] = { "\033[32m", "\033[33m", "\033[31m" };
    struct table_style style = stdout_style();

    for (int i = 0; i < n; i++) {
        const struct finding *f = &findings[i];

        text_addf(out, "%s%-4s%s  %-14s %s\n", style.colour ? colours[f->level] : "", finding_level_name(f->level),
                  style.colour ? "\033[0m" : "", f->check, f->read);
        if (f->why[0])
            text_addf(out, "%22s%s\n", "", f->why);
        if (f->mend[0])
            text_addf(out, "%22smend: %s\n", "", f->mend);
    }
}

static void doctor_json(const struct finding *findings, int n, int exit, struct text *out)
{
    struct json_finding rows[FINDINGS_MAX];

    for (int i = 0; i < n; i++)
        rows[i] = (struct json_finding){ finding_level_name(findings[i].level), findings[i].check, findings[i].read,
                                         findings[i].why, findings[i].mend };
    json_findings(rows, (size_t)n, exit, out);
}

int cmd_doctor(const struct context *context)
{
    struct finding findings[FINDINGS_MAX];
    struct err err = { 0 };
    struct topology *topology = topology_host(&err);
    struct doctor_load load = { 0 };
    struct text out = { 0 };
    int n, counts[3] = { 0 }, ret;

    if (!topology)
        return say_error(context, &err);
    doctor_load_probe(topology, &load);
    n = doctor_examine(topology, context->options->db, &load, findings);
    doctor_load_free(&load);
    for (int i = 0; i < n; i++)
        counts[findings[i].level]++;
    ret = counts[FINDING_FAIL] ? 3 : 0;
    if (context->options->json)
        doctor_json(findings, n, ret, &out);
    else
        doctor_text(findings, n, &out);
    if (print_text(&out, &err) < 0)
        ret = say_error(context, &err);
    say("doctor: %d ok, %d warnings, %d failures: this host is %s", counts[FINDING_OK], counts[FINDING_WARN],
        counts[FINDING_FAIL], ret ? "not fit to measure" : "fit to measure");
    topology_free(topology);
    return ret;
}
