// SPDX-License-Identifier: MIT
#include "declare/step.h"

#include <inttypes.h>
#include <stdio.h>

/* FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), 32 bits. */
static uint32_t mix(uint32_t hash, const char *s)
{
    for (; *s; s++)
        hash = (hash ^ (unsigned char)*s) * 16777619U;
    return hash * 16777619U; /* the end counts: "ab", "c" is not "a", "bc" */
}

void step_id(const char *case_id, const char *metric, const char *host_class, int64_t run, char id[STEP_ID])
{
    char number[24];

    snprintf(number, sizeof(number), "%" PRId64, run);
    snprintf(id, STEP_ID, "%08" PRIx32, mix(mix(mix(mix(2166136261U, case_id), metric), host_class), number));
}
