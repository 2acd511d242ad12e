// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/commands.h"
#include "declare/isa.h"
#include "judge/baseline.h"
#include "machine/doctor.h"
#include "machine/fingerprint.h"
#include "report/json.h"

#include <stdio.h>

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
    struct json_finding rows[FINDINGS_MAX + 1];

    for (int i = 0; i < n; i++)
        rows[i] = (struct json_finding){ finding_level_name(findings[i].level), findings[i].check, findings[i].read,
                                         findings[i].why, findings[i].mend };
    json_findings(rows, (size_t)n, exit, out);
}

/* What was accepted before the host changed is a bad judge of now: one more finding, where there is a baseline. */
static int examine_baseline(const struct context *context, const struct topology *topology, struct finding *f)
{
    struct host host = { 0 };
    struct baseline baseline = { 0 };
    struct err err = { 0 };
    char path[1024];
    size_t old;
    int known;

    fingerprint_host(topology, isa_host(), &host);
    snprintf(path, sizeof(path), "%s/%s.json", context->options->baselines, host.class);
    known = baseline_read(path, host.class, &baseline, &err);
    old = baseline_other_epochs(&baseline, host_fact(&host, "epoch"));
    *f = (struct finding){ .check = "baseline" };
    if (known < 0) {
        f->level = FINDING_WARN;
        text_copy(f->read, sizeof(f->read), err.msg);
        text_copy(f->why, sizeof(f->why), "the gate will refuse it");
        text_copy(f->mend, sizeof(f->mend), "git checkout the file, or accept anew");
    } else if (old) {
        f->level = FINDING_WARN;
        snprintf(f->read, sizeof(f->read), "%zu of %zu cases were accepted in another epoch", old, baseline.n);
        text_copy(f->why, sizeof(f->why),
                  "microcode, kernel, boost, governor, virtualisation or SMT changed since: a slowdown may be the host's");
        text_copy(f->mend, sizeof(f->mend), "pawl run --full; pawl accept --reason 'a new epoch of the host'");
    } else if (known) {
        snprintf(f->read, sizeof(f->read), "%zu cases, all of this epoch", baseline.n);
    }
    baseline_free(&baseline);
    return known != 0;
}

int cmd_doctor(const struct context *context)
{
    struct finding findings[FINDINGS_MAX + 1];
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
    n += examine_baseline(context, topology, &findings[n]);
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
