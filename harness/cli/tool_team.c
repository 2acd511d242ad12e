// SPDX-License-Identifier: MIT
#include "cli/tool_team.h"

#include "declare/team.h"
#include "machine/pin.h"
#include "machine/topology.h"

static int pin_member(void *arg, int rank, struct err *err)
{
    const struct topology *topology = arg;

    return pin_thread(topology, topology_domain(topology)->pus[rank], err);
}

static struct team *team(int threads, struct err *err)
{
    struct topology *topology = topology_host(err);
    const struct domain *domain;
    struct team *made = NULL;

    if (!topology)
        return NULL;
    domain = topology_domain(topology);
    if (threads > domain->n_pus) {
        err_set(err, ERR_HOST, "%d threads, but only %d cores of one L3 may be used here", threads, domain->n_pus);
        goto out;
    }
    threads = threads ? threads : domain->n_pus;
    if (pin_memory(topology, domain->pus[0], err) < 0 || pin_member(topology, 0, err) < 0)
        goto out;
    made = team_new(threads, pin_member, topology, err);
out:
    topology_free(topology); /* every thread is bound by now */
    return made;
}

const struct tool_host tool_host = { team };
