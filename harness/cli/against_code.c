// SPDX-License-Identifier: MIT
#include "cli/against_elf.h"
#include "cli/against_private.h"
#include "cli/version.h"

#include <string.h>

/* The next section that makes the program what it is, from *at on; NULL at the end. Not only code and constants: a call
 * of another function of a library shows in the relocations alone. A note is only told, never run (the build id is
 * one). */
static const Elf64_Shdr *next_section(const struct elf_image *image, size_t *at)
{
    while (*at < image->n_sections) {
        const Elf64_Shdr *s = &image->sections[(*at)++];

        if (s->sh_flags & SHF_ALLOC && s->sh_type != SHT_NOTE && strcmp(elf_section_name(image, s), VERSION_SECTION) != 0)
            return s;
    }
    return NULL;
}

static bool same_section(const struct elf_image *a, const Elf64_Shdr *s, const struct elf_image *b, const Elf64_Shdr *t)
{
    if (strcmp(elf_section_name(a, s), elf_section_name(b, t)) != 0 || s->sh_type != t->sh_type || s->sh_flags != t->sh_flags ||
        s->sh_addr != t->sh_addr || s->sh_size != t->sh_size)
        return false;
    if (s->sh_type == SHT_NOBITS)
        return true;
    return elf_inside(a, s->sh_offset, s->sh_size) && elf_inside(b, t->sh_offset, t->sh_size) &&
           memcmp(a->data + s->sh_offset, b->data + t->sh_offset, s->sh_size) == 0;
}

bool against_same_code(const char *path_a, const char *path_b)
{
    struct elf_image a = elf_open(path_a), b = elf_open(path_b);
    size_t at_a = 0, at_b = 0, n = 0;
    bool same = a.sections && b.sections;

    while (same) {
        const Elf64_Shdr *s = next_section(&a, &at_a), *t = next_section(&b, &at_b);

        if (!s || !t) {
            same = !s && !t && n > 0;
            break;
        }
        same = same_section(&a, s, &b, t);
        n++;
    }
    elf_close(&a);
    elf_close(&b);
    return same;
}

/* FNV-1a (Fowler, Noll, Vo), 64 bits. */
static uint64_t hash(uint64_t h, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3;
    return h;
}

uint64_t against_code_hash(const char *path)
{
    struct elf_image image = elf_open(path);
    uint64_t h = 0xcbf29ce484222325;
    const Elf64_Shdr *s;
    size_t at = 0, n = 0;

    while (image.sections && (s = next_section(&image, &at))) {
        const char *name = elf_section_name(&image, s);

        h = hash(h, name, strlen(name) + 1);
        h = hash(h, &s->sh_type, sizeof(s->sh_type));
        h = hash(h, &s->sh_flags, sizeof(s->sh_flags));
        h = hash(h, &s->sh_addr, sizeof(s->sh_addr));
        h = hash(h, &s->sh_size, sizeof(s->sh_size));
        if (s->sh_type != SHT_NOBITS && elf_inside(&image, s->sh_offset, s->sh_size))
            h = hash(h, image.data + s->sh_offset, s->sh_size);
        n++;
    }
    elf_close(&image);
    return n ? h : 0;
}
