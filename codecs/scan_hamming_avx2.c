// SPDX-License-Identifier: MIT
#include "codecs/scan_hamming_isa.h"

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

enum { STEP = 8 }; /* codes whose distances are added up together */

/* The bits of each byte, looked up by halves (Mula, Kurz, Lemire, "Faster population counts using AVX2 instructions",
 * The Computer Journal 61(1), 2018). Carry-save adders, faster there from sixteen registers on, do not pay for the four
 * of a code of 128 bytes. */
INLINE __m256i bits(__m256i v)
{
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2,
                                           2, 3, 2, 3, 3, 4);
    const __m256i low = _mm256_set1_epi8(15);

    return _mm256_add_epi8(_mm256_shuffle_epi8(table, _mm256_and_si256(v, low)),
                           _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(v, 4), low)));
}

struct query {
    const uint8_t *words;
    size_t bytes, whole; /* of a code; those in whole registers */
    __m256i tail;        /* a mask of the words behind these */
};

INLINE __m256i differing(const uint8_t *code, const uint8_t *query)
{
    return bits(_mm256_xor_si256(_mm256_loadu_si256((const __m256i_u *)code),
                                 _mm256_loadu_si256((const __m256i_u *)query)));
}

/* The bits that differ, added up in each of the four words: at most 512. Bytes hold at most 8 x 8. */
INLINE __m256i counts(const uint8_t *code, const struct query *q)
{
    __m256i sum = _mm256_setzero_si256();
    size_t at = 0;

    for (size_t line = 0; line < q->bytes; line += 64) {
        _mm_prefetch((const char *)code + SCAN_HAMMING_L1_AHEAD + line, _MM_HINT_T0);
        _mm_prefetch((const char *)code + SCAN_HAMMING_L2_AHEAD + line, _MM_HINT_T1);
    }
    for (; at < q->whole; at += 32)
        sum = _mm256_add_epi8(sum, differing(code + at, q->words + at));
    if (at < q->bytes) {
        __m256i a = _mm256_maskload_epi64((const long long *)(code + at), q->tail);
        __m256i b = _mm256_maskload_epi64((const long long *)(q->words + at), q->tail);

        sum = _mm256_add_epi8(sum, bits(_mm256_xor_si256(a, b)));
    }
    return _mm256_sad_epu8(sum, _mm256_setzero_si256());
}

/* The distances of four codes, 16 bits each, in the low half. */
INLINE __m128i four(const uint8_t *code, const struct query *q)
{
    __m256i a = counts(code, q), b = counts(code + q->bytes, q);
    __m256i c = counts(code + 2 * q->bytes, q), d = counts(code + 3 * q->bytes, q);
    __m256i all = _mm256_or_si256(_mm256_or_si256(a, _mm256_slli_epi64(b, 16)),
                                  _mm256_slli_epi64(_mm256_or_si256(c, _mm256_slli_epi64(d, 16)), 32));
    __m128i half = _mm_add_epi64(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));

    return _mm_add_epi64(half, _mm_unpackhi_epi64(half, half));
}

INLINE uint32_t one(const uint8_t *code, const struct query *q)
{
    __m256i words = counts(code, q);
    __m128i half = _mm_add_epi64(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));

    return (uint32_t)(_mm_cvtsi128_si64(half) + _mm_extract_epi64(half, 1));
}

INLINE size_t scan(const uint8_t *codes, size_t n, size_t bytes, const uint8_t *query, uint32_t limit, uint32_t first,
                   uint64_t *keys)
{
    const struct query q = {
        query, bytes, bytes / 32 * 32,
        _mm256_cmpgt_epi64(_mm256_set1_epi64x((long long)(bytes % 32)), _mm256_setr_epi64x(0, 8, 16, 24)),
    };
    const __m128i most = _mm_set1_epi16((short)(limit < INT16_MAX ? limit : INT16_MAX));
    size_t found = 0, i = 0;

    for (; i + STEP <= n; i += STEP) {
        const uint8_t *code = codes + i * bytes;
        __m128i d = _mm_unpacklo_epi64(four(code, &q), four(code + 4 * bytes, &q));
        unsigned below = (unsigned)_mm_movemask_epi8(_mm_cmpgt_epi16(most, d)) & 0x5555;
        uint16_t values[STEP];

        if (__builtin_expect(below == 0, 1))
            continue;
        _mm_storeu_si128((__m128i *)values, d);
        for (; below; below &= below - 1) {
            unsigned l = (unsigned)__builtin_ctz(below) / 2;

            keys[found++] = (uint64_t)values[l] << 32 | (first + (uint32_t)i + l);
        }
    }
    for (; i < n; i++) {
        uint32_t d = one(codes + i * bytes, &q);

        keys[found] = (uint64_t)d << 32 | (first + (uint32_t)i);
        found += d < limit;
    }
    return found;
}

/* The common lengths with a loop of constant length. */
size_t scan_hamming_scan_avx2(const uint8_t *codes, size_t n, size_t bytes, const uint8_t *query, uint32_t limit,
                              uint32_t first, uint64_t *keys)
{
    switch (bytes) {
    case 32:
        return scan(codes, n, 32, query, limit, first, keys);
    case 64:
        return scan(codes, n, 64, query, limit, first, keys);
    case 128:
        return scan(codes, n, 128, query, limit, first, keys);
    default:
        return scan(codes, n, bytes, query, limit, first, keys);
    }
}
