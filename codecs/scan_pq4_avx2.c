// SPDX-License-Identifier: MIT
#include "codecs/scan_pq4_isa.h"

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

/* The sums of 32 codes, 16 bits each: of those with an even number in `all` with 256 times their neighbour's on top
 * (modulo 2^16), of the others in `odd`. Taking the sum apart in the end spares a mask for each look-up. */
struct sums {
    __m256i all, odd;
};

INLINE __m256i table_at(const uint8_t *table)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i_u *)table));
}

/* The entries that 32 bytes select in both of their tables, added. */
INLINE __m256i entries(const uint8_t *row, __m256i low, __m256i high)
{
    const __m256i half = _mm256_set1_epi8(15);
    __m256i code = _mm256_loadu_si256((const __m256i_u *)row);

    return _mm256_add_epi8(_mm256_shuffle_epi8(low, _mm256_and_si256(code, half)),
                           _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(code, 4), half)));
}

INLINE void add(struct sums *s, __m256i bytes)
{
    s->all = _mm256_add_epi16(s->all, bytes);
    s->odd = _mm256_add_epi16(s->odd, _mm256_srli_epi16(bytes, 8));
}

INLINE void ahead(const uint8_t *row)
{
    _mm_prefetch((const char *)row + SCAN_PQ4_L1_AHEAD, _MM_HINT_T0);
    _mm_prefetch((const char *)row + SCAN_PQ4_L2_AHEAD, _MM_HINT_T1);
}

INLINE void block_sums(const uint8_t *block, size_t bytes, const uint8_t *tables, struct sums s[2])
{
    size_t b = 0;

    s[0].all = s[0].odd = s[1].all = s[1].odd = _mm256_setzero_si256();
    for (; b + SCAN_PQ4_SUM <= bytes; b += SCAN_PQ4_SUM, block += SCAN_PQ4_SUM * SCAN_PQ4_BLOCK, tables += 64) {
        __m256i t0 = table_at(tables), t1 = table_at(tables + 16), t2 = table_at(tables + 32),
                t3 = table_at(tables + 48);

        ahead(block);
        ahead(block + SCAN_PQ4_BLOCK);
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++)
            add(&s[h], _mm256_add_epi8(entries(block + 32 * h, t0, t1), entries(block + 64 + 32 * h, t2, t3)));
    }
    if (b < bytes)
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++)
            add(&s[h], entries(block + 32 * h, table_at(tables), table_at(tables + 16)));
#pragma GCC unroll 2
    for (int h = 0; h < 2; h++)
        s[h].all = _mm256_sub_epi16(s[h].all, _mm256_slli_epi16(s[h].odd, 8));
}

/* Appends the codes id, id + 2, ... whose sums are below. */
INLINE size_t append(__m256i sums, __m256i below, uint32_t id, uint64_t *keys)
{
    unsigned mask = (unsigned)_mm256_movemask_epi8(below) & 0x55555555;
    uint16_t values[16];
    size_t found = 0;

    _mm256_storeu_si256((__m256i *)values, sums);
    for (; mask; mask &= mask - 1) {
        unsigned l = (unsigned)__builtin_ctz(mask) / 2;

        keys[found++] = (uint64_t)values[l] << 32 | (id + 2 * l);
    }
    return found;
}

size_t scan_pq4_scan_avx2(const uint8_t *blocks, size_t n, size_t bytes, const uint8_t *tables, uint32_t limit,
                          uint32_t first, uint64_t *keys)
{
    /* Sums are 64 x 255 at most: signed comparisons will do. */
    const __m256i most = _mm256_set1_epi16((short)(limit < INT16_MAX ? limit : INT16_MAX));
    size_t found = 0;

    for (size_t i = 0; i < n; i++, first += SCAN_PQ4_BLOCK) {
        struct sums s[2];
        __m256i below[4], any;

        block_sums(blocks + i * bytes * SCAN_PQ4_BLOCK, bytes, tables, s);
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            below[2 * h] = _mm256_cmpgt_epi16(most, s[h].all);
            below[2 * h + 1] = _mm256_cmpgt_epi16(most, s[h].odd);
        }
        any = _mm256_or_si256(_mm256_or_si256(below[0], below[1]), _mm256_or_si256(below[2], below[3]));
        if (__builtin_expect(_mm256_testz_si256(any, any), 1))
            continue;
        for (uint32_t h = 0; h < 2; h++) {
            found += append(s[h].all, below[2 * h], first + 32 * h, keys + found);
            found += append(s[h].odd, below[2 * h + 1], first + 32 * h + 1, keys + found);
        }
    }
    return found;
}
