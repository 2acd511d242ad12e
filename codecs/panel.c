// SPDX-License-Identifier: MIT
#include "codecs/panel.h"

#include "base/mem.h"
#include "codecs/panel_isa.h"
#include "declare/isa.h"

#include <stdlib.h>

static size_t panels(size_t n)
{
    return (n + PANEL_COLUMNS - 1) / PANEL_COLUMNS;
}

int panel_new(const float *b, size_t k, size_t n, bool transposed, struct panel *panel, struct err *err)
{
    float *out = mem_aligned(k * panels(n) * PANEL_COLUMNS, sizeof(*out), MEM_LINE, err);

    *panel = (struct panel){ 0 };
    if (!out)
        return -1;
    for (size_t p = 0; p < panels(n); p++)
        for (size_t i = 0; i < k; i++)
            for (size_t c = 0; c < PANEL_COLUMNS; c++) {
                size_t j = p * PANEL_COLUMNS + c;

                out[(p * k + i) * PANEL_COLUMNS + c] = j >= n ? 0 : transposed ? b[j * k + i] : b[i * n + j];
            }
    *panel = (struct panel){ k, n, out };
    return 0;
}

void panel_free(struct panel *panel)
{
    free(panel->data);
    *panel = (struct panel){ 0 };
}

size_t panel_stride(const struct panel *panel)
{
    return panels(panel->n) * PANEL_COLUMNS;
}

static void panel_scalar(const float *a, size_t ld_a, size_t rows, size_t k, const float *panel, size_t columns,
                         float *out, size_t ld_out)
{
    (void)columns; /* a loop of constant length is faster */
    for (size_t r = 0; r < rows; r++) {
        float sum[PANEL_COLUMNS] = { 0 };

        for (size_t i = 0; i < k; i++)
            for (size_t c = 0; c < PANEL_COLUMNS; c++)
                sum[c] += a[r * ld_a + i] * panel[i * PANEL_COLUMNS + c];
        for (size_t c = 0; c < PANEL_COLUMNS; c++)
            out[r * ld_out + c] = sum[c];
    }
}

void panel_multiply(const struct panel *panel, const float *a, size_t ld, size_t rows, float *out, uint32_t isa)
{
    panel_fn *kernel = isa & ISA_AVX512F ? panel_avx512 : isa & ISA_AVX2 ? panel_avx2 : panel_scalar;
    size_t stride = panel_stride(panel);

    for (size_t p = 0; p < panels(panel->n); p++) {
        size_t left = panel->n - p * PANEL_COLUMNS;

        for (size_t r = 0; r < rows; r += PANEL_ROWS)
            kernel(a + r * ld, ld, rows - r < PANEL_ROWS ? rows - r : PANEL_ROWS, panel->k,
                   panel->data + p * panel->k * PANEL_COLUMNS, left < PANEL_COLUMNS ? left : PANEL_COLUMNS,
                   out + r * stride + p * PANEL_COLUMNS, stride);
    }
}
