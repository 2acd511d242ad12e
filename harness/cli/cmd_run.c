// SPDX-License-Identifier: MIT
/* cmd_run.c -- `run` and `gate`: the same measurement; the gate judges it. */
#include "cli/session.h"
#include "declare/isa.h"
#include "machine/doctor.h"
#include "machine/fingerprint.h"
#include "report/json.h"
#include "report/markdown.h"

#include <stdio.h>
#include <string.h>

/* What of the host speaks against the figures to come, before they come. */
static void say_findings(const struct context *context, const struct topology *topology)
{
    struct finding findings[FINDINGS_MAX];
    int n = doctor_examine(topology, context->options->db, findings);

    for (int i = 0; i < n; i++)
        if (findings[i].level == FINDING_FAIL)
            say("pawl %s: host: %s: %s: %s (see 'pawl doctor')", context->command, findings[i].check, findings[i].read,
                findings[i].why);
}

static int print_run(const struct context *context, const struct run_result *run, struct err *err)
{
    const struct options *o = context->options;
    struct table_style style = stdout_style();
    struct text out = { 0 };

    if (o->json)
        json_run(run, &out);
    else if (o->markdown)
        markdown_run(run, &out);
    else {
        table_run(run, &style, &out);
        if (run->judged) {
            text_add(&out, "\n");
            table_verdicts(run, o->all, &style, &out);
        }
    }
    return print_text(&out, err);
}

/* 0 where every case came to a figure or was skipped; 1 where one was wrong, crashed or hung. */
static int run_exit(const struct run_result *run)
{
    for (size_t i = 0; i < run->n_cases; i++)
        if (run->cases[i].status != CASE_OK && run->cases[i].status != CASE_SKIPPED)
            return 1;
    return 0;
}

static int measure(const struct context *context, const struct session *session, const struct topology *topology,
                   const struct host *host)
{
    struct run_result run = { 0 };
    struct err err = { 0 };
    int ret;

    say_findings(context, topology);
    if (session_run(context, session, topology, host, &run, &err) < 0 || print_run(context, &run, &err) < 0) {
        ret = say_error(context, &err);
    } else {
        say("run %lld: %.1f s, recorded in %s", (long long)run.info.id, run.info.seconds, context->options->db);
        ret = run.judged ? run.exit : run_exit(&run);
    }
    run_result_free(&run);
    return ret;
}

int cmd_run(const struct context *context)
{
    struct session session = { 0 };
    struct err err = { 0 };
    struct topology *topology = topology_host(&err);
    struct host host = { 0 };
    int ret;

    if (!topology)
        return say_error(context, &err);
    fingerprint_host(topology, isa_host(), &host);
    ret = measure(context, &session, topology, &host);
    topology_free(topology);
    return ret;
}

int cmd_gate(const struct context *context)
{
    struct session session = { .judge = true };
    struct targets targets = { 0 };
    struct baseline baseline = { 0 };
    struct err err = { 0 };
    struct topology *topology = topology_host(&err);
    struct host host = { 0 };
    char path[1024];
    int ret, known;

    if (!topology)
        return say_error(context, &err);
    fingerprint_host(topology, isa_host(), &host);
    snprintf(path, sizeof(path), "%s/targets.json", context->options->baselines);
    if (targets_read(path, context->registry, &targets, &err) < 0) {
        ret = say_error(context, &err);
        goto out;
    }
    snprintf(path, sizeof(path), "%s/%s.json", context->options->baselines, host.class);
    known = baseline_read(path, &baseline, &err);
    if (known < 0) {
        ret = say_error(context, &err);
        goto out;
    }
    if (!known)
        say("pawl gate: no baseline for host class '%s': judged by targets alone ('pawl accept' makes one)",
            host.class);
    session.targets = &targets;
    session.baseline = known ? &baseline : NULL;
    ret = measure(context, &session, topology, &host);
out:
    baseline_free(&baseline);
    targets_free(&targets);
    topology_free(topology);
    return ret;
}
