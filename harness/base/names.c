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

static struct named *make(const char *name, size_t number)
{
    size_t size = strlen(name) + 1;
    struct named *one = mem_array(sizeof(*one) + size, 1);

    one->number = number;
    memcpy(one->name, name, size);
    return one;
}

size_t names_add(struct names *names, const char *name)
{
    struct named *one = make(name, names->n), **found;

    found = tsearch(one, &names->root, compare);
    if (!found)
        mem_out(sizeof(*one)); /* of the tree */
    if (*found == one)
        return names->n++;
    free(one);
    return (*found)->number;
}

bool names_has(const struct names *names, const char *name)
{
    struct named *one = make(name, 0);
    bool has = tfind(one, &names->root, compare) != NULL;

    free(one);
    return has;
}

void names_free(struct names *names)
{
    tdestroy(names->root, free);
    *names = (struct names){ 0 };
}
