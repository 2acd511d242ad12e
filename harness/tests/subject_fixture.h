// SPDX-License-Identifier: MIT
/* subject_fixture.h -- what tests of subjects share: hosts that lack an ISA, teams, memory with a wall behind it, and
 * one run of a scenario as a worker makes it. Include it after cmocka. */
#pragma once

#include "base/err.h"
#include "declare/isa.h"
#include "declare/params.h"
#include "declare/scenario.h"
#include "declare/team.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

/* Says what is skipped, and why. */
static inline bool subject_lacks(const char *name, uint32_t isa)
{
    uint32_t lacks = isa & ~isa_host();
    char text[ISA_TEXT];

    if (lacks)
        print_message("[  SKIP  ] %s: this host lacks %s\n", name, isa_format(lacks, text));
    return lacks != 0;
}

static inline struct team *team_of(int size)
{
    struct err err = { 0 };
    struct team *team = team_new(size, NULL, NULL, &err);

    if (!team)
        fail_msg("%s", err.msg);
    return team;
}

struct walled {
    void *data; /* its end is a page without access: one byte further is SIGSEGV, whatever the build */
    void *map;
    size_t len;
};

static inline struct walled walled_new(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (bytes + page - 1) / page * page;
    char *p = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(p, MAP_FAILED);
    assert_int_equal(mprotect(p + room, page, PROT_NONE), 0);
    return (struct walled){ p + room - bytes, p, room + page };
}

static inline void walled_free(const struct walled *w)
{
    munmap(w->map, w->len);
}

/* Sets the cell up, then checks and runs every variant that host and build have: of `iterations` each. */
static inline void scenario_checks_and_runs(const struct params *params, int threads, uint64_t seed, int64_t iterations)
{
    const struct scenario *s = params->scenario;
    struct team *team = team_of(threads);
    struct bench bench = { .params = params, .team = team, .seed = seed, .isa = isa_host() };
    struct err err = { 0 };
    void *cell = NULL;

    for (size_t i = 0; i < s->n_variants; i++)
        if (!s->variants[i].absent && !(s->variants[i].isa & ~isa_host()))
            bench.variants |= 1u << i;
    assert_int_equal(s->setup(&bench, &cell, &err), 0);
    for (size_t i = 0; i < s->n_variants; i++) {
        if (!(bench.variants & 1u << i)) {
            print_message("[  SKIP  ] %s: this host or build lacks it\n", s->variants[i].name);
            continue;
        }
        if (s->check(cell, &s->variants[i], &err) < 0)
            fail_msg("%s: %s", s->variants[i].name, err.msg);
        s->run(cell, &s->variants[i], iterations);
    }
    s->teardown(cell);
    s->teardown(NULL);
    team_free(team);
}
