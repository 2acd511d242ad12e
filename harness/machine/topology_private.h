// SPDX-License-Identifier: MIT
/* topology_private.h -- what the files of this room see of a topology: the hwloc handle and the sets behind the plan.
 */
#pragma once

#include "machine/topology.h"

#include <hwloc.h>

struct topology {
    hwloc_topology_t hwloc; /* everything that is online, allowed or not: the class must not depend on `taskset` */
    bool host;              /* loaded by topology_host() from the running kernel, so it can be bound to */
    hwloc_bitmap_t allowed; /* what this process may use: the cgroup's set and, on the host, the affinity mask */
    struct domain *domains; /* those with an allowed PU */
    int n_domains;
    int chosen;           /* index of topology_domain() */
    uint64_t class_bytes; /* L3 of the domain that would be chosen if everything were allowed, and its cores: */
    int class_cores;      /* the same under any mask */
};

bool topology_allows(const struct topology *topology, int pu);

/* The PUs that share a core with `pu`, itself included, allowed or not; at most `max` are written. Returns how many
 * were, 0 where the topology has no such PU. */
int topology_siblings(const struct topology *topology, int pu, int *pus, int max);

/* "1,2,3,0": the PUs of a domain in their order, cut where it does not fit. Returns buf. */
const char *topology_list(const struct domain *domain, char *buf, size_t size);
