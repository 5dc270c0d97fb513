/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Absolute limits, whatever the baseline was:
 *
 *	peak <= 24 MiB			a metric
 *	leaked == 0
 *	allocations(/^parse_/) <= 100	of the call paths with such a function (a name or a /regex/)
 *	leak-per-path <= 1 KiB		of each call path by itself
 *	wall <= 2 s			the median of all runs
 *	time(parse) <= 5 ms		of a traced function or a section, with all it calls
 */
#ifndef THAG_GATE_LIMIT_H
#define THAG_GATE_LIMIT_H

#include "attribution.h"
#include "measurement.h"

struct limit {
	char *text; /* as the user wrote it */
	enum gate_metric metric;
	bool per_path;
	char *pattern;	   /* a name or a /regular expression/; NULL: all of it */
	bool below, equal; /* "<", "==", both: "<=" */
	double bound;
};

/* NULL with `*ret_why`, the caller's, where it is not understood. */
struct limit *limit_parse(const char *text, char **ret_why);
void limit_free(struct limit *limit);

enum limit_state {
	LIMIT_KEPT,
	LIMIT_EXCEEDED,
	LIMIT_NOT_MEASURED,
};

struct limit_finding {
	const struct limit *limit; /* borrowed */
	enum limit_state state;
	bool unmatched; /* nothing has the function that it is about: is its name right? */
	double value;	/* the largest, where there are several */
	GArray *sites;	/* struct attribution_entry: the call paths that matter, largest first */
};

struct limit_finding *limit_check(
	const struct limit *limit, const struct measurement *now, const struct review *review);
void limit_finding_free(struct limit_finding *finding);

#endif
