// SPDX-License-Identifier: MIT
/* scratch.h -- a database for runs that are no part of the host's history: in a folder of its own, gone at the end. */
#pragma once

#include "base/err.h"

struct scratch {
    char folder[64], db[96]; /* "": none */
};

/* In $TMPDIR, else /tmp. `name` is who it is for: "drill". scratch_remove() after success and failure alike. */
int scratch_make(struct scratch *scratch, const char *name, struct err *err);
void scratch_remove(struct scratch *scratch); /* accepts {0} */
