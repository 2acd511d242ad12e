// SPDX-License-Identifier: MIT
#include "base/names.h"

#include "base/mem.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct named {
    size_t number;
    char name[];
};

static int compare(const void *a, const void *b)
{
    const struct named *one = a, *two = b;

    return strcmp(one->name, two->name);
}

size_t names_add(struct names *names, const char *name)
{
    size_t size = strlen(name) + 1;
    struct named *one = mem_array(sizeof(*one) + size, 1), **found;

    one->number = names->n;
    memcpy(one->name, name, size);
    found = tsearch(one, &names->root, compare);
    if (!found)
        mem_out(sizeof(*one)); /* of the tree */
    if (*found == one)
        return names->n++;
    free(one);
    return (*found)->number;
}

void names_free(struct names *names)
{
    tdestroy(names->root, free);
    *names = (struct names){ 0 };
}
