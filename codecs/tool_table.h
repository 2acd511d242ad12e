// SPDX-License-Identifier: MIT
/* tool_table.h -- the table of a family: a row an evaluation, by wanted bytes. */
#pragma once

#include "base/text.h"
#include "codecs/evaluate.h"

/* Rows es[n] of one corpus. By each number of wanted bytes, where there are both, a last line holds pawl's best (by
 * recall@10) against the best peer, on the same queries. */
void tool_table_head(const struct corpus *corpus, struct text *out);
void tool_table_text(const struct evaluation *es, size_t n, struct text *out);
void tool_table_json(const struct corpus *corpus, const struct evaluation *es, size_t n, struct text *out);
