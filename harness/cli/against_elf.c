// SPDX-License-Identifier: MIT
#include "cli/against_elf.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool elf_inside(const struct elf_image *image, uint64_t offset, uint64_t n)
{
    return offset <= image->n && n <= image->n - offset;
}

static void find_sections(struct elf_image *image)
{
    const Elf64_Ehdr *head = (const void *)image->data;
    const Elf64_Shdr *sections, *names;

    if (!elf_inside(image, 0, sizeof(*head)) || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
        head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_ident[EI_DATA] != ELFDATA2LSB)
        return;
    if (head->e_shentsize != sizeof(Elf64_Shdr) || head->e_shoff % _Alignof(Elf64_Shdr) != 0 ||
        !elf_inside(image, head->e_shoff, (uint64_t)head->e_shnum * sizeof(Elf64_Shdr)) ||
        head->e_shstrndx >= head->e_shnum)
        return;
    sections = (const void *)(image->data + head->e_shoff);
    names = &sections[head->e_shstrndx];
    if (names->sh_size == 0 || !elf_inside(image, names->sh_offset, names->sh_size) ||
        image->data[names->sh_offset + names->sh_size - 1] != '\0')
        return;
    image->names = (const char *)image->data + names->sh_offset;
    image->n_names = names->sh_size;
    image->sections = sections;
    image->n_sections = head->e_shnum;
}

struct elf_image elf_image(const void *data, size_t n)
{
    struct elf_image image = { .data = data, .n = n };

    find_sections(&image);
    return image;
}

struct elf_image elf_open(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct elf_image image = { 0 };
    struct stat st;
    void *map;

    if (fd < 0)
        return image;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map != MAP_FAILED) {
            image = elf_image(map, (size_t)st.st_size);
        }
    }
    close(fd);
    return image;
}

void elf_close(struct elf_image *image)
{
    if (image->data)
        munmap((void *)image->data, image->n);
}

const char *elf_section_name(const struct elf_image *image, const Elf64_Shdr *section)
{
    return section->sh_name < image->n_names ? image->names + section->sh_name : "";
}

const void *elf_table(const struct elf_image *image, const Elf64_Shdr *section, size_t size, size_t *n)
{
    *n = section->sh_size / size;
    if (section->sh_type == SHT_NOBITS || section->sh_offset % 8 != 0 || !elf_inside(image, section->sh_offset, section->sh_size))
        return NULL;
    return image->data + section->sh_offset;
}
