// SPDX-License-Identifier: MIT
#include "inference/train/product.h"

#include "base/mem.h"
#include "codecs/blas.h"
#include "declare/isa.h"
#include "inference/train/product_pack.h"

#include <stdlib.h>

struct product_room {
    size_t most; /* pairs of each factor */
    uint32_t *a, *b;
};

struct product_room *product_room_new(size_t most, struct err *err)
{
    struct product_room *room = mem_array(1, sizeof(*room));

    room->most = most;
    room->a = mem_aligned(most, sizeof(*room->a), MEM_LINE, err);
    room->b = mem_aligned(most, sizeof(*room->b), MEM_LINE, err);
    if (room->a && room->b)
        return room;
    product_room_free(room);
    return NULL;
}

void product_room_free(struct product_room *room)
{
    if (!room)
        return;
    free(room->a);
    free(room->b);
    free(room);
}

static bool host_has_bf16(void)
{
    return isa_host() & ISA_AVX512F && __builtin_cpu_supports("avx512bf16");
}

static void pack(bool across, const float *x, size_t lines, size_t k, const float *step, size_t width, uint32_t *out)
{
    if (across)
        product_pack_across_avx512(x, lines, k, width, out);
    else
        product_pack_lines_avx512(x, lines, k, step, width, out);
}

static size_t packed(size_t lines, size_t width, size_t k)
{
    return (lines + width - 1) / width * width * ((k + 1) / 2);
}

/* A panel of B stays in the innermost cache while A goes by. */
static void run_bf16(const struct product *p, struct product_room *room)
{
    size_t pairs = (p->k + 1) / 2;

    if (packed(p->m, PRODUCT_ROWS, p->k) > room->most || packed(p->n, PRODUCT_COLUMNS, p->k) > room->most)
        BUG("a product of (%zu, %zu) by (%zu, %zu) in a room of %zu", p->m, p->k, p->k, p->n, room->most);
    pack(p->ta, p->a, p->m, p->k, p->a_step, PRODUCT_ROWS, room->a);
    pack(!p->tb, p->b, p->n, p->k, p->b_step, PRODUCT_COLUMNS, room->b);
    for (size_t j = 0; j < p->n; j += PRODUCT_COLUMNS)
        for (size_t i = 0; i < p->m; i += PRODUCT_ROWS) {
            const struct product_tile tile = {
                .a = room->a + i * pairs,
                .b = room->b + j * pairs,
                .pairs = pairs,
                .rows = p->m - i < PRODUCT_ROWS ? p->m - i : PRODUCT_ROWS,
                .ld = p->n,
                .a_step = p->a_step ? p->a_step + i : NULL,
                .b_step = p->b_step ? p->b_step + j : NULL,
                .add = p->add,
                .c = p->c + i * p->n + j,
            };

            product_tile_avx512(&tile);
        }
}

void product_run(const struct product *p, struct product_room *room)
{
    if (p->m && p->n % PRODUCT_COLUMNS == 0 && host_has_bf16())
        run_bf16(p, room);
    else
        blas_sgemm(p->ta, p->tb, p->m, p->n, p->k, 1, p->a, p->ta ? p->m : p->k, p->b, p->tb ? p->k : p->n, p->add,
                   p->c, p->n);
}
