// SPDX-License-Identifier: MIT
/* panel_isa.h -- what panel.c and its ISA files share. */
#pragma once

#include <stddef.h>

#define PANEL_COLUMNS 64 /* of a panel: four AVX-512 registers */
#define PANEL_ROWS    6  /* rows that a kernel does at a time, where there are as many */

/* out (rows, PANEL_COLUMNS), ld_out apart = a (rows, k), ld_a apart, times panel (k, PANEL_COLUMNS); rows <= PANEL_ROWS.
 * Only the first `columns` are wanted of it, of 1 to PANEL_COLUMNS. */
typedef void panel_fn(const float *a, size_t ld_a, size_t rows, size_t k, const float *panel, size_t columns, float *out,
                      size_t ld_out);

panel_fn panel_avx2, panel_avx512;
