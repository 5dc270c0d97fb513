/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See suggest.h: optimal string alignment distance, three rows of its table at a time. */
#include "suggest.h"

#include <glib.h>
#include <limits.h>
#include <string.h>

enum {
	SUGGEST_LETTERS_MAX = 64, /* longer words are not compared */
};

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
	return MIN(MIN(a, b), c);
}

static unsigned
edits(const char *a, const char *b)
{
	const size_t rows = strlen(a), columns = strlen(b);
	unsigned table[3][SUGGEST_LETTERS_MAX + 1];

	if (rows > SUGGEST_LETTERS_MAX || columns > SUGGEST_LETTERS_MAX)
		return UINT_MAX;
	for (size_t j = 0; j <= columns; j++)
		table[0][j] = (unsigned)j;
	for (size_t i = 1; i <= rows; i++) {
		const unsigned *before = table[(i + 1) % 3];
		const unsigned *above = table[(i - 1) % 3];
		unsigned *row = table[i % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= columns; j++) {
			const unsigned change = a[i - 1] != b[j - 1];

			row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = MIN(row[j], before[j - 2] + 1);
		}
	}
	return table[rows % 3][columns];
}

const char *
suggest_nearest(const char *mistyped, const char *const *words)
{
	const char *nearest = NULL;
	unsigned fewest = (unsigned)(strlen(mistyped) / 3) + 1;

	for (; *words; words++) {
		const unsigned distance = edits(mistyped, *words);

		if (distance < fewest || (distance == fewest && !nearest)) {
			fewest = distance;
			nearest = *words;
		}
	}
	return nearest;
}
