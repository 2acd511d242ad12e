// SPDX-License-Identifier: MIT
/* main.c -- the command table; the one place that sees the lists of subjects and of their tools. */
#include "base/mem.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/github.h"
#include "cli/interrupt.h"
#include "cli/manual.h"
#include "cli/programs.h"
#include "cli/session.h"
#include "cli/tool_team.h"
#include "cli/version.h"
#include "declare/tool.h"
#include "measure/wire.h"
#include "measure/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

extern const struct registry subjects;    /* generated from the add_subject() lines */
extern const struct place places[];
extern const struct tool *const tools[]; /* from the add_tool() lines; NULL at the end */

static int cmd_manual(const struct context *context);

enum {
    ASK_PROGRAMS = CMD_LIST | CMD_RUN | CMD_GATE | CMD_NIGHTLY, /* of a pawl.json, or of --gbench: for their benchmarks */
    READ_CONFIG = ASK_PROGRAMS | CMD_ACCEPT | CMD_DASHBOARD,
    OWN_SCENARIOS = CMD_CHECK | CMD_DRILL | CMD_TUNE, /* whatever a pawl.json says */
};

static bool reader_gone; /* as that of `pawl list | head` */

static const struct command {
    const char *name, *args, *summary;
    unsigned bit;
    size_t max_args;
    int (*run)(const struct context *context);
} commands[] = {
    { "list", "[GLOB...]", "show the cases that the globs select", CMD_LIST, SIZE_MAX, cmd_list },
    { "check", "[GLOB...]", "compare every variant's output with the reference; measure nothing", CMD_CHECK, SIZE_MAX,
      cmd_check },
    { "run", "[GLOB...]", "measure and record", CMD_RUN, SIZE_MAX, cmd_run },
    { "gate", "[GLOB...]", "measure, record, and judge against baselines/", CMD_GATE, SIZE_MAX, cmd_gate },
    { "accept", "[RUN...]", "make a run (default: the last), or several of one commit, the baseline of their host class",
      CMD_ACCEPT, SIZE_MAX, cmd_accept },
    { "compare", "[RUN RUN]", "show what changed between two runs (default: last~1 last)", CMD_COMPARE, 2, cmd_compare },
    { "changes", "[GLOB...]", "find where the level of a series shifted: of the history, or of any CSV file", CMD_CHANGES,
      SIZE_MAX, cmd_changes },
    { "history", "[GLOB...]", "show every series on one line: its course, where it stands, its last change", CMD_HISTORY,
      SIZE_MAX, cmd_history },
    { "dashboard", "", "write the history as a static site", CMD_DASHBOARD, 0, cmd_dashboard },
    { "nightly", "[GLOB...]", "measure the whole matrix, in parts that a second start takes up; changes, dashboard",
      CMD_NIGHTLY, SIZE_MAX, cmd_nightly },
    { "prune", "", "thin old samples to a summary of each block; verdicts and figures stay", CMD_PRUNE, 0, cmd_prune },
    { "backup", "FILE", "copy the history, also while it is written", CMD_BACKUP, 1, cmd_backup },
    { "push", "[DB]", "hand the runs of this host on to the history of all (default: $PAWL_DB): what it lacks", CMD_PUSH, 1,
      cmd_push },
    { "pull", "[DB]", "fetch what the history on this host lacks from the history of all (default: $PAWL_DB)", CMD_PULL, 1,
      cmd_pull },
    { "merge", "FILE...", "take the runs of other files into the history on this host", CMD_MERGE, SIZE_MAX, cmd_merge },
    { "import", "FORMAT FILE...", "record what another tool measured: gbench, hyperfine, csv", CMD_IMPORT, SIZE_MAX, cmd_import },
    { "export", "FORMAT [RUN]", "print a run for another tool: gbench, csv, bmf, openmetrics, classic", CMD_EXPORT, 2,
      cmd_export },
    { "drill", "[GLOB...]", "measure what this gate detects on this host, and how often it cries wolf", CMD_DRILL,
      SIZE_MAX, cmd_drill },
    { "bisect", "GOOD BAD CASE", "find the commit between the two at which a case became slower, or faster", CMD_BISECT, 3,
      cmd_bisect },
    { "tune", "[GLOB...]", "search better block sizes on this host, for run and gate to use", CMD_TUNE, SIZE_MAX, cmd_tune },
    { "doctor", "", "say whether this host is fit to measure", CMD_DOCTOR, 0, cmd_doctor },
    { "manual", "man|bash|zsh", "print the manual page, or the completions of a shell", CMD_MANUAL, 1, cmd_manual },
};

static void help(void)
{
    printf("pawl: continuous performance-regression harness\n\nusage: pawl COMMAND [OPTION...] [ARG...]\n\n");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        printf("  %-10s %-14s %s\n", commands[i].name, commands[i].args, commands[i].summary);
    for (size_t i = 0; tools[i]; i++)
        printf("  %-10s %-14s %s\n", tools[i]->name, tools[i]->args, tools[i]->summary);
    printf("\n'pawl COMMAND --help' (or 'pawl help COMMAND') shows a command's options; 'pawl --version' the version.\n"
           "A GLOB selects case ids: * any text, ? one character, {a,b} either; what it names, and all below.\n"
           "Exit: 0 pass; 1 regression, missed target or wrong result; 2 usage or configuration;\n"
           "      3 inconclusive, or the host is not fit; 4 the harness itself failed.\n");
}

static void command_help(const struct command *c)
{
    printf("usage: pawl %s [OPTION...]%s%s\n\n%s\n\n", c->name, *c->args ? " " : "", c->args, c->summary);
    options_help(c->bit);
}

static int cmd_manual(const struct context *context)
{
    struct manual_row rows[ARRAY_LEN(commands) + 16]; /* and some tools */
    struct manual manual = { rows, 0, PAWL_VERSION };
    struct text out = { 0 };
    struct err err = { 0 };

    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        rows[manual.n++] =
            (struct manual_row){ commands[i].name, commands[i].args, commands[i].summary, commands[i].bit };
    for (size_t i = 0; tools[i] && manual.n < ARRAY_LEN(rows); i++)
        rows[manual.n++] = (struct manual_row){ tools[i]->name, tools[i]->args, tools[i]->summary, 0 };
    if (manual_add(&out, context->options->n_args ? context->options->args[0] : "man", &manual, &err) < 0 ||
        print_text(&out, &err) < 0)
        return say_error(context, &err);
    return 0;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static const struct tool *find_tool(const char *name)
{
    for (size_t i = 0; tools[i]; i++)
        if (strcmp(tools[i]->name, name) == 0)
            return tools[i];
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *names[ARRAY_LEN(commands) + 16] = { "--help", "--version" }, *near; /* and some tools */
    size_t n = 2;

    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        names[n++] = commands[i].name;
    for (size_t i = 0; tools[i] && n < ARRAY_LEN(names); i++)
        names[n++] = tools[i]->name;
    near = text_suggest(name, names, n);
    if (near)
        say("pawl: unknown command '%s' (did you mean '%s'?)", name, near);
    else
        say("pawl: unknown command '%s' (see 'pawl --help')", name);
    return 2;
}

/* `pawl help NAME`: as `pawl NAME --help`. */
static int help_on(const char *name)
{
    char words[2][32] = { "", "--help" };
    const struct command *c = find_command(name);
    const struct tool *tool = find_tool(name);

    if (c) {
        command_help(c);
        return 0;
    }
    text_copy(words[0], sizeof(words[0]), name);
    return tool ? tool->run(2, (char *[]){ words[0], words[1], NULL }, &tool_host) : unknown_command(name);
}

void say(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

int say_error(const struct context *context, const struct err *err)
{
    static const int exits[] = { [ERR_NONE] = 4, [ERR_USAGE] = 2, [ERR_CONFIG] = 2, [ERR_HOST] = 3, [ERR_HARNESS] = 4 };

    if (!reader_gone)
        say("pawl %s: %s", context->command, err->msg);
    return exits[err->code];
}

/* A terminal of another character set than UTF-8 gets ASCII: what a report draws with, by name, all else as '?'. */
static void to_ascii(struct text *text)
{
    static const struct { const char *utf8, *ascii; } rows[] = {
        { "▁", "_" }, { "▂", "." }, { "▃", "-" }, { "▄", "=" }, { "▅", "+" }, { "▆", "*" }, { "▇", "%" }, { "█", "#" },
        { "×", "x" }, { "±", "+-" }, { "→", "->" }, { "…", "..." }, { "’", "'" }, { "µ", "u" },
        { "\u00a0", " " }, { "\u2011", "-" },
    };
    struct text out = { 0 };

    for (const char *s = text->data; s && *s;) {
        size_t n = 1, i = 0;

        while (n < 4 && (s[n] & 0xc0) == 0x80)
            n++;
        while (n > 1 && i < ARRAY_LEN(rows) && strncmp(s, rows[i].utf8, n) != 0)
            i++;
        text_addf(&out, "%.*s", n > 1 ? 0 : 1, s);
        text_add(&out, n == 1 ? "" : i < ARRAY_LEN(rows) ? rows[i].ascii : "?");
        s += n;
    }
    text_free(text);
    *text = out;
}

/* By the environment, as setlocale() reads it. */
static bool is_utf8_locale(void)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = getenv(names[i]);

        if (value && *value)
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

int print_text(struct text *text, struct err *err)
{
    int ret = 0;

    if (isatty(STDOUT_FILENO) && !is_utf8_locale())
        to_ascii(text);

    if ((text->len && fwrite(text->data, 1, text->len, stdout) != text->len) || fflush(stdout) != 0) {
        reader_gone = errno == EPIPE;
        ret = err_set(err, ERR_HARNESS, "cannot write to standard output: %m");
    }
    text_free(text);
    return ret;
}

struct table_style stdout_style(void)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    bool plain = (no_color && *no_color) || !term || strcmp(term, "dumb") == 0;
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        size.ws_col = 0; /* no terminal */
    return (struct table_style){ .colour = isatty(STDOUT_FILENO) && !plain, .width = size.ws_col };
}

int make_plan(const struct context *context, const struct topology *topology, struct plan *plan, struct err *err)
{
    const struct options *o = context->options;
    struct plan_request request = {
        .registry = context->registry,
        .globs = o->args,
        .n_globs = o->n_args,
        .isa = isa_host() & o->isa,
        .max_threads = topology_domain(topology)->n_pus < JOB_PUS_MAX ? topology_domain(topology)->n_pus : JOB_PUS_MAX,
        .quick = o->quick,
    };

    return plan_build(&request, plan, err);
}

/* To the scenarios here, and by the environment to the workers, which begin in other folders. */
static int show_file(const char *path, struct err *err)
{
    char *whole = realpath(path, NULL);
    int ret = -1;

    if (!whole || setenv(REGISTRY_FILE_VARIABLE, whole, 1) < 0)
        err_set(err, ERR_USAGE, "cannot read '%s': %m", path);
    else
        ret = registry_file(&subjects, whole, err);
    free(whole);
    return ret;
}

/* What fails before the command begins is told in a step of GitHub Actions, too. */
static int refuse(const struct context *context, const struct err *err)
{
    struct github github;
    struct err ignored = { 0 };
    bool step = github_begin(&github, context, &ignored) == 0;
    int ret = say_error(context, err);

    if (step)
        github_failed(&github, context, err->msg, ret);
    return ret;
}

static int run_command(const struct command *c, int argc, char *const *argv)
{
    struct options options;
    struct context context = { &subjects, &options, "/proc/self/exe", c->name, places, NULL };
    struct programs programs = { 0 };
    struct err err = { 0 };
    int ret = 2, end;

    if (options_parse(&options, c->name, c->bit, argc, argv, &err) < 0) {
        say("%s", err.msg);
    } else if (options.help) {
        command_help(c);
        ret = 0;
    } else if (options.n_args > c->max_args) {
        say("pawl %s: too many arguments: '%s' (usage: pawl %s%s%s)", c->name, options.args[c->max_args], c->name,
            *c->args ? " " : "", c->args);
    } else if (options.model && show_file(options.model, &err) < 0) {
        ret = refuse(&context, &err);
    } else if (c->bit & READ_CONFIG && programs_open(&options, c->bit & ASK_PROGRAMS, &programs, &err) < 0) {
        ret = refuse(&context, &err);
    } else {
        if (programs.n) {
            context.registry = &programs.registry;
            context.programs = &programs;
            context.places = NULL;
        }
        if (c->bit & OWN_SCENARIOS && access(PROGRAMS_CONFIG, F_OK) == 0)
            say("pawl %s: this is about pawl's own scenarios, not about the programs of " PROGRAMS_CONFIG, c->name);
        options.baselines = programs.baselines ? programs.baselines : options.baselines;
        options.targets = programs.has_targets ? programs.config : NULL;
        ret = c->run(&context);
    }
    programs_close(&programs);
    options_free(&options);
    end = interrupt_signal() ? interrupt_signal() : reader_gone ? SIGPIPE : 0;
    if (end) { /* end by the signal that ended the run, as any program of a pipe: the shell that called must know */
        signal(end, SIG_DFL);
        raise(end);
    }
    return ret;
}

/* A closed standard stream would be the next file that is opened, a lock or a log, and what is printed would go into it.
 * What is printed to a stream that was closed fails, and is told: hence no writing on 1. */
static void open_streams(void)
{
    static const int flags[] = { O_RDONLY, O_RDONLY, O_WRONLY };

    for (int fd = 0; fd < (int)ARRAY_LEN(flags); fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) != fd)
            _exit(4); /* no words: there is nowhere to put them */
}

/* Without memory a document would lose a part in silence: few calls that build one are looked at. */
static void *json_memory(size_t bytes)
{
    return mem_array(1, bytes);
}

int main(int argc, char **argv)
{
    struct err err = { 0 };
    const struct command *c;
    const struct tool *tool;

    open_streams();
    /* A reader that went away and a file that may not grow are errors with a name, not silent deaths. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    json_set_alloc_funcs(json_memory, free);
    if (registry_check(&subjects, &err) < 0) {
        say("pawl: %s", err.msg);
        return 4;
    }
    if (argc < 2) {
        help();
        return 2;
    }
    if (strcmp(argv[1], "worker") == 0) /* not for people: see measure/worker.h */
        return worker_main(&subjects);
    if (strcmp(argv[1], "help") == 0 && argc > 2)
        return help_on(argv[2]);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        help();
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("pawl %s (%s%s)\n", PAWL_VERSION, *version_commit() ? version_commit() : "no commit",
               version_dirty() ? ", modified" : "");
        return 0;
    }
    c = find_command(argv[1]);
    tool = find_tool(argv[1]);
    if (c)
        return run_command(c, argc, argv);
    return tool ? tool->run(argc - 1, argv + 1, &tool_host) : unknown_command(argv[1]);
}
