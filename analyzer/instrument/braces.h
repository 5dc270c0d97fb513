/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Which brace closes which, by the bytes alone.
 *
 * A parser that met errors may have recovered in the wrong place. What it says of a function is
 * believed only where the braces say the same.
 *
 * Of the branches between #if and #endif the first one counts for what follows, and each begins
 * with what was open before: nearly all code is written so that all branches leave the same braces
 * open.
 */
#ifndef THAG_INSTRUMENT_BRACES_H
#define THAG_INSTRUMENT_BRACES_H

#include <glib.h>

struct braces {
	GHashTable *openers; /* offset of } -> offset of its {, both + 1 */
};

void braces_find(struct braces *braces, const char *bytes, size_t length);
void braces_fini(struct braces *braces);

/* Whether the brace at `close` closes the one at `open`. */
gboolean braces_match(const struct braces *braces, size_t open, size_t close);

#endif
