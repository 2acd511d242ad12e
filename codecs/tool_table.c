// SPDX-License-Identifier: MIT
#include "codecs/tool_table.h"

#include <math.h>

enum { SEED = 1 };

/* How many rows from `at` on want as many bytes. */
static size_t group(const struct evaluation *es, size_t n, size_t at)
{
    size_t end = at;

    while (end < n && es[end].wanted == es[at].wanted)
        end++;
    return end - at;
}

/* The best of those in recall@10; NULL: there is none. */
static const struct evaluation *best(const struct evaluation *es, size_t n, bool peer)
{
    const struct evaluation *found = NULL;

    for (size_t i = 0; i < n; i++)
        if (es[i].peer == peer && (!found || es[i].recall_10 > found->recall_10))
            found = &es[i];
    return found;
}

static void text_row(const struct evaluation *e, struct text *out)
{
    double side = (double)e->side_bytes;

    text_addf(out, "%-24s%8.2f%8.1fx%10zu%9.2f%9.2f%9.2f   ", e->name, e->bytes, e->ratio, e->side_bytes,
              side / (double)e->n, side / 1e5, side / 1e6);
    text_addf(out, "%.3f  %.3f  %.3f   %.3f   ", e->recall_1, e->recall_10, e->recall_100, e->rescored_10);
    text_addf(out, "%6.3f%8.1f   %.3f   %.3f ", e->mse, e->bound_bytes, e->signs, e->cosine);
    text_addf(out, "%8.1f%7.0f%9.0f%10.0f\n", e->train_s, (double)e->train_bytes / (1 << 20), e->encode_per_s, e->decode_per_s);
}

static void text_group(const struct evaluation *es, size_t n, struct text *out)
{
    const struct evaluation *ours = best(es, n, false), *peer = best(es, n, true);

    text_addf(out, "\n%zu bytes\n%-24s%8s%9s%10s%9s%9s%9s   ", es->wanted, "codec", "bytes", "ratio", "side", "/vector",
              "at 1e5", "at 1e6");
    text_addf(out, "%5s  %5s  %5s   %8s%6s%8s   %5s   %6s", "R@1", "R@10", "R@100", "rescored", "mse", "bound", "signs",
              "cosine");
    text_addf(out, "%8s%7s%9s%10s\n", "train s", "MiB", "enc/s", "dec/s");
    for (size_t i = 0; i < n; i++)
        text_row(&es[i], out);
    if (ours && peer) {
        struct interval d = evaluate_difference(ours, peer, SEED);

        text_addf(out, "recall@10 of %s less that of %s: %+.3f, 95 %% interval %+.3f to %+.3f\n", ours->name,
                  peer->name, d.value, d.low, d.high);
    }
}

void tool_table_head(const struct corpus *corpus, struct text *out)
{
    size_t n = corpus->base.n, ranked = n < CORPUS_NEIGHBOURS ? n : CORPUS_NEIGHBOURS;

    text_addf(out, "%s: %s%s\n", corpus->name, corpus->describe,
              corpus->matryoshka ? ", trained for prefixes" : "");
    text_addf(out, "rescored: recall@10 after the best %zu by the codes, %.3g %% of all, are ranked by their originals\n",
              ranked, 100.0 * (double)ranked / (double)n);
}

void tool_table_text(const struct evaluation *es, size_t n, struct text *out)
{
    for (size_t at = 0; at < n; at += group(es, n, at))
        text_group(es + at, group(es, n, at), out);
}

/* JSON knows no infinity. */
static void number(struct text *out, const char *key, double value)
{
    if (isfinite(value))
        text_addf(out, ", \"%s\": %.6g", key, value);
}

static void json_string(struct text *out, const char *s)
{
    text_add(out, "\"");
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '"' || c == '\\')
            text_addf(out, "\\%c", c);
        else if (c < 0x20 || c > 0x7e)
            text_add(out, "?");
        else
            text_addf(out, "%c", c);
    }
    text_add(out, "\"");
}

static void json_row(const struct evaluation *e, const struct evaluation *peer, struct text *out)
{
    text_addf(out, "    { \"codec\": \"%s\", \"peer\": %s, \"wanted_bytes\": %zu, \"side_bytes\": %zu", e->name,
              e->peer ? "true" : "false", e->wanted, e->side_bytes);
    number(out, "bytes", e->bytes);
    number(out, "ratio", e->ratio);
    number(out, "side_per_vector", (double)e->side_bytes / (double)e->n);
    number(out, "side_per_vector_1e5", (double)e->side_bytes / 1e5);
    number(out, "side_per_vector_1e6", (double)e->side_bytes / 1e6);
    number(out, "recall@1", e->recall_1);
    number(out, "recall@10", e->recall_10);
    number(out, "recall@100", e->recall_100);
    number(out, "recall@10_rescored", e->rescored_10);
    number(out, "candidates", e->candidates);
    number(out, "mse", e->mse);
    number(out, "bound_bytes", e->bound_bytes);
    number(out, "sign_agreement", e->signs);
    number(out, "cosine", e->cosine);
    number(out, "train_s", e->train_s);
    number(out, "train_bytes", (double)e->train_bytes);
    number(out, "encode_per_s", e->encode_per_s);
    number(out, "decode_per_s", e->decode_per_s);
    number(out, "score_per_s", e->score_per_s);
    if (peer && !e->peer) {
        struct interval d = evaluate_difference(e, peer, SEED);

        text_addf(out, ", \"against\": \"%s\", \"gain\": { \"value\": %.5f, \"low\": %.5f, \"high\": %.5f }",
                  peer->name, d.value, d.low, d.high);
    }
    text_add(out, " }");
}

void tool_table_json(const struct corpus *corpus, const struct evaluation *es, size_t n, struct text *out)
{
    text_add(out, "{ \"schema\": 1,\n  \"corpus\": { \"name\": ");
    json_string(out, corpus->name);
    text_add(out, ", \"describe\": ");
    json_string(out, corpus->describe);
    text_addf(out, ", \"train\": %zu, \"base\": %zu, \"queries\": %zu, \"dim\": %zu, \"matryoshka\": %s },\n",
              corpus->train.n, corpus->base.n, corpus->queries.n, corpus->base.dim,
              corpus->matryoshka ? "true" : "false");
    text_add(out, "  \"codecs\": [\n");
    for (size_t at = 0; at < n; at += group(es, n, at)) {
        size_t count = group(es, n, at);

        for (size_t i = at; i < at + count; i++) {
            json_row(&es[i], best(es + at, count, true), out);
            text_add(out, i + 1 < n ? ",\n" : "\n");
        }
    }
    text_add(out, "  ]\n}\n");
}
