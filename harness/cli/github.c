// SPDX-License-Identifier: MIT
#include "cli/github.h"

#include "report/annotations.h"
#include "report/figure.h"
#include "report/markdown.h"
#include "report/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { COMMENT_MAX = 60000 }; /* bytes: GitHub takes 65536 characters, and a comment has a frame of its own */

/* Nobody can guess what ends a text, or sets the runner's ear free again. */
static int make_token(struct github *g, struct err *err)
{
    unsigned char random[16];

    if (getrandom(random, sizeof(random), 0) != sizeof(random))
        return err_set(err, ERR_HARNESS, "no random numbers: %s", strerror(errno));
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(g->token + 2 * i, 3, "%02x", random[i]);
    return 0;
}

static int path_of(const char *variable, const char **path, struct err *err)
{
    *path = getenv(variable);
    if (!*path || !**path)
        return err_set(err, ERR_USAGE, "--github: $%s is not set: it is for a step of GitHub Actions (--markdown and "
                                       "--annotations print the same)", variable);
    return 0;
}

int github_begin(struct github *g, const struct context *context, struct err *err)
{
    *g = (struct github){ 0 };
    if (!context->options->github)
        return 0;
    if (path_of("GITHUB_STEP_SUMMARY", &g->summary, err) < 0 || path_of("GITHUB_OUTPUT", &g->output, err) < 0 ||
        make_token(g, err) < 0)
        return -1;
    g->on = true;
    say("::stop-commands::%s", g->token);
    return 0;
}

static int append(const char *path, const struct text *text, struct err *err)
{
    FILE *f = fopen(path, "ae");
    bool written = f && fwrite(text->data, 1, text->len, f) == text->len;

    if ((f && fclose(f) != 0) || !written)
        return err_set(err, ERR_HARNESS, "cannot write '%s': %s", path, strerror(errno));
    return 0;
}

static void add_value(struct text *out, const char *key, const char *value)
{
    text_addf(out, "%s=", key);
    figure_clean(out, value);
    text_add(out, "\n");
}

static void add_lines(const struct github *g, struct text *out, const char *key, const char *value)
{
    text_addf(out, "%s<<pawl_%s\n%s%spawl_%s\n", key, g->token, value, *value ? "\n" : "", g->token);
}

static const char *verdict_word(const struct run_result *run, int exit)
{
    return !run->judged ? "measured" : exit == 0 ? "pass" : exit == 3 ? "inconclusive" : "fail";
}

/* The headline, and below it what is no plain pass, as far as it fits. */
static void brief(const struct run_result *run, const char *headline, struct text *out)
{
    const struct table_style plain = { 0 };
    struct text rows = { 0 };

    text_addf(out, "%s\n", headline);
    if (!run->judged)
        return;
    table_verdicts(run, false, &plain, &rows);
    for (char *line = rows.data, *end; line && (end = strchr(line, '\n')); line = end + 1) {
        if (out->len + (size_t)(end - line) > COMMENT_MAX) {
            text_add(out, "[more in the summary of the job]\n");
            break;
        }
        text_addf(out, "%s%.*s\n", line == rows.data ? "\n" : "", (int)(end - line), line);
    }
    text_free(&rows);
}

static int write_result(const struct github *g, const struct run_result *run, int exit, struct err *err)
{
    struct text headline = { 0 }, summary = { 0 }, text = { 0 }, out = { 0 };
    int ret;

    if (run->judged)
        figure_headline(&headline, run);
    else
        text_addf(&headline, "%zu cases measured (exit %d)", run->n_cases, exit);
    markdown_run(run, &summary);
    brief(run, headline.data, &text);
    add_value(&out, "verdict", verdict_word(run, exit));
    text_addf(&out, "exit=%d\nrun=%lld\n", exit, (long long)run->info.id);
    add_value(&out, "headline", headline.data);
    add_lines(g, &out, "text", text.data);
    add_lines(g, &out, "summary", summary.len <= COMMENT_MAX ? summary.data : headline.data);
    ret = append(g->summary, &summary, err);
    ret = ret < 0 ? -1 : append(g->output, &out, err);
    text_free(&headline);
    text_free(&summary);
    text_free(&text);
    text_free(&out);
    return ret;
}

/* The runner listens again, to this. */
static void annotate(struct github *g, struct text *lines)
{
    say("::%s::", g->token);
    if (lines->len)
        say("%.*s", (int)(lines->len - 1), lines->data);
    text_free(lines);
    g->on = false;
}

int github_result(struct github *g, const struct context *context, const struct run_result *run, int exit, struct err *err)
{
    struct text lines = { 0 };

    if (!g->on)
        return 0;
    if (write_result(g, run, exit, err) < 0)
        return -1;
    annotations_run(run, context->registry, context->places, &lines);
    annotate(g, &lines);
    return 0;
}

void github_failed(struct github *g, const struct context *context, const char *message, int exit)
{
    struct text headline = { 0 }, summary = { 0 }, out = { 0 }, lines = { 0 };
    struct err ignored; /* the message itself is told in any case */

    if (!g->on)
        return;
    text_addf(&headline, "NOT JUDGED: pawl %s came to no result (exit %d: %s)", context->command, exit, figure_exit(exit));
    markdown_failure(headline.data, message, &summary);
    add_value(&out, "verdict", "error");
    text_addf(&out, "exit=%d\nrun=0\n", exit);
    add_value(&out, "headline", headline.data);
    text_add(&headline, "\n\n");
    figure_clean(&headline, message);
    add_lines(g, &out, "text", headline.data);
    add_lines(g, &out, "summary", summary.data);
    append(g->summary, &summary, &ignored);
    append(g->output, &out, &ignored);
    annotations_failure(message, &lines);
    annotate(g, &lines);
    text_free(&headline);
    text_free(&summary);
    text_free(&out);
}
