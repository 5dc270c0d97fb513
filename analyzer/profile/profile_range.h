/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A stretch of a run as a profile of its own, so that everything that can be made of a run can be
 * made of any part of it. Its numbers mean, for what happened from the range's start to its end:
 *
 *	allocated	blocks that came in it
 *	freed		blocks that went in it, whenever they came
 *	temporary	of these
 *	leaked		came in it and were live at its end
 *	peak		live, whenever they came, at the end of that interval of the range at which
 *			the heap was largest
 *	calls, samples	those of it; a call that lasted longer has its part of the time
 *
 * It is as fine as the profile's intervals (struct profile_spans). What is not kept by interval is
 * not known of it: distributions, mappings, the shortest and longest call, percentiles, CPU time
 * that no sample stands for. The largest block and the mean lifetime of a call path are those of
 * the whole run.
 */
#ifndef THAG_PROFILE_RANGE_H
#define THAG_PROFILE_RANGE_H

#include "profile.h"

/* From the start of the run; to_ns 0: to its end. */
struct profile_range {
	uint64_t from_ns, to_ns;
};

/*
 * Makes the profile of the intervals that the range touches, and widens `range` to these. It
 * borrows from `whole`, which must live longer; profile_free() it. Returns NULL with `error` set
 * (PROFILE_ERROR_RANGE) where the profile has no intervals, or the range is empty or beyond its
 * end.
 */
struct profile *profile_of_range(
	const struct profile *whole, struct profile_range *range, GError **error);

#endif
