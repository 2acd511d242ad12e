// SPDX-License-Identifier: MIT
/* fingerprint.h -- which host this is: a class that stays the same, and facts that may change. */
#pragma once

#include "declare/result.h"
#include "machine/topology.h"

#include <stddef.h>
#include <stdint.h>

/* The class is made of stable fields only, as a file name of [a-z0-9-]: CPU model, cores and size of one L3, memory to
 * the nearest power of two of GiB, the compiler's major version, the highest instruction set that may be dispatched to:
 * "amd-ryzen-9-9950x-8c-l3-32m-64g-gcc12-avx512vnni". The facts add what changes (kernel, microcode, governor,
 * virtualised, hwloc version, ...) and "domain", the cores in the order they are used: call it after
 * topology_prefer_quiet(). `isa` is what this host has and the user allows. */
void fingerprint_host(const struct topology *topology, uint32_t isa, struct host *host);

/* A hash of the facts that may move times without the program's doing (host_epoch_keys). Eight hexadecimal digits, the same for the same facts in every version of pawl; also the fact "epoch". Where it
 * changes, a history has a new epoch: a step there is not a regression. */
void fingerprint_epoch(const struct host *host, char *buf, size_t size);

/* Effective frequency of the calling thread's core now, in MHz: a timed chain of dependent adds, one per cycle on every
 * x86-64 since 2003; takes 30 to 50 us. NAN in a build whose timing means nothing (sanitizers). */
double fingerprint_mhz(void);
