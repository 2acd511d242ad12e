// SPDX-License-Identifier: MIT
/* names.h -- strings, each with the number in which it came: 0, 1, 2, ... Looked up in O(log n). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct names {
    void *root;
    size_t n;
};

/* The number of `name`; a new one gets the next, and `n` grows. Start from {0}. */
size_t names_add(struct names *names, const char *name);
bool names_has(const struct names *names, const char *name);
void names_free(struct names *names); /* accepts {0} */
