// SPDX-License-Identifier: MIT
/* commands.h -- what the commands share: their context, and how they speak. Results go to standard output, everything
 * else to standard error. */
#pragma once

#include "cli/options.h"
#include "declare/registry.h"
#include "machine/topology.h"
#include "measure/plan.h"
#include "report/table.h"

struct programs;

struct context {
    const struct registry *registry;
    const struct options *options;
    const char *program; /* path of this program, for its workers */
    const char *command;
    const struct place *places; /* of the registry's scenarios; NULL: they have none */
    const struct programs *programs; /* whose benchmarks the registry is of; NULL: it is this program's own */
};

/* Each returns the exit status of the program. */
int cmd_list(const struct context *context);
int cmd_check(const struct context *context);
int cmd_run(const struct context *context);
int cmd_gate(const struct context *context);
int cmd_accept(const struct context *context);
int cmd_compare(const struct context *context);
int cmd_changes(const struct context *context);
int cmd_dashboard(const struct context *context);
int cmd_history(const struct context *context);
int cmd_prune(const struct context *context);
int cmd_backup(const struct context *context);
int cmd_push(const struct context *context);
int cmd_pull(const struct context *context);
int cmd_merge(const struct context *context);
int cmd_nightly(const struct context *context);
int cmd_doctor(const struct context *context);
int cmd_drill(const struct context *context);
int cmd_import(const struct context *context);
int cmd_export(const struct context *context);
int cmd_tune(const struct context *context);
int cmd_bisect(const struct context *context);

/* What the other history lacks is put there, and said (cmd_push.c). */
int hand_on(const struct context *context, const char *from_path, const char *to_path, struct err *err);

struct run_result;
int print_run(const struct context *context, const struct run_result *run, struct err *err); /* as the options say */

/* Prints "pawl COMMAND: message" and returns the exit status that belongs to err->code. */
int say_error(const struct context *context, const struct err *err);
void say(const char *fmt, ...) PRINTF_LIKE(1, 2); /* a line of words on standard error */

/* Writes all of it to standard output; frees it. -1 with *err where that failed (a full disk, a closed pipe). */
int print_text(struct text *text, struct err *err);

/* How standard output is to look: no colour where it is no terminal, nor with NO_COLOR or TERM=dumb. */
struct table_style stdout_style(void);

/* The plan that the options ask for on this host. */
int make_plan(const struct context *context, const struct topology *topology, struct plan *plan, struct err *err);
