// SPDX-License-Identifier: MIT
/* What a worker says, line by line. It may be anybody's: nothing of it is an index before it was looked at. */
#include "base/mem.h"
#include "measure/block_private.h"
#include "measure/foreign.h"

#include <string.h>

enum { LINE_MAX_BYTES = 1 << 16 }; /* no message of ours comes near it */

static const struct scenario *scenario_of(const struct listener *listener)
{
    return listener->job->comparison->params.scenario;
}

static bool is_variant(const struct listener *listener, int variant)
{
    return variant >= 0 && (size_t)variant < scenario_of(listener)->n_variants;
}

static int add_sample(struct listener *listener, const json_t *m)
{
    struct block *b = listener->block;
    struct sample s;

    if (wire_read_sample(m, &s) < 0 || !is_variant(listener, s.variant) || s.iterations < 1)
        return -1;
    b->samples = mem_grow(b->samples, &listener->samples_capacity, b->n_samples + 1, sizeof(s));
    b->samples[b->n_samples++] = s;
    return 0;
}

static int add_exact(struct listener *listener, json_t *m)
{
    struct block *b = listener->block;
    struct exact_value x = { 0 };
    const char *metric;

    if (json_unpack(m, "{s:i, s:s, s:f}", "variant", &x.variant, "metric", &metric, "value", &x.value) < 0 ||
        !is_variant(listener, x.variant))
        return -1;
    x.metric = scenario_metric(scenario_of(listener), metric);
    if (!x.metric)
        x.metric = foreign_counter(scenario_of(listener), metric);
    if (!x.metric)
        return foreign_of(scenario_of(listener)) ? 0 : -1; /* one counter too many is left out */
    b->exacts = mem_grow(b->exacts, &listener->exacts_capacity, b->n_exacts + 1, sizeof(x));
    b->exacts[b->n_exacts++] = x;
    return 0;
}

static int set_phase(struct listener *listener, json_t *m)
{
    const char *what;
    int variant;

    if (json_unpack(m, "{s:s, s:i}", "what", &what, "variant", &variant) < 0 || (variant >= 0 && !is_variant(listener, variant)))
        return -1;
    listener->phase_variant = variant;
    if (variant < 0)
        text_copy(listener->phase, sizeof(listener->phase), "in the tear-down"); /* the only phase of no variant */
    else
        snprintf(listener->phase, sizeof(listener->phase), "in %s of '%s'",
                 strcmp(what, "time") == 0        ? "the timed run"
                 : strcmp(what, "warm-up") == 0   ? "the warm-up"
                 : strcmp(what, "calibrate") == 0 ? "the calibration"
                                                  : "the check",
                 scenario_of(listener)->variants[variant].name);
    return 0;
}

static int set_iterations(struct listener *listener, json_t *m)
{
    json_int_t iterations;
    int variant;

    if (json_unpack(m, "{s:i, s:I}", "variant", &variant, "iterations", &iterations) < 0 || iterations < 1)
        return -1;
    for (int i = 0; i < listener->job->n_variants; i++)
        if (listener->job->variants[i] == variant)
            listener->job->iterations[i] = iterations;
    return 0;
}

static int set_wrong(struct listener *listener, json_t *m)
{
    const char *reason;
    int variant;

    if (json_unpack(m, "{s:i, s:s}", "variant", &variant, "reason", &reason) < 0 || !is_variant(listener, variant))
        return -1;
    listener->block->variant = variant;
    listener->block->status = CASE_WRONG_RESULT;
    text_copy(listener->block->reason, REASON_MAX, reason);
    return 0;
}

/* A library that is not installed, a roof without the memory for it: no fault of anybody. What is ours must work. */
static bool cannot_work(const struct listener *listener, int code)
{
    return code == ERR_HOST && listener->phase_variant >= 0 &&
           scenario_of(listener)->variants[listener->phase_variant].role != ROLE_OURS;
}

/* One line. -1 where it is not understood, or where it reports that the host or the harness failed. */
static int take_message(struct listener *listener, const char *line, struct err *err)
{
    json_t *m = json_loads(line, 0, NULL);
    const char *t = json_string_value(json_object_get(m, "t")), *reason, *status;
    int ok = -1, code;

    if (!t)
        ok = -1;
    else if (strcmp(t, "hello") == 0)
        ok = json_integer_value(json_object_get(m, "protocol")) == WIRE_PROTOCOL ? 0 : -1, listener->hello = true;
    else if (strcmp(t, "phase") == 0)
        ok = set_phase(listener, m);
    else if (strcmp(t, "sample") == 0)
        ok = add_sample(listener, m);
    else if (strcmp(t, "exact") == 0)
        ok = add_exact(listener, m);
    else if (strcmp(t, "calibrated") == 0)
        ok = set_iterations(listener, m);
    else if (strcmp(t, "wrong") == 0)
        ok = set_wrong(listener, m);
    else if (strcmp(t, "done") == 0)
        ok = 0, listener->done = true;
    else if (strcmp(t, "error") == 0 && json_unpack(m, "{s:i, s:s}", "code", &code, "reason", &reason) == 0) {
        if (!listener->hello) { /* before set-up: not the subject's fault */
            err_set(err, code == ERR_HOST || code == ERR_CONFIG ? (enum err_code)code : ERR_HARNESS, "%s", reason);
            json_decref(m);
            return -1;
        }
        ok = 0;
        status = json_string_value(json_object_get(m, "status"));
        listener->block->status = status && strcmp(status, case_status_name(CASE_SKIPPED)) == 0  ? CASE_SKIPPED
                                  : status && strcmp(status, case_status_name(CASE_FAILED)) == 0 ? CASE_FAILED
                                  : cannot_work(listener, code)                                  ? CASE_SKIPPED
                                                                                                 : CASE_CRASHED;
        listener->block->variant = listener->phase_variant;
        text_copy(listener->block->reason, REASON_MAX, reason);
    }
    json_decref(m);
    return ok < 0 ? err_set(err, ERR_HARNESS, "the worker said what is not understood: '%.80s'", line) : 0;
}

/* More of a line that has not ended yet. */
static int add_part(struct listener *listener, const char *bytes, size_t n, struct err *err)
{
    if (memchr(bytes, '\0', n) || listener->line.len + n > LINE_MAX_BYTES)
        return err_set(err, ERR_HARNESS, "the worker said what is not understood: %s",
                       listener->line.len + n > LINE_MAX_BYTES ? "a line without an end" : "a NUL byte");
    text_addf(&listener->line, "%.*s", (int)n, bytes);
    return 0;
}

int listener_take(struct listener *listener, const char *bytes, size_t n, struct err *err)
{
    const char *end;

    for (; (end = memchr(bytes, '\n', n)); n -= (size_t)(end + 1 - bytes), bytes = end + 1) {
        if (add_part(listener, bytes, (size_t)(end - bytes), err) < 0 ||
            take_message(listener, listener->line.data, err) < 0)
            return -1;
        listener->line.len = 0;
    }
    return add_part(listener, bytes, n, err);
}

void listener_free(struct listener *listener)
{
    text_free(&listener->line);
}
