/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Folded stacks: a line for each call path with a value, "root;child;leaf 123", as flamegraph.pl,
 * inferno, speedscope, Perfetto and the Firefox Profiler read them. Sorted bytewise, no zero
 * values; names are cleaned of what those readers would misunderstand.
 */
#ifndef THAG_REPORT_FOLDED_H
#define THAG_REPORT_FOLDED_H

#include <stdio.h>

#include "selection.h"

/*
 * A name as it stands in a folded file: ';' is ':', control characters are spaces, none at either
 * end, and never " <digits>" at the end. g_free() it.
 */
char *folded_name(const char *function);

enum {
	/* Beyond this size (deep recursion, quadratic) the deepest frames are put together. */
	FOLDED_BYTES_MAX = 256 << 20,
};

/*
 * Times are in microseconds. What is less than one of them goes to the caller, so that no time is
 * lost and every total is right.
 */

/*
 * Writes a metric of the selection. Memory is proportional to the tree, never to the text. Where
 * the text would be longer than `bytes_max`, call paths are cut at a depth and what lies deeper is
 * one frame "[deeper frames]", so that sums stay; the depth is returned in `ret_depth`, 0 where
 * nothing was cut. Returns 0 or a negative errno.
 */
int folded_write(FILE *file, const struct selection *selection, enum metric metric,
	uint64_t bytes_max, uint32_t *ret_depth);

/*
 * The same with totals for values, for statistics: a picture of it would count everything as often
 * as it has callers. Call paths that have only others below them have a line, too.
 */
int folded_write_inclusive(FILE *file, const struct selection *selection, enum metric metric,
	uint64_t bytes_max, uint32_t *ret_depth);

/*
 * The same as folded_write() of the frames alone that the source named, sections and tasks: what
 * happens in others is that of the named frame around them. Outside of all it is left out.
 */
int folded_write_sections(FILE *file, const struct selection *selection, enum metric metric,
	uint64_t bytes_max, uint32_t *ret_depth);

/* folded_write() into a new file: whole or not at all, never replacing one (-EEXIST). */
int folded_write_file(const char *path, const struct selection *selection, enum metric metric,
	uint32_t *ret_depth);
int folded_write_inclusive_file(const char *path, const struct selection *selection,
	enum metric metric, uint32_t *ret_depth);
int folded_write_sections_file(const char *path, const struct selection *selection,
	enum metric metric, uint32_t *ret_depth);

#endif
