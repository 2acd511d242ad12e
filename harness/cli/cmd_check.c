// SPDX-License-Identifier: MIT
#include "cli/session.h"
#include "declare/isa.h"
#include "machine/fingerprint.h"
#include "report/json.h"

#include <stdlib.h>
#include <string.h>

/* "ok" rows and the others; the count line last. Returns how many are neither ok nor skipped. */
static size_t check_text(const struct run_result *run, struct text *out)
{
    size_t ok = 0, skipped = 0, bad = 0;

    for (size_t i = 0; i < run->n_cases; i++) {
        const struct case_result *c = &run->cases[i];

        text_addf(out, "%-12s %s%s%s\n", case_status_name(c->status), c->id, c->reason[0] ? ": " : "", c->reason);
        ok += c->status == CASE_OK;
        skipped += c->status == CASE_SKIPPED;
        bad += c->status != CASE_OK && c->status != CASE_SKIPPED;
    }
    text_addf(out, "check: %zu ok, %zu wrong or failed, %zu skipped\n", ok, bad, skipped);
    return bad;
}

/* What starts our workers. $PAWL_WORKER names another program than this one: an emulator's, for ci/check-isa. Started as
 * always, a child of an emulated program runs on the real CPU, and shows nothing. Only here, where nothing is timed. */
static const char *worker_program(const struct context *context)
{
    const char *other = getenv("PAWL_WORKER");

    return other && *other ? other : context->program;
}

int cmd_check(const struct context *given)
{
    struct context emulated = *given, *context = &emulated;
    struct session session = { .check_only = true };
    struct err err = { 0 };
    struct topology *topology = topology_host(&err);
    struct run_result run = { 0 };
    struct host host = { 0 };
    struct text words = { 0 }, json = { 0 };
    int ret;

    emulated.program = worker_program(given);
    if (topology)
        fingerprint_host(topology, isa_host(), &host);
    if (!topology || session_run(context, &session, topology, &host, &run, &err) < 0) {
        ret = say_error(context, &err);
        goto out;
    }
    ret = check_text(&run, &words) ? 1 : 0;
    if (context->options->json)
        json_run(&run, &json);
    if (print_text(context->options->json ? &json : &words, &err) < 0)
        ret = say_error(context, &err);
out:
    text_free(&words);
    run_result_free(&run);
    topology_free(topology);
    return ret;
}
