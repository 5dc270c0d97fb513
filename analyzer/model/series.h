/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Values over time in bounded memory: when there are too many points, each two neighbours become
 * one that keeps their count, range and last value.
 */
#ifndef THAG_SERIES_H
#define THAG_SERIES_H

#include "named.h"

struct series {
	GArray *points;	   /* struct named_point with ticks for times; NULL: none yet */
	uint64_t together; /* values that a point holds when it is full */
	uint64_t count, first, last_time;
	double min, max, last;
};

void series_add(struct series *series, uint64_t ticks, double value);
/* All of `from`, which has some. */
void series_merge(struct series *to, const struct series *from);
void series_fini(struct series *series);

#endif
