// SPDX-License-Identifier: MIT
/* tool.c -- `pawl infer`: a model of the user's own, at the terminal. */
#include "base/mem.h"
#include "base/text.h"
#include "declare/isa.h"
#include "declare/team.h"
#include "declare/tool.h"
#include "inference/infer.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct args {
    const char *model, *prompt, *draft;
    int64_t tokens, context, top_k, threads, seed, draft_length;
    double temperature, top_p;
    uint32_t isa;
    bool json;
};

enum option_kind { FLAG, NAME, NUMBER, REAL, ISA };

static const struct option {
    const char *name, *value, *help;
    enum option_kind kind;
    size_t offset;
    double low, high;
} options[] = {
    { "--model", "FILE", "a GGUF file: llama or bitnet; F32, F16, BF16, Q8_0, TQ1_0, TQ2_0 or I2_S", NAME,
      offsetof(struct args, model), 0, 0 },
    { "--prompt", "TEXT", "what to continue; '-' reads it from standard input, but for a newline at its end", NAME,
      offsetof(struct args, prompt), 0, 0 },
    { "--tokens", "N", "new tokens at most (default: 128)", NUMBER, offsetof(struct args, tokens), 1, 1 << 24 },
    { "--context", "N", "tokens of prompt and answer together (default: the model's)", NUMBER,
      offsetof(struct args, context), 1, 1 << 24 },
    { "--draft", "WHAT",
      "several tokens a step, the same ones: drafted by FILE.gguf, by 'lookup' in the text, or by 'exit:L',\n"
      "                        the model's first L layers",
      NAME, offsetof(struct args, draft), 0, 0 },
    { "--draft-length", "N", "tokens drafted a step (default: as many as pay)", NUMBER,
      offsetof(struct args, draft_length), 1, SPECULATIVE_MOST },
    { "--temperature", "T", "draw at this temperature (default: 0, the likeliest token each time)", REAL,
      offsetof(struct args, temperature), 0, 100 },
    { "--top-k", "K", "draw among the K likeliest", NUMBER, offsetof(struct args, top_k), 1, 1 << 24 },
    { "--top-p", "P", "draw among the likeliest that reach this probability together", REAL,
      offsetof(struct args, top_p), 0, 1 },
    { "--seed", "N", "of the draws (default: 1)", NUMBER, offsetof(struct args, seed), 0, 9e15 },
    { "--threads", "N", "on so many cores of one L3 (default: 1)", NUMBER, offsetof(struct args, threads), 1, 4096 },
    { "--isa", "MASK", "use no more than this: none, avx2, avx2,avx512f, ..., all (default)", ISA,
      offsetof(struct args, isa), 0, 0 },
    { "--json", NULL, "one JSON document, in place of the text", FLAG, offsetof(struct args, json), 0, 0 },
};

static void help(void)
{
    printf("usage: pawl infer --model FILE.gguf --prompt TEXT [OPTION...]\n\n"
           "continues a text, token by token, and says how fast\n\n");
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        printf("  %-14s %-6s %s\n", options[i].name, options[i].value ? options[i].value : "", options[i].help);
    printf("\nThe text goes to standard output, the figures behind it to standard error.\n");
}

static int set(const struct option *o, const char *value, struct args *args, struct err *err)
{
    void *at = (char *)args + o->offset;
    int ret = 0;

    switch (o->kind) {
    case FLAG:
        *(bool *)at = true;
        break;
    case NAME:
        *(const char **)at = value;
        break;
    case NUMBER:
        ret = text_int64(value, (int64_t)o->low, (int64_t)o->high, at, err);
        break;
    case REAL:
        ret = text_double(value, o->low, o->high, at, err);
        break;
    case ISA:
        ret = isa_parse(value, at, err);
        break;
    }
    return ret < 0 ? err_wrap(err, "%s", o->name) : 0;
}

static int parse(int argc, char **argv, struct args *args, struct err *err)
{
    for (int i = 1; i < argc; i++) {
        const char *names[ARRAY_LEN(options)], *near;
        const struct option *o = NULL;
        size_t n = strcspn(argv[i], "="); /* --name VALUE or --name=VALUE */

        for (size_t j = 0; j < ARRAY_LEN(options); j++) {
            names[j] = options[j].name;
            if (strlen(names[j]) == n && !strncmp(argv[i], names[j], n))
                o = &options[j];
        }
        near = o ? NULL : text_suggest(argv[i], names, ARRAY_LEN(names));
        if (!o)
            return err_set(err, ERR_USAGE, near ? "no option '%s' (did you mean '%s'?)"
                                                : "no option '%s' (see 'pawl infer --help')", argv[i], near);
        if (o->kind == FLAG && argv[i][n])
            return err_set(err, ERR_USAGE, "%s takes no value", o->name);
        if (o->kind != FLAG && !argv[i][n] && i + 1 == argc)
            return err_set(err, ERR_USAGE, "%s needs a value: %s", o->name, o->value);
        if (set(o, o->kind == FLAG ? NULL : argv[i][n] ? argv[i] + n + 1 : argv[++i], args, err) < 0)
            return -1;
    }
    if (!args->model || !args->prompt)
        return err_set(err, ERR_USAGE, "%s is missing (see 'pawl infer --help')", args->model ? "--prompt" : "--model");
    return 0;
}

static int read_prompt(struct text *text, struct err *err)
{
    char buf[4096];
    size_t n;

    while ((n = fread(buf, 1, sizeof(buf) - 1, stdin)) > 0) {
        buf[n] = 0;
        if (strlen(buf) != n)
            return err_set(err, ERR_USAGE, "there is a NUL in the prompt on standard input");
        text_add(text, buf);
    }
    if (text->len > 0 && text->data[text->len - 1] == '\n')
        text->data[--text->len] = 0;
    return ferror(stdin) ? err_set(err, ERR_USAGE, "cannot read standard input: %s", strerror(errno)) : 0;
}

static volatile sig_atomic_t interrupted; /* the text ends there, and the figures are of what there is */

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

struct sink {
    struct text *text; /* NULL: straight to standard output */
    int failed;        /* errno */
};

static bool put(void *arg, const char *piece, size_t len)
{
    struct sink *sink = arg;

    if (sink->text)
        text_addf(sink->text, "%.*s", (int)len, piece);
    else if (fwrite(piece, 1, len, stdout) != len || fflush(stdout) != 0)
        sink->failed = errno;
    return !sink->failed && !interrupted;
}

/* "lookup", "exit:2", or a file. */
static int read_draft(const char *text, struct infer_options *o, struct err *err)
{
    static const char *const words[] = { "lookup", "exit:L" };
    const char *near;
    int64_t layers;

    if (!text)
        return 0;
    near = access(text, F_OK) < 0 ? text_suggest(text, words, ARRAY_LEN(words)) : NULL;
    if (strcmp(text, "lookup") == 0) {
        o->draft = SPECULATIVE_LOOKUP;
    } else if (strncmp(text, "exit:", 5) == 0) {
        if (text_int64(text + 5, 1, 1 << 16, &layers, err) < 0)
            return err_wrap(err, "--draft exit:L");
        o->draft = SPECULATIVE_EXIT;
        o->draft_layers = (size_t)layers;
    } else if (near) {
        return err_set(err, ERR_USAGE, "--draft: there is no file '%s' (did you mean '%s'?)", text, near);
    } else {
        o->draft = SPECULATIVE_MODEL;
        o->draft_model = text;
    }
    return 0;
}

static double rate(double n, double seconds)
{
    return seconds > 0 ? n / seconds : 0;
}

/* Decoding is what follows the first token. */
static double decode_tps(const struct infer_report *r)
{
    return r->tokens > 1 ? rate((double)r->tokens - 1, r->decode_s) : 0;
}

static void say_drafts(const struct args *args, const struct speculative_stats *d)
{
    if (!args->draft)
        return;
    fprintf(stderr, "drafts  %6llu tokens, %.0f %% accepted, %.2f tokens a step", (unsigned long long)d->drafted,
            100 * rate((double)d->accepted, (double)d->drafted), rate((double)d->tokens, (double)d->steps));
    for (size_t i = 0; i < SPECULATIVE_MOST && d->drafted_at[i]; i++)
        fprintf(stderr, "%s%.0f", i ? " " : "; % accepted by position: ",
                100 * rate((double)d->accepted_at[i], (double)d->drafted_at[i]));
    fputc('\n', stderr);
}

static json_t *drafts_json(const struct args *args, const struct infer_report *r)
{
    const struct speculative_stats *d = &r->drafts;
    json_t *positions = json_array();

    for (size_t i = 0; i < SPECULATIVE_MOST && d->drafted_at[i]; i++)
        json_array_append_new(positions, json_real(rate((double)d->accepted_at[i], (double)d->drafted_at[i])));
    return json_pack("{s:s, s:I, s:I, s:f, s:o, s:I}", "by", args->draft, "drafted", (json_int_t)d->drafted, "accepted",
                     (json_int_t)d->accepted, "tokens_per_step", rate((double)d->tokens, (double)d->steps),
                     "acceptance_by_position", positions, "bytes", (json_int_t)r->draft_bytes);
}

static void say(const struct args *args, const struct infer_report *r)
{
    char isa[ISA_TEXT];

    fprintf(stderr, "%s, %.3g million parameters, %d thread%s, isa %s, loaded in %.0f ms\n", r->arch,
            (double)r->parameters / 1e6, (int)args->threads, args->threads > 1 ? "s" : "",
            isa_format(args->isa & isa_host(), isa), r->load_s * 1e3);
    fprintf(stderr, "prompt  %6zu tokens, first token after %.2f ms (%.0f tokens/s)\n", r->prompt_tokens,
            r->ttft_s * 1e3, rate((double)r->prompt_tokens, r->ttft_s));
    fprintf(stderr, "answer  %6zu tokens, %.0f tokens/s, ended by %s\n", r->tokens, decode_tps(r),
            interrupted ? "an interrupt" : r->ended ? "the model" : "the limit");
    say_drafts(args, &r->drafts);
    fprintf(stderr, "memory  %.1f MB: weights %.1f, key-value cache %.1f, work space %.1f",
            (double)(r->weight_bytes + r->cache_bytes + r->work_bytes + r->draft_bytes) / 1e6,
            (double)r->weight_bytes / 1e6, (double)r->cache_bytes / 1e6, (double)r->work_bytes / 1e6);
    if (r->draft_bytes)
        fprintf(stderr, ", drafting model %.1f", (double)r->draft_bytes / 1e6);
    fprintf(stderr, "; resident at most %.1f\n", (double)r->peak_bytes / 1e6);
}

static int print_json(const struct args *args, const struct infer_report *r, const struct text *text, struct err *err)
{
    const char *answer = text->data && text_is_utf8(text->data) ? text->data : "";
    char isa[ISA_TEXT];
    json_t *doc = json_pack(
        "{s:i, s:s, s:s, s:I, s:i, s:s, s:I, s:I, s:s, s:s, s:f, s:f, s:f, s:f, s:{s:I, s:I, s:I, s:I}}", "schema", 1,
        "model", args->model, "architecture", r->arch, "parameters", (json_int_t)r->parameters, "threads",
        (int)args->threads, "isa", isa_format(args->isa & isa_host(), isa), "prompt_tokens",
        (json_int_t)r->prompt_tokens, "tokens", (json_int_t)r->tokens, "ended_by",
        interrupted ? "interrupt"
        : r->ended  ? "model"
                    : "limit",
        "text", answer, "load_ms", r->load_s * 1e3, "ttft_ms", r->ttft_s * 1e3, "prefill_tps",
        rate((double)r->prompt_tokens, r->ttft_s), "decode_tps", decode_tps(r), "bytes", "weights",
        (json_int_t)r->weight_bytes, "cache", (json_int_t)r->cache_bytes, "work", (json_int_t)r->work_bytes,
        "peak_resident", (json_int_t)r->peak_bytes);
    int ret;

    if (doc && args->draft)
        json_object_set_new(doc, "drafts", drafts_json(args, r));
    ret = doc ? json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) : -1;
    json_decref(doc);
    if (!doc)
        return err_set(err, ERR_USAGE, "the name of the model is no UTF-8: it cannot stand in a JSON document");
    return ret < 0 || putchar('\n') == EOF ? err_set(err, ERR_HARNESS, "cannot write to standard output: %m") : 0;
}

static int infer(const struct args *args, const struct tool_host *host, struct err *err)
{
    struct text prompt = { 0 }, answer = { 0 };
    struct sink sink = { .text = args->json ? &answer : NULL };
    struct infer_options o = {
        .model = args->model,
        .tokens = (size_t)args->tokens,
        .context = (size_t)args->context,
        .sampling = { (float)args->temperature, (size_t)args->top_k, (float)args->top_p },
        .draft_length = (size_t)args->draft_length,
        .seed = (uint64_t)args->seed,
        .isa = args->isa & isa_host(),
    };
    struct infer_report report;
    int ret = -1;

    if (read_draft(args->draft, &o, err) < 0)
        goto out;
    if (strcmp(args->prompt, "-"))
        text_add(&prompt, args->prompt);
    else if (read_prompt(&prompt, err) < 0)
        goto out;
    o.prompt = prompt.data ? prompt.data : "";
    o.prompt_len = prompt.len;
    o.team = host->team((int)args->threads, err);
    if (!o.team || infer_run(&o, put, &sink, &report, err) < 0)
        goto out;
    if (sink.failed || (!args->json && (putchar('\n') == EOF || fflush(stdout) != 0))) {
        err_set(err, ERR_HARNESS, "cannot write to standard output: %s", strerror(sink.failed ? sink.failed : errno));
        goto out;
    }
    ret = args->json ? print_json(args, &report, &answer, err) : 0;
    if (ret == 0 && !args->json)
        say(args, &report);
out:
    team_free(o.team);
    text_free(&prompt);
    text_free(&answer);
    return ret;
}

static int run(int argc, char **argv, const struct tool_host *host)
{
    static const int exits[] = { [ERR_NONE] = 4, [ERR_USAGE] = 2, [ERR_CONFIG] = 2, [ERR_HOST] = 3, [ERR_HARNESS] = 4 };
    struct args args = { .tokens = 128, .threads = 1, .seed = 1, .isa = ISA_ALL };
    struct sigaction action = { .sa_handler = interrupt, .sa_flags = SA_RESETHAND }; /* a second one kills */
    struct err err = { 0 };
    int ret;

    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            help();
            return 0;
        }
    sigaction(SIGINT, &action, NULL);
    ret = parse(argc, argv, &args, &err) < 0 ? -1 : infer(&args, host, &err);
    if (ret < 0)
        fprintf(stderr, "pawl infer: %s\n", err.msg);
    return ret < 0 ? exits[err.code] : 0;
}

const struct tool tool_infer = {
    .name = "infer",
    .args = "OPTION...",
    .summary = "continue a text by a GGUF model, and say how fast",
    .run = run,
};
