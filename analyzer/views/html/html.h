/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The report of a run as one HTML file that works alone, in any browser and without a network:
 * overview, flamegraph, call tree, functions, call paths, timeline, distributions, threads, source.
 *
 * The file holds columns (html_pack.h), the scripts and style sheets of the pictures and its own.
 * Its Content-Security-Policy allows exactly these scripts and styles, by their hashes, and no
 * request of any kind.
 *
 * Nothing here keeps state; several threads may write different reports.
 */
#ifndef THAG_HTML_H
#define THAG_HTML_H

#include <stdio.h>

#include "profile.h"

struct html_options {
	const char *title; /* NULL: made of the program's name */
	bool no_source;	   /* leave the text of source files out */
};

/*
 * Writes the report. `options` may be NULL. Source files are read now, where they are at hand.
 * Returns 0, or the negative errno of a failed write, after which the file is of no use. The stream
 * is flushed, not closed.
 */
int html_write(FILE *out, const struct profile *profile, const struct html_options *options);

#endif
