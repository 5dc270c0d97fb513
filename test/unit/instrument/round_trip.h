/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Instrumenting without a parser, for any bytes: what must hold for the text alone is tried on more
 * of them than anybody would compile.
 */
#ifndef THAG_TEST_ROUND_TRIP_H
#define THAG_TEST_ROUND_TRIP_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Puts statements behind some opening braces and the include before some word, both chosen by
 * `seed`, then takes all marks out. Whether what is left is the text as it was; of a text that had
 * marks before, what is left without them.
 */
bool round_trip_holds(const char *bytes, size_t length, unsigned seed);

/* Whether the tokens of the text are the text, one after the other. */
bool round_trip_tokens_hold(const char *bytes, size_t length);

#endif
