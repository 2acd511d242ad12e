// SPDX-License-Identifier: MIT
/* news.h -- steps as one wants to see them in the morning: a case once, whatever it has of metrics, and the worst first. */
#pragma once

#include "report/steps.h"

struct news_item {
    const struct stepped *stepped;
    const struct step *step;
};

/* What happened to a case on one class of hosts, to the better or to the worse. */
struct news {
    const struct news_item *items; /* its metrics, the one that tells most first */
    size_t n_items;
    double harm; /* of the first: news_harm() */
};

struct news_list {
    struct news *news; /* ours before peers and roofs, worse before better, confirmed before suspected, large before small */
    size_t n;
    struct news_item *items;
    size_t n_items;
};

/* Of the steps that `wanted` says yes to. To be freed with news_free(). */
typedef bool news_fn(const struct stepped *stepped, const struct step *step, const void *arg);
void news_collect(struct news_list *list, const struct stepped *stepped, size_t n, news_fn *wanted, const void *arg);
void news_free(struct news_list *list);

/* Is a step worth telling this morning: not acknowledged, and suspected, or begun in one of the last three nights that
 * the series has? `arg` is not used. */
bool news_is_fresh(const struct stepped *stepped, const struct step *step, const void *arg);

/* How many days have a point from the step on; without dates every point is a day. */
size_t news_nights(const struct stepped *stepped, const struct step *step);

/* How much worse it made things: the log of the ratio, above 0 worse. */
double news_harm(const struct series *series, const struct step *step);
