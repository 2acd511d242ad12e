// SPDX-License-Identifier: MIT
#include "declare/isa.h"

#include "base/text.h"

#include <cpuid.h>
#include <stdio.h>
#include <string.h>

static const struct { const char *name; uint32_t bit; } names[] = {
    { "avx2", ISA_AVX2 },
    { "avx512f", ISA_AVX512F },
    { "avx512vnni", ISA_AVX512VNNI },
    { "avxvnni", ISA_AVXVNNI },
    { "avx512vpopcntdq", ISA_AVX512VPOPCNTDQ },
};

struct regs {
    unsigned a, b, c, d;
};

static struct regs cpuid(unsigned leaf, unsigned subleaf)
{
    struct regs r = { 0, 0, 0, 0 };

    __get_cpuid_count(leaf, subleaf, &r.a, &r.b, &r.c, &r.d); /* leaves zeros where the leaf is beyond the maximum */
    return r;
}

static uint64_t xcr0(void)
{
    unsigned low, high;

    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static int all(unsigned reg, unsigned bits)
{
    return (reg & bits) == bits;
}

uint32_t isa_host(void)
{
    enum { YMM = 0x6, ZMM = 0xe6 }; /* XCR0: SSE and AVX state; with opmask, ZMM_Hi256, Hi16_ZMM */
    struct regs one = cpuid(1, 0), seven = cpuid(7, 0), seven1 = cpuid(7, 1);
    uint32_t mask = ISA_ANY;
    uint64_t saved;

    if (!all(one.c, bit_OSXSAVE | bit_AVX))
        return mask;
    saved = xcr0();
    if ((saved & YMM) != YMM || !all(one.c, bit_FMA) || !all(seven.b, bit_AVX2))
        return mask;
    mask |= ISA_AVX2;
    if (seven1.a & bit_AVXVNNI)
        mask |= ISA_AVXVNNI;
    if ((saved & ZMM) == ZMM && all(seven.b, bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL)) {
        mask |= ISA_AVX512F;
        if (seven.c & bit_AVX512VNNI)
            mask |= ISA_AVX512VNNI;
        if (seven.c & bit_AVX512VPOPCNTDQ)
            mask |= ISA_AVX512VPOPCNTDQ;
    }
    return mask;
}

int isa_parse(const char *s, uint32_t *mask, struct err *err)
{
    const char *known[ARRAY_LEN(names) + 2] = { "none", "all" };
    uint32_t sum = ISA_ANY;

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        known[i + 2] = names[i].name;
    for (const char *word = s, *end;; word = end + 1) {
        char one[24];
        const char *near;
        size_t i = 0;

        end = word + strcspn(word, ",");
        snprintf(one, sizeof(one), "%.*s", (int)(end - word), word);
        while (i < ARRAY_LEN(known) && strcmp(one, known[i]) != 0)
            i++;
        if (i == ARRAY_LEN(known)) {
            near = text_suggest(one, known, ARRAY_LEN(known));
            return near ? err_set(err, ERR_USAGE, "unknown ISA '%s' (did you mean '%s'?)", one, near)
                        : err_set(err, ERR_USAGE, "unknown ISA '%s' (one or more of none, all, avx2, avx512f, "
                                                  "avx512vnni, avxvnni, avx512vpopcntdq, with commas)", one);
        }
        sum |= i == 0 ? ISA_ANY : i == 1 ? ISA_ALL : names[i - 2].bit;
        if (*end == '\0')
            break;
    }
    *mask = sum;
    return 0;
}

const char *isa_format(uint32_t mask, char *buf)
{
    size_t used = 0;

    buf[0] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (mask & names[i].bit)
            used += (size_t)snprintf(buf + used, ISA_TEXT - used, "%s%s", used ? "," : "", names[i].name);
    return used ? buf : strcpy(buf, "none");
}
