/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Changes to a text by byte offsets: what is put in and what is taken out, and nothing else of the
 * text is touched. All offsets are those of the text before.
 */
#ifndef THAG_INSTRUMENT_EDITS_H
#define THAG_INSTRUMENT_EDITS_H

#include <glib.h>

struct edit {
	size_t offset;
	size_t removed_bytes;
	char *inserted; /* "" where nothing is */
};

struct edits {
	GArray *list; /* of struct edit */
};

void edits_init(struct edits *edits);
void edits_fini(struct edits *edits);

void edits_insert(struct edits *edits, size_t offset, const char *text);
void edits_remove(struct edits *edits, size_t offset, size_t length);

/* By offset; those of one offset stay in the order they were made. Wanted by all below. */
void edits_sort(struct edits *edits);

/* The text with the edits made, the caller's; `edits` are sorted and do not overlap. */
char *edits_apply(const struct edits *edits, const char *bytes, size_t length, size_t *ret_length);

#endif
