// SPDX-License-Identifier: MIT
#include "codecs/encoder.h"

#include "base/mem.h"
#include "codecs/blas.h"
#include "codecs/codec.h"
#include "codecs/encoder_words.h"
#include "base/fast_exp.h"
#include "codecs/fields.h"
#include "codecs/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Texts that go through the layers together. */
enum { BLOCK = 512, WORDS_MAX = 1 << 20, WIDTH_MAX = 4096 };

static const char magic[13] = "pawl encoder";

struct encoder {
    size_t words, buckets, width, hidden;
    char *vocabulary;
    uint32_t *slots; /* open addressing: offset in the vocabulary + 1 */
    uint32_t *rows;  /* of each slot's word */
    size_t n_slots;
    float *table;             /* (words + buckets, width); a word's row has its n-grams' in it */
    float *w1, *b1, *w2, *b2; /* as in the header */
    uint64_t hash;
};

static size_t find_slot(const struct encoder *e, const char *word, size_t len)
{
    size_t at = encoder_word_hash(word, len) & (e->n_slots - 1);

    while (e->slots[at] && strcmp(e->vocabulary + e->slots[at] - 1, word))
        at = (at + 1) & (e->n_slots - 1);
    return at;
}

/* -1 where the vocabulary is not `words` words as encoder_word_next() makes them. */
static int index_words(struct encoder *e, size_t len)
{
    char *word = e->vocabulary, *end = word + len;

    for (e->n_slots = 4; e->n_slots < 2 * e->words;)
        e->n_slots *= 2;
    e->slots = mem_array(e->n_slots, sizeof(*e->slots));
    e->rows = mem_array(e->n_slots, sizeof(*e->rows));
    for (size_t row = 0; row < e->words; row++) {
        char *nul = memchr(word, '\0', (size_t)(end - word));
        size_t slot;

        if (!nul || nul == word || nul - word > WORD_LETTERS_MAX)
            return -1;
        slot = find_slot(e, word, (size_t)(nul - word));
        if (e->slots[slot])
            return -1;
        e->slots[slot] = (uint32_t)(word - e->vocabulary) + 1;
        e->rows[slot] = (uint32_t)row;
        word = nul + 1;
    }
    return word == end ? 0 : -1;
}

static int read_table(struct encoder *e, struct blob_reader *in)
{
    size_t n = e->words + e->buckets, bytes = e->width / 2;
    float *unit = fields_halves(in, n);
    uint8_t *row = mem_array(bytes, 1);

    if (unit)
        e->table = mem_array(n * e->width, sizeof(float));
    for (size_t i = 0; unit && i < n; i++) {
        blob_get_bytes(in, row, bytes);
        for (size_t j = 0; j < bytes; j++) {
            e->table[i * e->width + 2 * j] = unit[i] * (float)((row[j] & 15) - 8);
            e->table[i * e->width + 2 * j + 1] = unit[i] * (float)((row[j] >> 4) - 8);
        }
    }
    free(row);
    free(unit);
    return e->table && !in->failed ? 0 : -1;
}

static int read_layer(struct blob_reader *in, size_t n, size_t width, float **weights, float **bias)
{
    float *unit = fields_halves(in, n);
    int8_t *row = mem_array(width, 1);
    bool fits = unit && width <= (in->len - in->at) / n;

    *weights = fits ? mem_array(n * width, sizeof(float)) : NULL;
    for (size_t i = 0; fits && i < n; i++) {
        blob_get_bytes(in, row, width);
        for (size_t j = 0; j < width; j++)
            (*weights)[i * width + j] = unit[i] * (float)row[j];
    }
    free(row);
    free(unit);
    *bias = *weights ? fields_floats(in, n) : NULL;
    return *bias ? 0 : -1;
}

/* Adds the rows of a word's n-grams to p. */
static void add_grams(const struct encoder *e, const char *word, size_t len, float *p)
{
    uint32_t grams[WORD_GRAMS_MAX];
    size_t n = encoder_word_grams(word, len, (uint32_t)e->buckets, grams);
    float c = n ? 1 / sqrtf((float)n) : 0;

    for (size_t g = 0; g < n; g++) {
        const float *row = e->table + (e->words + grams[g]) * e->width;

        for (size_t j = 0; j < e->width; j++)
            p[j] += c * row[j];
    }
}

static int read_weights(struct encoder *e, struct blob_reader *in)
{
    size_t len;

    e->words = blob_get_u32(in);
    e->buckets = blob_get_u32(in);
    e->width = blob_get_u32(in);
    e->hidden = blob_get_u32(in);
    if (blob_get_u32(in) != ENCODER_DIM || e->words > WORDS_MAX || e->buckets > WORDS_MAX ||
        e->words + e->buckets == 0 || e->width == 0 || e->width > WIDTH_MAX || e->width % 2 || e->hidden == 0 ||
        e->hidden > WIDTH_MAX)
        return -1;
    len = blob_get_u32(in);
    if (in->failed || len > in->len - in->at || (e->words + e->buckets) * (e->width / 2) > in->len - in->at)
        return -1;
    e->vocabulary = mem_array(len + 1, 1);
    blob_get_bytes(in, e->vocabulary, len);
    if (index_words(e, len) < 0 || read_table(e, in) < 0 || read_layer(in, e->hidden, e->width, &e->w1, &e->b1) < 0 ||
        read_layer(in, ENCODER_DIM, e->width + e->hidden, &e->w2, &e->b2) < 0 || in->at != in->len)
        return -1;
    for (size_t slot = 0; slot < e->n_slots; slot++) {
        const char *word = e->vocabulary + e->slots[slot] - 1;

        if (e->slots[slot])
            add_grams(e, word, strlen(word), e->table + e->rows[slot] * e->width);
    }
    return 0;
}

int encoder_load(const void *bytes, size_t len, struct encoder **encoder, struct err *err)
{
    struct blob_reader in = { .data = bytes, .len = len }, sum = in;
    struct encoder *e;
    char start[sizeof(magic)] = "";
    uint64_t hash;

    if (len < sizeof(magic) + 8 || blob_get_bytes(&in, start, sizeof(start)) < 0 || memcmp(start, magic, sizeof(magic)))
        return err_set(err, ERR_CONFIG, "these are not the weights of an encoder");
    in.len -= 8;
    sum.at = in.len;
    hash = hash_bytes(bytes, in.len, 0);
    if (blob_get_u64(&sum) != hash)
        return err_set(err, ERR_CONFIG, "the weights of the encoder are damaged: their checksum does not match");
    if (blob_get_u32(&in) != ENCODER_VERSION)
        return err_set(err, ERR_CONFIG, "the weights of the encoder are of another version than %d", ENCODER_VERSION);
    e = mem_array(1, sizeof(*e));
    e->hash = hash;
    if (read_weights(e, &in) < 0) {
        encoder_free(e);
        return err_set(err, ERR_CONFIG, "the weights of the encoder contradict themselves before byte %zu", in.at);
    }
    *encoder = e;
    return 0;
}

void encoder_free(struct encoder *encoder)
{
    if (!encoder)
        return;
    free(encoder->vocabulary);
    free(encoder->slots);
    free(encoder->rows);
    free(encoder->table);
    free(encoder->w1);
    free(encoder->b1);
    free(encoder->w2);
    free(encoder->b2);
    free(encoder);
}

uint64_t encoder_hash(const struct encoder *encoder)
{
    return encoder->hash;
}

/* False where there is no word: p is zeros then. */
static bool pool(const struct encoder *e, const char *text, float *p)
{
    char word[WORD_LETTERS_MAX + 1];
    float sum = 0, scale;
    size_t len;

    memset(p, 0, e->width * sizeof(*p));
    while ((len = encoder_word_next(&text, word)) > 0) {
        size_t slot = find_slot(e, word, len);
        const float *row = e->table + e->rows[slot] * e->width;

        if (!e->slots[slot])
            add_grams(e, word, len, p);
        else
            for (size_t j = 0; j < e->width; j++)
                p[j] += row[j];
    }
    for (size_t j = 0; j < e->width; j++)
        sum += p[j] * p[j];
    scale = 1 / sqrtf(sum / (float)e->width + 1e-12f);
    for (size_t j = 0; j < e->width; j++)
        p[j] *= scale;
    return sum > 0;
}

struct block {
    float *mixed, *before; /* (BLOCK, width + hidden) [p; h], (BLOCK, hidden) */
    bool known[BLOCK];
};

static void encode_block(const struct encoder *e, struct block *b, const char *const *texts, size_t n, float *z)
{
    size_t mixed = e->width + e->hidden;

    for (size_t i = 0; i < n; i++)
        b->known[i] = pool(e, texts[i], b->mixed + i * mixed);
    blas_sgemm(false, true, n, e->hidden, e->width, 1, b->mixed, mixed, e->w1, e->width, 0, b->before, e->hidden);
    for (size_t i = 0; i < n; i++) {
        float *h = b->mixed + i * mixed + e->width;

        for (size_t j = 0; j < e->hidden; j++) {
            float a = b->before[i * e->hidden + j] + e->b1[j];

            h[j] = a / (1 + fast_exp(-1.702f * a));
        }
        memcpy(z + i * ENCODER_DIM, e->b2, ENCODER_DIM * sizeof(*z));
    }
    blas_sgemm(false, true, n, ENCODER_DIM, mixed, 1, b->mixed, mixed, e->w2, mixed, 1, z, ENCODER_DIM);
    for (size_t i = 0; i < n; i++)
        if (!b->known[i])
            memset(z + i * ENCODER_DIM, 0, ENCODER_DIM * sizeof(*z));
}

int encoder_encode(const struct encoder *encoder, const char *const *texts, size_t n, struct vectors *out,
                   struct err *err)
{
    struct block block = { 0 };
    int ret = -1;

    *out = (struct vectors){ 0 };
    block.mixed = mem_aligned(BLOCK * (encoder->width + encoder->hidden), sizeof(float), MEM_LINE, err);
    block.before = mem_aligned(BLOCK * encoder->hidden, sizeof(float), MEM_LINE, err);
    if (!block.mixed || !block.before || blas_load(err) < 0 || vectors_new(out, n, ENCODER_DIM, err) < 0)
        goto out;
    for (size_t i = 0; i < n; i += BLOCK)
        encode_block(encoder, &block, texts + i, n - i < BLOCK ? n - i : BLOCK, out->data + i * ENCODER_DIM);
    vectors_normalise(out);
    ret = 0;
out:
    free(block.mixed);
    free(block.before);
    return ret;
}
