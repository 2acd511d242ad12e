// SPDX-License-Identifier: MIT
/* pin.h -- puts threads and memory where the plan says, and believes nothing that it has not read back. */
#pragma once

#include "machine/topology.h"

/* Binds the calling thread to one PU, strictly, and reads back both the binding and the CPU it then runs on. ERR_HOST
 * where the host does not do it, or the topology is a model. */
int pin_thread(const struct topology *topology, int pu, struct err *err);

/* New pages of the calling thread come from the NUMA node of `pu`, strictly; no error where the host has one node. */
int pin_memory(const struct topology *topology, int pu, struct err *err);
