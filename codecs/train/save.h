// SPDX-License-Identifier: MIT
/* save.h -- a trained model as the file that encoder.h describes: rounded to 4 and 8 bits. */
#pragma once

#include "codecs/codec.h"
#include "codecs/train/train.h"

void save_weights(const struct trained *trained, const struct texts *texts, struct blob *out);
