// SPDX-License-Identifier: MIT
#include "cli/against_private.h"
#include "cli/version.h"

#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A 64-bit ELF file, mapped. Nothing in it is believed before it is known to lie inside. */
struct image {
    const unsigned char *data;
    size_t n;
    const Elf64_Shdr *sections; /* NULL: not such a file, or without a table of sections */
    size_t n_sections;
    const char *names; /* NUL-terminated */
    size_t n_names;
};

static bool inside(const struct image *image, uint64_t offset, uint64_t n)
{
    return offset <= image->n && n <= image->n - offset;
}

static void find_sections(struct image *image)
{
    const Elf64_Ehdr *head = (const void *)image->data;
    const Elf64_Shdr *sections, *names;

    if (!inside(image, 0, sizeof(*head)) || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
        head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_ident[EI_DATA] != ELFDATA2LSB)
        return;
    if (head->e_shentsize != sizeof(Elf64_Shdr) || head->e_shoff % _Alignof(Elf64_Shdr) != 0 ||
        !inside(image, head->e_shoff, (uint64_t)head->e_shnum * sizeof(Elf64_Shdr)) ||
        head->e_shstrndx >= head->e_shnum)
        return;
    sections = (const void *)(image->data + head->e_shoff);
    names = &sections[head->e_shstrndx];
    if (names->sh_size == 0 || !inside(image, names->sh_offset, names->sh_size) ||
        image->data[names->sh_offset + names->sh_size - 1] != '\0')
        return;
    image->names = (const char *)image->data + names->sh_offset;
    image->n_names = names->sh_size;
    image->sections = sections;
    image->n_sections = head->e_shnum;
}

static struct image open_image(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct image image = { 0 };
    struct stat st;
    void *map;

    if (fd < 0)
        return image;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map != MAP_FAILED) {
            image.data = map;
            image.n = (size_t)st.st_size;
            find_sections(&image);
        }
    }
    close(fd);
    return image;
}

static void close_image(struct image *image)
{
    if (image->data)
        munmap((void *)image->data, image->n);
}

static const char *name_of(const struct image *image, const Elf64_Shdr *section)
{
    return section->sh_name < image->n_names ? image->names + section->sh_name : "";
}

/* The next section that makes the program what it is, from *at on; NULL at the end. Not only code and constants: a call
 * of another function of a library shows in the relocations alone. A note is only told, never run (the build id is
 * one). */
static const Elf64_Shdr *next_section(const struct image *image, size_t *at)
{
    while (*at < image->n_sections) {
        const Elf64_Shdr *s = &image->sections[(*at)++];

        if (s->sh_flags & SHF_ALLOC && s->sh_type != SHT_NOTE && strcmp(name_of(image, s), VERSION_SECTION) != 0)
            return s;
    }
    return NULL;
}

static bool same_section(const struct image *a, const Elf64_Shdr *s, const struct image *b, const Elf64_Shdr *t)
{
    if (strcmp(name_of(a, s), name_of(b, t)) != 0 || s->sh_type != t->sh_type || s->sh_flags != t->sh_flags ||
        s->sh_addr != t->sh_addr || s->sh_size != t->sh_size)
        return false;
    if (s->sh_type == SHT_NOBITS)
        return true;
    return inside(a, s->sh_offset, s->sh_size) && inside(b, t->sh_offset, t->sh_size) &&
           memcmp(a->data + s->sh_offset, b->data + t->sh_offset, s->sh_size) == 0;
}

bool against_same_code(const char *path_a, const char *path_b)
{
    struct image a = open_image(path_a), b = open_image(path_b);
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
    close_image(&a);
    close_image(&b);
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
    struct image image = open_image(path);
    uint64_t h = 0xcbf29ce484222325;
    const Elf64_Shdr *s;
    size_t at = 0, n = 0;

    while (image.sections && (s = next_section(&image, &at))) {
        const char *name = name_of(&image, s);

        h = hash(h, name, strlen(name) + 1);
        h = hash(h, &s->sh_type, sizeof(s->sh_type));
        h = hash(h, &s->sh_flags, sizeof(s->sh_flags));
        h = hash(h, &s->sh_addr, sizeof(s->sh_addr));
        h = hash(h, &s->sh_size, sizeof(s->sh_size));
        if (s->sh_type != SHT_NOBITS && inside(&image, s->sh_offset, s->sh_size))
            h = hash(h, image.data + s->sh_offset, s->sh_size);
        n++;
    }
    close_image(&image);
    return n ? h : 0;
}
