// SPDX-License-Identifier: MIT
#include "codecs/corpus_private.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "codecs/lsa.h"
#include "codecs/progress.h"
#include "codecs/wordnet.h"

#include <stdlib.h>

/* To be raised when the same options make other vectors. */
enum { LSA_CODE = 1 };

static const struct lsa_options options = {
    .dims = 1024, .oversample = 96, .iterations = 3, .exponent = 2.5, .seed = 1
};

/* Words, definition and examples of a synset. */
static void text_of(const struct wordnet_synset *s, struct text *text)
{
    for (size_t i = 0; i < s->n_lemmas; i++)
        text_addf(text, "%s ", s->lemmas[i]);
    text_add(text, s->definition);
    for (size_t i = 0; i < s->n_examples; i++)
        text_addf(text, " %s", s->examples[i]);
}

static int make(const void *arg, struct vectors *all, uint64_t **documents, struct err *err)
{
    const struct wordnet *w = arg;
    struct text *texts = mem_array(w->n, sizeof(*texts));
    const char **strings = mem_array(w->n, sizeof(*strings));
    int ret;

    *documents = mem_array(w->n, sizeof(**documents));
    for (size_t i = 0; i < w->n; i++) {
        text_of(&w->synsets[i], &texts[i]);
        strings[i] = texts[i].data;
        (*documents)[i] = wordnet_id(&w->synsets[i]);
    }
    ret = lsa_embed(strings, w->n, &options, all, err);
    for (size_t i = 0; i < w->n; i++)
        text_free(&texts[i]);
    free(texts);
    free(strings);
    return ret;
}

int corpus_lsa(struct corpus_size size, struct corpus *corpus, struct err *err)
{
    struct wordnet wordnet;
    struct corpus_source source = { .name = "lsa",
                                    .origin = "latent semantic analysis of WordNet's glosses",
                                    .keep = true,
                                    .train = 30000,
                                    .base = 50000,
                                    .queries = 1000,
                                    .make = make,
                                    .arg = &wordnet };
    int ret;

    *corpus = (struct corpus){ 0 };
    if (wordnet_load(NULL, &wordnet, err) < 0)
        return -1;
    source.key = rng_mix(wordnet.hash, LSA_CODE);
    ret = corpus_build(&source, size, corpus, err);
    wordnet_free(&wordnet);
    return ret;
}
