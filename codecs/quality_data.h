// SPDX-License-Identifier: MIT
/* quality_data.h -- what the scenarios of codecs/ work on: part of the WordNet corpus, codecs trained on it and what they
 * were judged at, all kept in the user's cache, since a block is a process of a second.
 *
 * Models and figures are keyed by the code of the codecs as well: where that was changed they are trained and judged anew, so
 * that no figure is older than the code that it is about. */
#pragma once

#include "codecs/evaluate.h"

enum { QUALITY_TRAIN = 8192, QUALITY_BASE = 8192, QUALITY_QUERIES = 500 };

extern const uint64_t quality_code; /* of all of codecs/, base/ and declare/ that may matter: quality_code.cmake */

struct quality_data {
    struct corpus corpus; /* `train` stays empty until something has to be trained */
    uint64_t key;
    struct evaluate_frame frame; /* {0} until something has to be judged */
};

/* -1 (ERR_HOST) where WordNet or OpenBLAS is not installed. */
int quality_data_open(struct quality_data *data, struct err *err);
void quality_data_close(struct quality_data *data); /* accepts {0} */

/* Why there is no such data here, and what to do; NULL: there is. Cheap. */
const char *quality_data_lacks(void);

/* Trained with seed 1; and what it is worth on the corpus (without found_10). */
int quality_data_model(struct quality_data *data, const struct codec *codec, size_t bytes, struct codec_model *model,
                       struct evaluation *e, struct err *err);
