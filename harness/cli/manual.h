// SPDX-License-Identifier: MIT
/* manual.h -- the manual page and the completions of shells, from the tables that are the parser and the help. */
#pragma once

#include "base/text.h"

struct manual_row {
    const char *name, *args, *summary;
    unsigned bit; /* of options.h; 0: a tool, which parses its own arguments */
};

struct manual {
    const struct manual_row *rows;
    size_t n;
    const char *version;
};

/* Appends what `what` names: "man", "bash" or "zsh". ERR_USAGE for anything else. */
int manual_add(struct text *out, const char *what, const struct manual *manual, struct err *err);
