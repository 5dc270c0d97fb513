/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Where in a source the include goes.
 *
 * A directive takes a line of its own. For no other line to move, that is one that is blank or has
 * nothing but comments, before which a directive may stand. It is one between declarations, outside
 * of all braces and of every #if but an include guard: the first such behind the source's own
 * includes, else the last one between them. Never before the first include: macros that choose what
 * the C library declares (_GNU_SOURCE) come before any header of its.
 */
#ifndef THAG_INSTRUMENT_PLACING_H
#define THAG_INSTRUMENT_PLACING_H

#include <stddef.h>

enum placing_form {
	PLACING_THERE,	 /* the source includes the header already */
	PLACING_BLANK,	 /* in a blank line */
	PLACING_COMMENT, /* before the comments of a line */
	PLACING_LINE,	 /* as a new line: there is no other place */
};

struct placing {
	enum placing_form form;
	size_t offset;
};

/* The place for an include that is to be seen at `limit`, where a declaration begins. */
struct placing placing_find(const char *bytes, size_t length, size_t limit);

/* What is put there, the caller's; NULL where nothing is. A new line ends as the first one does. */
char *placing_text(const struct placing *placing, const char *bytes, size_t length);

#endif
