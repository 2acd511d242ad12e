// SPDX-License-Identifier: MIT
/* shipped.h -- the models that the program carries: inference/models/ as it was when it was built. */
#pragma once

#include "inference/gguf.h"

enum shipped { SHIPPED_REASONER, SHIPPED_DRAFT, SHIPPED_MODELS };

extern const char *const shipped_names[SHIPPED_MODELS]; /* "reasoner", "draft" */

/* NULL with *err filled (ERR_HOST) where it was built without, naming what makes it. gguf_close() it. */
struct gguf *shipped_open(enum shipped which, struct err *err);
