// SPDX-License-Identifier: MIT
/* topology.h -- the cores that this process may use, grouped by L3, as hwloc sees them.
 *
 * The L3 is the CCX, the domain that a comparison never leaves. On this host the set of a cgroup is honoured, and the
 * mask that the calling thread has at load (`taskset`): a PU outside them is never planned, and pin.h refuses it. A
 * topology read from a file (tests) can be planned on, but never bound to. */
#pragma once

#include "base/err.h"
#include "declare/scenario.h"

#include <stdbool.h>
#include <stdint.h>

struct topology;

struct topology *topology_host(struct err *err);                       /* this host; NULL with *err filled */
struct topology *topology_file(const char *xml_path, struct err *err); /* a model */
void topology_free(struct topology *topology);                         /* accepts NULL */
bool topology_is_host(const struct topology *topology);

/* One L3, or the whole machine where the host shows none. */
struct domain {
    uint64_t l3_bytes; /* 0: not shown, as on some virtual machines */
    int *pus;          /* OS index of one allowed PU per core, in the order they are to be used */
    int n_pus;
};

/* The domain to measure in: most allowed cores, then the largest L3, then the first. The core of PU 0 comes last in
 * it: that is where a kernel likes to do its housekeeping. Owned by the topology. */
const struct domain *topology_domain(const struct topology *topology);

/* Moves the busy cores of that domain behind the quiet ones; busy_percent[i] is what others take of the core of pus[i],
 * negative or NAN where unknown. All cores of at most TOPOLOGY_QUIET_PERCENT are equally quiet and keep their order: a
 * plan that follows the noise of a short probe would measure every night on another core, and cores differ. */
#define TOPOLOGY_QUIET_PERCENT 10.0
void topology_prefer_quiet(struct topology *topology, const double *busy_percent);

/* The caches above the core of `pu`; a NULL topology, or one that shows none: zeros. */
struct caches topology_caches(const struct topology *topology, int pu);

int topology_n_domains(const struct topology *topology); /* those with an allowed PU, at least 1 */
