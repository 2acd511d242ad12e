// SPDX-License-Identifier: MIT
/* burden.h -- a known extra load, for drills: turns of a loop that waits for one chain of multiplications, so that it
 * slows down and speeds up with the core as the code beside it does. */
#pragma once

#include <stdint.h>

double burden_turns_per_ns(void); /* on this core, now; takes about 3 ms */
void burden_carry(int64_t turns);
