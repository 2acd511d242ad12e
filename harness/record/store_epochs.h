// SPDX-License-Identifier: MIT
/* store_epochs.h -- the room's own: the epochs of the points of a history. */
#pragma once

#include "declare/result.h"
#include "record/store.h"

/* Fills point.epoch from the runs' fact "epoch"; it stays "" where a run has none. -1 with *err filled. The facts are
 * read once, not joined to every point: of a history of 10^5 points that is a few milliseconds. */
int store_epochs_fill(struct store *store, struct history *history, struct err *err);
