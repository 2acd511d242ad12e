// SPDX-License-Identifier: MIT
/* store_judged.h -- what the runs of the history were judged. */
#pragma once

#include "record/store.h"

/* Of every finished run, by number. store_free_judged() after success and failure alike. */
int store_load_judged(struct store *store, struct judgement **rows, size_t *n, struct err *err);
void store_free_judged(struct judgement *rows, size_t n);
