// SPDX-License-Identifier: MIT
/* codec_file.h -- what codec_load() and codes_load() do once a file is in memory: for the fuzzer and for tests. */
#pragma once

#include "codecs/codec.h"

int codec_parse(const uint8_t *data, size_t len, struct codec_model *model, struct err *err);
int codes_parse(const uint8_t *data, size_t len, const struct codec_model *model, struct codes *codes, struct err *err);
