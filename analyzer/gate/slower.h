/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Which functions got slower, by the sampled runs of two programs: what each function itself took
 * in each run, and how sure it is that the means differ.
 */
#ifndef THAG_GATE_SLOWER_H
#define THAG_GATE_SLOWER_H

#include "attribution.h"

/*
 * GArray of struct attribution_function, all with a value on either side: by the increase less one
 * standard error, the largest first, so that neither what hardly grew nor what varies wildly comes
 * first. NULL where the metric is not one of samples. Of a side whose runs are not known one by
 * one, only their mean, the other's spread is taken.
 */
GArray *slower_functions(const struct comparison *comparison, enum gate_metric metric);

/* The place of a function in that list, from 1; 0 where there is no list or no call path. */
uint32_t slower_rank(const GArray *functions, uint32_t number, uint32_t path);

#endif
