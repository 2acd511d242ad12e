// SPDX-License-Identifier: MIT
/* bound.h -- the least distortion that any code of so many bits can reach: the rate-distortion function of a Gaussian
 * with independent components, by reverse water-filling (Cover & Thomas, Elements of Information Theory, 2nd ed., 2006,
 * theorem 10.3.3).
 *
 * `variances` (n) are the eigenvalues of the covariance, in any order, none negative. Distortion is the expected
 * squared error of a whole vector; with 0 bits it is the sum of the variances. Of data that is not Gaussian but has
 * these eigenvalues the bound is not the least: a code that knows better can be below it. */
#pragma once

#include <stddef.h>

double bound_distortion(const double *variances, size_t n, double bits);
double bound_bits(const double *variances, size_t n, double distortion); /* infinite for none; 0 from the sum upwards */
