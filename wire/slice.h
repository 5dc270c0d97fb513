/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Pieces of text without libc: the fields of a value have no end of their own. */
#ifndef THAG_WIRE_SLICE_H
#define THAG_WIRE_SLICE_H

#include <stddef.h>

struct slice {
	const char *at;
	size_t length;
};

struct slice slice_of(const char *text);

/* Without the blanks at both ends. */
struct slice slice_trim(struct slice text);

int slice_is(struct slice text, const char *word);

/* Takes what is before the next comma off `*rest`, trimmed; of an exhausted rest, nothing. */
struct slice slice_next_field(struct slice *rest);

#endif
