// SPDX-License-Identifier: MIT
#include "cli/against_linked.h"

#include "base/mem.h"
#include "base/text.h"

#include <ar.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct reader {
    struct against_linked *linked;
    struct text folders[2]; /* that the map's paths may start from: of the build (ninja links there), of the program (make) */
    struct timespec built;  /* the program */
};

/* A file of the map, mapped whole; no data where it is gone or newer than the program. */
static struct elf_image open_file(const struct reader *r, const char *path, size_t length)
{
    struct elf_image file = { 0 };

    for (size_t i = 0; i < ARRAY_LEN(r->folders) && !file.data; i++) {
        struct text full = { 0 };
        struct stat st;

        text_addf(&full, "%s%.*s", *path == '/' ? "" : r->folders[i].data, (int)length, path);
        if (stat(full.data, &st) == 0 &&
            (st.st_mtim.tv_sec < r->built.tv_sec ||
             (st.st_mtim.tv_sec == r->built.tv_sec && st.st_mtim.tv_nsec <= r->built.tv_nsec)))
            file = elf_open(full.data);
        text_free(&full);
    }
    return file;
}

static bool add_object(struct reader *r, const char *name, const void *bytes, size_t n)
{
    struct against_linked *l = r->linked;
    struct against_object *o;

    l->objects = mem_grow(l->objects, &l->capacity, l->n + 1, sizeof(*l->objects));
    o = &l->objects[l->n++];
    o->name = mem_strdup(name);
    o->bytes = mem_array(n ? n : 1, 1);
    memcpy(o->bytes, bytes, n);
    o->image = elf_image(o->bytes, n);
    return o->image.sections;
}

/* A member of an archive, at `at`: its header, and where its bytes are. */
struct entry {
    const struct ar_hdr *head;
    size_t at, n;
};

static bool next_entry(const struct elf_image *archive, size_t *at, struct entry *e)
{
    char size[sizeof(e->head->ar_size) + 1] = { 0 };

    if (!elf_inside(archive, *at, sizeof(*e->head)))
        return false;
    e->head = (const void *)(archive->data + *at);
    memcpy(size, e->head->ar_size, sizeof(e->head->ar_size));
    e->n = strtoull(size, NULL, 10);
    e->at = *at + sizeof(*e->head);
    *at = e->at + e->n + e->n % 2;
    return memcmp(e->head->ar_fmag, ARFMAG, sizeof(e->head->ar_fmag)) == 0 && elf_inside(archive, e->at, e->n);
}

/* GNU's way: "name/", or "/N" for a name at N of the member "//", which ends by "/\n". */
static bool is_named(const struct entry *e, const struct elf_image *archive, const struct entry *names, const char *name,
                     size_t length)
{
    const char *from = e->head->ar_name;
    size_t n = sizeof(e->head->ar_name), skip;

    if (from[0] == '/' && from[1] >= '0' && from[1] <= '9') {
        skip = strtoull(from + 1, NULL, 10); /* blanks follow it */
        if (!names->head || skip >= names->n)
            return false;
        from = (const char *)archive->data + names->at + skip;
        n = names->n - skip;
    }
    return length < n && memcmp(from, name, length) == 0 && from[length] == '/';
}

/* "archive(member)" */
static bool take_member(struct reader *r, const char *name)
{
    const char *open = strrchr(name, '('), *member = open + 1;
    size_t length = strlen(member) - 1, at = SARMAG, found = 0;
    struct elf_image archive = open_file(r, name, (size_t)(open - name));
    struct entry e, names = { 0 }, it = { 0 };
    bool ok;

    if (archive.n >= SARMAG && memcmp(archive.data, ARMAG, SARMAG) == 0)
        while (next_entry(&archive, &at, &e)) {
            if (memcmp(e.head->ar_name, "// ", 3) == 0) {
                names = e;
            } else if (is_named(&e, &archive, &names, member, length)) {
                it = e;
                found++;
            }
        }
    ok = found == 1 && add_object(r, name, archive.data + it.at, it.n);
    elf_close(&archive);
    return ok;
}

static bool ends_with(const char *s, const char *tail)
{
    size_t n = strlen(s), m = strlen(tail);

    return n >= m && strcmp(s + n - m, tail) == 0;
}

static bool take_object(struct reader *r, const char *name)
{
    struct elf_image file = open_file(r, name, strlen(name));
    bool ok = file.data && add_object(r, name, file.data, file.n);

    elf_close(&file);
    return ok;
}

/* One line of the map. Its titles are in the user's language, and what is discarded is indented; each member that was taken
 * stands first in a line of its own, with who wanted it behind it, and each file behind LOAD. A shared library is no part of
 * the program. A path with a space cannot be told from the rest of its line. */
static bool take_line(struct reader *r, char *line)
{
    size_t first = strcspn(line, " \n");

    line[strcspn(line, "\n")] = '\0';
    if (first == 0)
        return true;
    if (strncmp(line, "LOAD ", 5) == 0)
        return !ends_with(line, ".o") || take_object(r, line + 5);
    if (line[first - 1] != ')')
        return !strstr(line, ".a(") || memmem(line, first, ".so", 3);
    line[first] = '\0';
    return strchr(line, '(') && take_member(r, line);
}

static bool set_folders(struct reader *r, const char *program)
{
    static const int up[ARRAY_LEN(r->folders)] = { 3, 1 }; /* build/harness/cli/pawl */
    bool ok = true;

    for (size_t i = 0; i < ARRAY_LEN(up); i++) {
        size_t n = strlen(program);

        for (int level = 0; level < up[i]; level++)
            while (n > 0 && program[--n] != '/')
                ;
        ok &= n > 0;
        text_addf(&r->folders[i], "%.*s/", (int)n, program);
    }
    return ok;
}

bool against_linked_read(const char *program, struct against_linked *linked)
{
    struct reader r = { .linked = linked };
    struct text path = { 0 };
    size_t capacity = 0;
    char *line = NULL;
    struct stat st;
    bool ok;
    FILE *f;

    *linked = (struct against_linked){ 0 };
    text_addf(&path, "%s.map", program);
    f = fopen(path.data, "re");
    ok = f && stat(program, &st) == 0 && set_folders(&r, program);
    if (ok)
        r.built = st.st_mtim;
    while (ok && getline(&line, &capacity, f) >= 0)
        ok = take_line(&r, line);
    if (f)
        fclose(f);
    free(line);
    text_free(&path);
    for (size_t i = 0; i < ARRAY_LEN(r.folders); i++)
        text_free(&r.folders[i]);
    return ok && linked->n > 0;
}

void against_linked_free(struct against_linked *linked)
{
    for (size_t i = 0; i < linked->n; i++) {
        free(linked->objects[i].name);
        free(linked->objects[i].bytes);
    }
    free(linked->objects);
    *linked = (struct against_linked){ 0 };
}
