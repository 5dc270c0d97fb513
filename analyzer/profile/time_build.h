/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The part of building a profile (profile_build.h) that is about time: calls, samples, chart. */
#ifndef THAG_PROFILE_TIME_BUILD_H
#define THAG_PROFILE_TIME_BUILD_H

#include "call_paths.h"

/* Asks for the addresses of all that the thread's times name. */
void time_build_want(struct call_paths *paths, const struct thread *thread);

/* Adds the rows of a thread, which is the profile's number `number`; nodes are provisional. */
void time_build_add(struct call_paths *paths, uint32_t number, const struct thread *thread);

/* Gives nodes their final numbers, sorts the rows, and merges those of one call path. */
void time_build_number(struct profile *profile, const uint32_t *number);

/* What profiling did to the times: lines for profile_run.cost. */
void time_build_cost(const struct profile *profile, GString *text);

/* What is not in the profile because it was not asked for: lines for the same. */
void time_build_left_out(const struct profile *profile, GString *text);

/* What is missing of the times: lines for profile_run.incomplete. */
void time_build_missing(const struct profile *profile, GString *text);

#endif
