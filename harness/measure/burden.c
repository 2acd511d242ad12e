// SPDX-License-Identifier: MIT
#include "measure/burden.h"

#include "base/stats.h"
#include "measure/block.h"

/* One copy, not inlined here and called there: what is calibrated must be what is carried. Four multiplications that wait
 * for each other, 3 cycles each (Agner Fog, "Instruction tables"), hide what the loop itself costs, which depends on how
 * it happens to be aligned. */
__attribute__((noinline)) void burden_carry(int64_t turns)
{
    uint64_t x = 1;

    for (int64_t i = 0; i < turns; i++)
        __asm__ volatile("imul %0, %0\n\timul %0, %0\n\timul %0, %0\n\timul %0, %0" : "+r"(x));
}

double burden_turns_per_ns(void)
{
    enum { TRIES = 5, TURNS = 1 << 17 };
    double rates[TRIES];

    for (int i = 0; i < TRIES; i++) {
        double began = block_clock_s();

        burden_carry(TURNS);
        rates[i] = TURNS / ((block_clock_s() - began) * 1e9);
    }
    stats_sort(rates, TRIES);
    return stats_median(rates, TRIES);
}
