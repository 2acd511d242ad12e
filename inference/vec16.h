// SPDX-License-Identifier: MIT
/* vec16.h -- sixteen floats at once, for code that is compiled once per ISA and gives the same bits in each: every
 * operation here is one IEEE 754 operation per lane (fma included), whatever the width of the registers.
 *
 * Included by files that are compiled for one ISA alone. All functions are static. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__AVX512F__)
#include <immintrin.h>

typedef __m512 vec16;

static inline vec16 vec_set(float x) { return _mm512_set1_ps(x); }
static inline vec16 vec_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void vec_store(float *p, vec16 a) { _mm512_storeu_ps(p, a); }
static inline __mmask16 vec_mask(size_t n) { return (__mmask16)((1u << n) - 1); }
static inline vec16 vec_load_n(const float *p, size_t n) { return _mm512_maskz_loadu_ps(vec_mask(n), p); }
static inline void vec_store_n(float *p, vec16 a, size_t n) { _mm512_mask_storeu_ps(p, vec_mask(n), a); }
static inline vec16 vec_add(vec16 a, vec16 b) { return _mm512_add_ps(a, b); }
static inline vec16 vec_sub(vec16 a, vec16 b) { return _mm512_sub_ps(a, b); }
static inline vec16 vec_mul(vec16 a, vec16 b) { return _mm512_mul_ps(a, b); }
static inline vec16 vec_div(vec16 a, vec16 b) { return _mm512_div_ps(a, b); }
static inline vec16 vec_fma(vec16 a, vec16 b, vec16 c) { return _mm512_fmadd_ps(a, b, c); }
/* b where a lane of a is a NaN. */
static inline vec16 vec_max(vec16 a, vec16 b) { return _mm512_max_ps(a, b); }
static inline vec16 vec_min(vec16 a, vec16 b) { return _mm512_min_ps(a, b); }
/* The first n lanes of a, `b` in the others; n <= 16. */
static inline vec16 vec_first(vec16 a, size_t n, vec16 b) { return _mm512_mask_mov_ps(b, vec_mask(n), a); }
/* a where x >= y, else +0. */
static inline vec16 vec_keep_ge(vec16 a, vec16 x, vec16 y)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, y, _CMP_GE_OQ), a);
}
/* To the nearest whole number, ties to even. */
static inline vec16 vec_rint(vec16 a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT); }
/* 2^a of whole numbers a within -126 and 127. */
static inline vec16 vec_exp2_whole(vec16 a)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(a), _mm512_set1_epi32(127)), 23));
}

#elif defined(__AVX2__)
#include <immintrin.h>

typedef struct {
    __m256 lo, hi;
} vec16;

#define VEC16_PAIR(f, a, b) ((vec16){ f((a).lo, (b).lo), f((a).hi, (b).hi) })

static inline vec16 vec_set(float x) { return (vec16){ _mm256_set1_ps(x), _mm256_set1_ps(x) }; }
static inline vec16 vec_load(const float *p) { return (vec16){ _mm256_loadu_ps(p), _mm256_loadu_ps(p + 8) }; }
static inline void vec_store(float *p, vec16 a)
{
    _mm256_storeu_ps(p, a.lo);
    _mm256_storeu_ps(p + 8, a.hi);
}
static inline __m256i vec_mask(size_t n) /* of the first n of 8 lanes, at most all */
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline size_t vec_above(size_t n) { return n > 8 ? n - 8 : 0; }
static inline vec16 vec_load_n(const float *p, size_t n)
{
    return (vec16){ _mm256_maskload_ps(p, vec_mask(n)), _mm256_maskload_ps(p + 8, vec_mask(vec_above(n))) };
}
static inline void vec_store_n(float *p, vec16 a, size_t n)
{
    _mm256_maskstore_ps(p, vec_mask(n), a.lo);
    _mm256_maskstore_ps(p + 8, vec_mask(vec_above(n)), a.hi);
}
static inline vec16 vec_add(vec16 a, vec16 b) { return VEC16_PAIR(_mm256_add_ps, a, b); }
static inline vec16 vec_sub(vec16 a, vec16 b) { return VEC16_PAIR(_mm256_sub_ps, a, b); }
static inline vec16 vec_mul(vec16 a, vec16 b) { return VEC16_PAIR(_mm256_mul_ps, a, b); }
static inline vec16 vec_div(vec16 a, vec16 b) { return VEC16_PAIR(_mm256_div_ps, a, b); }
static inline vec16 vec_max(vec16 a, vec16 b) { return VEC16_PAIR(_mm256_max_ps, a, b); }
static inline vec16 vec_min(vec16 a, vec16 b) { return VEC16_PAIR(_mm256_min_ps, a, b); }
static inline vec16 vec_fma(vec16 a, vec16 b, vec16 c)
{
    return (vec16){ _mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi) };
}
static inline __m256 vec_select(__m256 mask, __m256 a, __m256 b) { return _mm256_blendv_ps(b, a, mask); }
static inline vec16 vec_first(vec16 a, size_t n, vec16 b)
{
    return (vec16){ vec_select(_mm256_castsi256_ps(vec_mask(n)), a.lo, b.lo),
                    vec_select(_mm256_castsi256_ps(vec_mask(vec_above(n))), a.hi, b.hi) };
}
static inline vec16 vec_keep_ge(vec16 a, vec16 x, vec16 y)
{
    return (vec16){ _mm256_and_ps(a.lo, _mm256_cmp_ps(x.lo, y.lo, _CMP_GE_OQ)),
                    _mm256_and_ps(a.hi, _mm256_cmp_ps(x.hi, y.hi, _CMP_GE_OQ)) };
}
static inline vec16 vec_rint(vec16 a)
{
    return (vec16){ _mm256_round_ps(a.lo, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC),
                    _mm256_round_ps(a.hi, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC) };
}
static inline __m256 vec_exp2_half(__m256 a)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(a), _mm256_set1_epi32(127)), 23));
}
static inline vec16 vec_exp2_whole(vec16 a) { return (vec16){ vec_exp2_half(a.lo), vec_exp2_half(a.hi) }; }

#else
#include <math.h>
#include <string.h>

typedef struct {
    float f[16];
} vec16;

#define VEC16_LANES(expr)            \
    ({                               \
        vec16 r_;                    \
        for (int l = 0; l < 16; l++) \
            r_.f[l] = (expr);        \
        r_;                          \
    })

static inline vec16 vec_set(float x) { return VEC16_LANES(x); }
static inline vec16 vec_load(const float *p) { return VEC16_LANES(p[l]); }
static inline void vec_store(float *p, vec16 a) { memcpy(p, a.f, sizeof(a.f)); }
static inline vec16 vec_load_n(const float *p, size_t n) { return VEC16_LANES((size_t)l < n ? p[l] : 0); }
static inline void vec_store_n(float *p, vec16 a, size_t n) { memcpy(p, a.f, n * sizeof(*p)); }
static inline vec16 vec_add(vec16 a, vec16 b) { return VEC16_LANES(a.f[l] + b.f[l]); }
static inline vec16 vec_sub(vec16 a, vec16 b) { return VEC16_LANES(a.f[l] - b.f[l]); }
static inline vec16 vec_mul(vec16 a, vec16 b) { return VEC16_LANES(a.f[l] * b.f[l]); }
static inline vec16 vec_div(vec16 a, vec16 b) { return VEC16_LANES(a.f[l] / b.f[l]); }
static inline vec16 vec_fma(vec16 a, vec16 b, vec16 c) { return VEC16_LANES(fmaf(a.f[l], b.f[l], c.f[l])); }
static inline vec16 vec_max(vec16 a, vec16 b) { return VEC16_LANES(a.f[l] > b.f[l] ? a.f[l] : b.f[l]); }
static inline vec16 vec_min(vec16 a, vec16 b) { return VEC16_LANES(a.f[l] < b.f[l] ? a.f[l] : b.f[l]); }
static inline vec16 vec_first(vec16 a, size_t n, vec16 b) { return VEC16_LANES((size_t)l < n ? a.f[l] : b.f[l]); }
static inline vec16 vec_keep_ge(vec16 a, vec16 x, vec16 y) { return VEC16_LANES(x.f[l] >= y.f[l] ? a.f[l] : 0); }
static inline vec16 vec_rint(vec16 a) { return VEC16_LANES(rintf(a.f[l])); }
static inline vec16 vec_exp2_whole(vec16 a) { return VEC16_LANES(ldexpf(1, (int)a.f[l])); }
#endif

/* One number out of sixteen: for h = 8, 4, 2, 1: p[l] = p[l] + p[l + h], l < h. */
static inline float vec_sum(vec16 a)
{
    float p[16];

    vec_store(p, a);
    for (int h = 8; h > 0; h /= 2)
        for (int l = 0; l < h; l++)
            p[l] += p[l + h];
    return p[0];
}

static inline float vec_largest(vec16 a)
{
    float p[16];

    vec_store(p, a);
    for (int h = 8; h > 0; h /= 2)
        for (int l = 0; l < h; l++)
            p[l] = p[l] > p[l + h] ? p[l] : p[l + h];
    return p[0];
}

/* e^x for |x| <= 87, to 2 units in the last place; smaller x give +0, larger ones e^87. As in Cephes' expf (Moshier,
 * "Methods and programs for mathematical functions", 1989): x = n ln 2 + r, a polynomial in r, times 2^n. */
static inline vec16 vec_exp(vec16 x)
{
    const vec16 low = vec_set(-87.0f);
    vec16 clamped = vec_min(vec_max(x, low), vec_set(87.0f));
    vec16 n = vec_rint(vec_mul(clamped, vec_set(1.44269504f)));
    vec16 r = vec_fma(n, vec_set(-0.693359375f), clamped), p;

    r = vec_fma(n, vec_set(2.12194440e-4f), r);
    p = vec_set(1.9875691500e-4f);
    p = vec_fma(p, r, vec_set(1.3981999507e-3f));
    p = vec_fma(p, r, vec_set(8.3334519073e-3f));
    p = vec_fma(p, r, vec_set(4.1665795894e-2f));
    p = vec_fma(p, r, vec_set(1.6666665459e-1f));
    p = vec_fma(p, r, vec_set(5.0000001201e-1f));
    p = vec_add(vec_fma(p, vec_mul(r, r), r), vec_set(1.0f));
    return vec_keep_ge(vec_mul(p, vec_exp2_whole(n)), x, low);
}
