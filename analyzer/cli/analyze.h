/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The analyzer process of a run: reads the pool until the run is over, then writes the results.
 *
 * thag-run forks one before it starts the program; the preload, when it is alone, starts one by
 * `thag collect`. It runs in a session of its own, so that a terminal's interrupt ends the program
 * and not the profile of it, and SIGTERM makes it finish with what it has.
 */
#ifndef THAG_CLI_ANALYZE_H
#define THAG_CLI_ANALYZE_H

#include <signal.h>
#include <stdbool.h>
#include "options.h"
#include "pool_file.h"

enum {
	ANALYZE_WAKE_SIGNAL = SIGUSR1, /* ends a sleep of the analyzer: there is news for it */
};

struct analyze_request {
	const char *program; /* name for the results; NULL: of the first process */
	char **command;	     /* command line; NULL: of the first process */
	int channel;	     /* to thag-run, or -1 */
	bool quiet;
	bool json;
};

/*
 * Makes this process the analyzer: new session, signals, descriptors. `channel`: kept open, or -1.
 */
void analyze_become(int channel);

/*
 * Makes the paths in `options`, which need not be terminated, absolute: relative to the current
 * directory. Returns 0, or -ENAMETOOLONG and leaves as it is what would not fit.
 */
int analyze_make_absolute(struct options *options);

/* Reads `file` to the end and writes the results. Returns an exit status; errors were said. */
int analyze_run(struct pool_file *file, const struct analyze_request *request);

#endif
