// SPDX-License-Identifier: MIT
/* machine_fixture.h -- the modelled hosts of data/topologies/. */
#pragma once

#include "machine/topology.h"

#include <stdio.h>

static struct topology *model(const char *name)
{
    char path[1024];
    struct err err = { 0 };
    struct topology *topology;

    snprintf(path, sizeof(path), "%s/topologies/%s.xml", PAWL_TEST_DATA, name);
    topology = topology_file(path, &err);
    if (!topology)
        fail_msg("%s", err.msg);
    return topology;
}
