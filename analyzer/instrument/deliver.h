/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What becomes of the edits of a source, alike for thag-instrument and thag-uninstrument: a file is
 * replaced, standard input comes out on standard output, or nothing is written at all.
 */
#ifndef THAG_INSTRUMENT_DELIVER_H
#define THAG_INSTRUMENT_DELIVER_H

#include <stdbool.h>
#include "edits.h"
#include "source.h"

enum {
	DELIVER_DONE = 0,
	DELIVER_FAILED = 1, /* at least one file was left as it was though it should not be */
	DELIVER_USAGE = 2,
};

struct deliver {
	const char *command; /* for messages */
	bool dry_run;	     /* nothing is written */
	bool diff;	     /* edits are printed, nothing is written */
	bool quiet;	     /* only problems are told */
	unsigned changed_files, failed_files;
};

/*
 * 0, or -1: it was said why, and counted. Standard input is passed on also without edits. Sources
 * without edits are not written.
 */
int deliver(struct deliver *deliver, const struct source *source, const struct edits *edits);

/* Says why a file is left as it is, and counts it; standard input is passed on. */
void deliver_problem(
	struct deliver *deliver, const struct source *source, const char *path, const char *why);

/* Whether standard input is a terminal; says then that files are wanted. */
bool deliver_input_is_missing(const char *command);

/* "1 file", "2 files"; the caller's. */
char *deliver_count(unsigned count, const char *noun);

/* The exit status after all files. */
int deliver_status(const struct deliver *deliver);

#endif
