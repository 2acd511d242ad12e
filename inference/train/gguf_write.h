// SPDX-License-Identifier: MIT
/* gguf_write.h -- a trained net as a GGUF file of the architecture `bitnet` that GGUF programs load: the matrices of a
 * ternary net as TQ2_0, all else as F32; the tokenizer of problems.h, in which every character is a token. */
#pragma once

#include "inference/train/net.h"

#include <stdio.h>

struct gguf_about {
    const char *name, *description; /* general.name, general.description */
};

/* All or nothing. A ternary net's dim and hidden are multiples of 256, the block of TQ2_0; else -1 (ERR_USAGE). */
int gguf_write(const char *path, const struct net *net, const struct gguf_about *about, struct err *err);
