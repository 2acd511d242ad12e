// SPDX-License-Identifier: MIT
#include "measure/burden.h"

#include "base/stats.h"
#include "measure/block.h"

void burden_carry(int64_t turns)
{
    for (int64_t i = 0; i < turns; i++)
        __asm__ volatile("" ::: "memory");
}

double burden_turns_per_ns(void)
{
    enum { TRIES = 5, TURNS = 1 << 20 };
    double rates[TRIES];

    for (int i = 0; i < TRIES; i++) {
        double began = block_clock_s();

        burden_carry(TURNS);
        rates[i] = TURNS / ((block_clock_s() - began) * 1e9);
    }
    stats_sort(rates, TRIES);
    return stats_median(rates, TRIES);
}
