// SPDX-License-Identifier: MIT
#include "codecs/huffman.h"

#include <string.h>

enum { NODES = 2 * HUFFMAN_SYMBOLS_MAX };

/* The two lightest nodes without a parent; of equals the first. */
static void lightest(const double *weight, const int *parent, size_t n, size_t two[2])
{
    two[0] = two[1] = n;
    for (size_t i = 0; i < n; i++) {
        if (parent[i] >= 0)
            continue;
        if (two[0] == n || weight[i] < weight[two[0]]) {
            two[1] = two[0];
            two[0] = i;
        } else if (two[1] == n || weight[i] < weight[two[1]])
            two[1] = i;
    }
}

/* Lengths of the best code without a limit; the longest. */
static size_t tree(const double *counts, double floor, size_t n, uint8_t *lengths)
{
    double weight[NODES];
    int parent[NODES];
    size_t nodes = n, longest = 0;

    for (size_t i = 0; i < n; i++) {
        weight[i] = counts[i] > floor ? counts[i] : floor;
        parent[i] = -1;
    }
    for (size_t merges = 1; merges < n; merges++, nodes++) {
        size_t two[2];

        lightest(weight, parent, nodes, two);
        weight[nodes] = weight[two[0]] + weight[two[1]];
        parent[nodes] = -1;
        parent[two[0]] = parent[two[1]] = (int)nodes;
    }
    for (size_t i = 0; i < n; i++) {
        size_t length = 0;

        for (int at = parent[i]; at >= 0; at = parent[at])
            length++;
        length = length > 0 ? length : 1;
        lengths[i] = (uint8_t)(length < 255 ? length : 255);
        longest = length > longest ? length : longest;
    }
    return longest;
}

/* A rare symbol is counted as more frequent, twice as much each time, until no code is too long. */
void huffman_new(const double *counts, size_t n, struct huffman *h)
{
    uint8_t lengths[HUFFMAN_SYMBOLS_MAX];
    double total = 0, floor;

    for (size_t i = 0; i < n; i++)
        total += counts[i];
    floor = total > 0 ? total / (1 << 20) : 1;
    while (tree(counts, floor, n, lengths) > HUFFMAN_LENGTH_MAX)
        floor *= 2;
    huffman_from_lengths(lengths, n, h);
}

int huffman_from_lengths(const uint8_t *lengths, size_t n, struct huffman *h)
{
    uint32_t code = 0, place = 0;

    memset(h, 0, sizeof(*h));
    if (n < 1 || n > HUFFMAN_SYMBOLS_MAX)
        return -1;
    h->n = n;
    for (size_t i = 0; i < n; i++) {
        if (lengths[i] > HUFFMAN_LENGTH_MAX)
            return -1;
        h->length[i] = lengths[i];
        h->count[lengths[i]]++;
    }
    for (size_t length = 1; length <= HUFFMAN_LENGTH_MAX; length++, code <<= 1) {
        h->first[length] = (uint16_t)code;
        h->at[length] = (uint16_t)place;
        for (size_t i = 0; i < n; i++)
            if (lengths[i] == length) {
                h->code[i] = (uint16_t)code++;
                h->symbol[place++] = (uint8_t)i;
            }
        if (code > 1u << length)
            return -1;
    }
    return place > 0 ? 0 : -1;
}

void huffman_put(const struct huffman *h, uint8_t symbol, uint8_t *out, size_t *at)
{
    for (unsigned b = h->length[symbol]; b-- > 0; ++*at)
        out[*at / 8] |= (uint8_t)((h->code[symbol] >> b & 1) << (7 - *at % 8));
}

uint8_t huffman_get(const struct huffman *h, struct huffman_bits *in)
{
    uint32_t code = 0;

    for (size_t length = 1; length <= HUFFMAN_LENGTH_MAX && in->at < in->n_bits; length++, code <<= 1) {
        code |= in->data[in->at / 8] >> (7 - in->at % 8) & 1;
        in->at++;
        if (code >= h->first[length] && code - h->first[length] < h->count[length])
            return h->symbol[h->at[length] + code - h->first[length]];
    }
    in->failed = true;
    return 0;
}
