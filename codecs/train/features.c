// SPDX-License-Identifier: MIT
#include "base/mem.h"
#include "codecs/encoder_words.h"
#include "codecs/train/net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct frequent {
    uint32_t word, count;
};

static int most_frequent_first(const void *a, const void *b)
{
    const struct frequent *x = a, *y = b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->word < y->word ? -1 : x->word > y->word;
}

void net_vocabulary(const struct texts *texts, size_t most_words, size_t buckets, struct net_vocabulary *vocabulary)
{
    struct frequent *order = mem_array(texts->n_words, sizeof(*order));

    *vocabulary = (struct net_vocabulary){ .buckets = buckets };
    vocabulary->known = mem_array(texts->n_words, sizeof(*vocabulary->known));
    for (uint32_t w = 0; w < texts->n_words; w++) {
        order[w] = (struct frequent){ w, texts->count[w] };
        vocabulary->known[w] = UINT32_MAX;
    }
    qsort(order, texts->n_words, sizeof(*order), most_frequent_first);
    while (vocabulary->n_known < most_words && vocabulary->n_known < texts->n_words &&
           order[vocabulary->n_known].count > 1) { /* a word seen once teaches nothing about others */
        vocabulary->known[order[vocabulary->n_known].word] = (uint32_t)vocabulary->n_known;
        vocabulary->n_known++;
    }
    free(order);
}

void net_vocabulary_free(struct net_vocabulary *vocabulary)
{
    free(vocabulary->known);
    *vocabulary = (struct net_vocabulary){ 0 };
}

void net_features(const struct texts *texts, const struct net_vocabulary *vocabulary, struct net_features *features)
{
    uint32_t grams[WORD_GRAMS_MAX];
    size_t row_capacity = 0, coefficient_capacity = 0, n = 0;

    *features = (struct net_features){ .n_words = texts->n_words };
    features->first = mem_array(texts->n_words + 1, sizeof(*features->first));
    for (size_t w = 0; w < texts->n_words; w++) {
        const char *word = texts->spelling[w];
        size_t n_grams = encoder_word_grams(word, strlen(word), (uint32_t)vocabulary->buckets, grams);

        features->rows = mem_grow(features->rows, &row_capacity, n + n_grams + 1, sizeof(*features->rows));
        features->coefficients = mem_grow(features->coefficients, &coefficient_capacity, n + n_grams + 1,
                                          sizeof(*features->coefficients));
        if (vocabulary->known[w] != UINT32_MAX) {
            features->rows[n] = vocabulary->known[w];
            features->coefficients[n++] = 1;
        }
        for (size_t g = 0; g < n_grams; g++) {
            features->rows[n] = (uint32_t)vocabulary->n_known + grams[g];
            features->coefficients[n++] = 1 / sqrtf((float)n_grams);
        }
        features->first[w + 1] = (uint32_t)n;
    }
}

void net_features_free(struct net_features *features)
{
    free(features->first);
    free(features->rows);
    free(features->coefficients);
    *features = (struct net_features){ 0 };
}
