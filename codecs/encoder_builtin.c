// SPDX-License-Identifier: MIT
/* The weights themselves: the assembler includes the file. */
#include "codecs/encoder.h"

__asm__(".section .rodata\n"
        ".balign 64\n"
        ".type encoder_weights, @object\n"
        "encoder_weights:\n"
        ".incbin \"" PAWL_ENCODER_WEIGHTS "\"\n"
        "encoder_weights_end:\n"
        ".size encoder_weights, encoder_weights_end - encoder_weights\n"
        ".text\n");

extern const unsigned char encoder_weights[] __attribute__((visibility("hidden")));
extern const unsigned char encoder_weights_end[] __attribute__((visibility("hidden")));

int encoder_builtin(struct encoder **encoder, struct err *err)
{
    return encoder_load(encoder_weights, (size_t)(encoder_weights_end - encoder_weights), encoder, err);
}
