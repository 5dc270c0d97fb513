/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Holm's correction of several tests ("A simple sequentially rejective multiple test procedure",
 * 1979): with the adjusted values compared with alpha, the chance of any false alarm among all
 * tests is at most alpha, whatever their dependence.
 */
#ifndef THAG_GATE_HOLM_H
#define THAG_GATE_HOLM_H

#include <stddef.h>

/* ret_adjusted[i] belongs to p[i]; the arrays must not overlap. */
void holm_adjust(const double *p, size_t count, double *ret_adjusted);

#endif
