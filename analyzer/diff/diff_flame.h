/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A diff as a picture: the union of both sides, each box coloured by the change of its inclusive
 * value (flame.h, struct flame_compare).
 */
#ifndef THAG_DIFF_FLAME_H
#define THAG_DIFF_FLAME_H

#include "diff_report.h"

struct diff_flame_options {
	const char *title;  /* NULL: "A against B" */
	const char *scheme; /* NULL: by change */
	unsigned metric;    /* place in the diff's metrics: shown first */
	bool normalised;    /* at first; the diff itself must not be */
	bool sides;	    /* A and B side by side at first */
};

/* Returns 0 or a negative errno. */
int diff_write_svg(FILE *file, const struct diff *diff, const struct diff_names *names,
	const struct diff_flame_options *options);

#endif
