/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * From the numbers of a run (model.h) and the names of its addresses (symbolizer.h) to a profile.
 *
 * Return addresses are looked up one byte earlier, in the call itself. Every function of an inline
 * chain becomes a frame of its own. The trees of all processes are merged where their frames are
 * equal, so that call paths are the same from run to run although addresses are not. Frames of the
 * profiling library itself are left out wherever they occur; marks of the preload (what could not
 * be walked, what was folded) become frames in brackets.
 */
#ifndef THAG_PROFILE_BUILD_H
#define THAG_PROFILE_BUILD_H

#include "profile.h"
#include "symbolizer.h"

/* What the model cannot know. Text is copied; NULL stands for what is not known. */
struct profile_context {
	const char *thag_version;
	const char *const *command;    /* NULL: the first process's arguments */
	const char *const *incomplete; /* reasons beside those the model has, or NULL */
	const char *const *cost;       /* notes on what the profiling cost, or NULL */
	int exit_status;	       /* -1: not known */
	int exit_signal;	       /* 0: none */
};

/*
 * Makes the profile of a finished run. Wants and resolves the addresses that are needed, and no
 * others. Never fails; free the result with profile_free().
 */
struct profile *profile_build(const struct run *run, struct symbolizer *symbolizer,
	const struct profile_context *context);

#endif
