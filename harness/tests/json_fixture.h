// SPDX-License-Identifier: MIT
/* json_fixture.h -- what the tests of the tables and of the JSON documents share. */
#pragma once

#include "report_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the reports

#include "report/json.h"

#include <jansson.h>

/* The one valid document that a text holds, with a newline at its end; frees the text. */
static inline json_t *parse(struct text *t)
{
    json_error_t error;
    json_t *root = json_loads(t->data, JSON_REJECT_DUPLICATES, &error);

    if (!root)
        fail_msg("line %d: %s", error.line, error.text);
    assert_int_equal(t->data[t->len - 1], '\n');
    text_free(t);
    return root;
}

static inline json_t *parse_run(const struct run_result *run)
{
    struct text t = { 0 };

    json_run(run, &t);
    return parse(&t);
}

/* A change of every kind. */
#define SAME(v) { v, v, v, 9 }

static const struct change some_changes[] = {
    { "kernels/a/avx2", "time_ns", "ns", { 1.2e6, 1.19e6, 1.21e6, 9 }, { 1.25e6, 1.24e6, 1.26e6, 9 },
      1.0417, 1.03, 1.053, true, false, 0.012 }, /* an absolute time: neither better nor worse */
    { "kernels/a/avx2", "speedup", "x", { 7.8, 7.7, 7.9, 9 }, { 7.81, 7.7, 7.9, 9 }, 1.001, 0.99, 1.012, false, false, 0.6 },
    { "kernels/b/avx512", "speedup", "x", { 10, 9.9, 10.1, 9 }, { 80, 79, 81, 9 }, 8, 7.9, 8.1, true, true, 0.0001 },
    { "codecs/pq/avx2", "speedup", "x", { 5, -INFINITY, INFINITY, 2 }, { 6, -INFINITY, INFINITY, 2 },
      1.2, -INFINITY, INFINITY, false, false, 0.333 },
    { "codecs/pq/avx2", "recall@10", "", SAME(0.962), SAME(0.95), 0.9875, 0.9875, 0.9875, true, false, NAN },
    { "codecs/pq/avx2", "errors", "", SAME(0), SAME(0), NAN, NAN, NAN, false, true, NAN }, /* 0 / 0 */
    { "codecs/pq/avx2", "losses", "", SAME(0), SAME(3), INFINITY, INFINITY, INFINITY, true, false, NAN },
};
