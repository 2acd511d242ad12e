// SPDX-License-Identifier: MIT
/* doctor_load.h -- what others do on the planned cores, from two looks at /proc/stat.
 *
 * When a load makes a host unfit: the quietest core decides the cases of one thread, the number of busy cores those of
 * a team. So it fails where the quietest core (sibling threads count) is more than a quarter taken, or where more than
 * half of the cores are more than half taken. One busy core of two is a warning: the other one is measured on. */
#pragma once

#include "machine/topology.h"

/* The texts of /proc/stat at either end of a look; NULL or "" where there is none. */
struct doctor_load {
    char *before, *after;
};

/* Looks for 100 ms; where that finds the host unfit, for 200, 400 and 800 ms more until it does not: what was about to
 * end, a compiler or the job that held the lock, is not held against the host. The last look counts. Puts the quietest
 * cores of the domain first (topology_prefer_quiet()). */
void doctor_load_probe(struct topology *topology, struct doctor_load *load);

/* Around a run: what share of the planned cores' time, in percent, others took between _begin and _end; `own_s` is the
 * CPU time of the run and its children, wherever they ran, so the share is rather too low than too high. Time that a
 * hypervisor gave to other guests counts. NAN where /proc/stat does not tell, or after less than a second a core. */
void doctor_load_begin(struct doctor_load *load);
void doctor_load_end(struct doctor_load *load);
double doctor_load_foreign(const struct doctor_load *load, const struct topology *topology, double own_s);

void doctor_load_free(struct doctor_load *load); /* accepts {0} */
