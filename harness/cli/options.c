// SPDX-License-Identifier: MIT
#include "cli/options.h"

#include "base/mem.h"
#include "base/text.h"
#include "declare/isa.h"
#include "judge/gate.h"
#include "measure/shard.h"
#include "record/store_url.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELP_COLUMN = 20 };

enum kind { FLAG, STRING, WHOLE, SECONDS, SECONDS_OR_0, MIN_TIME, PERCENT, COUNT, ISA };

enum {
    PLANS = CMD_LIST | CMD_CHECK | CMD_RUN | CMD_GATE | CMD_DRILL | CMD_TUNE | CMD_BISECT | CMD_NIGHTLY,
    MEASURES = CMD_RUN | CMD_GATE | CMD_DRILL | CMD_TUNE | CMD_BISECT | CMD_NIGHTLY,
    RESULTS = CMD_RUN | CMD_GATE,
    TOLD = RESULTS | CMD_MERGE,
    STORES = (MEASURES & ~(CMD_TUNE | CMD_BISECT)) | CMD_ACCEPT | CMD_COMPARE | CMD_CHANGES | CMD_DASHBOARD | CMD_DOCTOR |
             CMD_HISTORY | CMD_PRUNE | CMD_BACKUP | CMD_IMPORT | CMD_EXPORT | CMD_PUSH | CMD_PULL | CMD_MERGE,
    /* What looks at the history of all where $PAWL_DB is a server's; all else records and keeps on this host. */
    READS = CMD_COMPARE | CMD_CHANGES | CMD_DASHBOARD | CMD_HISTORY | CMD_EXPORT,
    LOCAL = CMD_RUN | CMD_GATE | CMD_DOCTOR | CMD_DRILL | CMD_NIGHTLY | CMD_BACKUP | CMD_PUSH | CMD_PULL | CMD_MERGE,
    JUDGES = CMD_RUN | CMD_GATE | CMD_ACCEPT | CMD_DASHBOARD | CMD_DOCTOR | CMD_TUNE | CMD_NIGHTLY | CMD_MERGE,
    ALL = PLANS | STORES | CMD_MANUAL,
};

static const struct option {
    const char *name, *arg;
    unsigned commands;
    enum kind kind;
    size_t offset;
    const char *help;
} table[] = {
    { "--help", NULL, ALL, FLAG, offsetof(struct options, help), "show this" },
    { "--json", NULL, ALL & ~(CMD_ACCEPT | CMD_DASHBOARD | CMD_TUNE | CMD_BISECT | CMD_PRUNE | CMD_BACKUP | CMD_NIGHTLY | CMD_IMPORT |
                        CMD_EXPORT | CMD_MANUAL | CMD_PUSH | CMD_PULL), FLAG, offsetof(struct options, json),
      "one JSON document on standard output; words go to standard error" },
    { "--markdown", NULL, TOLD, FLAG, offsetof(struct options, markdown),
      "a summary in Markdown on standard output, for a job summary" },
    { "--annotations", NULL, TOLD, FLAG, offsetof(struct options, annotations),
      "what failed as annotations of GitHub Actions on standard output: at most 10 lines" },
    { "--github", NULL, TOLD, FLAG, offsetof(struct options, github),
      "as a step of GitHub Actions: annotations, $GITHUB_STEP_SUMMARY and $GITHUB_OUTPUT, too" },
    { "--db", "FILE", STORES & ~READS, STRING, offsetof(struct options, db),
      "the history on this host (default: $PAWL_DB, if a file, else pawl/pawl.db in the XDG state folder)" },
    { "--db", "FILE", READS, STRING, offsetof(struct options, db),
      "the history, also postgresql://HOST/DATABASE (default: $PAWL_DB, else pawl/pawl.db in the XDG state folder)" },
    { "--print-roles", NULL, CMD_PUSH, FLAG, offsetof(struct options, print_roles),
      "print the SQL that makes a role that may only append, and one that may only read" },
    { "--baselines", "DIR", JUDGES, STRING, offsetof(struct options, baselines),
      "where targets.json, the accepted baselines and what 'tune' found are (default: ./baselines)" },
    { "--quick", NULL, PLANS & ~CMD_BISECT, FLAG, offsetof(struct options, quick), "the small part of the matrix" },
    { "--full", NULL, CMD_RUN, FLAG, offsetof(struct options, full), "eight times the blocks" },
    { "--full", NULL, CMD_GATE, FLAG, offsetof(struct options, full), "no budget: as many blocks as the verdicts need" },
    { "--budget", "SECONDS", MEASURES & ~(CMD_TUNE | CMD_NIGHTLY), SECONDS, offsetof(struct options, budget_s),
      "begin no block that would end later (default: gate 240, in pairs 480; a test of bisect 60; run: no limit)" },
    { "--shard", "I/N", RESULTS, STRING, offsetof(struct options, shard),
      "measure the I-th of N shares of the matrix, as long as the others; 'merge' makes one run of them" },
    { "--costs", "DB", RESULTS, STRING, offsetof(struct options, costs),
      "the history that tells what each comparison takes, the same for all shares (default: $PAWL_DB, else --db)" },
    { "--against", "REF", CMD_GATE, STRING, offsetof(struct options, against),
      "build the merge base of REF and HEAD, and let its blocks take turns with ours ('baseline': what was accepted)" },
    { "--against-program", "FILE", CMD_GATE, STRING, offsetof(struct options, against_program),
      "the same with another build of this program, as one with other scenarios linked in" },
    { "--gbench", "PROGRAM", CMD_LIST | RESULTS, STRING, offsetof(struct options, gbench),
      "measure this Google Benchmark program instead of pawl's own scenarios" },
    { "--benchmark_filter", "REGEX", CMD_LIST | RESULTS, STRING, offsetof(struct options, filter),
      "only its benchmarks that match, as it understands that itself" },
    { "--benchmark_min_time", "SECONDS", RESULTS, MIN_TIME, offsetof(struct options, min_time_s),
      "how long a repetition takes at least (default: 0.05; a block is 4 of them in a fresh process)" },
    { "--against-gbench", "OLD", CMD_GATE, STRING, offsetof(struct options, against_gbench),
      "another build of it (a file, or a folder with the same path inside), in turns A B B A" },
    { "--config", "FILE", CMD_LIST | RESULTS | CMD_ACCEPT | CMD_NIGHTLY | CMD_DASHBOARD, STRING, offsetof(struct options, config),
      "the programs, filters and targets of a project (default: ./pawl.json where it is)" },
    { "--margin", "PERCENT", CMD_GATE | CMD_DRILL, PERCENT, offsetof(struct options, margin),
      "the slowdown that never passes; a third of it is no alarm (default: 3)" },
    { "--pairs", NULL, CMD_DRILL, FLAG, offsetof(struct options, pairs),
      "drill 'gate --against' (this program against itself, in turns) instead of the gate against a baseline's figures" },
    { "--runs", "N", CMD_DRILL, COUNT, offsetof(struct options, runs), "gate runs for each slowdown (default: 20)" },
    { "--slower", "LIST", CMD_DRILL, STRING, offsetof(struct options, slower),
      "by how many per cent; 0 is A/A (default: 0,1,2,3,5,10)" },
    { "--show", NULL, CMD_DRILL, FLAG, offsetof(struct options, show),
      "measure nothing: print what the drills of the newest build found" },
    { "--restart", NULL, CMD_BISECT, FLAG, offsetof(struct options, restart),
      "test everything anew; else what the same command has tested before is remembered" },
    { "--timeout", "SECONDS", PLANS & ~CMD_LIST, SECONDS, offsetof(struct options, timeout_s),
      "kill a block that takes longer (default: 120)" },
    { "--seed", "N", PLANS & ~CMD_LIST, WHOLE, offsetof(struct options, seed),
      "seed of inputs and orders (default: 1)" },
    { "--isa", "MASK", PLANS, ISA, offsetof(struct options, isa_text),
      "use no more than these: none, all, or some of avx2,avx512f,avx512vnni,avxvnni,avx512vpopcntdq" },
    { "--model", "FILE", PLANS, STRING, offsetof(struct options, model),
      "a GGUF file of yours, for inference/user_model" },
    { "--force", NULL, MEASURES, FLAG, offsetof(struct options, force),
      "measure on an unfit host, too (see 'pawl doctor'); what was forced is recorded" },
    { "--force", NULL, CMD_ACCEPT, FLAG, offsetof(struct options, force),
      "accept figures of a build without optimisation or with sanitizers, too" },
    { "--wait", "SECONDS", MEASURES, SECONDS_OR_0, offsetof(struct options, wait_s),
      "wait so long for another job on this host (default: for ever) and for busy cores (default: 30; a night: 3600)" },
    { "--lock", "FILE", MEASURES, STRING, offsetof(struct options, lock),
      "what jobs wait for: one FILE for containers that share a host (default: $PAWL_LOCK, else one for the host)" },
    { "--all", NULL, CMD_GATE | CMD_COMPARE | CMD_MERGE, FLAG, offsetof(struct options, all), "show what passed or is unchanged, too" },
    { "--all", NULL, CMD_CHANGES, FLAG, offsetof(struct options, all), "show acknowledged changes, too" },
    { "--ack", "ID", CMD_CHANGES, STRING, offsetof(struct options, ack),
      "acknowledge the change of that id, in all metrics of its case, with --reason: it stays quiet from then on" },
    { "--reason", "TEXT", CMD_CHANGES, STRING, offsetof(struct options, reason), "why the acknowledged change is all right" },
    { "--days", "N", CMD_PRUNE, COUNT, offsetof(struct options, days), "samples younger than that stay (default: 90)" },
    { "--dry-run", NULL, CMD_PRUNE, FLAG, offsetof(struct options, dry_run), "change nothing: say what would go" },
    { "--reason", "TEXT", CMD_ACCEPT, STRING, offsetof(struct options, reason), "why the new figures are right (needed)" },
    { "--replace", NULL, CMD_ACCEPT, FLAG, offsetof(struct options, replace), "forget the cases that the run lacks" },
    { "--csv", "FILE", CMD_CHANGES, STRING, offsetof(struct options, csv),
      "look into this file instead of the history (- is standard input)" },
    { "--column", "NAME", CMD_CHANGES, STRING, offsetof(struct options, column),
      "the column of the CSV file, by its name or number (default: the last one of numbers)" },
    { "--out", "DIR", CMD_DASHBOARD | CMD_NIGHTLY, STRING, offsetof(struct options, out), "where the site goes (default: ./site)" },
};

static int unknown(const char *word, unsigned bit, struct err *err)
{
    const char *names[ARRAY_LEN(table)], *near;
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (table[i].commands & bit)
            names[n++] = table[i].name;
    near = text_suggest(word, names, n);
    return near ? err_set(err, ERR_USAGE, "unknown option '%s' (did you mean '%s'?)", word, near)
                : err_set(err, ERR_USAGE, "unknown option '%s' (see --help)", word);
}

/* "0.1", or "0.1s" as newer versions of Google Benchmark have it; their "100x" is no time. */
static int set_min_time(const char *value, double *seconds, struct err *err)
{
    size_t n = strlen(value);
    char number[32];

    snprintf(number, sizeof(number), "%.*s", (int)(n > 1 && value[n - 1] == 's' ? n - 1 : n), value);
    return text_double(number, 1e-6, 3600, seconds, err);
}

static int set(struct options *o, const struct option *row, const char *value, struct err *err)
{
    void *field = (char *)o + row->offset;

    switch (row->kind) {
    case FLAG:
        *(bool *)field = true;
        return 0;
    case STRING:
        if (!*value)
            return err_set(err, ERR_USAGE, "is empty");
        *(const char **)field = value;
        return 0;
    case WHOLE:
        return text_int64(value, 0, INT64_MAX, field, err);
    case COUNT:
        return text_int64(value, 1, 100000, field, err);
    case SECONDS:
        return text_double(value, 0.1, 1e7, field, err);
    case SECONDS_OR_0:
        return text_double(value, 0, 1e7, field, err);
    case MIN_TIME:
        return set_min_time(value, field, err);
    case PERCENT:
        if (text_double(value, 0.01, 100, field, err) < 0)
            return -1;
        *(double *)field /= 100;
        return 0;
    case ISA:
        *(const char **)field = value;
        return isa_parse(value, &o->isa, err);
    }
    BUG("option kind %d", (int)row->kind);
}

/* Takes argv[*at], and its value from behind '=' or from the next word. */
static int parse_one(struct options *o, unsigned bit, int argc, char *const *argv, int *at, struct err *err)
{
    const char *word = argv[*at], *eq = strchr(word, '='), *value;
    size_t length = eq ? (size_t)(eq - word) : strlen(word);
    char name[64];
    const struct option *row = NULL;

    snprintf(name, sizeof(name), "%.*s", (int)length, word);
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (table[i].commands & bit && strcmp(table[i].name, name) == 0)
            row = &table[i];
    if (!row)
        return unknown(name, bit, err);
    if (row->kind == FLAG)
        return eq ? err_set(err, ERR_USAGE, "option '%s' takes no value", name) : set(o, row, NULL, err);
    value = eq ? eq + 1 : *at + 1 < argc ? argv[++*at] : NULL;
    if (!value)
        return err_set(err, ERR_USAGE, "option '%s' needs a value: %s %s", name, name, row->arg);
    return set(o, row, value, err) < 0 ? err_wrap(err, "option '%s'", name) : 0;
}

/* $PAWL_DB, $XDG_STATE_HOME/pawl/pawl.db, ~/.local/state/pawl/pawl.db. A server's is for those that read. */
static int default_db(unsigned bit, struct text *path, struct err *err)
{
    const char *db = getenv("PAWL_DB"), *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    if (db && *db && (bit & READS || !store_url(db)))
        text_add(path, db);
    else if (state && *state == '/')
        text_addf(path, "%s/pawl/pawl.db", state);
    else if (home && *home == '/')
        text_addf(path, "%s/.local/state/pawl/pawl.db", home);
    else
        return err_set(err, ERR_USAGE, "no place for the history: set $HOME or $PAWL_DB, or give --db FILE");
    return 0;
}

/* A password in $PAWL_DB is handed on where no message can show it. */
static int hide_password(struct err *err)
{
    const char *db = getenv("PAWL_DB");
    char *url = db && store_url(db) ? mem_strdup(db) : NULL;
    int ret = url ? store_url_hide(url, err) : 0;

    if (url && ret == 0)
        setenv("PAWL_DB", url, 1);
    free(url);
    return ret < 0 ? err_wrap(err, "$PAWL_DB") : 0;
}

int options_parse(struct options *o, const char *command, unsigned bit, int argc, char *const *argv, struct err *err)
{
    const char **args = mem_array((size_t)argc + 1, sizeof(*args));
    struct text path = { 0 };
    bool only_args = false;

    *o = (struct options){ .baselines = "baselines", .out = "site", .isa = ISA_ALL, .seed = 1, .budget_s = -1,
                           .timeout_s = 120, .wait_s = -1, .days = 90, .runs = 20, .margin = GATE_MARGIN, .min_time_s = 0.05,
                           .slower = "0,1,2,3,5,10", .args = args };
    for (int i = 2; i < argc; i++) {
        if (!only_args && strcmp(argv[i], "--") == 0)
            only_args = true;
        else if (!only_args && strcmp(argv[i], "-h") == 0)
            o->help = true;
        else if (!only_args && argv[i][0] == '-' && argv[i][1]) {
            if (parse_one(o, bit, argc, argv, &i, err) < 0)
                return err_wrap(err, "pawl %s", command);
        } else
            args[o->n_args++] = argv[i];
    }
    if (o->quick && o->full)
        return err_set(err, ERR_USAGE, "pawl %s: --quick and --full exclude each other", command);
    if (o->against && o->against_program)
        return err_set(err, ERR_USAGE, "pawl %s: --against and --against-program exclude each other", command);
    if (o->shard && shard_parse(o->shard, &(struct shard){ 0 }, err) < 0)
        return err_wrap(err, "pawl %s: option '--shard'", command);
    if (o->shard && (o->against || o->against_program || o->against_gbench))
        return err_set(err, ERR_USAGE, "pawl %s: --shard and --against exclude each other: that one judges as it measures", command);
    if (o->costs && store_url(o->costs) && store_url_check(o->costs, err) < 0)
        return err_wrap(err, "pawl %s", command);
    if (o->json + o->markdown + o->annotations > 1)
        return err_set(err, ERR_USAGE, "pawl %s: --json, --markdown and --annotations exclude each other", command);
    if (o->db && store_url(o->db)) {
        if (store_url_check(o->db, err) < 0)
            return err_wrap(err, "pawl %s", command);
        if (bit & LOCAL)
            return err_set(err, ERR_USAGE, "pawl %s: --db names a server, but this needs the history on this host: name a file "
                           "(`pawl push` and `pawl pull` are between the two)", command);
    }
    if (o->db)
        text_add(&path, o->db);
    else if ((bit & STORES) && !o->help && !o->csv && (hide_password(err) < 0 || default_db(bit, &path, err) < 0))
        return err_wrap(err, "pawl %s", command);
    o->db = o->db_path = path.data;
    return 0;
}

void options_free(struct options *o)
{
    free(o->db_path);
    free((void *)o->args);
}

bool options_row(unsigned bits, size_t i, struct option_row *row)
{
    for (size_t at = 0; at < ARRAY_LEN(table); at++)
        if (table[at].commands & bits && i-- == 0) {
            *row = (struct option_row){ table[at].name, table[at].arg, table[at].help };
            return true;
        }
    return false;
}

void options_help(unsigned bit)
{
    struct option_row row;

    for (size_t i = 0; options_row(bit, i, &row); i++) {
        char left[48];

        snprintf(left, sizeof(left), "%s%s%s", row.name, row.arg ? " " : "", row.arg ? row.arg : "");
        if (strlen(left) > HELP_COLUMN)
            printf("  %s\n  %-*s %s\n", left, HELP_COLUMN, "", row.help);
        else
            printf("  %-*s %s\n", HELP_COLUMN, left, row.help);
    }
}
