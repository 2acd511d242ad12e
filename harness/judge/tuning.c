// SPDX-License-Identifier: MIT
#include "judge/tuning.h"

#include "base/mem.h"
#include "base/text.h"
#include "judge/json_file.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the search ---- */

static bool is_default(const int64_t values[TUNABLES_MAX])
{
    for (size_t t = 0; t < TUNABLES_MAX; t++)
        if (values[t])
            return false;
    return true;
}

/* On to the next tunable that has anything to try; false: the search is over. */
static bool advance(struct tuning_search *s)
{
    enum { SWEEPS = 2 };

    for (;;) {
        while (s->at < s->n && s->n_candidates[s->at] == 0)
            s->at++;
        if (s->at < s->n)
            return true;
        if (!s->found || ++s->sweep == SWEEPS)
            return false;
        s->found = false;
        s->at = 0;
    }
}

int tuning_next(struct tuning_search *s, int64_t choices[VARIANTS_MAX][TUNABLES_MAX])
{
    int n = 1;

    if (!advance(s))
        return 0;
    memset(choices, 0, VARIANTS_MAX * sizeof(choices[0]));
    if (!is_default(s->best))
        memcpy(choices[n++], s->best, sizeof(s->best));
    for (size_t i = 0; i < s->n_candidates[s->at]; i++)
        if (s->candidates[s->at][i] != s->best[s->at]) {
            memcpy(choices[n], s->best, sizeof(s->best));
            choices[n++][s->at] = s->candidates[s->at][i];
        }
    return n;
}

void tuning_learn(struct tuning_search *s, int64_t choices[VARIANTS_MAX][TUNABLES_MAX], const double *speedups, int n)
{
    int best = 0;

    for (int i = 0; i < n; i++)
        if (speedups[i] > speedups[best]) /* never a NAN */
            best = i;
    s->found |= memcmp(choices[best], s->best, sizeof(s->best)) != 0;
    memcpy(s->best, choices[best], sizeof(s->best));
    s->at++;
}

/* ---- the file ---- */

static struct tuned_case *find(const struct tuning *tuning, const char *id)
{
    for (size_t i = 0; i < tuning->n; i++)
        if (strcmp(tuning->cases[i].id, id) == 0)
            return &tuning->cases[i];
    return NULL;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct tuned_case *)a)->id, ((const struct tuned_case *)b)->id);
}

void tuning_keep(struct tuning *tuning, const struct tuned_case *c)
{
    struct tuned_case *old = find(tuning, c->id);

    if (!old) {
        tuning->cases = mem_grow(tuning->cases, &tuning->capacity, tuning->n + 1, sizeof(*tuning->cases));
        old = &tuning->cases[tuning->n++];
    }
    *old = *c;
    qsort(tuning->cases, tuning->n, sizeof(*tuning->cases), by_id);
}

bool tuning_drop(struct tuning *tuning, const char *id)
{
    struct tuned_case *c = find(tuning, id);

    if (!c)
        return false;
    memmove(c, c + 1, (size_t)(tuning->cases + tuning->n - (c + 1)) * sizeof(*c));
    tuning->n--;
    return true;
}

void tuning_free(struct tuning *tuning)
{
    free(tuning->cases);
    *tuning = (struct tuning){ 0 };
}

static int read_case(struct tuning *tuning, const char *id, json_t *json, struct err *err)
{
    struct tuned_case c = { .n = 0 };
    const char *commit, *date, *name;
    json_t *values, *value;

    if (json_unpack(json, "{s:o, s:{s:F, s:F, s:F}, s:s, s:s}", "values", &values, "speedup", "value", &c.speedup.value,
                    "low", &c.speedup.low, "high", &c.speedup.high, "commit", &commit, "date", &date) < 0)
        return err_set(err, ERR_CONFIG, "case '%s' lacks one of values, speedup, commit, date", id);
    if (json_object_size(values) == 0 || json_object_size(values) > TUNABLES_MAX)
        return err_set(err, ERR_CONFIG, "case '%s' needs 1 to %d values", id, TUNABLES_MAX);
    json_object_foreach(values, name, value) {
        if (!json_is_integer(value) || json_integer_value(value) <= 0)
            return err_set(err, ERR_CONFIG, "case '%s': '%s' is no positive whole number", id, name);
        text_copy(c.names[c.n], NAME_MAX_LEN, name);
        c.values[c.n++] = json_integer_value(value);
    }
    text_copy(c.id, sizeof(c.id), id);
    text_copy(c.commit, sizeof(c.commit), commit);
    text_copy(c.date, sizeof(c.date), date);
    tuning_keep(tuning, &c);
    return 0;
}

void tuning_path(const char *baselines, const char *host_class, char *path, size_t size)
{
    snprintf(path, size, "%s/%s.tuned.json", baselines, host_class);
}

int tuning_read(const char *path, const char *host_class, struct tuning *tuning, struct err *err)
{
    json_error_t e;
    json_t *json = NULL, *cases, *value;
    const char *id, *class;
    int ret = -1, schema;

    *tuning = (struct tuning){ 0 };
    text_copy(tuning->host_class, sizeof(tuning->host_class), host_class);
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return 0;
    json = json_load_file(path, JSON_REJECT_DUPLICATES, &e);
    if (!json)
        err_set(err, ERR_CONFIG, "line %d: %s", e.line, e.text);
    else if (json_unpack(json, "{s:i, s:s, s:o}", "schema", &schema, "host_class", &class, "cases", &cases) < 0 ||
             schema != 1 || !json_is_object(cases))
        err_set(err, ERR_CONFIG, "not a tuning of schema 1 (schema, host_class and cases are needed)");
    else if (strcmp(class, host_class) != 0)
        err_set(err, ERR_CONFIG, "it is of host class '%s', not '%s'", class, host_class);
    else
        ret = 1;
    if (ret > 0)
        json_object_foreach(cases, id, value)
            if (ret > 0 && read_case(tuning, id, value, err) < 0)
                ret = -1;
    json_decref(json);
    if (ret < 0) {
        tuning_free(tuning);
        err_wrap(err, "cannot read '%s'", path);
    }
    return ret;
}

static json_t *to_json(const struct tuning *tuning)
{
    json_t *cases = json_object();

    for (size_t i = 0; i < tuning->n; i++) {
        const struct tuned_case *c = &tuning->cases[i];
        json_t *values = json_object();

        for (size_t t = 0; t < c->n; t++)
            json_object_set_new(values, c->names[t], json_integer(c->values[t]));
        json_object_set_new(cases, c->id,
                            json_pack("{s:o, s:{s:f, s:f, s:f}, s:s, s:s}", "values", values, "speedup", "value",
                                      c->speedup.value, "low", c->speedup.low, "high", c->speedup.high, "commit",
                                      c->commit, "date", c->date));
    }
    return json_pack("{s:i, s:s, s:o}", "schema", 1, "host_class", tuning->host_class, "cases", cases);
}

int tuning_write(const char *path, const struct tuning *tuning, struct err *err)
{
    return json_file_write(path, to_json(tuning), 5, err);
}

int tuning_apply(const struct tuning *tuning, struct comparison *c, struct text *words, struct err *err)
{
    const struct scenario *s = c->params.scenario;

    for (size_t v = 0; v < s->n_variants; v++) {
        const struct tuned_case *tuned;
        char id[CASE_ID_MAX];

        case_id(&c->params, &s->variants[v], id, sizeof(id));
        tuned = c->variants[v].wanted ? find(tuning, id) : NULL;
        if (tuned)
            text_addf(words, "%s%s", words->len ? "; " : "", id);
        for (size_t i = 0; tuned && i < tuned->n; i++) {
            size_t t = 0;

            while (t < s->n_tunables && strcmp(s->tunables[t].name, tuned->names[i]) != 0)
                t++;
            if (t == s->n_tunables)
                return err_set(err, ERR_CONFIG, "case '%s' has no tunable '%s': 'pawl tune' finds others", id,
                               tuned->names[i]);
            c->variants[v].tuned[t] = tuned->values[i];
            text_addf(words, " %s=%lld", tuned->names[i], (long long)tuned->values[i]);
        }
    }
    return 0;
}
