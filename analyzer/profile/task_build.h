/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Tasks of the model in a profile: part of named_build.c.
 *
 * To the model tasks are one where one instruction made them. A compiler that unrolls a loop makes
 * several instructions of one line: their tasks have one call path in a profile, and are one there.
 */
#ifndef THAG_TASK_BUILD_H
#define THAG_TASK_BUILD_H

#include "call_paths.h"
#include "profile.h"

/* What the model summed up, with percentiles. */
struct profile_durations task_build_durations(const struct named_durations *from);

/*
 * Adds the tasks of a process, given by its index, whose places are `places`. Gives the index in
 * the profile of each: the caller's.
 */
uint32_t *task_build_add(struct call_paths *paths, const struct named *named, uint32_t process,
	const uint32_t *places);

/*
 * How many there were at once, of those from `first_task` that were put together: from the
 * instances, which must all be there.
 */
void task_build_count(struct profile_named *named, uint32_t first_task);

#endif
