/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What samples and traced calls say of each interval of the run (spans.h has these): so much of its
 * time a call path had, so often it was called.
 *
 * Nothing is done while an interval lasts: call paths have sums anyway. When it is over, what has
 * been added to a sum since it was last told is a moment. Calls that have not returned are told so
 * far, each to its own call path, and what has been told is taken off when they do: so a call that
 * takes all day is a part of every hour.
 */
#ifndef THAG_MOMENTS_H
#define THAG_MOMENTS_H

#include <glib.h>
#include <stdint.h>

struct timing;
struct timing_thread;

enum {
	MOMENT_VALUES = 6
};

/*
 * Of samples: node, and samples and nanoseconds of both kinds, and of those in the kernel. Of
 * calls: path, calls, self ticks.
 */
struct moment {
	uint32_t of;
	uint8_t span;
	uint64_t value[MOMENT_VALUES];
};

/* Keeps moments of all that is timed in the model from now on. */
void moments_attach(struct timing *timing);

/* Those of one node or path together, by interval: for the end, when no more are to come. */
void moments_sort(GArray *moments);

#endif
