/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Leaks that are known and wanted, in LeakSanitizer's format, so that one file serves both:
 *
 *	# a comment
 *	leak:libfoo.so		a module, function or file that contains this
 *	leak:^init_*_table$	'*' is anything; '^' and '$' tie it to the ends
 *
 * A leak is suppressed where any frame of its call path matches any line.
 */
#ifndef THAG_GATE_SUPPRESSIONS_H
#define THAG_GATE_SUPPRESSIONS_H

#include <stdbool.h>

struct suppressions;

/* From the text of a file; NULL with `*ret_why`, the caller's, where a line is not understood. */
struct suppressions *suppressions_parse(const char *text, char **ret_why);
void suppressions_free(struct suppressions *suppressions);

/* Any of the three may be NULL or "". */
bool suppressions_match(const struct suppressions *suppressions, const char *function,
	const char *module, const char *file);

#endif
