/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What is written in front of a function's body, macros not expanded.
 *
 * A macro like FMT_CONSTEXPR20 is nothing for one compiler or language and constexpr for the next;
 * the parser sees only its own case, and may not even count the word to the declaration. Such a
 * function must take a statement for neither.
 */
#ifndef THAG_INSTRUMENT_HEADS_H
#define THAG_INSTRUMENT_HEADS_H

#include <glib.h>
#include <stdbool.h>

struct heads {
	GArray *boundaries; /* offsets behind what ends a declaration: ; { } */
	GArray *constants;  /* offsets of words that say constexpr, or are macros for it */
};

void heads_find(struct heads *heads, const char *bytes, size_t length);
void heads_fini(struct heads *heads);

/* Whether the declaration with its `start` and its `body` may be constexpr somewhere. */
bool heads_may_be_constant(const struct heads *heads, size_t start, size_t body);

#endif
