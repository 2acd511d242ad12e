// SPDX-License-Identifier: MIT
/* fingerprint.h -- which host this is: a class that stays the same, and facts that may change. */
#pragma once

#include "declare/result.h"
#include "machine/topology.h"

/* The class is made of stable fields only (CPU model, cores and size of one L3, ISA), as a file name of [a-z0-9-]:
 * "amd-ryzen-9-9950x-8c-l3-32m-avx512vnni". The facts add what changes (kernel, microcode, governor, virtualised,
 * memory, hwloc version, ...). `isa` is the mask of this host. */
void fingerprint_host(const struct topology *topology, uint32_t isa, struct host *host);

/* Effective frequency of the calling thread's core now, in MHz: a timed chain of dependent adds, one per cycle on every
 * x86-64 since 2003; takes 30 to 50 us. NAN in a build whose timing means nothing (sanitizers). */
double fingerprint_mhz(void);
