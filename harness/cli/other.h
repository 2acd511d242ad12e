// SPDX-License-Identifier: MIT
/* other.h -- the program that `gate --against REF` holds this one against: built, and asked which cases it has. */
#pragma once

#include "cli/against.h"
#include "cli/commands.h"
#include "judge/gate.h"

struct other {
    struct against_program built;
    char **cases; /* of the other program, under the same globs and options */
    size_t n_cases;
    const char **missing; /* of those, the ones that this program lacks; they point into `cases` */
    size_t n_missing;
    const struct registry *registry;
    const struct place *places;
    bool *same; /* of each of its scenarios: it runs the same code in both programs; NULL: not known of any */
};

/* Fills *other and what `rules`, which has the baseline already, says of it. -1 as against_prepare(); also where the other program cannot be asked. */
int other_prepare(const struct context *context, const struct topology *topology, struct other *other,
                  struct gate_rules *rules, struct err *err);
void other_free(struct other *other); /* accepts {0} */
