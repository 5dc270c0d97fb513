/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Where a series of measurements changed its level for good.
 *
 * Binary segmentation with Welch's t test, as Otava (Hunter) does instead of E-divisive's random
 * permutations: of all places to cut, the one with the largest |t| is a change if its p, times the
 * number of places tried, is small and the means differ enough; then both parts are searched. No
 * randomness: the same series always gives the same answer.
 */
#ifndef THAG_GATE_CHANGE_POINT_H
#define THAG_GATE_CHANGE_POINT_H

#include <glib.h>
#include <stddef.h>

struct change_point {
	size_t index;	      /* of the first value of the new level */
	double before, after; /* means of the levels */
	double p;	      /* corrected */
};

struct change_point_options {
	double significance; /* 0.01 */
	double least_change; /* relative, 0.005: smaller steps are not reported */
	size_t least_length; /* of a level, 3 or more */
};

/* GArray of struct change_point by index; g_array_unref() it. */
GArray *change_point_find(
	const double *values, size_t count, const struct change_point_options *options);

#endif
