/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Where the time of a selection went, as pictures: a flamegraph whose boxes are functions (lines of
 * one function are one box), and a flamechart with a band of rows for each thread.
 */
#ifndef THAG_CLI_FLAME_TIME_H
#define THAG_CLI_FLAME_TIME_H

#include <stdio.h>
#include "flame_profile.h"
#include "selection.h"

/* What these have in common with flame_profile_write(). */
typedef int picture_writer(FILE *out, const struct selection *selection, const char *title);

/*
 * Write the picture; `title` may be NULL. Return 0, or the negative errno of a failed write. The
 * stream is flushed, not closed.
 */
int flame_time_write(FILE *out, const struct selection *selection, const char *title);

/* Of a profile without a chart it is an empty picture. */
int flame_chart_write(FILE *out, const struct selection *selection, const char *title);

/* Whether that would show anything: calls, samples, tasks or marks. */
bool flame_chart_is_there(const struct profile *profile);

/* The same, with colours of one's own; `options->metric` is shown first. */
int flame_time_write_as(
	FILE *out, const struct selection *selection, const struct flame_profile_options *options);
int flame_chart_write_as(
	FILE *out, const struct selection *selection, const struct flame_profile_options *options);

/* Which call paths allocated when; of a profile without spans it is an empty picture. */
int flame_memory_chart_write_as(
	FILE *out, const struct selection *selection, const struct flame_profile_options *options);

/* One frame by function, for both; g_free() it. Texts are the profile's. */
struct flame_frame *flame_function_frames(const struct profile *profile);

#endif
