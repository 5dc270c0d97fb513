/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The normal and Student's t distribution. Pure. */
#ifndef THAG_GATE_NORMAL_H
#define THAG_GATE_NORMAL_H

/* P(Z <= z). */
double normal_below(double z);

/* The z with P(Z <= z) = p, for p in (0, 1): Acklam's rational approximation with one Halley step,
 * correct to about 1e-15. */
double normal_quantile(double p);

/* P(|T| >= |t|) with `freedom` > 0 degrees of freedom, by the incomplete beta function. */
double student_two_sided(double t, double freedom);

#endif
