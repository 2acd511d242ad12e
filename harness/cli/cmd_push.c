// SPDX-License-Identifier: MIT
/* cmd_push.c -- between the history on this host and others: `push` and `pull`. */
#include "cli/commands.h"
#include "record/store_forward.h"
#include "record/store_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The other history: the word of the command line, or $PAWL_DB where that is a server's. */
static const char *find_other(const struct context *context, struct err *err)
{
    const struct options *o = context->options;
    const char *db = getenv("PAWL_DB");

    if (o->n_args == 0 && (!db || !store_url(db))) {
        err_set(err, ERR_USAGE, "name the other history, as in pawl %s postgresql://HOST/DATABASE, or set $PAWL_DB to it",
                context->command);
        return NULL;
    }
    if (o->n_args && store_url(o->args[0]) && store_url_check(o->args[0], err) < 0)
        return NULL;
    return o->n_args ? o->args[0] : db;
}

static void show_progress(void *arg, int64_t done, int64_t of)
{
    (void)arg;
    if (of > STORE_FORWARD_BATCH && isatty(STDERR_FILENO))
        fprintf(stderr, "\r%lld of %lld runs%s", (long long)done, (long long)of, done == of ? "\n" : "");
}

static void say_forwarded(const struct context *context, const char *from, const char *to, const struct forwarded *f)
{
    say("pawl %s: %lld run%s with %lld samples from '%s' %s new in '%s', %lld known there", context->command,
        (long long)f->runs, f->runs == 1 ? "" : "s", (long long)f->samples, from, f->runs == 1 ? "is" : "are", to,
        (long long)f->known);
    if (f->nights + f->acks + f->drills)
        say("pawl %s: new, too: %lld nights, %lld acknowledgements, %lld runs of drills", context->command,
            (long long)f->nights, (long long)f->acks, (long long)f->drills);
    if (f->unfinished)
        say("pawl %s: %lld runs in '%s' are not finished and stay there", context->command, (long long)f->unfinished, from);
    if (f->differ)
        say("pawl %s: %lld cases are described otherwise in '%s' (their reference or role): it stays so there",
            context->command, (long long)f->differ, to);
}

int hand_on(const struct context *context, const char *from_path, const char *to_path, struct err *err)
{
    struct store *from = store_open(from_path, STORE_READ, err);
    struct store *to = from ? store_open(to_path, STORE_WRITE, err) : NULL;
    struct forwarded f = { 0 };
    int ret = to ? store_forward(from, to, show_progress, NULL, &f, err) : -1;

    if (ret == 0)
        say_forwarded(context, from_path, to_path, &f);
    free(f.ids);
    store_close(from);
    store_close(to);
    return ret;
}

int cmd_push(const struct context *context)
{
    const struct options *o = context->options;
    struct err err = { 0 };
    const char *other;

    if (o->print_roles) {
        struct text sql = { 0 };

        text_add(&sql, store_roles_sql);
        return print_text(&sql, &err) < 0 ? say_error(context, &err) : 0;
    }
    other = find_other(context, &err);
    return !other || hand_on(context, o->db, other, &err) < 0 ? say_error(context, &err) : 0;
}

int cmd_pull(const struct context *context)
{
    struct err err = { 0 };
    const char *other = find_other(context, &err);

    return !other || hand_on(context, other, context->options->db, &err) < 0 ? say_error(context, &err) : 0;
}
