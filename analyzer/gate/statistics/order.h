/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Order statistics of small samples. Pure: no allocation is kept, nothing but the result changes.
 */
#ifndef THAG_GATE_ORDER_H
#define THAG_GATE_ORDER_H

#include <stddef.h>

/* Sorts in place, smallest first. No value may be NaN. */
void order_sort(double *values, size_t count);

/*
 * The quantile of sorted values by linear interpolation between the order statistics around
 * (count - 1) * share (type 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages",
 * 1996). `share` within [0, 1], `count` at least 1.
 */
double order_quantile(const double *sorted, size_t count, double share);

/* Median of values in any order; `count` at least 1. */
double order_median(const double *values, size_t count);

/*
 * Median absolute deviation about the median, scaled by 1.4826 so that it estimates the standard
 * deviation of a normal sample. 0 where more than half the values are equal.
 */
double order_deviation(const double *values, size_t count);

/* The k-th smallest (from 0) of `values`, which are rearranged. */
double order_select(double *values, size_t count, size_t k);

#endif
