// SPDX-License-Identifier: MIT
/* against_elf.h -- a 64-bit ELF file, of this machine's byte order. Nothing in it is believed before it is known to lie inside. */
#pragma once

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_image {
    const unsigned char *data;
    size_t n;
    const Elf64_Shdr *sections; /* NULL: not such a file, or without a table of sections */
    size_t n_sections;
    const char *names; /* NUL-terminated */
    size_t n_names;
};

/* Of bytes that are the caller's and aligned as malloc()'s are; and of a file, mapped until elf_close(). */
struct elf_image elf_image(const void *data, size_t n);
struct elf_image elf_open(const char *path);
void elf_close(struct elf_image *image);

bool elf_inside(const struct elf_image *image, uint64_t offset, uint64_t n);
const char *elf_section_name(const struct elf_image *image, const Elf64_Shdr *section); /* "" where it has none */

/* The bytes of a section as an array of things of `size` bytes, and how many; NULL where they are not all inside, or not aligned
 * to 8. */
const void *elf_table(const struct elf_image *image, const Elf64_Shdr *section, size_t size, size_t *n);
