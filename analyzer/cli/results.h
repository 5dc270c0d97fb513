/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The files of a run, and what is said at its end.
 *
 *	<program>-<yyyymmdd>-<hhmmss>.thag			the profile
 *	<program>-<yyyymmdd>-<hhmmss>-memory-detail.folded	or -memory-summary.folded
 *	<program>-<yyyymmdd>-<hhmmss>-memory-detail.svg		the flamegraph of it
 *	<program>-<yyyymmdd>-<hhmmss>.html			the report of it
 *	<program>-<yyyymmdd>-<hhmmss>-time.folded		self, in microseconds
 *	<program>-<yyyymmdd>-<hhmmss>-time-inclusive.folded	total
 *	<program>-<yyyymmdd>-<hhmmss>-time.svg			flamegraph
 *	<program>-<yyyymmdd>-<hhmmss>-time-chart.svg		flamechart, on the axis of time
 *	<program>-<yyyymmdd>-<hhmmss>-sections.folded		sections and tasks alone, self
 *
 * The files of memory are there where memory was profiled, those of time where there were traced
 * calls or samples, the chart where there were tasks or marks too.
 *
 * All files of a run have one stem; where it is taken "-2", "-3" ... follow the time. No file that
 * is there is ever written over.
 */
#ifndef THAG_CLI_RESULTS_H
#define THAG_CLI_RESULTS_H

#include <stdbool.h>
#include "model/model.h"

struct symbolizer;

/* What the model does not know of its run. */
struct results_run {
	const char *directory;
	const char *program;	/* for the files' names; NULL: of the first process */
	char **command;		/* NULL: of the first process */
	int exit_status;	/* -1: not known */
	int exit_signal;	/* 0: none */
	const char *incomplete; /* why this is not the whole run; NULL: it is */
	bool loaded;		/* some process of the run had the library */
	bool quiet;		/* errors and warnings alone are printed */
	bool json;		/* the summary as JSON */
};

/* Says on standard error why there is no result. */
void results_say_nothing_recorded(const struct results_run *about);

/* Writes the files and prints the summary to stderr. Returns 0, or -1; errors have been said. */
int results_write(
	const struct run *run, struct symbolizer *symbolizer, const struct results_run *about);

#endif
