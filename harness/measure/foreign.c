// SPDX-License-Identifier: MIT
#include "measure/foreign.h"

#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Marks the scenarios of this file; what is timed is another process. */
static void run_elsewhere(void *state, const struct variant *variant, int64_t n)
{
    (void)state;
    (void)n;
    BUG("'%s' runs in a process of its own", variant->name);
}

static bool may_stand_in_an_id(char c)
{
    return isalnum((unsigned char)c) || strchr("_./=@-:+", c);
}

/* "gbench/bench/BM_Sort_int_/1024" of "BM_Sort<int>/1024". Empty words between slashes would be empty folders of a
 * report. */
void foreign_name(const char *kind, const char *title, const char *name, char buf[CASE_ID_MAX])
{
    enum { ROOM = CASE_ID_MAX - sizeof("/clock") - 10 };
    struct text t = { 0 };
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a (Fowler, Noll, Vo), 64 bits */

    text_addf(&t, "%s/%s/%s", kind, title, name);
    for (size_t i = 0; i < t.len; i++) {
        hash = (hash ^ (unsigned char)t.data[i]) * 0x100000001b3;
        if (!may_stand_in_an_id(t.data[i]) || (t.data[i] == '/' && (t.data[i + 1] == '/' || !t.data[i + 1])))
            t.data[i] = '_';
    }
    if (t.len > ROOM)
        snprintf(buf, CASE_ID_MAX, "%.*s~%08" PRIx32, (int)ROOM, t.data, (uint32_t)hash);
    else
        text_copy(buf, CASE_ID_MAX, t.data);
    text_free(&t);
}

void foreign_init(struct foreign *f, const char *title, const char *program, const char *other, const char *benchmark,
                  double min_time_s)
{
    *f = (struct foreign){ .benchmark = mem_strdup(benchmark), .program = mem_strdup(program),
                           .other = other ? mem_strdup(other) : NULL, .min_time_s = min_time_s };
    foreign_name("gbench", title, benchmark, f->name);
    f->variants[0] = (struct variant){ .name = "clock", .role = ROLE_PEER };
    f->variants[1] = (struct variant){ .name = "run" };
    f->scenario = (struct scenario){ .name = f->name, .summary = f->benchmark, .variants = f->variants,
                                     .n_variants = FOREIGN_VARIANTS, .run = run_elsewhere };
}

void foreign_free(struct foreign *f)
{
    free(f->benchmark);
    free(f->program);
    free(f->other);
    *f = (struct foreign){ 0 };
}

const struct foreign *foreign_of(const struct scenario *scenario)
{
    return scenario->run == run_elsewhere ? (const struct foreign *)scenario : NULL; /* its first member */
}

struct metric foreign_metric(const char *counter, char name[NAME_MAX_LEN])
{
    static const char rate[] = "_per_second";
    size_t n = strlen(counter);
    bool is_rate = n > strlen(rate) && strcmp(counter + n - strlen(rate), rate) == 0;

    text_copy(name, NAME_MAX_LEN, counter);
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_@.:-", *c))
            *c = '_';
    return (struct metric){ .name = name, .kind = METRIC_TIMED,
                            .unit = !is_rate ? "" : strncmp(counter, "bytes", 5) == 0 ? "B/s" : "/s",
                            .better = is_rate ? METRIC_HIGHER_IS_BETTER : METRIC_LOWER_IS_BETTER };
}

const struct metric *foreign_counter(const struct scenario *scenario, const char *name)
{
    struct foreign *f = (struct foreign *)foreign_of(scenario); /* made by foreign_init(): never constant */
    size_t n = scenario->n_metrics;

    if (!f || !*name || n == FOREIGN_COUNTERS)
        return NULL;
    f->counters[n] = foreign_metric(name, f->counter_names[n]);
    f->scenario.metrics = f->counters;
    f->scenario.n_metrics++;
    return &f->counters[n];
}

void foreign_want(struct foreign *f, const char *name, enum metric_better better)
{
    if (!scenario_metric(&f->scenario, name) && foreign_counter(&f->scenario, name))
        f->counters[f->scenario.n_metrics - 1].better = better;
}

int foreign_threads(const char *benchmark)
{
    const char *at = strstr(benchmark, "/threads:");
    int n = at ? atoi(at + strlen("/threads:")) : 1;

    return n > 1 ? n : 1;
}
