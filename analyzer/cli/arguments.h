/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The command line and the environment of thag-run.
 *
 * Flags come from the option table (wire/options.h) and from a short table here of those that only
 * concern the wrapper. The command line wins over the environment.
 */
#ifndef THAG_CLI_ARGUMENTS_H
#define THAG_CLI_ARGUMENTS_H

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include "options.h"

struct arguments {
	struct options options;
	bool quiet;	/* no summary at the end */
	bool json;	/* the summary as JSON */
	bool help;	/* nothing is run: print help ... */
	bool version;	/* ... or the version */
	char **command; /* the program and its arguments, into argv; empty for help and version */
};

/*
 * Returns 0, or -1 with `*ret_why`, the caller's: what is wrong, where, and what was probably
 * meant.
 */
int arguments_parse(char **argv, struct arguments *ret_arguments, char **ret_why);

/* Names of variables that look like ours but are not, each as a warning; the caller's. */
GStrv arguments_unknown_variables(char **environment);

/* Help as thag-run --help prints it. */
void arguments_print_help(FILE *file);

#endif
