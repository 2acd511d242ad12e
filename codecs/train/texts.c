// SPDX-License-Identifier: MIT
#include "codecs/train/texts.h"

#include "base/mem.h"
#include "codecs/encoder_words.h"

#include <stdlib.h>
#include <string.h>

/* One synset in so many is held out. */
enum { HELD_OUT = 20 };

const char *const pair_kind_names[PAIR_KINDS] = { "lemmas", "example", "hypernym", "halves", "related", "usage" };

/* Open addressing; a slot holds an id + 1. */
struct dictionary {
    struct texts *texts;
    uint32_t *slots;
    size_t n_slots, spelling_capacity, count_capacity, pool_capacity, n_pool;
};

static void rehash(struct dictionary *d)
{
    free(d->slots);
    d->n_slots = d->n_slots ? 2 * d->n_slots : 1 << 16;
    d->slots = mem_array(d->n_slots, sizeof(*d->slots));
    for (uint32_t id = 0; id < d->texts->n_words; id++) {
        const char *word = d->texts->spelling[id];
        size_t at = encoder_word_hash(word, strlen(word)) & (d->n_slots - 1);

        while (d->slots[at])
            at = (at + 1) & (d->n_slots - 1);
        d->slots[at] = id + 1;
    }
}

static uint32_t word_id(struct dictionary *d, const char *word, size_t len)
{
    struct texts *t = d->texts;
    size_t at;

    if (2 * t->n_words >= d->n_slots)
        rehash(d);
    at = encoder_word_hash(word, len) & (d->n_slots - 1);
    for (; d->slots[at]; at = (at + 1) & (d->n_slots - 1)) // NOLINT: rehash() made them
        if (!strcmp(t->spelling[d->slots[at] - 1], word))
            return d->slots[at] - 1;
    t->spelling = mem_grow(t->spelling, &d->spelling_capacity, t->n_words + 1, sizeof(*t->spelling));
    t->count = mem_grow(t->count, &d->count_capacity, t->n_words + 1, sizeof(*t->count));
    t->spelling[t->n_words] = mem_strdup(word);
    d->slots[at] = (uint32_t)++t->n_words;
    return (uint32_t)t->n_words - 1;
}

static void add_words(struct dictionary *d, const char *text, bool counted)
{
    char word[WORD_LETTERS_MAX + 1];
    size_t len;

    while ((len = encoder_word_next(&text, word)) > 0) {
        uint32_t id = word_id(d, word, len);

        d->texts->words = mem_grow(d->texts->words, &d->pool_capacity, d->n_pool + 1, sizeof(*d->texts->words));
        d->texts->words[d->n_pool++] = id;
        d->texts->count[id] += counted;
    }
}

static struct span span_from(const struct dictionary *d, size_t begin)
{
    return (struct span){ (uint32_t)begin, (uint32_t)d->n_pool };
}

static bool is_held_out(const struct wordnet_synset *s)
{
    char name[16] = { s->pos == 's' ? 'a' : s->pos };

    for (size_t i = 0; i < 4; i++)
        name[1 + i] = (char)(s->offset >> 8 * i);
    return encoder_word_hash(name, 5) % HELD_OUT == 0;
}

void texts_make(const struct wordnet *wordnet, struct texts *texts)
{
    struct dictionary d = { .texts = texts };
    size_t n_examples = 0, begin;

    *texts = (struct texts){ .n = wordnet->n };
    for (size_t s = 0; s < wordnet->n; s++)
        n_examples += wordnet->synsets[s].n_examples;
    texts->definition = mem_array(wordnet->n, sizeof(*texts->definition));
    texts->lemmas = mem_array(wordnet->n, sizeof(*texts->lemmas));
    texts->held_out = mem_array(wordnet->n, sizeof(*texts->held_out));
    texts->examples = mem_array(n_examples + 1, sizeof(*texts->examples));
    texts->first_example = mem_array(wordnet->n + 1, sizeof(*texts->first_example));
    for (size_t s = 0; s < wordnet->n; s++) {
        const struct wordnet_synset *synset = &wordnet->synsets[s];
        bool counted = !is_held_out(synset);

        texts->held_out[s] = !counted;
        begin = d.n_pool;
        for (size_t i = 0; i < synset->n_lemmas; i++)
            add_words(&d, synset->lemmas[i], counted);
        texts->lemmas[s] = span_from(&d, begin);
        begin = d.n_pool;
        add_words(&d, synset->definition, counted);
        texts->definition[s] = span_from(&d, begin);
        texts->first_example[s + 1] = texts->first_example[s];
        for (size_t i = 0; i < synset->n_examples; i++) {
            begin = d.n_pool;
            add_words(&d, synset->examples[i], counted);
            texts->examples[texts->first_example[s + 1]++] = span_from(&d, begin);
        }
    }
    free(d.slots);
}

void texts_free(struct texts *texts)
{
    for (size_t i = 0; i < texts->n_words; i++)
        free(texts->spelling[i]);
    free(texts->spelling);
    free(texts->count);
    free(texts->words);
    free(texts->definition);
    free(texts->lemmas);
    free(texts->examples);
    free(texts->first_example);
    free(texts->held_out);
    *texts = (struct texts){ 0 };
}

struct pair_list {
    struct pair *pairs;
    size_t n, capacity;
};

static void add_pair(struct pair_list *list, struct pair pair)
{
    if (pair.x.begin == pair.x.end || pair.y.begin == pair.y.end)
        return;
    list->pairs = mem_grow(list->pairs, &list->capacity, list->n + 1, sizeof(*list->pairs));
    list->pairs[list->n++] = pair;
}

struct pair *texts_pairs(const struct texts *texts, const struct wordnet *wordnet, bool held_out, size_t *n)
{
    struct pair_list list = { 0 };

    for (uint32_t s = 0; s < texts->n; s++) {
        const struct wordnet_synset *synset = &wordnet->synsets[s];
        struct span definition = texts->definition[s], lemmas = texts->lemmas[s];

        if (texts->held_out[s] != held_out)
            continue;
        add_pair(&list, (struct pair){ s, s, lemmas, definition, lemmas.begin, definition.begin, PAIR_LEMMAS });
        for (uint32_t e = texts->first_example[s]; e < texts->first_example[s + 1]; e++)
            add_pair(&list, (struct pair){ s, s, texts->examples[e], definition, texts->examples[e].begin, lemmas.begin,
                                           PAIR_EXAMPLE });
        for (size_t h = 0; h < synset->n_hypernyms; h++) {
            uint32_t b = synset->hypernyms[h];

            if (held_out || !texts->held_out[b])
                add_pair(&list, (struct pair){ s, b, definition, texts->definition[b], lemmas.begin,
                                               texts->lemmas[b].begin, PAIR_HYPERNYM });
        }
        if (held_out)
            continue;
        for (size_t r = 0; r < synset->n_related; r++) {
            uint32_t b = synset->related[r];

            if (!texts->held_out[b])
                add_pair(&list, (struct pair){ s, b, definition, texts->definition[b], lemmas.begin,
                                               texts->lemmas[b].begin, PAIR_RELATED });
        }
        for (uint32_t e = texts->first_example[s]; e < texts->first_example[s + 1]; e++)
            add_pair(&list, (struct pair){ s, s, texts->examples[e], lemmas, texts->examples[e].begin, lemmas.begin,
                                           PAIR_USAGE });
        if (definition.end - definition.begin >= 4)
            add_pair(&list,
                     (struct pair){ s, s, definition, definition, definition.begin, definition.begin, PAIR_HALVES });
    }
    *n = list.n;
    return list.pairs;
}
