// SPDX-License-Identifier: MIT
#include "cli/imported.h"

#include "base/mem.h"
#include "base/text.h"
#include "judge/compare.h"
#include "measure/foreign.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What a case of this program is, by its id. */
static const struct scenario *own_case(const struct registry *registry, const char *id, struct case_result *c)
{
    for (size_t i = 0; i < registry->n; i++) {
        const struct scenario *s = registry->scenarios[i];
        size_t n = strlen(s->name);
        const char *variant = id + n + 1;

        if (strncmp(id, s->name, n) != 0 || id[n] != '/')
            continue;
        for (size_t v = 0; v < s->n_variants; v++) {
            size_t length = strlen(s->variants[v].name);

            if (strncmp(variant, s->variants[v].name, length) != 0 || (variant[length] && variant[length] != '/'))
                continue;
            text_copy(c->scenario, sizeof(c->scenario), s->name);
            text_copy(c->variant, sizeof(c->variant), s->variants[v].name);
            text_copy(c->reference, sizeof(c->reference), s->variants[0].name);
            text_copy(c->params, sizeof(c->params), variant[length] ? variant + length + 1 : "");
            c->role = s->variants[v].role;
            return s;
        }
    }
    return NULL;
}

/* One that this program has made of another's: "gbench/bench/BM_Sort/clock". */
static bool is_foreign_case(const char *id, struct case_result *c)
{
    const char *last = strrchr(id, '/');
    bool live = strncmp(id, "gbench/", 7) == 0, clock = last && strcmp(last, "/clock") == 0;

    if (!last || last - id < 8 || !(live || strncmp(id, "import/", 7) == 0) || !(strcmp(last, "/run") == 0 || (live && clock)))
        return false;
    snprintf(c->scenario, sizeof(c->scenario), "%.*s", (int)(last - id), id);
    text_copy(c->variant, sizeof(c->variant), last + 1);
    text_copy(c->reference, sizeof(c->reference), live ? "clock" : "run");
    c->role = clock ? ROLE_PEER : ROLE_OURS;
    return true;
}

struct case_result *imported_case(struct imported *im, const char *kind, const char *title, const char *name,
                                  const struct scenario **own)
{
    struct case_result c = { 0 };
    size_t before = im->ids.n, at;
    bool known;

    *own = NULL;
    known = strlen(name) < sizeof(c.id) && ((*own = own_case(im->registry, name, &c)) || is_foreign_case(name, &c));
    if (known) {
        text_copy(c.id, sizeof(c.id), name);
    } else {
        foreign_name(kind, title, name, c.scenario);
        text_copy(c.variant, sizeof(c.variant), "run");
        text_copy(c.reference, sizeof(c.reference), "run");
        snprintf(c.id, sizeof(c.id), "%.180s/run", c.scenario);
    }
    at = names_add(&im->ids, c.id);
    if (im->ids.n > before)
        *run_add_case(&im->run) = c;
    return &im->run.cases[at];
}

const struct metric *imported_known(const struct scenario *own, const struct metric *m)
{
    static const struct scenario none;
    const struct metric *known = scenario_metric(own ? own : &none, m->name);

    return known ? known : m;
}

int imported_metric(struct case_result *c, const struct metric *m, const double *values, size_t n, double spread,
                    struct err *err)
{
    double *sorted;
    struct interval r;
    struct estimate *e;

    if (case_estimate(c, m->name))
        return err_set(err, ERR_CONFIG, "two names come to one case id, '%s' (%s): rename one of them", c->id, m->name);
    sorted = mem_array(n, sizeof(*sorted));
    e = case_add_estimate(c);
    text_copy(e->metric, sizeof(e->metric), m->name);
    text_copy(e->unit, sizeof(e->unit), m->unit);
    e->kind = m->kind;
    e->better = m->better;
    e->blocks = mem_array(n, sizeof(*e->blocks));
    e->n_blocks = n;
    memcpy(e->blocks, values, n * sizeof(*values));
    memcpy(sorted, values, n * sizeof(*values));
    stats_sort(sorted, n);
    r = stats_median_interval(sorted, n, compare_rule_unjudged(0).alpha);
    if (m->kind == METRIC_EXACT)
        r = (struct interval){ r.value, r.value, r.value };
    e->value = r.value;
    e->low = r.low;
    e->high = r.high;
    e->spread = spread;
    c->n_blocks = c->n_blocks > n ? c->n_blocks : n;
    free(sorted);
    return 0;
}

void imported_host(struct run_result *run, const char *host)
{
    static const char made[] = "imported-"; /* of an export of what was imported */
    char *class = run->info.host.class;
    size_t n = (size_t)snprintf(class, sizeof(run->info.host.class), "imported%s%.60s", *host ? "-" : "",
                                strncmp(host, made, strlen(made)) == 0 ? host + strlen(made) : host);

    for (size_t i = 0; i < n; i++)
        class[i] = isalnum((unsigned char)class[i]) ? (char)tolower((unsigned char)class[i]) : '-';
}

void imported_start(struct run_result *run, const char *date)
{
    static const char *const forms[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d-%H:%M:%S" }; /* the last two: before 1.5 */
    time_t t = time(NULL);
    struct tm utc;

    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        struct tm tm = { 0 }, zone = { 0 };
        const char *end = strptime(date, forms[i], &tm);

        if (end && *end == '.')
            end += 1 + strspn(end + 1, "0123456789");
        if (end && (!*end || ((end = strptime(end, "%z", &zone)) && !*end)))
            t = timegm(&tm) - zone.tm_gmtoff;
    }
    strftime(run->info.started, sizeof(run->info.started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &utc));
}
