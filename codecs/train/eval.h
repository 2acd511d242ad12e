// SPDX-License-Identifier: MIT
/* eval.h -- is the encoder's retrieval real, and are its vectors like those of larger models?
 *
 * Retrieval: for pairs of held-out synsets, the right definition is to be found among all 117,659 by the lemmas, by an
 * example, or by the definition of a narrower synset (which is then no candidate). Recall@k is the share of queries
 * whose right answer is among the k best; where scores tie, it stands in the middle of its equals. The rivals get the
 * same texts: TF-IDF cosine (lsa_terms.h) and latent semantic analysis (lsa.h), the queries among their documents. */
#pragma once

#include "base/text.h"
#include "codecs/encoder.h"
#include "codecs/train/texts.h"

enum { EVAL_QUERIES = 1000 }; /* of a kind */

/* Appends the table to *report. */
int eval_retrieval(const struct encoder *encoder, const struct wordnet *wordnet, const struct texts *texts,
                   struct text *report, struct err *err);

/* Of `lemmas: definition` of all synsets: the share of variance in the first principal components, and the recall@10 of
 * prefixes, and of as many principal components, against the whole vectors' exact neighbours. */
int eval_shape(const struct encoder *encoder, const struct texts *texts, struct text *report, struct err *err);

/* The words of a span, between blanks; free() it. */
char *eval_string(const struct texts *texts, struct span span);
