/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Which functions somebody wants: by name and by length.
 *
 * A pattern is a glob, or a regular expression between slashes. A glob without :: is compared with
 * the function's own name, one with :: and an expression with the whole of it (space::type::name).
 */
#ifndef THAG_INSTRUMENT_CHOICE_H
#define THAG_INSTRUMENT_CHOICE_H

#include <glib.h>

struct choice {
	GPtrArray *wanted;   /* of struct pattern: any; none of them means all */
	GPtrArray *unwanted; /* of struct pattern: not these */
	unsigned lines_min;  /* shorter ones, from brace to brace, are left out */
};

enum choice_verdict {
	CHOICE_TAKEN,
	CHOICE_NOT_WANTED,
	CHOICE_TOO_SHORT,
};

void choice_init(struct choice *choice);
void choice_fini(struct choice *choice);

/* FALSE, with `error`: it is no regular expression. */
gboolean choice_want(struct choice *choice, const char *pattern, GError **error);
gboolean choice_exclude(struct choice *choice, const char *pattern, GError **error);

enum choice_verdict choice_judge(
	const struct choice *choice, const char *name, const char *qualified_name, unsigned lines);

#endif
