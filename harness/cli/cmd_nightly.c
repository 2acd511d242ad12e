// SPDX-License-Identifier: MIT
/* cmd_nightly.c -- the whole matrix, one scenario after the other, a run each; then what changed, and the dashboard.
 *
 * What is over is written down at once (record/store_nights.h), so that a second start goes on where the first was
 * killed, and two at once share the parts. Each part takes the host's lock for itself: a gate that waits comes in between. */
#include "base/day.h"
#include "base/mem.h"
#include "cli/limits.h"
#include "cli/measuring.h"
#include "cli/programs.h"
#include "cli/session.h"
#include "cli/stepping.h"
#include "cli/version.h"
#include "judge/compare.h"
#include "judge/gate.h"
#include "machine/fingerprint.h"
#include "measure/block.h"
#include "record/store_nights.h"
#include "report/night.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    RESUME_H = 20,      /* a night that began before midnight is taken up after it, but not by the start of the next night */
    BUSY_WAIT_S = 3600, /* nobody sits before a night: what keeps the host busy may end */
    BUSY_PAUSE_S = 5,
    TURN_US = 300000, /* who waits for the lock asks ten times a second, and comes before the next part */
};

struct nightly {
    const struct context *context;
    struct store *store;
    struct night night;
    char **parts; /* globs: scenarios, whole programs of a pawl.json, or what the user named */
    size_t n_parts;
    struct night_part *done;
    size_t n_done;
    struct text missing;
};

static void now_text(char *text, size_t size)
{
    time_t now = time(NULL);
    struct tm utc;

    strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
}

static void add_part(struct nightly *n, const char *name, size_t length)
{
    for (size_t i = 0; i < n->n_parts; i++)
        if (strlen(n->parts[i]) == length && strncmp(n->parts[i], name, length) == 0)
            return;
    n->parts[n->n_parts] = mem_array(length + 1, 1);
    memcpy(n->parts[n->n_parts++], name, length);
}

/* "gbench/bench" of "gbench/bench/BM_Sort/1024": the benchmarks of one program are one part. */
static size_t program_length(const char *scenario)
{
    const char *slash = strchr(scenario, '/');

    slash = slash ? strchr(slash + 1, '/') : NULL;
    return slash ? (size_t)(slash - scenario) : strlen(scenario);
}

/* The scenarios of the plan, or the user's globs. */
static int find_parts(struct nightly *n, const struct topology *topology, struct err *err)
{
    const struct options *o = n->context->options;
    struct plan plan = { 0 };

    if (make_plan(n->context, topology, &plan, err) < 0)
        return -1;
    n->parts = mem_array(plan.n + o->n_args, sizeof(*n->parts));
    for (size_t i = 0; i < o->n_args; i++)
        add_part(n, o->args[i], strlen(o->args[i]));
    for (size_t i = 0; i < plan.n && o->n_args == 0; i++) {
        const char *name = plan.comparisons[i].params.scenario->name;

        add_part(n, name, n->context->programs ? program_length(name) : strlen(name));
    }
    plan_free(&plan);
    return 0;
}

/* Every day without a night between the ones there are. */
static void find_missing(struct nightly *n, const struct night *nights, size_t n_nights)
{
    text_add(&n->missing, "");
    if (n_nights == 0)
        return;
    for (int64_t day = day_parse(nights[n_nights - 1].night) + 1; day > 0 && day < day_parse(n->night.night); day++) {
        char text[DAY_TEXT];

        day_format(day, text);
        text_addf(&n->missing, "%s%s", n->missing.len ? ", " : "", text);
    }
    if (n->missing.len)
        say("pawl nightly: no night on %s", n->missing.data);
}

/* How a part is called in the store: what is measured at --quick is none of the full night's. */
static void part_name(const struct nightly *n, size_t part, char name[CASE_ID_MAX])
{
    snprintf(name, CASE_ID_MAX, "%.*s%s", CASE_ID_MAX - 16, n->parts[part], n->context->options->quick ? " --quick" : "");
}

/* NULL: it is not over. */
static const struct night_part *find_done(const struct nightly *n, size_t part)
{
    char name[CASE_ID_MAX];

    part_name(n, part, name);
    for (size_t i = 0; i < n->n_done; i++)
        if (strcmp(n->done[i].part, name) == 0)
            return &n->done[i];
    return NULL;
}

static size_t count_done(const struct nightly *n)
{
    size_t done = 0;

    for (size_t i = 0; i < n->n_parts; i++)
        done += find_done(n, i) != NULL;
    return done;
}

static int load_done(struct nightly *n, struct err *err)
{
    free(n->done);
    return store_load_night_parts(n->store, n->night.id, &n->done, &n->n_done, err);
}

static int64_t hours(const char *time)
{
    return day_parse(time) * 24 + atoi(time + 11);
}

/* Tonight's, or the newest one where it is unfinished and young enough; NULL: it is to be begun. */
static const struct night *find_night(const struct nightly *n, const struct night *nights, size_t n_nights)
{
    for (size_t i = n_nights; i-- > 0;)
        if (strcmp(nights[i].night, n->night.night) == 0)
            return &nights[i];
    if (n_nights && !*nights[n_nights - 1].finished &&
        hours(n->night.started) - hours(nights[n_nights - 1].started) < RESUME_H)
        return &nights[n_nights - 1];
    return NULL;
}

/* Tonight's, begun anew or taken up. */
static int open_night(struct nightly *n, const char *host_class, struct err *err)
{
    const struct night *known, *last;
    struct night *nights;
    size_t n_nights;
    int ret = 0;

    now_text(n->night.started, sizeof(n->night.started));
    text_copy(n->night.night, sizeof(n->night.night), n->night.started);
    n->night.night[10] = '\0';
    text_copy(n->night.host_class, sizeof(n->night.host_class), host_class);
    text_copy(n->night.commit, sizeof(n->night.commit),
              n->context->programs ? n->context->programs->commit : version_commit());
    n->night.parts = (int64_t)n->n_parts;
    if (store_load_nights(n->store, host_class, &nights, &n_nights, err) < 0) {
        free(nights);
        return -1;
    }
    known = find_night(n, nights, n_nights);
    last = n_nights ? &nights[n_nights - 1] : NULL;
    find_missing(n, nights, known ? (size_t)(known - nights) : n_nights);
    if (known)
        n->night = *known;
    else if (last && !*last->finished)
        say("pawl nightly: the night of %s was cut short: %lld of %lld parts", last->night, (long long)last->done,
            (long long)last->parts);
    ret = known ? 0 : store_begin_night(n->store, &n->night, err);
    if (ret == 0)
        ret = load_done(n, err);
    if (ret == 0 && (known || n->n_done))
        say("pawl nightly: the night of %s: %s, %zu part%s over", n->night.night,
            count_done(n) == n->n_parts ? "it is finished" : "taken up again", count_done(n), count_done(n) == 1 ? " is" : "s are");
    free(nights);
    return ret;
}

/* A run of its own, unless another nightly was quicker; *busy: what keeps it from measuring may pass. */
static int measure_part(struct nightly *n, size_t at, bool *busy, struct err *err)
{
    const char *glob = n->parts[at];
    struct options options = *n->context->options;
    struct context context = *n->context;
    struct session session = { .blocks = options.quick ? 0 : COMPARE_BLOCKS_NIGHT };
    struct night_part part = { 0 };
    struct run_result run = { 0 };
    struct measuring m;
    int ret;

    options.args = &glob;
    options.n_args = 1;
    context.options = &options;
    ret = measuring_begin(&m, &context, err);
    *busy = ret < 0 && m.busy; /* not a full disk on a busy host that --force measures on */
    if (ret == 0) /* under the lock */
        ret = load_done(n, err);
    if (ret == 0 && !find_done(n, at)) {
        part_name(n, at, part.part);
        ret = measuring_run(&m, &context, &session, &run, err);
        if (ret == 0) {
            part.exit = measuring_exit(&run);
            part.run = run.info.id;
            ret = store_add_night_part(n->store, &n->night, &part, err);
        }
    }
    run_result_free(&run);
    measuring_end(&m);
    return ret;
}

/* A busy host is asked again, as long as --wait says; in the pauses a gate may take the lock and judge for itself. */
static int measure_part_when_quiet(struct nightly *n, size_t part, struct err *err)
{
    double wait_s = n->context->options->wait_s, until = block_clock_s() + (wait_s >= 0 ? wait_s : BUSY_WAIT_S);

    for (;;) {
        bool busy;
        int ret = measure_part(n, part, &busy, err);

        if (ret >= 0 || !busy || block_clock_s() > until)
            return ret;
        say("pawl nightly: the host is busy: asking again for %.0f min", ceil((until - block_clock_s()) / 60));
        *err = (struct err){ 0 };
        sleep(BUSY_PAUSE_S);
    }
}

static int measure_parts(struct nightly *n, struct err *err)
{
    bool measured = false;

    for (size_t i = 0; i < n->n_parts; i++) {
        if (find_done(n, i))
            continue;
        if (measured)
            usleep(TURN_US);
        say("pawl nightly: part %zu of %zu: %s", i + 1, n->n_parts, n->parts[i]);
        if (measure_part_when_quiet(n, i, err) < 0 || load_done(n, err) < 0)
            return -1;
        measured = true;
    }
    if (!measured && *n->night.finished)
        return 0;
    now_text(n->night.finished, sizeof(n->night.finished));
    return store_finish_night(n->store, &n->night, n->night.finished, err);
}

/* On standard output; the worst exit of a part. */
static int summarize(const struct nightly *n, struct err *err)
{
    struct night_line *lines = mem_array(n->n_parts, sizeof(*lines));
    struct history history = { 0 };
    struct stepping stepping = { 0 };
    struct text out = { 0 };
    int ret = -1, worst = 0;
    size_t n_lines = 0;

    for (size_t i = 0; i < n->n_parts; i++) {
        const struct night_part *done = find_done(n, i);

        if (!done)
            continue;
        lines[n_lines++] = (struct night_line){ n->parts[i], done->run, done->exit };
        worst = done->exit == 1 || worst == 1 ? 1 : done->exit > worst ? done->exit : worst;
    }
    if (store_load_history(n->store, NULL, 0, &history, err) == 0 &&
        limits_add_targets(n->context, &history, err) >= 0 &&
        limits_add_accepted(n->context, n->night.host_class, &history, err) == 0 &&
        stepping_find(n->store, &history, &stepping, err) == 0) {
        struct night_report report = { n->night.night,  n->night.host_class, n->night.commit, lines,      n_lines,
                                       n->n_parts,      n->missing.data,     stepping.all,    stepping.n, GATE_MARGIN };

        night_markdown(&report, &out);
        ret = print_text(&out, err);
    }
    stepping_free(&stepping);
    history_free(&history);
    free(lines);
    return ret < 0 ? -1 : worst;
}

int cmd_nightly(const struct context *context)
{
    struct nightly n = { .context = context };
    struct err err = { 0 };
    struct topology *topology = topology_host(&err);
    struct host host = { 0 };
    int ret = -1, site;

    if (!topology || find_parts(&n, topology, &err) < 0)
        goto out;
    fingerprint_host(topology, isa_host() & context->options->isa, &host);
    n.store = store_open(context->options->db, STORE_WRITE, &err);
    if (!n.store || open_night(&n, host.class, &err) < 0)
        goto out;
    if (measure_parts(&n, &err) < 0)
        goto out;
    site = cmd_dashboard(context);
    ret = summarize(&n, &err);
    ret = ret < 0 || site == 0 ? ret : site;
out:
    if (ret < 0)
        ret = say_error(context, &err);
    store_close(n.store);
    topology_free(topology);
    for (size_t i = 0; i < n.n_parts; i++)
        free(n.parts[i]);
    free(n.parts);
    free(n.done);
    text_free(&n.missing);
    return ret;
}
