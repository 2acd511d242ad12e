// SPDX-License-Identifier: MIT
/* options.h -- the command line: one table row is both the parser and the help. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum command_bit {
    CMD_LIST = 1 << 0,
    CMD_CHECK = 1 << 1,
    CMD_RUN = 1 << 2,
    CMD_GATE = 1 << 3,
    CMD_ACCEPT = 1 << 4,
    CMD_COMPARE = 1 << 5,
    CMD_DASHBOARD = 1 << 6,
    CMD_DOCTOR = 1 << 7,
    CMD_DRILL = 1 << 8,
    CMD_TUNE = 1 << 9,
    CMD_CHANGES = 1 << 10,
    CMD_BISECT = 1 << 14,
    CMD_HISTORY = 1 << 16,
    CMD_PRUNE = 1 << 17,
    CMD_BACKUP = 1 << 18,
    CMD_NIGHTLY = 1 << 19,
    CMD_IMPORT = 1 << 20,
    CMD_EXPORT = 1 << 21,
    CMD_MANUAL = 1 << 22,
    CMD_PUSH = 1 << 23,
    CMD_PULL = 1 << 24,
    CMD_MERGE = 1 << 25,
};

struct options {
    const char *db;        /* from --db, $PAWL_DB or the XDG state folder */
    char *db_path;         /* owned: what db then points to */
    const char *baselines; /* the folder */
    const char *targets;   /* the pawl.json that has some; NULL: targets.json in that folder */
    const char *out, *reason, *isa_text, *lock; /* lock NULL: the host's */
    const char *model;     /* a file for scenarios about one; NULL: none */
    uint32_t isa; /* what --isa allows; ISA_ALL without it */
    bool help, json, markdown, annotations, github, quick, full, all, replace, force, pairs, show, restart, print_roles;
    const char *csv, *column; /* of `changes`; NULL: the history; the reader's choice */
    const char *ack;          /* the step's name; NULL: none */
    int64_t days;             /* `prune`: younger samples stay */
    bool dry_run;
    const char *against; /* a git revision; NULL: none */
    const char *against_program; /* path of another build of this program; NULL: none */
    const char *gbench, *against_gbench, *filter, *config; /* cli/programs.h; NULL: not given */
    const char *shard, *costs; /* of `run` and `gate`: "2/3", NULL: all of it; the store that knows what it takes, NULL: the default */
    const char *slower;  /* of `drill`: percentages */
    int64_t seed, runs;
    double budget_s, timeout_s; /* budget < 0: the command's default */
    double min_time_s; /* of a repetition of somebody else's benchmark */
    double margin; /* of a gate: 0.03 is 3 % */
    double wait_s;              /* for the lock; < 0: for ever */
    const char *const *args;    /* what is not an option, in order; owned */
    size_t n_args;
};

/* Parses argv[2..] for the command `bit`. ERR_USAGE names the word, and what may have been meant. options_free() after
 * success and failure alike. */
int options_parse(struct options *o, const char *command, unsigned bit, int argc, char *const *argv, struct err *err);
void options_free(struct options *o);

/* Row i of the options that one of the commands in `bits` has; false behind the last. */
struct option_row {
    const char *name, *arg, *help; /* arg NULL: it takes none */
};
bool options_row(unsigned bits, size_t i, struct option_row *row);

void options_help(unsigned bit); /* the rows that the command has, on standard output */
