// SPDX-License-Identifier: MIT
#include "report/json.h"

#include "report/export.h"
#include "report/figure.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* jansson returns NULL only where memory is out, or where a programmer gave it bad UTF-8 or a NAN. */
static json_t *must(json_t *value)
{
    if (!value)
        BUG("cannot make a JSON value");
    return value;
}

static void set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, must(value)) < 0)
        BUG("cannot set the JSON key '%s'", key);
}

static void append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, must(value)) < 0)
        BUG("cannot append to a JSON array");
}

/* A key or a value from outside, as valid UTF-8. Newlines are kept: JSON has an escape for them. */
static char *valid(const char *s)
{
    struct text t = { 0 };

    text_add(&t, "");
    for (const char *end; *s; s = end) {
        char *line;

        end = s + strcspn(s, "\n\t");
        line = strndup(s, (size_t)(end - s));
        if (!line)
            BUG("cannot copy a string");
        figure_clean(&t, line);
        free(line);
        if (*end)
            text_addf(&t, "%c", *end++);
    }
    return t.data;
}

static void set_string(json_t *object, const char *key, const char *s)
{
    char *v = valid(s);

    set(object, key, json_string(v));
    free(v);
}

static void set_number(json_t *object, const char *key, double v)
{
    set(object, key, isfinite(v) ? json_real(v) : json_null());
}

static json_t *host_object(const struct host *host)
{
    json_t *o = must(json_object());

    for (size_t i = 0; i < host->n_facts; i++) {
        char *key = valid(host->facts[i].key);

        set_string(o, key, host->facts[i].value);
        free(key);
    }
    return o;
}

static json_t *info_object(const struct run_info *info)
{
    json_t *o = must(json_object());
    char seed[24];

    snprintf(seed, sizeof(seed), "%" PRIu64, info->seed);
    set(o, "id", json_integer(info->id));
    set_string(o, "commit", info->commit);
    set(o, "dirty", json_boolean(info->dirty));
    set_string(o, "host_class", info->host.class);
    set(o, "host", host_object(&info->host));
    set_string(o, "compiler", info->compiler);
    set_string(o, "flags", info->flags);
    set_string(o, "libraries", info->libraries);
    set(o, "seed", json_string(seed));
    set_string(o, "started", info->started);
    set_number(o, "seconds", info->seconds);
    set_string(o, "command", info->command);
    return o;
}

/* "n=1024/threads=1" as { "n": 1024, "threads": 1 }; a value that is no whole number stays a string. */
static json_t *params_object(const char *params)
{
    json_t *o = must(json_object());
    char copy[CASE_ID_MAX], *rest = copy;

    text_copy(copy, sizeof(copy), params);
    for (char *part; (part = strsep(&rest, "/"));) {
        char *value = strchr(part, '='), *key;
        struct err err;
        int64_t n;

        if (!value)
            continue;
        *value++ = '\0';
        key = valid(part);
        if (text_int64(value, INT64_MIN, INT64_MAX, &n, &err) == 0)
            set(o, key, json_integer(n));
        else
            set_string(o, key, value);
        free(key);
    }
    return o;
}

static json_t *metrics_object(const struct case_result *c)
{
    json_t *o = must(json_object());

    for (size_t i = 0; i < c->n_estimates; i++) {
        const struct estimate *e = &c->estimates[i];
        json_t *m = must(json_object());
        char *key = valid(e->metric);

        set_number(m, "value", e->value);
        if (e->kind == METRIC_TIMED) {
            set_number(m, "low", e->low);
            set_number(m, "high", e->high);
            set_number(m, "spread", e->spread);
        }
        set_string(m, "unit", e->unit);
        set(o, key, m);
        free(key);
    }
    return o;
}

static json_t *case_object(const struct case_result *c)
{
    json_t *o = must(json_object());

    set_string(o, "id", c->id);
    set_string(o, "scenario", c->scenario);
    set_string(o, "variant", c->variant);
    set_string(o, "reference", c->reference);
    set(o, "params", params_object(c->params));
    set(o, "peer", json_boolean(c->role == ROLE_PEER));
    set_string(o, "role", variant_role_name(c->role));
    set_string(o, "status", case_status_name(c->status));
    set_string(o, "reason", c->reason);
    set(o, "blocks", json_integer((json_int_t)c->n_blocks));
    set(o, "metrics", metrics_object(c));
    return o;
}

/* Of the time; null where the verdict tells none. */
static json_t *slowdown_object(const struct verdict *v)
{
    json_t *o;

    if (!figure_tells_change(v))
        return json_null();
    o = must(json_object());
    set_number(o, "value", v->change.value - 1);
    set_number(o, "low", v->change.low - 1);
    set_number(o, "high", v->change.high - 1);
    return o;
}

static json_t *verdict_object(const struct verdict *v)
{
    json_t *o = must(json_object());

    set_string(o, "case", v->case_id);
    set_string(o, "metric", v->metric);
    set_string(o, "against", against_name(v->against));
    set_string(o, "outcome", outcome_name(v->outcome));
    set_number(o, "value", v->value);
    set_number(o, "low", v->low);
    set_number(o, "high", v->high);
    set_number(o, "limit", v->limit);
    set_number(o, "detectable", v->detectable);
    set(o, "change", slowdown_object(v));
    set_string(o, "since", v->since);
    set(o, "blocks", json_integer((json_int_t)v->n_blocks));
    set_string(o, "reason", v->reason);
    return o;
}

static json_t *document(void)
{
    json_t *root = must(json_object());

    set(root, "schema", json_integer(1));
    return root;
}

static void print(json_t *root, struct text *out)
{
    char *dump = json_dumps(root, JSON_INDENT(2));

    if (!dump)
        BUG("cannot print a JSON document");
    text_add(out, dump);
    text_add(out, "\n");
    free(dump);
    json_decref(root);
}

void json_run(const struct run_result *run, struct text *out)
{
    json_t *root = document(), *cases = must(json_array()), *verdicts, *inference = export_classic_inference(run, NULL);

    set(root, "run", info_object(&run->info));
    set(root, "cases", cases);
    for (size_t i = 0; i < run->n_cases; i++)
        append(cases, case_object(&run->cases[i]));
    if (inference)
        set(root, "inference", inference);
    if (run->judged) {
        verdicts = must(json_array());
        set(root, "verdicts", verdicts);
        for (size_t i = 0; i < run->n_verdicts; i++)
            append(verdicts, verdict_object(&run->verdicts[i]));
        set(root, "exit", json_integer(run->exit));
    }
    print(root, out);
}

static json_t *planned_object(const struct comparison *c, size_t v)
{
    const struct scenario *s = c->params.scenario;
    json_t *o = must(json_object());
    char text[CASE_ID_MAX];

    case_id(&c->params, &s->variants[v], text, sizeof(text));
    set_string(o, "id", text);
    set_string(o, "scenario", s->name);
    set_string(o, "variant", s->variants[v].name);
    set_string(o, "reference", s->variants[0].name);
    params_format(&c->params, text, sizeof(text));
    set(o, "params", params_object(text));
    set(o, "peer", json_boolean(s->variants[v].role == ROLE_PEER));
    set_string(o, "role", variant_role_name(s->variants[v].role));
    set_string(o, "skip", c->variants[v].skip);
    return o;
}

void json_plan(const struct comparison *comparisons, size_t n, struct text *out)
{
    json_t *root = document(), *cases = must(json_array());

    set(root, "cases", cases);
    for (size_t i = 0; i < n; i++)
        for (size_t v = 0; v < comparisons[i].params.scenario->n_variants; v++)
            if (comparisons[i].variants[v].wanted)
                append(cases, planned_object(&comparisons[i], v));
    print(root, out);
}

static json_t *change_object(const struct change *change)
{
    struct change c = figure_change(change);
    json_t *o = must(json_object());

    set_string(o, "case", c.case_id);
    set_string(o, "metric", c.metric);
    set_number(o, "a", c.a.value);
    set_number(o, "b", c.b.value);
    set_number(o, "ratio", c.ratio);
    set_number(o, "low", c.low);
    set_number(o, "high", c.high);
    set_number(o, "p", c.p);
    set(o, "significant", json_boolean(c.significant));
    set(o, "better", figure_judges_change(&c) ? json_boolean(c.better) : json_null());
    return o;
}

static json_t *host_changes_array(const struct host *a, const struct host *b)
{
    json_t *rows = must(json_array());

    for (const char *const *key = host_epoch_keys; *key; key++) {
        json_t *o;

        if (strcmp(host_fact(a, *key), host_fact(b, *key)) == 0)
            continue;
        o = must(json_object());
        set_string(o, "fact", *key);
        set_string(o, "a", host_fact(a, *key));
        set_string(o, "b", host_fact(b, *key));
        append(rows, o);
    }
    return rows;
}

void json_changes(const struct change *changes, size_t n, const struct run_info *a, const struct run_info *b,
                  struct text *out)
{
    json_t *root = document(), *rows = must(json_array());

    set(root, "a", json_integer(a->id));
    set(root, "b", json_integer(b->id));
    set_string(root, "epoch_a", host_fact(&a->host, "epoch"));
    set_string(root, "epoch_b", host_fact(&b->host, "epoch"));
    set(root, "host_changes", host_changes_array(&a->host, &b->host));
    set(root, "changes", rows);
    for (size_t i = 0; i < n; i++)
        append(rows, change_object(&changes[i]));
    print(root, out);
}

void json_findings(const struct json_finding *findings, size_t n, int exit, struct text *out)
{
    json_t *root = document(), *rows = must(json_array());

    set(root, "findings", rows);
    for (size_t i = 0; i < n; i++) {
        json_t *o = must(json_object());

        set_string(o, "level", findings[i].level);
        set_string(o, "check", findings[i].check);
        set_string(o, "read", findings[i].read);
        set_string(o, "why", findings[i].why);
        set_string(o, "mend", findings[i].mend);
        append(rows, o);
    }
    set(root, "exit", json_integer(exit));
    print(root, out);
}

void json_drill(const struct drill_row *rows, size_t n, struct text *out)
{
    json_t *root = document(), *array = must(json_array());

    if (n) {
        set_string(root, "host_class", rows[0].host_class);
        set_string(root, "cases", rows[0].cases);
        set(root, "pairs", json_boolean(rows[0].pairs));
        set(root, "margin", json_real(rows[0].margin));
    }
    set(root, "drill", array);
    for (size_t i = 0; i < n; i++) {
        const struct drill_row *r = &rows[i];
        json_t *o = must(json_object());

        set_string(o, "cases", r->cases);
        set_string(o, "commit", r->commit);
        set_string(o, "build", r->build);
        set(o, "pairs", json_boolean(r->pairs));
        set(o, "margin", json_real(r->margin));
        set(o, "effect", json_real(r->effect));
        set(o, "runs", json_integer(r->runs));
        set(o, "alarmed_runs", json_integer(r->alarmed_runs));
        set(o, "verdicts", json_integer(r->verdicts));
        set(o, "regressed", json_integer(r->regressed));
        set(o, "inconclusive", json_integer(r->inconclusive));
        set(o, "passed", json_integer(r->passed));
        set(o, "seconds", json_real(r->seconds));
        append(array, o);
    }
    print(root, out);
}
