// SPDX-License-Identifier: MIT
#include "codecs/scan_hamming_isa.h"

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

enum { STEP = 16 }; /* codes whose distances are added up together */

/* The query in registers: whole ones and the last, of which `mask` is the words that there are. */
struct query {
    __m512i chunk[SCAN_HAMMING_BYTES_MAX / 64];
    __mmask8 mask;
};

INLINE void ahead(const uint8_t *code, size_t bytes)
{
    for (size_t line = 0; line < bytes; line += 64) {
        _mm_prefetch((const char *)code + SCAN_HAMMING_L1_AHEAD + line, _MM_HINT_T0);
        _mm_prefetch((const char *)code + SCAN_HAMMING_L2_AHEAD + line, _MM_HINT_T1);
    }
}

/* The bits of each of the eight words that differ, over all chunks: at most 256. */
INLINE __m512i counts(const uint8_t *code, const struct query *q, const int chunks)
{
    __m512i last = _mm512_maskz_loadu_epi64(q->mask, code + 64 * (chunks - 1));
    __m512i sum = _mm512_popcnt_epi64(_mm512_xor_si512(last, q->chunk[chunks - 1]));

#pragma GCC unroll 3
    for (int c = 0; c < chunks - 1; c++)
        sum = _mm512_add_epi64(
            sum, _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(code + 64 * c), q->chunk[c])));
    return sum;
}

/* Four codes in the four 16-bit fields of the words: sums of eight words stay below 2^16. */
INLINE __m512i four(const uint8_t *code, size_t bytes, const struct query *q, const int chunks)
{
    __m512i low = _mm512_or_si512(counts(code, q, chunks),
                                  _mm512_slli_epi64(counts(code + bytes, q, chunks), 16));
    __m512i high = _mm512_or_si512(counts(code + 2 * bytes, q, chunks),
                                   _mm512_slli_epi64(counts(code + 3 * bytes, q, chunks), 16));

    return _mm512_or_si512(low, _mm512_slli_epi64(high, 32));
}

/* a's words added in pairs in the even words, b's in the odd ones. */
INLINE __m512i pairs(__m512i a, __m512i b)
{
    return _mm512_add_epi64(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

/* The sixteen distances in the order of the codes. */
INLINE __m256i distances(const uint8_t *code, size_t bytes, const struct query *q, const int chunks)
{
    __m512i ab = pairs(four(code, bytes, q, chunks), four(code + 4 * bytes, bytes, q, chunks));
    __m512i cd = pairs(four(code + 8 * bytes, bytes, q, chunks), four(code + 12 * bytes, bytes, q, chunks));
    __m512i all = _mm512_add_epi64(_mm512_shuffle_i64x2(ab, cd, 0x88), _mm512_shuffle_i64x2(ab, cd, 0xdd));

    /* lanes of 128: ab, ab, cd, cd */
    all = _mm512_add_epi64(all, _mm512_shuffle_i64x2(all, all, 0xb1));
    return _mm512_castsi512_si256(_mm512_shuffle_i64x2(all, all, 0x08));
}

INLINE size_t scan(const uint8_t *codes, size_t n, size_t bytes, const uint8_t *query, uint32_t limit, uint32_t first,
                   uint64_t *keys, const int chunks)
{
    struct query q = { .mask = (__mmask8)(0xff >> (8 * (size_t)chunks - bytes / 8)) };
    const __m256i most = _mm256_set1_epi16((short)(limit < 0xffff ? limit : 0xffff));
    size_t found = 0, i = 0;

#pragma GCC unroll 4
    for (int c = 0; c < chunks; c++)
        q.chunk[c] = c < chunks - 1 ? _mm512_loadu_si512(query + 64 * c)
                                    : _mm512_maskz_loadu_epi64(q.mask, query + 64 * c);
    for (; i + STEP <= n; i += STEP) {
        const uint8_t *code = codes + i * bytes;
        __m256i d = distances(code, bytes, &q, chunks);
        unsigned below = _mm256_cmplt_epu16_mask(d, most);
        uint16_t values[STEP];

        ahead(code, STEP * bytes);
        if (__builtin_expect(below == 0, 1))
            continue;
        _mm256_storeu_si256((__m256i *)values, d);
        for (; below; below &= below - 1) {
            unsigned l = (unsigned)__builtin_ctz(below);

            keys[found++] = (uint64_t)values[l] << 32 | (first + (uint32_t)i + l);
        }
    }
    for (; i < n; i++) {
        uint32_t d = (uint32_t)_mm512_reduce_add_epi64(counts(codes + i * bytes, &q, chunks));

        keys[found] = (uint64_t)d << 32 | (first + (uint32_t)i);
        found += d < limit;
    }
    return found;
}

size_t scan_hamming_scan_avx512(const uint8_t *codes, size_t n, size_t bytes, const uint8_t *query, uint32_t limit,
                                uint32_t first, uint64_t *keys)
{
    switch ((bytes + 63) / 64) {
    case 1:
        return scan(codes, n, bytes, query, limit, first, keys, 1);
    case 2:
        return scan(codes, n, bytes, query, limit, first, keys, 2);
    case 3:
        return scan(codes, n, bytes, query, limit, first, keys, 3);
    default:
        return scan(codes, n, bytes, query, limit, first, keys, 4);
    }
}
