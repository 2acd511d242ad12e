// SPDX-License-Identifier: MIT
/* Several paths, the router, and the ways of reasoning.h, with the shipped models. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "declare/isa.h"
#include "inference/reasoning.h"
#include "inference/shipped.h"
#include "inference/verify.h"

#include <stdlib.h>
#include <string.h>

enum { EACH = 2 }; /* problems of a level: of the hardest one, some first paths are rejected */

static struct reasoning *open_suite(struct err *err)
{
    static struct params params;

    return reasoning_open(&(struct bench){ .params = &params, .isa = isa_host() }, REASONING_ALL, EACH, err);
}

static void all_ways_give_the_same_answers(void **state)
{
    struct err err = { 0 };
    struct reasoning *r = open_suite(&err);
    size_t later = 0;

    (void)state;
    if (!r)
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < reasoning_count(r); i++) {
        bool hardest = reasoning_problem(r, i)->level == PROBLEM_LEVELS; /* where later paths count: every way */
        struct multipath_answer first, answer;

        reasoning_answer(r, i, 0, &first);
        later += first.path > 0;
        for (unsigned way = hardest ? 1 : 1 + (unsigned)i % 3; way < WAYS; way += hardest ? 1 : 3) {
            reasoning_answer(r, i, way, &answer);
            assert_int_equal(answer.path, first.path);
            assert_int_equal(answer.verified, first.verified);
            assert_string_equal(answer.text, first.text);
        }
        for (int route = 0; route < ROUTES; route++) {
            reasoning_answer_as(r, i, WAYS - 1, (enum route)route, &answer);
            assert_string_equal(answer.text, first.text);
        }
    }
    assert_true(later > 0); /* else this shows little */
    reasoning_close(r);
}

static void verified_means_accepted(void **state)
{
    struct err err = { 0 };
    struct reasoning *r = open_suite(&err);

    (void)state;
    if (!r)
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < reasoning_count(r); i++) {
        struct multipath_answer a, greedy;
        const char *prompt = reasoning_problem(r, i)->prompt;

        reasoning_answer(r, i, WAY_EARLY_STOP | WAY_BATCH | WAY_SHARE, &a);
        assert_int_equal(a.verified, verify_answer(prompt, a.text, a.len, &err) == VERIFY_ACCEPTED);
        reasoning_answer(r, i, WAY_GREEDY, &greedy);
        assert_int_equal(greedy.path, 0);
        if (a.path == 0)
            assert_string_equal(a.text, greedy.text);
        else
            assert_false(greedy.verified);
    }
    reasoning_close(r);
}

static void early_stop_reads_fewer_tokens(void **state)
{
    static const unsigned ways[] = { WAY_BATCH, WAY_BATCH | WAY_SHARE, WAY_BATCH | WAY_SHARE | WAY_EARLY_STOP };
    uint64_t rows[ARRAY_LEN(ways)];
    struct err err = { 0 };
    struct reasoning *r = open_suite(&err);

    (void)state;
    if (!r)
        fail_msg("%s", err.msg);
    for (size_t w = 0; w < ARRAY_LEN(ways); w++) {
        uint64_t before = reasoning_stats(r)->rows;

        reasoning_answer_all(r, ways[w]);
        rows[w] = reasoning_stats(r)->rows - before;
    }
    assert_true(rows[1] < rows[0]);
    assert_true(rows[2] < rows[1] / 2);
    reasoning_close(r);
}

static void nonsense_is_refused(void **state)
{
    struct multipath_options options = { .paths = 2 };
    struct engine_options engine_options = multipath_engine(&options);
    struct err err = { 0 };
    struct gguf *gguf = shipped_open(SHIPPED_REASONER, &err);
    struct model *model = gguf ? model_load(gguf, isa_host(), &err) : NULL;
    struct engine *engine = model ? engine_new(model, &engine_options, &err) : NULL;
    struct multipath *m = engine ? multipath_new(engine, &options, &err) : NULL;
    const struct multipath_plan plan = { .shared_prefix = true, .first = 2, .width = 2 };
    struct multipath_answer answer;

    (void)state;
    if (!m)
        fail_msg("%s", err.msg);
    assert_int_equal(multipath_solve(m, "", &plan, &answer, &err), -1);
    assert_int_equal(multipath_solve(m, "what is 1+1?", &plan, &answer, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_int_equal(multipath_solve(m, "1/1#", &plan, &answer, &err), -1); /* can be read, not checked */
    assert_int_equal(multipath_solve(m, "1+1#", &plan, &answer, &err), 0);
    assert_string_equal(answer.text, "2");
    multipath_free(m);
    options.paths = MULTIPATH_MOST + 1;
    assert_null(multipath_new(engine, &options, &err));
    options = (struct multipath_options){ .paths = 2, .sampling = { .temperature = -1 } };
    assert_null(multipath_new(engine, &options, &err));
    engine_free(engine);
    model_free(model);
    gguf_close(gguf);
}

static void labels_follow_the_answer(void **state)
{
    (void)state;
    assert_int_equal(router_label(3, false), ROUTE_REASONING);
    assert_int_equal(router_label(3, true), ROUTE_SIMPLE);
    assert_int_equal(router_label(8, true), ROUTE_MEDIUM);
    assert_int_equal(router_label(25, true), ROUTE_COMPLEX);
}

static void features_come_from_the_prompt(void **state)
{
    float a[ROUTER_FEATURES], b[ROUTER_FEATURES], p[ROUTES], sum = 0;

    (void)state;
    router_features("4,7,8:88#", a);
    router_features("321*54#", b);
    assert_true(a[0] == 1 && b[0] == 1);
    assert_true(a[8] == 1 && b[8] == 0 && b[6] == 1 && a[6] == 0);
    assert_true(a[10] == 88.0f / 256);
    router_features("", a); /* of nothing: no number, no trap */
    for (int i = 0; i < ROUTER_FEATURES; i++)
        assert_true(a[i] == a[i]);
    assert_true(router_estimate(&router_shipped, "4,7,8:88#", p) < ROUTES);
    for (int r = 0; r < ROUTES; r++)
        sum += p[r];
    assert_true(sum > 0.999f && sum < 1.001f);
}

/* Well above chance, on problems that it was not fitted to. */
static void router_knows_easy_from_hard(void **state)
{
    static struct problem suite[PROBLEM_LEVELS * PROBLEM_SUITE_LEVEL];
    size_t simple = 0, hard = 0;

    (void)state;
    problems_suite(suite);
    for (size_t i = 0; i < PROBLEM_SUITE_LEVEL; i++) {
        simple += router_estimate(&router_shipped, suite[i].prompt, NULL) == ROUTE_SIMPLE;
        hard += router_estimate(&router_shipped, suite[3 * PROBLEM_SUITE_LEVEL + i].prompt, NULL) == ROUTE_SIMPLE;
    }
    assert_true(simple > 200);
    assert_true(hard < 10);
}

static void share_is_wilsons(void **state)
{
    struct interval i = reasoning_share(8, 10);

    (void)state;
    assert_true(i.value == 0.8);
    assert_true(i.low > 0.4901 && i.low < 0.4903); /* textbook values for 8 of 10 */
    assert_true(i.high > 0.9432 && i.high < 0.9434);
    i = reasoning_share(10, 10);
    assert_true(i.high > 0.9999 && i.low < 0.73 && i.low > 0.72);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_ways_give_the_same_answers), cmocka_unit_test(verified_means_accepted),
        cmocka_unit_test(early_stop_reads_fewer_tokens),  cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(labels_follow_the_answer),       cmocka_unit_test(features_come_from_the_prompt),
        cmocka_unit_test(router_knows_easy_from_hard),    cmocka_unit_test(share_is_wilsons),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
