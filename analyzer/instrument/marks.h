/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What is put into a source, and how it is known again.
 *
 *	int parse(const char *text)
 *	{ THAG_PROFILED; /+thag-instrument+/          (+ stands for *)
 *
 *	#include "thag.h" /+thag-instrument+/
 *
 * The comment is the mark. A statement stands behind the brace that opens a body, on its line; the
 * include on a line that was blank or of comments alone, so that no line gets another number:
 *
 *	 #include "thag.h" /+thag-instrument+/ /+ Copyright ...
 *
 * and only where a source has no such line, on one of its own, with a mark that says so. Taking out
 * needs nothing but the marks: neither a parser nor the source as it was. What has no mark is never
 * touched, so a THAG_PROFILED that somebody wrote stays. A mark is one where code stands; in a
 * string or within a comment it is text like any other.
 *
 * The header is named between quotation marks since compilers then look for it wherever they would
 * with angle brackets, and beside the source and in -iquote directories before.
 */
#ifndef THAG_INSTRUMENT_MARKS_H
#define THAG_INSTRUMENT_MARKS_H

#include <stdbool.h>
#include "edits.h"

#define MARKS_MARK	 "/*thag-instrument*/"
#define MARKS_LINE_MARK	 "/*thag-instrument: line added*/"
#define MARKS_HEADER	 "thag.h"
#define MARKS_DIRECTIVE	 "#include \"" MARKS_HEADER "\" "
#define MARKS_INCLUDE	 MARKS_DIRECTIVE MARKS_MARK
#define MARKS_ADDED_LINE MARKS_DIRECTIVE MARKS_LINE_MARK
#define MARKS_MACRO	 "THAG_PROFILED" /* and what begins so: THAG_PROFILED_AS */

/* Whether `options` can stand in a mark: words, blanks, | and commas. */
bool marks_options_are_valid(const char *options);

/* What is put behind a brace, with the blank before it; the caller's. `options`: NULL for none. */
char *marks_statement(const char *options);

struct marks_count {
	unsigned statements, includes;
};

/* Adds to `edits` what takes out all that is marked; sorted. */
struct marks_count marks_remove(const char *bytes, size_t length, struct edits *edits);

#endif
