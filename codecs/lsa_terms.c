// SPDX-License-Identifier: MIT
#include "codecs/lsa_terms.h"

#include "base/mem.h"
#include "codecs/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TERM_MAX = 64 }; /* letters that count */

/* Terms are told apart by their hashes: of 10^5 terms two share one of 64 bits with a probability of 3e-10. */
struct term {
    uint64_t hash; /* 0: a free place */
    uint32_t id;   /* in the order of first use */
};

struct terms {
    struct term *table; /* (size), a power of two, at most half full; probed linearly */
    size_t size, n;
    uint32_t *df; /* (n) texts that it is in */
    size_t df_capacity;
    uint32_t *column; /* (n), UINT32_MAX for a term that is too rare or too common */

    uint32_t *ids; /* all texts' terms, sorted within each text */
    size_t n_ids, ids_capacity;
    size_t *end; /* (texts) */
};

static struct term *find(struct terms *t, uint64_t hash)
{
    size_t at = hash & (t->size - 1);

    while (t->table[at].hash && t->table[at].hash != hash)
        at = (at + 1) & (t->size - 1);
    return &t->table[at];
}

static void widen(struct terms *t)
{
    struct terms old = *t;

    t->size = old.size ? 2 * old.size : 1024;
    t->table = mem_array(t->size, sizeof(*t->table));
    for (size_t i = 0; i < old.size; i++)
        if (old.table[i].hash)
            *find(t, old.table[i].hash) = old.table[i];
    free(old.table);
}

static uint32_t id_of(struct terms *t, const char *term, size_t len)
{
    uint64_t hash = hash_bytes(term, len, 0);
    struct term *found;

    if (2 * (t->n + 1) > t->size)
        widen(t);
    found = find(t, hash ? hash : 1);
    if (!found->hash) {
        *found = (struct term){ hash ? hash : 1, (uint32_t)t->n };
        t->df = mem_grow(t->df, &t->df_capacity, t->n + 1, sizeof(*t->df));
        t->n++;
    }
    return found->id;
}

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '\0';
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void add_text(struct terms *t, const char *text, size_t *end)
{
    size_t first = t->n_ids;
    char term[TERM_MAX];

    while (*text) {
        size_t len = 0;

        for (; small(*text); text++)
            if (len < TERM_MAX)
                term[len++] = small(*text);
        if (len > 0) {
            t->ids = mem_grow(t->ids, &t->ids_capacity, t->n_ids + 1, sizeof(*t->ids));
            t->ids[t->n_ids++] = id_of(t, term, len);
        }
        text += *text != '\0';
    }
    if (t->n_ids > first)
        qsort(t->ids + first, t->n_ids - first, sizeof(*t->ids), by_value);
    for (size_t i = first; i < t->n_ids; i++)
        if (i == first || t->ids[i] != t->ids[i - 1])
            t->df[t->ids[i]]++;
    *end = t->n_ids;
}

static size_t choose_columns(struct terms *t, size_t n_texts)
{
    size_t cols = 0;

    t->column = mem_array(t->n, sizeof(*t->column));
    for (size_t i = 0; i < t->n; i++)
        t->column[i] = t->df[i] >= 2 && t->df[i] < 0.2 * (double)n_texts ? (uint32_t)cols++ : UINT32_MAX;
    return cols;
}

/* Columns rise with ids, which are sorted. */
static size_t fill_row(const struct terms *t, size_t first, size_t end, double n_texts, struct lsa_matrix *m, size_t at)
{
    size_t start = at;
    double sum = 0;

    for (size_t i = first, next; i < end; i = next) {
        uint32_t id = t->ids[i];

        for (next = i; next < end && t->ids[next] == id; next++)
            ;
        if (t->column[id] == UINT32_MAX)
            continue;
        m->col[at] = t->column[id];
        m->value[at] = (float)((1 + log((double)(next - i))) * log(n_texts / t->df[id]));
        sum += (double)m->value[at] * m->value[at];
        at++;
    }
    for (size_t i = start; i < at; i++)
        m->value[i] = (float)(m->value[i] / sqrt(sum));
    return at;
}

void lsa_terms(const char *const *texts, size_t n, struct lsa_matrix *m)
{
    struct terms t = { 0 };

    t.end = mem_array(n, sizeof(*t.end));
    for (size_t i = 0; i < n; i++)
        add_text(&t, texts[i], &t.end[i]);
    *m = (struct lsa_matrix){ .rows = n, .cols = choose_columns(&t, n) };
    m->start = mem_array(n + 1, sizeof(*m->start));
    m->col = mem_array(t.n_ids, sizeof(*m->col));
    m->value = mem_array(t.n_ids, sizeof(*m->value));
    for (size_t i = 0; i < n; i++)
        m->start[i + 1] = fill_row(&t, i ? t.end[i - 1] : 0, t.end[i], (double)n, m, m->start[i]);
    free(t.table);
    free(t.df);
    free(t.column);
    free(t.ids);
    free(t.end);
}

void lsa_transpose(const struct lsa_matrix *m, struct lsa_matrix *out)
{
    size_t entries = m->start[m->rows], *next;

    *out = (struct lsa_matrix){ .rows = m->cols, .cols = m->rows };
    out->start = mem_array(m->cols + 1, sizeof(*out->start));
    out->col = mem_array(entries, sizeof(*out->col));
    out->value = mem_array(entries, sizeof(*out->value));
    for (size_t i = 0; i < entries; i++)
        out->start[m->col[i] + 1]++;
    for (size_t i = 0; i < m->cols; i++)
        out->start[i + 1] += out->start[i];
    next = mem_array(m->cols, sizeof(*next));
    memcpy(next, out->start, m->cols * sizeof(*next));
    for (size_t row = 0; row < m->rows; row++)
        for (size_t i = m->start[row]; i < m->start[row + 1]; i++) {
            size_t at = next[m->col[i]]++;

            out->col[at] = (uint32_t)row;
            out->value[at] = m->value[i];
        }
    free(next);
}

void lsa_matrix_free(struct lsa_matrix *m)
{
    free(m->start);
    free(m->col);
    free(m->value);
    *m = (struct lsa_matrix){ 0 };
}
