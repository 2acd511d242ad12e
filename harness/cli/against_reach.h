// SPDX-License-Identifier: MIT
/* against_reach.h -- which scenarios run the same code in two builds of pawl that differ elsewhere.
 *
 * What a block of a scenario runs is reached from its definition and from worker_main(), object file by object file: all that
 * its symbols ask for, what these ask for, and so on, and what runs by itself at the start (C++ initialisers). A call by an
 * address is reached too, since whoever takes the address names the symbol. The objects are those that the linker says it
 * took (against_linked.h). Where both programs reach the same ones, and each is the same in what is loaded of it and in how it
 * is to be relocated, the scenario runs the same code; only the addresses may differ.
 *
 * It is never said wrongly of code, and where it cannot be told (no map, other flags, AddressSanitizer's names of folders) the
 * answer is no. What a program does before worker_main(), and shared libraries, are not looked at: both programs use the same
 * libraries. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* same[i]: does the scenario that `symbols[i]` defines run the same code in programs a and b (paths)? Returns how many do. */
size_t against_reach(const char *a, const char *b, const char *const *symbols, size_t n, bool *same);
