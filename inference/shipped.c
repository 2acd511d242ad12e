// SPDX-License-Identifier: MIT
#include "inference/shipped.h"

/* The files themselves: the assembler includes them. */
__asm__(".section .rodata\n"
        ".balign 64\n"
        "shipped_reasoner:\n"
        ".incbin \"" PAWL_REASONER "\"\n"
        "shipped_reasoner_end:\n"
        ".balign 64\n"
        "shipped_draft:\n"
        ".incbin \"" PAWL_DRAFT "\"\n"
        "shipped_draft_end:\n"
        ".text\n");

extern const unsigned char shipped_reasoner[] __attribute__((visibility("hidden")));
extern const unsigned char shipped_reasoner_end[] __attribute__((visibility("hidden")));
extern const unsigned char shipped_draft[] __attribute__((visibility("hidden")));
extern const unsigned char shipped_draft_end[] __attribute__((visibility("hidden")));

const char *const shipped_names[SHIPPED_MODELS] = { "reasoner", "draft" };

struct gguf *shipped_open(enum shipped which, struct err *err)
{
    const unsigned char *data = which == SHIPPED_REASONER ? shipped_reasoner : shipped_draft;
    const unsigned char *end = which == SHIPPED_REASONER ? shipped_reasoner_end : shipped_draft_end;

    if (data == end) {
        err_set(err, ERR_HOST, "this build is without the %s: `make models` makes it", shipped_names[which]);
        return NULL;
    }
    return gguf_parse(data, (size_t)(end - data), shipped_names[which], err);
}
