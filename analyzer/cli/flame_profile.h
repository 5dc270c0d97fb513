/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A selection of a profile as a flamegraph: boxes are the call paths of its processes and threads,
 * and the metrics are those of the heap; which are there depends on what was recorded.
 */
#ifndef THAG_CLI_FLAME_PROFILE_H
#define THAG_CLI_FLAME_PROFILE_H

#include <stdio.h>
#include "selection.h"

/*
 * Writes the picture; `title` may be NULL. Returns 0, or the negative errno of a failed write. The
 * stream is flushed, not closed.
 */
int flame_profile_write(FILE *out, const struct selection *selection, const char *title);

struct flame_profile_options {
	const char *title;  /* NULL: the program's */
	const char *scheme; /* of colours, NULL: the default one */
	enum metric metric; /* shown first, if the picture has it */
};

/* The same, as somebody wants it. */
int flame_profile_write_as(
	FILE *out, const struct selection *selection, const struct flame_profile_options *options);

/* What stands below a picture's title: of which part it is, what is missing. NULL: nothing;
 * g_free(). */
char *flame_subtitle(const struct selection *selection);

#endif
