// SPDX-License-Identifier: MIT
/* fields.h -- the arrays of a saved model, read from bytes that nobody vouches for. */
#pragma once

#include "codecs/codec.h"

/* The next n half floats or floats of a model, to free(). NULL where there are not as many, or one is not finite. */
float *fields_halves(struct blob_reader *in, size_t n);
float *fields_floats(struct blob_reader *in, size_t n);

/* To the nearest half float, no larger than 65504: what fields_halves() will find. */
void fields_round(float *x, size_t n);
