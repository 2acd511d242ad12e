// SPDX-License-Identifier: MIT
/* half.h -- IEEE 754 half precision (binary16) in software: the same bits on every host.
 *
 * half_from() rounds to nearest, ties to even, as F16C does; what is too large becomes infinite, a NaN stays one. */
#pragma once

#include <stdint.h>

uint16_t half_from(float x);
float half_to(uint16_t h);
