// SPDX-License-Identifier: MIT
#include "codecs/scan_pq4_isa.h"

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

/* As in scan_pq4_avx2.c, of 64 codes. */
struct sums {
    __m512i all, odd;
};

INLINE __m512i table_at(const uint8_t *table)
{
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i_u *)table));
}

/* The entries that 64 bytes select in both of their tables, added. (vpermb, which needs no masks, gains 3 % in the L2
 * and nothing beyond: not worth another instruction set.) */
INLINE __m512i entries(const uint8_t *row, const uint8_t *tables)
{
    const __m512i half = _mm512_set1_epi8(15);
    __m512i code = _mm512_loadu_si512(row);

    return _mm512_add_epi8(
        _mm512_shuffle_epi8(table_at(tables), _mm512_and_si512(code, half)),
        _mm512_shuffle_epi8(table_at(tables + 16), _mm512_and_si512(_mm512_srli_epi16(code, 4), half)));
}

INLINE void add(struct sums *s, __m512i bytes)
{
    s->all = _mm512_add_epi16(s->all, bytes);
    s->odd = _mm512_add_epi16(s->odd, _mm512_srli_epi16(bytes, 8));
}

INLINE void ahead(const uint8_t *row)
{
    _mm_prefetch((const char *)row + SCAN_PQ4_L1_AHEAD, _MM_HINT_T0);
    _mm_prefetch((const char *)row + SCAN_PQ4_L2_AHEAD, _MM_HINT_T1);
}

INLINE struct sums block_sums(const uint8_t *block, size_t bytes, const uint8_t *tables)
{
    struct sums s = { _mm512_setzero_si512(), _mm512_setzero_si512() };
    size_t b = 0;

    for (; b + SCAN_PQ4_SUM <= bytes; b += SCAN_PQ4_SUM, block += SCAN_PQ4_SUM * SCAN_PQ4_BLOCK, tables += 64) {
        ahead(block);
        ahead(block + SCAN_PQ4_BLOCK);
        add(&s, _mm512_add_epi8(entries(block, tables), entries(block + SCAN_PQ4_BLOCK, tables + 32)));
    }
    if (b < bytes)
        add(&s, entries(block, tables));
    s.all = _mm512_sub_epi16(s.all, _mm512_slli_epi16(s.odd, 8));
    return s;
}

/* Appends the codes id, id + 2, ... whose sums are below. */
INLINE size_t append(__m512i sums, __mmask32 below, uint32_t id, uint64_t *keys)
{
    uint16_t values[32];
    size_t found = 0;

    _mm512_storeu_si512(values, sums);
    for (unsigned mask = below; mask; mask &= mask - 1) {
        unsigned l = (unsigned)__builtin_ctz(mask);

        keys[found++] = (uint64_t)values[l] << 32 | (id + 2 * l);
    }
    return found;
}

size_t scan_pq4_scan_avx512(const uint8_t *blocks, size_t n, size_t bytes, const uint8_t *tables, uint32_t limit,
                            uint32_t first, uint64_t *keys)
{
    const __m512i most = _mm512_set1_epi16((short)(limit < UINT16_MAX ? limit : UINT16_MAX));
    size_t found = 0;

    for (size_t i = 0; i < n; i++, first += SCAN_PQ4_BLOCK) {
        struct sums s = block_sums(blocks + i * bytes * SCAN_PQ4_BLOCK, bytes, tables);
        __mmask32 even = _mm512_cmplt_epu16_mask(s.all, most), odd = _mm512_cmplt_epu16_mask(s.odd, most);

        if (__builtin_expect(!(even | odd), 1))
            continue;
        found += append(s.all, even, first, keys + found);
        found += append(s.odd, odd, first + 1, keys + found);
    }
    return found;
}
