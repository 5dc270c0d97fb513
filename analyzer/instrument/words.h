/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the words of a piece of code tell without a parser. */
#ifndef THAG_INSTRUMENT_WORDS_H
#define THAG_INSTRUMENT_WORDS_H

#include <glib.h>
#include <stdbool.h>

/* Whether code in [from, to) has one of these words; from a token's end to another's. */
bool words_occur(const char *bytes, size_t from, size_t to, const char *const *words);

/* Whether the first word of code in [from, to) begins with `prefix`. */
bool words_begin_with(const char *bytes, size_t from, size_t to, const char *prefix);

/*
 * Names of the functions that resolve an ifunc: they run before the program's own data is there.
 * A set of strings, the caller's.
 */
GHashTable *words_resolvers(const char *bytes, size_t length);

/*
 * Whether there may be a function with a body, however little of the source was understood: an
 * opening brace behind what ends a function's head and seldom anything else.
 */
bool words_show_bodies(const char *bytes, size_t length);

#endif
