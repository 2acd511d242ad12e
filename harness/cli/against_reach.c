// SPDX-License-Identifier: MIT
#include "cli/against_reach.h"

#include "base/mem.h"
#include "cli/against_linked.h"

#include <stdlib.h>
#include <string.h>

/* The symbols of an object file. */
struct symbols {
    const Elf64_Sym *of;
    size_t n;
    const char *names; /* NUL-terminated */
    size_t n_names;
};

struct definition {
    const char *name;
    size_t object;
};

/* A program as its object files, and who defines what. */
struct program {
    struct against_linked linked;
    struct symbols *symbols; /* of each object */
    struct definition *defined;
    size_t n_defined, capacity;
    bool *reached; /* each object */
};

static bool read_symbols(const struct elf_image *image, struct symbols *s)
{
    const Elf64_Shdr *names;

    for (size_t i = 0; i < image->n_sections; i++) {
        const Elf64_Shdr *section = &image->sections[i];

        if (section->sh_type != SHT_SYMTAB || section->sh_link >= image->n_sections)
            continue;
        names = &image->sections[section->sh_link];
        s->of = elf_table(image, section, sizeof(*s->of), &s->n);
        if (!s->of || names->sh_size == 0 || !elf_inside(image, names->sh_offset, names->sh_size) ||
            image->data[names->sh_offset + names->sh_size - 1] != '\0')
            return false;
        s->names = (const char *)image->data + names->sh_offset;
        s->n_names = names->sh_size;
        return true;
    }
    return true; /* it has none: crtn.o */
}

static const char *symbol_name(const struct symbols *s, const Elf64_Sym *symbol)
{
    return symbol->st_name < s->n_names ? s->names + symbol->st_name : "";
}

static bool is_global(const Elf64_Sym *s)
{
    return ELF64_ST_BIND(s->st_info) != STB_LOCAL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct definition *)a)->name, ((const struct definition *)b)->name);
}

static void program_close(struct program *p)
{
    against_linked_free(&p->linked);
    free(p->symbols);
    free(p->defined);
    free(p->reached);
}

static bool program_open(struct program *p, const char *path)
{
    bool ok = against_linked_read(path, &p->linked);

    p->symbols = mem_array(p->linked.n + 1, sizeof(*p->symbols));
    p->reached = mem_array(p->linked.n + 1, sizeof(*p->reached));
    for (size_t i = 0; i < p->linked.n && ok; i++) {
        struct symbols *s = &p->symbols[i];

        ok = read_symbols(&p->linked.objects[i].image, s);
        for (size_t k = 0; ok && k < s->n; k++)
            if (is_global(&s->of[k]) && s->of[k].st_shndx != SHN_UNDEF) {
                p->defined = mem_grow(p->defined, &p->capacity, p->n_defined + 1, sizeof(*p->defined));
                p->defined[p->n_defined++] = (struct definition){ symbol_name(s, &s->of[k]), i };
            }
    }
    if (p->n_defined)
        qsort(p->defined, p->n_defined, sizeof(*p->defined), by_name);
    return ok && p->n_defined;
}

/* All objects that define `name` (a weak symbol may stand in several), and what they ask for. How many define it. */
static size_t reach(struct program *p, const char *name);

static void reach_object(struct program *p, size_t object)
{
    const struct symbols *s = &p->symbols[object];

    if (p->reached[object])
        return;
    p->reached[object] = true;
    for (size_t k = 0; k < s->n; k++)
        if (is_global(&s->of[k]) && s->of[k].st_shndx == SHN_UNDEF)
            reach(p, symbol_name(s, &s->of[k]));
}

static size_t reach(struct program *p, const char *name)
{
    const struct definition key = { name, 0 }, *end = p->defined + p->n_defined,
                            *d = bsearch(&key, p->defined, p->n_defined, sizeof(key), by_name);
    size_t n = 0;

    while (d && d > p->defined && by_name(d - 1, &key) == 0)
        d--;
    for (; d && d < end && by_name(d, &key) == 0; d++, n++)
        reach_object(p, d->object);
    return n;
}

static bool runs_at_start(const struct elf_image *image)
{
    for (size_t i = 0; i < image->n_sections; i++)
        if (image->sections[i].sh_type == SHT_INIT_ARRAY || image->sections[i].sh_type == SHT_PREINIT_ARRAY)
            return true;
    return false;
}

/* Marks what a block of the scenario runs. */
static bool reach_all(struct program *p, const char *symbol)
{
    memset(p->reached, 0, p->linked.n * sizeof(*p->reached));
    for (size_t i = 0; i < p->linked.n; i++)
        if (runs_at_start(&p->linked.objects[i].image))
            reach_object(p, i);
    return reach(p, symbol) && reach(p, "worker_main");
}

/* Is the section part of what runs? Its place among those that are, from 1; 0: no, as debugging information and notes. */
static size_t *number_sections(const struct elf_image *image)
{
    size_t *numbers = mem_array(image->n_sections + 1, sizeof(*numbers)), n = 0;

    for (size_t i = 0; i < image->n_sections; i++)
        if (image->sections[i].sh_flags & SHF_ALLOC && image->sections[i].sh_type != SHT_NOTE)
            numbers[i] = ++n;
    return numbers;
}

/* One object of each program, with the numbers of their sections. */
struct pair {
    const struct elf_image *image[2];
    const struct symbols *symbols[2];
    size_t *numbers[2];
};

static bool same_contents(const struct pair *p, const Elf64_Shdr *s, const Elf64_Shdr *t)
{
    if (strcmp(elf_section_name(p->image[0], s), elf_section_name(p->image[1], t)) != 0 || s->sh_type != t->sh_type ||
        s->sh_flags != t->sh_flags || s->sh_size != t->sh_size || s->sh_addralign != t->sh_addralign ||
        s->sh_entsize != t->sh_entsize)
        return false;
    if (s->sh_type == SHT_NOBITS)
        return true;
    return elf_inside(p->image[0], s->sh_offset, s->sh_size) && elf_inside(p->image[1], t->sh_offset, t->sh_size) &&
           memcmp(p->image[0]->data + s->sh_offset, p->image[1]->data + t->sh_offset, s->sh_size) == 0;
}

static bool same_symbol(const struct pair *p, size_t a, size_t b)
{
    const Elf64_Sym *s, *t;

    if (a >= p->symbols[0]->n || b >= p->symbols[1]->n)
        return false;
    s = &p->symbols[0]->of[a];
    t = &p->symbols[1]->of[b];
    if (s->st_info != t->st_info || s->st_other != t->st_other || s->st_value != t->st_value || s->st_size != t->st_size ||
        (is_global(s) && strcmp(symbol_name(p->symbols[0], s), symbol_name(p->symbols[1], t)) != 0))
        return false;
    if (s->st_shndx < p->image[0]->n_sections && t->st_shndx < p->image[1]->n_sections && s->st_shndx && t->st_shndx)
        return p->numbers[0][s->st_shndx] && p->numbers[0][s->st_shndx] == p->numbers[1][t->st_shndx];
    return s->st_shndx == t->st_shndx;
}

static bool same_relocations(const struct pair *p, const Elf64_Shdr *s, const Elf64_Shdr *t)
{
    size_t n, m;
    const Elf64_Rela *a = elf_table(p->image[0], s, sizeof(*a), &n), *b = elf_table(p->image[1], t, sizeof(*b), &m);
    bool same = a && b && n == m && p->numbers[0][s->sh_info] == p->numbers[1][t->sh_info];

    for (size_t i = 0; same && i < n; i++)
        same = a[i].r_offset == b[i].r_offset && a[i].r_addend == b[i].r_addend &&
               ELF64_R_TYPE(a[i].r_info) == ELF64_R_TYPE(b[i].r_info) &&
               same_symbol(p, ELF64_R_SYM(a[i].r_info), ELF64_R_SYM(b[i].r_info));
    return same;
}

/* The next section from *at on that counts: one that is loaded, or the relocations of such a one. NULL at the end. */
static const Elf64_Shdr *next_section(const struct elf_image *image, const size_t *numbers, size_t *at)
{
    while (*at < image->n_sections) {
        size_t i = (*at)++;
        const Elf64_Shdr *s = &image->sections[i];

        if (numbers[i] || ((s->sh_type == SHT_RELA || s->sh_type == SHT_REL) && s->sh_info < image->n_sections && numbers[s->sh_info]))
            return s;
    }
    return NULL;
}

static bool same_sections(const struct pair *p)
{
    size_t at[2] = { 0 };

    for (;;) {
        const Elf64_Shdr *s = next_section(p->image[0], p->numbers[0], &at[0]);
        const Elf64_Shdr *t = next_section(p->image[1], p->numbers[1], &at[1]);

        if (!s || !t)
            return !s && !t;
        if (s->sh_type == SHT_REL || t->sh_type == SHT_REL) /* not on this machine */
            return false;
        if (s->sh_type != t->sh_type || !(s->sh_type == SHT_RELA ? same_relocations(p, s, t) : same_contents(p, s, t)))
            return false;
    }
}

/* The next symbol from *at on that others see. */
static bool next_global(const struct symbols *s, size_t *at)
{
    while (*at < s->n && !is_global(&s->of[*at]))
        ++*at;
    return *at < s->n;
}

static bool same_globals(const struct pair *p)
{
    for (size_t a = 0, b = 0;; a++, b++) {
        bool more = next_global(p->symbols[0], &a);

        if (more != next_global(p->symbols[1], &b))
            return false;
        if (!more)
            return true;
        if (!same_symbol(p, a, b))
            return false;
    }
}

static bool same_object(const struct program *a, size_t i, const struct program *b, size_t j)
{
    struct pair p = { .image = { &a->linked.objects[i].image, &b->linked.objects[j].image },
                      .symbols = { &a->symbols[i], &b->symbols[j] } };
    bool same;

    if (p.image[0]->n == p.image[1]->n && memcmp(p.image[0]->data, p.image[1]->data, p.image[0]->n) == 0)
        return true;
    p.numbers[0] = number_sections(p.image[0]);
    p.numbers[1] = number_sections(p.image[1]);
    same = same_sections(&p) && same_globals(&p);
    free(p.numbers[0]);
    free(p.numbers[1]);
    return same;
}

static size_t count_reached(const struct program *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->linked.n; i++)
        n += p->reached[i];
    return n;
}

/* Of each object of a: the one of b by the same name with the same code; SIZE_MAX where there is none. */
static size_t *match_objects(const struct program *a, const struct program *b)
{
    size_t *match = mem_array(a->linked.n + 1, sizeof(*match));

    for (size_t i = 0; i < a->linked.n; i++) {
        match[i] = SIZE_MAX;
        for (size_t j = 0; j < b->linked.n && match[i] == SIZE_MAX; j++)
            if (strcmp(a->linked.objects[i].name, b->linked.objects[j].name) == 0 && same_object(a, i, b, j))
                match[i] = j;
    }
    return match;
}

static bool same_reach(struct program *a, struct program *b, const size_t *match, const char *symbol)
{
    bool same = reach_all(a, symbol) && reach_all(b, symbol) && count_reached(a) == count_reached(b);

    for (size_t i = 0; i < a->linked.n && same; i++)
        same = !a->reached[i] || (match[i] != SIZE_MAX && b->reached[match[i]]);
    return same;
}

size_t against_reach(const char *path_a, const char *path_b, const char *const *symbols, size_t n, bool *same)
{
    struct program a = { 0 }, b = { 0 };
    size_t *match = NULL, n_same = 0;
    bool told = program_open(&a, path_a) && program_open(&b, path_b);

    if (told)
        match = match_objects(&a, &b);
    for (size_t i = 0; i < n; i++) {
        same[i] = told && same_reach(&a, &b, match, symbols[i]);
        n_same += same[i];
    }
    free(match);
    program_close(&a);
    program_close(&b);
    return n_same;
}
