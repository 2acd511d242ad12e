// SPDX-License-Identifier: MIT
/* against_linked.h -- the object files that a program was linked from, by the map that the linker wrote beside it
 * (PROGRAM.map, of GNU ld; CMakeLists.txt asks for it). */
#pragma once

#include "cli/against_elf.h"

struct against_object {
    char *name; /* as the map has it: "harness/base/libpawl_base.a(err.c.o)" */
    void *bytes;
    struct elf_image image; /* of `bytes`; always with sections */
};

struct against_linked {
    struct against_object *objects;
    size_t n, capacity;
};

/* False where it cannot be told: no map, a map of another linker, a file that is gone, is not what it was when the program was
 * linked (it is newer), or stands twice in its archive. */
bool against_linked_read(const char *program, struct against_linked *linked);
void against_linked_free(struct against_linked *linked); /* accepts {0}, and what could not be told */
