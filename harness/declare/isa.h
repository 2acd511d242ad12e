// SPDX-License-Identifier: MIT
/* isa.h -- which vector instructions may be executed here.
 *
 * A bit is set only where CPUID reports the instructions *and* XCR0 shows that the operating system saves the registers
 * they use (Intel SDM vol. 1, 13.3; AMD APM vol. 1, 11.5): CPUID alone is how programs die of SIGILL. */
#pragma once

#include "base/err.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ISA_ANY             0u         /* baseline x86-64 */
#define ISA_AVX2            (1u << 0)  /* AVX2 with FMA3: they come together on every CPU this is for */
#define ISA_AVX512F         (1u << 1)  /* AVX-512 F, BW, DQ, VL: Zen 4 and later, Skylake-SP and later */
#define ISA_AVX512VNNI      (1u << 2)
#define ISA_AVXVNNI         (1u << 3)  /* the 256-bit VEX form */
#define ISA_AVX512VPOPCNTDQ (1u << 4)  /* counts of bits in words of 4 and 8 bytes: Zen 4, Ice Lake and later */
#define ISA_ALL             ((1u << 5) - 1)

uint32_t isa_host(void);

/* "avx2,avx512f" to a mask, "none" for ISA_ANY, "all"; and back into buf (at least ISA_TEXT bytes), which is returned. */
#define ISA_TEXT 96
int isa_parse(const char *s, uint32_t *mask, struct err *err);
const char *isa_format(uint32_t mask, char *buf);

#ifdef __cplusplus
}
#endif
