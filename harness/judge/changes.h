// SPDX-License-Identifier: MIT
/* changes.h -- where the level of a series shifted: offline segmentation, with a p that is calibrated.
 *
 * What it does, in this order:
 *  1. Points that are not finite (missing nights) are left out; a season that repeats at least four times is taken out,
 *     however long; what stands out of its five neighbours by more than 3 sigma is cut to that, so that one or two
 *     nights are a spike.
 *  2. The noise: its standard deviation from differences of neighbours, locally (it may grow or shrink), and the factor
 *     by which the variance of long means exceeds that of independent points (an AR(1) of 0.5: 3). Steps look like
 *     dependence and dependence like steps. So the factor is settled with the segments that it leads to, three times:
 *     from a guess, from no steps at all and from independence. The likeliest is kept, by an autoregression of what its
 *     segments leave, but not one that leaves a walk while another does not (Chakar et al., "A robust approach for
 *     estimating change-points in the mean of an AR(1) process", Bernoulli 23(2), 2017, estimate it once, from two
 *     differences).
 *  3. Optimal partitioning (Jackson et al., IEEE Signal Process. Lett. 12(2), 2005) over candidates that a scan at all
 *     scales has left, all places for short series; the cost of a stretch is that of its best level or, for a penalty,
 *     of its best line: a drift is no staircase. The penalties grow with log n, in units of the noise.
 *  4. Every boundary has to prove itself: by its gain against a chi-squared of one degree, with the heavier tail of a
 *     noise that is only estimated, times n places, below CHANGES_ALPHA, also where the whole is taken for one parabola,
 *     since a round bend is no step; and, where the stretch is short, by a binomial test that does not trust the noise to
 *     be normal: how often do other points go as far? That is what keeps bimodal, skewed and spiky series quiet. A shock
 *     that fades is no level, nor are three to five points of a long series after which all is as before, and two levels
 *     between which a series goes back and forth six times are its modes.
 *
 * A step is confirmed with its third point. The newest one or two points, where they are off, make one last step of
 * state STEP_SUSPECTED. A host's epoch pulls a step to itself where it fits about as well, and marks it.
 *
 * Deterministic: no random numbers; the same values give the same steps. Time about n log n up to 10^5 points; memory
 * about 200 bytes a point. tests/test_changes.c measures precision, recall, covering and false alarms. */
#pragma once

#include "declare/step.h"

#define CHANGES_ALPHA 0.01 /* chance of a false step in a series of mere noise */

/* Returns how many, by index; *steps is the caller's to free. `epochs` NULL, or n numbers: of equal numbers side by
 * side the host was the same. */
size_t changes_find(const double *values, const int *epochs, size_t n, struct step **steps);
