// SPDX-License-Identifier: MIT
/* speculative_draft.c -- those who draft. */
#include "inference/sampling.h"
#include "inference/speculative_private.h"

#include <string.h>

/* One token on the drafting path, by `layers` of the model (0: all), and what it is followed by. */
static int follow(struct engine *e, int path, int32_t token, size_t layers, size_t vocab, int32_t *next,
                  struct err *err)
{
    if (engine_forward(e, &(struct engine_row){ token, path, true }, 1, layers, err) < 0)
        return -1;
    *next = sampling_greedy(engine_logits(e, 0), vocab);
    return 0;
}

static int draft_by_model(struct speculative *s, size_t k, int32_t *tokens, size_t *n, struct err *err)
{
    size_t at = engine_length(s->draft, 0), limit = engine_limit(s->draft), row;

    if (s->n_text + k - 1 > limit) /* its context is shorter */
        k = s->n_text > limit ? 0 : limit - s->n_text + 1;
    if (k == 0)
        return 0;
    if (engine_prefill(s->draft, 0, s->text + at, s->n_text - at, &row, err) < 0)
        return err_wrap(err, "drafting model");
    tokens[0] = sampling_greedy(engine_logits(s->draft, row), s->vocab);
    for (*n = 1; *n < k; ++*n)
        if (follow(s->draft, 0, tokens[*n - 1], 0, s->vocab, &tokens[*n], err) < 0)
            return err_wrap(err, "drafting model");
    return 0;
}

static int draft_by_exit(struct speculative *s, size_t k, int32_t *tokens, size_t *n, struct err *err)
{
    size_t length = engine_length(s->engine, s->options.path);
    int32_t last = s->text[s->n_text - 1];
    int ret = 0;

    for (*n = 0; *n < k && ret == 0; last = tokens[(*n)++])
        if ((ret = follow(s->engine, s->options.path, last, s->options.layers, s->vocab, &tokens[*n], err)) < 0)
            break;
    engine_truncate(s->engine, s->options.path, length);
    return ret;
}

/* Behind the last occurrence of the longest of the text's latest 4, 3 or 2 tokens; where the text ends before the draft
 * does, it goes on as if the text went round. */
static size_t draft_by_lookup(const struct speculative *s, size_t k, int32_t *tokens)
{
    for (size_t len = 4; len >= 2; len--) {
        const int32_t *last = s->text + s->n_text - len;

        for (size_t at = s->n_text > len ? s->n_text - len : 0; at-- > 0;)
            if (memcmp(s->text + at, last, len * sizeof(*last)) == 0) {
                size_t round = s->n_text - at - len;

                for (size_t i = 0; i < k; i++)
                    tokens[i] = i < round ? s->text[at + len + i] : tokens[i - round];
                return k;
            }
    }
    return 0;
}

int speculative_draft(struct speculative *s, size_t k, int32_t *tokens, size_t *n, struct err *err)
{
    *n = 0;
    if (k == 0)
        return 0;
    switch (s->options.kind) {
    case SPECULATIVE_OFF:
        return 0;
    case SPECULATIVE_MODEL:
        return draft_by_model(s, k, tokens, n, err);
    case SPECULATIVE_LOOKUP:
        *n = draft_by_lookup(s, k, tokens);
        return 0;
    case SPECULATIVE_EXIT:
        return draft_by_exit(s, k, tokens, n, err);
    }
    return 0;
}

void speculative_draft_keep(struct speculative *s, size_t accepted)
{
    if (s->draft && engine_length(s->draft, 0) > s->n_text + accepted)
        engine_truncate(s->draft, 0, s->n_text + accepted);
}

int speculative_draft_read(struct speculative *s, struct err *err)
{
    size_t at = s->draft ? engine_length(s->draft, 0) : 0, row;

    if (!s->draft || at + 1 >= s->n_text || s->n_text > engine_limit(s->draft))
        return 0;
    return engine_prefill(s->draft, 0, s->text + at, s->n_text - 1 - at, &row, err) < 0
               ? err_wrap(err, "drafting model")
               : 0;
}

size_t speculative_draft_behind(const struct speculative *s)
{
    return s->draft ? s->n_text - 1 - engine_length(s->draft, 0) : 0;
}
