// SPDX-License-Identifier: MIT
/* gbench_row.h -- the reader's own: one row of a Google Benchmark report (gbench_report.h). */
#pragma once

#include "declare/gbench_report.h"

#include <jansson.h>

/* GBENCH_PERHAPS: by its name it may be an aggregate. */
enum gbench_kind { GBENCH_REPETITION, GBENCH_MEDIAN, GBENCH_MEAN, GBENCH_PERHAPS, GBENCH_OTHER };

/* ERR_CONFIG: it is not understood. A row of GBENCH_OTHER is left empty. gbench_row_free() it either way. */
int gbench_row_read(const json_t *row, struct gbench_row *to, enum gbench_kind *kind, struct err *err);
void gbench_row_free(struct gbench_row *row);

const char *gbench_row_string(const json_t *object, const char *key); /* "" where it is no string */
bool gbench_row_has_controls(const char *s);
