// SPDX-License-Identifier: MIT
/* doctor.h -- is this host fit to measure? One line a check: what was read, why it matters, what mends it. */
#pragma once

#include "declare/result.h"
#include "machine/doctor_load.h"
#include "machine/topology.h"

enum finding_level { FINDING_OK, FINDING_WARN, FINDING_FAIL };

struct finding {
    enum finding_level level;
    char check[NAME_MAX_LEN]; /* "governor" */
    char read[192];           /* "powersave on cpu1" */
    char why[192];            /* "" where ok */
    char mend[192];           /* a command, or "" */
};

enum { FINDINGS_MAX = 24 };

/* Fills `findings` and returns how many. `db_path` may be NULL. `load` is the probe to judge, made just before: it
 * tells the caller, too, which core is the quietest. Reads only and needs no root; with the probe it takes less than 2
 * s. */
int doctor_examine(const struct topology *topology, const char *db_path, const struct doctor_load *load,
                   struct finding findings[FINDINGS_MAX]);
const char *finding_level_name(enum finding_level level); /* "ok", "warn", "fail" */
