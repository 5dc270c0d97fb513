/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A diff in words and numbers, for people, machines and other tools. */
#ifndef THAG_DIFF_REPORT_H
#define THAG_DIFF_REPORT_H

#include <jansson.h>

#include "diff.h"
#include "text.h"

/* What the two sides are called: a file, and what was selected of it. */
struct diff_names {
	const char *a, *b;
};

enum {
	DIFF_JSON_VERSION = 1, /* raised when a key changes its meaning or goes */
};

/*
 * Totals, functions by inclusive change, call paths by exclusive change. What is not listed, beyond
 * `limit` rows (0: its own default) or within the noise band, is counted with its sum, so that the
 * figures of either table add up to the change of the total.
 */
void diff_print(const struct text *text, const struct diff *diff, const struct diff_names *names,
	unsigned metric, unsigned limit);

/*
 * All of it; `limit` rows of each table, 0: all, and what was left out as sums. json_decref() the
 * result. Keys: docs/diff.md.
 */
json_t *diff_json(
	const struct diff *diff, const struct diff_names *names, unsigned metric, unsigned limit);

/* "main;parse 12 15", a line a call path, as difffolded.pl writes it. Returns 0 or -errno. */
int diff_write_folded(FILE *file, const struct diff *diff, unsigned metric);

/* "parse", "parse (inlined)"; of the root "(no call path)". g_free() it. */
char *diff_node_name(const struct diff *diff, uint32_t node);

#endif
