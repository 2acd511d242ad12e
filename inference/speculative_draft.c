// SPDX-License-Identifier: MIT
/* speculative_draft.c -- those who draft. */
#include "inference/sampling.h"
#include "inference/speculative_private.h"

#include <math.h>
#include <string.h>

/* The likeliest token, and its probability. */
static int32_t likeliest(const float *logits, size_t n, double *sure)
{
    int32_t best = sampling_greedy(logits, n);
    float sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += expf(logits[i] - logits[best]);
    *sure = 1 / sum;
    return best;
}

/* Takes a draft of whatever `e` has said last; false: it is not worth its place in the batch. A fixed length takes all.
 */
static bool take(struct speculative *s, const struct engine *e, size_t row, int32_t *tokens, size_t n, double *reach)
{
    const float *logits = engine_logits(e, row);

    s->tried = n + 1;
    if (s->options.length) {
        tokens[n] = sampling_greedy(logits, s->vocab);
        return true;
    }
    tokens[n] = likeliest(logits, s->vocab, &s->sure[n]);
    *reach *= speculative_policy_trust(&s->policy, s->sure[n]);
    return speculative_policy_keep(&s->policy, n + 1, *reach);
}

static bool another(const struct speculative *s, size_t n, size_t k, double reach)
{
    return n < k && (s->options.length || speculative_policy_more(&s->policy, n, reach));
}

static int draft_by_model(struct speculative *s, size_t k, int32_t *tokens, size_t *n, struct err *err)
{
    size_t at = engine_length(s->draft, 0), limit = engine_limit(s->draft), row;
    double reach = 1;

    if (s->n_text + k - 1 > limit) /* its context is shorter */
        k = s->n_text > limit ? 0 : limit - s->n_text + 1;
    if (k == 0)
        return 0;
    if (engine_prefill(s->draft, 0, s->text + at, s->n_text - at, &row, err) < 0)
        return err_wrap(err, "drafting model");
    while (take(s, s->draft, row, tokens, *n, &reach) && another(s, ++*n, k, reach)) {
        row = 0;
        if (engine_forward(s->draft, &(struct engine_row){ tokens[*n - 1], 0, true }, 1, 0, err) < 0)
            return err_wrap(err, "drafting model");
    }
    return 0;
}

static int draft_by_exit(struct speculative *s, size_t k, int32_t *tokens, size_t *n, struct err *err)
{
    size_t length = engine_length(s->engine, s->options.path);
    struct engine_row row = { s->text[s->n_text - 1], s->options.path, true };
    double reach = 1;
    int ret;

    for (;;) {
        ret = engine_forward(s->engine, &row, 1, s->options.layers, err);
        if (ret < 0 || !take(s, s->engine, 0, tokens, *n, &reach) || !another(s, ++*n, k, reach))
            break;
        row.token = tokens[*n - 1];
    }
    engine_truncate(s->engine, s->options.path, length);
    if (ret < 0 && err->code == ERR_HOST) { /* the cache has no pages for drafts: as many as there are */
        *err = (struct err){ 0 };
        ret = 0;
    }
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
    s->tried = 0;
    if (k == 0)
        return 0;
    switch (s->options.kind) {
    case SPECULATIVE_OFF:
        return 0;
    case SPECULATIVE_MODEL:
        return draft_by_model(s, k, tokens, n, err);
    case SPECULATIVE_LOOKUP:
        *n = s->tried = draft_by_lookup(s, k, tokens);
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
