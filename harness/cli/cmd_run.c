// SPDX-License-Identifier: MIT
/* cmd_run.c -- `run` and `gate`: the same measurement; the gate judges it. */
#include "cli/cmd_gate.h"
#include "cli/github.h"
#include "cli/measuring.h"
#include "cli/other.h"
#include "cli/programs.h"
#include "cli/session.h"
#include "judge/compare.h"
#include "report/annotations.h"
#include "report/json.h"
#include "report/markdown.h"

#include <stdio.h>
#include <string.h>

int print_run(const struct context *context, const struct run_result *run, struct err *err)
{
    const struct options *o = context->options;
    struct table_style style = stdout_style();
    struct text out = { 0 };

    if (o->json)
        json_run(run, &out);
    else if (o->markdown)
        markdown_run(run, &out);
    else if (o->annotations)
        annotations_run(run, context->registry, context->places, &out);
    else {
        table_run(run, &style, &out);
        if (run->judged) {
            text_add(&out, "\n");
            table_verdicts(run, o->all, &style, &out);
        }
    }
    return print_text(&out, err);
}

/* A baseline improves only by acceptance: when there is something to accept, the gate says so. */
static void say_due(const struct run_result *run)
{
    size_t improved = 0, new = 0;

    for (size_t i = 0; i < run->n_verdicts; i++) {
        const struct verdict *v = &run->verdicts[i];

        improved += v->outcome == OUTCOME_IMPROVED;
        new += v->outcome == OUTCOME_NEW && v->against == AGAINST_BASELINE;
    }
    if (improved + new == 0)
        return;
    say("an acceptance is due: %zu improved, %zu new to the baseline: pawl accept %lld --reason TEXT", improved, new,
        (long long)run->info.id);
}

/* The run itself, on a host that is ready; the exit status, or -1. */
static int measure(const struct context *context, const struct session *session, struct measuring *m,
                   struct github *github, struct err *err)
{
    struct run_result run = { 0 };
    int ret = measuring_run(m, context, session, &run, err);

    if (ret == 0)
        ret = print_run(context, &run, err);
    if (ret == 0) {
        say_due(&run);
        say("run %lld: %.1f s, recorded in %s", (long long)run.info.id, run.info.seconds, context->options->db);
        ret = run.judged ? run.exit : measuring_exit(&run);
        if (github_result(github, context, &run, ret, err) < 0)
            ret = -1;
    }
    run_result_free(&run);
    return ret;
}

/* The exit status of a command that came to `ret`. */
static int end(const struct context *context, struct github *github, int ret, const struct err *err)
{
    if (ret >= 0)
        return ret;
    ret = say_error(context, err);
    github_failed(github, context, err->msg, ret);
    return ret;
}

int cmd_run(const struct context *context)
{
    struct session session = { .blocks = context->options->full ? COMPARE_BLOCKS_FULL : 0 };
    struct measuring m = { .lock = { .fd = -1 } };
    struct github github;
    struct err err = { 0 };
    int ret = github_begin(&github, context, &err);

    if (ret == 0)
        ret = measuring_begin(&m, context, &err);
    if (ret == 0)
        ret = measure(context, &session, &m, &github, &err);
    measuring_end(&m);
    return end(context, &github, ret, &err);
}

static int read_baseline(const struct context *context, const char *host_class, struct baseline *baseline,
                         const struct baseline **known, struct err *err)
{
    char path[1024];
    int found;

    snprintf(path, sizeof(path), "%s/%s.json", context->options->baselines, host_class);
    found = baseline_read(path, host_class, baseline, err);
    *known = found > 0 ? baseline : NULL;
    return found < 0 ? -1 : 0;
}

/* What the run is held against: the other program is built here, under the host's lock, so that a build does not
 * disturb somebody else's measurement. */
static int prepare(const struct context *context, const struct measuring *m, struct gate_rules *rules,
                   struct baseline *baseline, struct other *other, struct err *err)
{
    size_t old;

    if (read_baseline(context, m->host.class, baseline, &rules->baseline, err) < 0)
        return -1;
    if (context->programs && *context->programs->ref)
        programs_rules(context->programs, rules);
    if ((context->options->against || context->options->against_program) &&
        other_prepare(context, m->topology, other, rules, err) < 0)
        return -1;
    old = baseline_other_epochs(baseline, host_fact(&m->host, "epoch"));
    if (old)
        say("pawl gate: the host changed since %zu of %zu cases were accepted (see 'pawl doctor'): slowdowns of these are "
            "no alarm",
            old, baseline->n);
    if (!rules->baseline)
        say("pawl gate: no baseline for host class '%s': judged by targets%s alone ('pawl accept' makes one)",
            m->host.class, rules->ref ? " and --against" : "");
    return 0;
}

/* A project's own are in its pawl.json, where it has some. */
static int read_targets(const struct context *context, struct targets *targets, struct err *err)
{
    const struct programs *p = context->programs;
    char path[1024];

    if (p && !p->has_targets)
        return 0;
    snprintf(path, sizeof(path), "%s/targets.json", context->options->baselines);
    /* What a filter leaves out is no mistake of the targets. */
    return targets_read(p ? p->config : path, p && context->options->filter ? NULL : context->registry, targets, err);
}

int gate_read(const struct context *context, const char *host_class, struct targets *targets, struct baseline *baseline,
              const struct baseline **known, struct err *err)
{
    return read_targets(context, targets, err) < 0 ? -1 : read_baseline(context, host_class, baseline, known, err);
}

int cmd_gate(const struct context *context)
{
    struct targets targets = { 0 };
    struct baseline baseline = { 0 };
    struct other other = { 0 };
    struct measuring m = { .lock = { .fd = -1 } };
    struct gate_rules rules = { .targets = &targets, .isa_limited = context->options->isa_text,
                                .margin = context->options->margin };
    struct session session = { .rules = &rules, .blocks = context->options->full ? COMPARE_BLOCKS_FULL : 0 };
    struct err err = { 0 };
    struct github github;
    int ret = github_begin(&github, context, &err);

    if (ret == 0)
        ret = read_targets(context, &targets, &err);
    if (ret == 0)
        ret = measuring_begin(&m, context, &err);
    if (ret == 0)
        ret = prepare(context, &m, &rules, &baseline, &other, &err);
    if (ret == 0) {
        rules.epoch = host_fact(&m.host, "epoch");
        if (rules.ref && !rules.ref_identical)
            session.other = context->programs ? context->program : other.built.program;
        ret = measure(context, &session, &m, &github, &err);
    }
    measuring_end(&m);
    other_free(&other);
    baseline_free(&baseline);
    targets_free(&targets);
    return end(context, &github, ret, &err);
}
