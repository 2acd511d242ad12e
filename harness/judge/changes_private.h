// SPDX-License-Identifier: MIT
/* changes_private.h -- the parts of judge/changes.c: noise, season, split, modes, proof. All values are finite. */
#pragma once

#include "declare/step.h"

enum { LINE_MIN = 12 }; /* fewer points have slopes by chance */

/* Segments [start[i], start[i + 1]) of n_points, the last up to n_points. */
struct segments {
    size_t *start; /* ascending; start[0] = 0 */
    size_t n, n_points;
};

static inline size_t segments_end(const struct segments *s, size_t i)
{
    return i + 1 < s->n ? s->start[i + 1] : s->n_points;
}

/* changes_noise.c: the noise's standard deviation around each point, from differences of neighbours; steps and slopes
 * hardly touch it. That of the whole, bent to what the neighbourhood shows. */
void noise_local(const double *y, size_t n, double *sigma);
double noise_white(const double *y, size_t n); /* of the whole */

/* Cuts what stands out of the five points around it. */
void noise_clip(double *y, size_t n, const double *sigma);

/* By what factor the variance of the mean of many points, in units of sigma, exceeds that of independent points: about
 * (1 + rho) / (1 - rho) for an AR(1); at least 1. A guess that many steps make too large. */
double noise_dependence(const double *y, size_t n, const double *sigma);

/* What the segments leave of a series, each about its line. */
struct remains {
    double factor;   /* as above, with the variance of a point itself */
    double deviance; /* minus twice the log-likelihood of an autoregression, and the price of its order */
    double returns;  /* n (1 - r), r the first autocorrelation: Dickey & Fuller's statistic */
};

struct remains noise_remains(const double *y, const double *sigma, const struct segments *s);

/* changes_season.c: takes a regular season out of y; its period in points, 0 where there is none. */
size_t season_remove(double *y, size_t n);

/* changes_split.c: the best segments for a factor by which sigma^2 is too small; the first call does most of the work.
 */
struct split;
struct split *split_open(const double *y, size_t n, const double *sigma);
void split_find(const struct split *split, double factor, struct segments *s); /* free() s->start */
void split_close(struct split *split);

/* How much better [from, to) is described in two parts: in units of chi-squared. */
double split_gain(const struct split *split, double factor, size_t from, size_t at, size_t to);

/* changes_modes.c: the median of [from, to). */
double segments_level(const double *y, size_t from, size_t to);

/* Takes out the boundaries between two levels that the series keeps going back and forth between. */
void modes_prune(const double *raw, struct segments *s);

/* changes_proof.c: the chance that a boundary is none; `raw` is the series before anything was cut. */
double proof_boundary(const struct split *split, double factor, const double *raw, const struct segments *s, size_t i);

/* Takes out what is not proven, the weakest first. */
void proof_prune(const struct split *split, double factor, const double *raw, struct segments *s);
