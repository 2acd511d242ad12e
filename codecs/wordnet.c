// SPDX-License-Identifier: MIT
#include "codecs/wordnet.h"

#include "base/mem.h"
#include "codecs/hash.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The files, and the characters that pointers name them with. */
static const struct {
    const char *name;
    char pos;
} files[] = { { "noun", 'n' }, { "verb", 'v' }, { "adj", 'a' }, { "adv", 'r' } };

enum { N_FILES = ARRAY_LEN(files), TEXT_MAX = 1 << 28 };

/* A broader synset while its index is not known yet. */
struct link {
    uint32_t offset;
    uint8_t file;
    bool broader;
};

struct parse {
    struct wordnet *wordnet;
    size_t synset_capacity, string_capacity, n_strings, link_capacity, n_links;
    size_t first[N_FILES + 1]; /* the first synset of each file */
    struct link *links;

    const char *path; /* of the file in hand */
    size_t line, file;
    char *at;
    struct err *err;
};

static int bad(struct parse *p, const char *what)
{
    return err_set(p->err, ERR_CONFIG, "'%s' line %zu: %s", p->path, p->line, what);
}

/* The next word of the line, NUL-terminated in place; "" at its end. */
static char *word(struct parse *p)
{
    char *start = p->at;

    p->at += strcspn(p->at, " ");
    if (*p->at)
        *p->at++ = '\0';
    return start;
}

static int number(struct parse *p, int base, uint32_t max, const char *what, uint32_t *value)
{
    char *s = word(p), *end;
    unsigned long v = strtoul(s, &end, base);

    if (!isxdigit((unsigned char)*s) || *end || v > max) {
        char text[96];

        snprintf(text, sizeof(text), "'%.20s' is not %s", s, what);
        return bad(p, text);
    }
    *value = (uint32_t)v;
    return 0;
}

static void add_string(struct parse *p, const char *s)
{
    struct wordnet *w = p->wordnet;

    w->strings = mem_grow(w->strings, &p->string_capacity, p->n_strings + 1, sizeof(*w->strings));
    w->strings[p->n_strings++] = s;
}

/* "long-familiar(a)" and "ice_cream" as people write them. */
static int lemmas(struct parse *p, struct wordnet_synset *s)
{
    uint32_t n, lex_id;

    if (number(p, 16, 255, "a number of words", &n) < 0)
        return -1;
    if (n == 0)
        return bad(p, "a synset without a word");
    for (s->n_lemmas = 0; s->n_lemmas < n; s->n_lemmas++) {
        char *lemma = word(p), *marker = strchr(lemma, '(');

        if (marker && s->pos != 'n' && s->pos != 'v')
            *marker = '\0';
        if (!*lemma || number(p, 16, 255, "a lexical id", &lex_id) < 0)
            return *lemma ? -1 : bad(p, "a word is missing");
        for (char *c = lemma; *c; c++)
            *c = *c == '_' ? ' ' : *c;
        add_string(p, lemma);
    }
    return 0;
}

static int pointers(struct parse *p, struct wordnet_synset *s)
{
    uint32_t n, offset, ends;

    if (number(p, 10, 999, "a number of pointers", &n) < 0)
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        const char *symbol = word(p), *pos;
        size_t file = 0;
        bool broader;

        if (number(p, 10, UINT32_MAX, "an offset", &offset) < 0)
            return -1;
        pos = word(p);
        if (number(p, 16, 0xffff, "a source and target", &ends) < 0)
            return -1;
        while (file < N_FILES && files[file].pos != *pos)
            file++;
        if (file == N_FILES)
            return bad(p, "a pointer to no part of speech");
        broader = !strcmp(symbol, "@") || !strcmp(symbol, "@i") || (s->pos == 's' && !strcmp(symbol, "&"));
        if (!broader && !(*symbol && strchr("+%=$^*>\\", *symbol)))
            continue;
        p->links = mem_grow(p->links, &p->link_capacity, p->n_links + 1, sizeof(*p->links));
        p->links[p->n_links++] = (struct link){ offset, (uint8_t)file, broader };
        *(broader ? &s->n_hypernyms : &s->n_related) += 1;
    }
    return 0;
}

/* Where the quotation that opens at `open` ends, NULL where it is part of the prose: an example follows punctuation,
 * and what follows it is punctuation, an attribution or the end. A last one may have lost its closing mark. */
static char *quotation_end(const char *gloss, char *open)
{
    char *close = strchr(open + 1, '"'), *after;
    const char *before = open;

    while (before > gloss && before[-1] == ' ')
        before--;
    if (before == gloss || !strchr(";:,\"", before[-1]))
        return NULL;
    if (!close)
        return before[-1] == ';' ? open + strlen(open) : NULL;
    after = close + 1 + strspn(close + 1, " ");
    return strchr(before[-1] == ',' ? ";-" : ";:,.-(\"", *after) ? close
                                                                 : NULL; /* finds the end of the string as well */
}

static char *trimmed(char *start, char *end, const char *chars)
{
    while (end > start && strchr(chars, end[-1]))
        end--;
    *end = '\0';
    return start + strspn(start, " ");
}

static void gloss(struct parse *p, struct wordnet_synset *s, char *text)
{
    size_t first = p->n_strings;
    char *start = NULL;

    for (char *open = strchr(text, '"'), *end; open; open = *end ? strchr(end + 1, '"') : NULL) {
        end = quotation_end(text, open);
        if (end) {
            start = start ? start : open;
            add_string(p, open + 1);
            s->n_examples++;
        } else {
            end = open;
        }
    }
    for (size_t i = first; i < p->n_strings; i++) { /* none has a mark inside: the first one is its end */
        char *example = text + (p->wordnet->strings[i] - text);

        example[strcspn(example, "\"")] = '\0';
    }
    s->definition = trimmed(text, start ? start : text + strlen(text), start ? " ;:," : " ;");
}

static int parse_line(struct parse *p, char *line)
{
    struct wordnet *w = p->wordnet;
    struct wordnet_synset *s;
    char *bar = strstr(line, "| ");
    uint32_t offset, lexicographer;
    const char *type;

    if (!bar)
        return bad(p, "no '|' before a gloss");
    *bar = '\0';
    p->at = line;
    w->synsets = mem_grow(w->synsets, &p->synset_capacity, w->n + 1, sizeof(*w->synsets));
    s = &w->synsets[w->n];
    if (number(p, 10, UINT32_MAX, "an offset", &offset) < 0 ||
        number(p, 10, 99, "a lexicographer file", &lexicographer) < 0)
        return -1;
    type = word(p);
    if (*type != files[p->file].pos && !(*type == 's' && files[p->file].pos == 'a'))
        return bad(p, "a synset of another part of speech than its file");
    s->pos = *type;
    s->offset = offset;
    if (w->n > p->first[p->file] && s[-1].offset >= offset)
        return bad(p, "the offsets do not rise");
    if (lemmas(p, s) < 0 || pointers(p, s) < 0)
        return -1;
    gloss(p, s, bar + 2);
    w->n++;
    return 0;
}

/* A line that opens with blanks is the licence's. */
static int parse_file(struct parse *p, char *text)
{
    p->first[p->file] = p->wordnet->n;
    for (p->line = 1; *text; p->line++) {
        char *end = text + strcspn(text, "\n"), *next = *end ? end + 1 : end;

        *end = '\0';
        if (*text && *text != ' ' && parse_line(p, text) < 0)
            return -1;
        text = next;
    }
    return 0;
}

static int by_offset(const void *key, const void *synset)
{
    uint32_t a = *(const uint32_t *)key, b = ((const struct wordnet_synset *)synset)->offset;

    return a < b ? -1 : a > b;
}

static const struct wordnet_synset *target(const struct parse *p, const struct wordnet_synset *s,
                                           const struct link *link)
{
    size_t first = p->first[link->file], n = p->first[link->file + 1] - first;
    const struct wordnet_synset *found = bsearch(&link->offset, p->wordnet->synsets + first, n, sizeof(*found), by_offset);

    if (!found)
        err_set(p->err, ERR_CONFIG, "'%s': synset %c%08u points to %08u, which is not in data.%s", p->path, s->pos,
                s->offset, link->offset, files[link->file].name);
    return found;
}

/* Now that nothing moves any more: the pools were filled in the order of the synsets. Of each the hypernyms come first. */
static int resolve(struct parse *p)
{
    struct wordnet *w = p->wordnet;
    const char *const *string = w->strings;
    const struct link *link = p->links;
    uint32_t *links = w->links = mem_array(p->n_links, sizeof(*w->links));

    for (size_t i = 0; i < w->n; i++) {
        struct wordnet_synset *s = &w->synsets[i];
        size_t n = s->n_hypernyms + s->n_related, broader = 0, near = s->n_hypernyms;

        s->lemmas = string;
        s->examples = string + s->n_lemmas;
        string += s->n_lemmas + s->n_examples;
        s->hypernyms = links;
        s->related = links + s->n_hypernyms;
        for (size_t k = 0; k < n; k++, link++) {
            const struct wordnet_synset *found = target(p, s, link);

            if (!found)
                return -1;
            links[link->broader ? broader++ : near++] = (uint32_t)(found - w->synsets);
        }
        links += n;
    }
    return 0;
}

/* Appends the file at `path` and a NUL to w->text. */
static int append_file(const char *path, struct wordnet *w, size_t *len, size_t *capacity, struct err *err)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    int ret = -1;

    if (!f)
        return err_set(err, ERR_HOST, "cannot read '%s': %s (apt install wordnet-base)", path, strerror(errno));
    if (fstat(fileno(f), &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > TEXT_MAX) {
        err_set(err, ERR_CONFIG, "'%s' is not a file of WordNet", path);
        goto out;
    }
    w->text = mem_grow(w->text, capacity, *len + (size_t)st.st_size + 1, 1);
    if (fread(w->text + *len, 1, (size_t)st.st_size, f) != (size_t)st.st_size) {
        err_set(err, ERR_HOST, "cannot read '%s': it is shorter than it was", path);
        goto out;
    }
    w->hash = hash_bytes(w->text + *len, (size_t)st.st_size, w->hash);
    *len += (size_t)st.st_size;
    w->text[(*len)++] = '\0';
    ret = 0;
out:
    fclose(f);
    return ret;
}

int wordnet_load(const char *folder, struct wordnet *wordnet, struct err *err)
{
    struct parse p = { .wordnet = wordnet, .err = err };
    size_t start[N_FILES], len = 0, capacity = 0;
    char path[512] = "";
    int ret = -1;

    *wordnet = (struct wordnet){ 0 };
    p.path = path;
    for (size_t i = 0; i < N_FILES; i++) {
        start[i] = len;
        snprintf(path, sizeof(path), "%s/data.%s", folder ? folder : WORDNET_FOLDER, files[i].name);
        if (append_file(path, wordnet, &len, &capacity, err) < 0)
            goto out;
    }
    for (p.file = 0; p.file < N_FILES; p.file++) {
        snprintf(path, sizeof(path), "%s/data.%s", folder ? folder : WORDNET_FOLDER, files[p.file].name);
        if (parse_file(&p, wordnet->text + start[p.file]) < 0)
            goto out;
    }
    p.first[N_FILES] = wordnet->n;
    snprintf(path, sizeof(path), "%s", folder ? folder : WORDNET_FOLDER);
    if (wordnet->n == 0)
        err_set(err, ERR_CONFIG, "'%s' has no synset", path);
    else
        ret = resolve(&p);
out:
    free(p.links);
    if (ret < 0)
        wordnet_free(wordnet);
    return ret;
}

uint64_t wordnet_id(const struct wordnet_synset *synset)
{
    return (uint64_t)(synset->pos == 's' ? 'a' : synset->pos) << 32 | synset->offset;
}

void wordnet_free(struct wordnet *wordnet)
{
    free(wordnet->synsets);
    free(wordnet->text);
    free(wordnet->strings);
    free(wordnet->links);
    *wordnet = (struct wordnet){ 0 };
}
