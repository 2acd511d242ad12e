// SPDX-License-Identifier: MIT
/* `pawl infer --draft`: the shipped models say the same with drafts and without, to the end of the text and of limits. */
#include "base/text.h"
#include "declare/isa.h"
#include "inference/infer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char reasoner[] = PAWL_MODELS "/reasoner.gguf", draft[] = PAWL_MODELS "/draft.gguf";

static bool put(void *arg, const char *piece, size_t len)
{
    text_addf(arg, "%.*s", (int)len, piece);
    return true;
}

static struct infer_options options(const char *prompt, size_t tokens, size_t context)
{
    return (struct infer_options){ .model = reasoner, .prompt = prompt, .prompt_len = strlen(prompt), .tokens = tokens,
                                   .context = context, .isa = isa_host() };
}

static void answer(const struct infer_options *o, struct text *out, struct infer_report *report)
{
    struct err err = { 0 };

    if (infer_run(o, put, out, report, &err) < 0)
        fail_msg("%s", err.msg);
}

static void drafts_change_nothing_that_is_said(void **state)
{
    static const struct {
        const char *prompt;
        size_t tokens, context;
    } rows[] = {
        { "4321*321#", 80, 0 }, { "4321*321#", 7, 0 }, { "4321*321#", 80, 20 }, { "21+543#", 1, 0 },
        { "87654+12345#", 80, 0 }, { "4,7,8:88#", 80, 0 },
    };
    static const struct infer_options ways[] = {
        { .draft = SPECULATIVE_MODEL, .draft_model = draft },
        { .draft = SPECULATIVE_MODEL, .draft_model = draft, .draft_length = 16 },
        { .draft = SPECULATIVE_LOOKUP, .draft_length = 3 },
        { .draft = SPECULATIVE_EXIT, .draft_layers = 2 },
        { .draft = SPECULATIVE_EXIT, .draft_layers = 1, .draft_length = 8 },
    };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        struct infer_options plain = options(rows[r].prompt, rows[r].tokens, rows[r].context);
        struct infer_report want_report, report;
        struct text want = { 0 };

        answer(&plain, &want, &want_report);
        assert_true(want_report.tokens > 0);
        for (size_t w = 0; w < ARRAY_LEN(ways); w++) {
            struct infer_options o = plain;
            struct text got = { 0 };

            o.draft = ways[w].draft;
            o.draft_model = ways[w].draft_model;
            o.draft_layers = ways[w].draft_layers;
            o.draft_length = ways[w].draft_length;
            answer(&o, &got, &report);
            if (strcmp(want.data, got.data) != 0)
                fail_msg("'%s', way %zu: '%s', want '%s'", rows[r].prompt, w, got.data, want.data);
            assert_int_equal(report.tokens, want_report.tokens);
            assert_int_equal(report.ended, want_report.ended);
            text_free(&got);
        }
        text_free(&want);
    }
}

/* The draft was trained for products: most of what it says there is kept. */
static void the_shipped_draft_is_worth_something(void **state)
{
    struct infer_options o = options("4321*321#", 80, 0);
    struct infer_report report;
    struct text text = { 0 };

    (void)state;
    o.draft = SPECULATIVE_MODEL;
    o.draft_model = draft;
    o.draft_length = 8;
    answer(&o, &text, &report);
    assert_true(report.drafts.accepted * 2 > report.drafts.drafted);
    assert_true(report.draft_bytes > 0);
    text_free(&text);
}

static void what_is_no_arithmetic_is_refused(void **state)
{
    static const char *const prompts[] = { "12 + 3#", "abc" };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(prompts); i++) {
        struct infer_options o = options(prompts[i], 8, 0);
        struct infer_report report;
        struct err err = { 0 };

        assert_int_equal(infer_run(&o, put, NULL, &report, &err), -1);
        assert_non_null(strstr(err.msg, i ? "no token for 'a'" : "no token for ' '"));
    }
}

static void what_cannot_draft_is_refused(void **state)
{
    static const struct {
        struct infer_options o;
        const char *message;
    } rows[] = {
        { { .draft = SPECULATIVE_MODEL, .draft_model = PAWL_MODELS "/none.gguf" }, "none.gguf" },
        { { .draft = SPECULATIVE_EXIT, .draft_layers = 4 }, "behind layer 4 of a model that has 4 (use 1 to 3)" },
        { { .draft = SPECULATIVE_LOOKUP, .sampling = { .temperature = 1 } }, "with a temperature there are none" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct infer_options o = options("21+543#", 8, 0);
        struct infer_report report;
        struct text text = { 0 };
        struct err err = { 0 };

        o.draft = rows[i].o.draft;
        o.draft_model = rows[i].o.draft_model;
        o.draft_layers = rows[i].o.draft_layers;
        o.sampling = rows[i].o.sampling;
        assert_int_equal(infer_run(&o, put, &text, &report, &err), -1);
        if (!strstr(err.msg, rows[i].message))
            fail_msg("'%s' has no '%s'", err.msg, rows[i].message);
        text_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drafts_change_nothing_that_is_said),
        cmocka_unit_test(the_shipped_draft_is_worth_something),
        cmocka_unit_test(what_is_no_arithmetic_is_refused),
        cmocka_unit_test(what_cannot_draft_is_refused),
    };

    return cmocka_run_group_tests_name("infer_draft", tests, NULL, NULL);
}
