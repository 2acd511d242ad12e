// SPDX-License-Identifier: MIT
#include "codecs/corpus_private.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "codecs/encoder.h"
#include "codecs/progress.h"
#include "codecs/wordnet.h"

#include <stdlib.h>
#include <string.h>

/* To be raised when the same weights and text make other vectors. */
enum { WORDNET_CODE = 1 };

enum { PORTION = 4096 }; /* texts between two words about how far it is */

struct source {
    struct wordnet wordnet;
    struct encoder *encoder;
};

/* What a synset means: its words and their definition, as the encoder was trained to read them. */
static char *text_of(const struct wordnet_synset *s)
{
    struct text text = { 0 };

    for (size_t i = 0; i < s->n_lemmas; i++)
        text_addf(&text, "%s ", s->lemmas[i]);
    text_add(&text, s->definition);
    return text.data;
}

static int encode(const struct source *source, const char *const *texts, struct vectors *all, struct err *err)
{
    for (size_t first = 0; first < all->n; first += PORTION) {
        size_t n = all->n - first < PORTION ? all->n - first : PORTION;
        struct vectors part = { 0 };

        progress_say("encoding WordNet: %zu of %zu texts", first, all->n);
        if (encoder_encode(source->encoder, texts + first, n, &part, err) < 0)
            return -1;
        memcpy(all->data + first * all->dim, part.data, n * all->dim * sizeof(*all->data));
        vectors_free(&part);
    }
    return 0;
}

static int make(const void *arg, struct vectors *all, uint64_t **documents, struct err *err)
{
    const struct source *source = arg;
    const struct wordnet *w = &source->wordnet;
    char **texts = mem_array(w->n, sizeof(*texts));
    int ret = -1;

    *documents = mem_array(w->n, sizeof(**documents));
    for (size_t i = 0; i < w->n; i++) {
        texts[i] = text_of(&w->synsets[i]);
        (*documents)[i] = wordnet_id(&w->synsets[i]);
    }
    if (vectors_new(all, w->n, ENCODER_DIM, err) == 0)
        ret = encode(source, (const char *const *)texts, all, err);
    for (size_t i = 0; i < w->n; i++)
        free(texts[i]);
    free(texts);
    return ret;
}

int corpus_wordnet(struct corpus_size size, struct corpus *corpus, struct err *err)
{
    struct source parts = { 0 };
    struct corpus_source source = { .name = "wordnet",
                                    .origin = "WordNet's glosses by pawl's encoder",
                                    .keep = true,
                                    .matryoshka = true,
                                    .train = 30000,
                                    .base = 50000,
                                    .queries = 1000,
                                    .make = make,
                                    .arg = &parts };
    int ret = -1;

    *corpus = (struct corpus){ 0 };
    if (wordnet_load(NULL, &parts.wordnet, err) < 0 || encoder_builtin(&parts.encoder, err) < 0)
        goto out;
    source.key = rng_mix(rng_mix(parts.wordnet.hash, encoder_hash(parts.encoder)), WORDNET_CODE);
    ret = corpus_build(&source, size, corpus, err);
out:
    wordnet_free(&parts.wordnet);
    encoder_free(parts.encoder);
    return ret;
}
