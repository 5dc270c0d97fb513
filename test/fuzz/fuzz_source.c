/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sources to be instrumented: whatever the bytes are, putting in and taking out leaves them as they
 * were, and what pairs braces and looks at heads survives them. Where something is put in is chosen
 * by the length.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "braces.h"
#include "heads.h"
#include "round_trip.h"
#include "words.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char *text = malloc(length ? length : 1);
	struct braces braces;
	struct heads heads;

	memcpy(text, bytes, length);
	if (!round_trip_tokens_hold(text, length))
		abort();
	for (unsigned seed = 0; seed < 4; seed++) {
		if (!round_trip_holds(text, length, (unsigned)length * 4 + seed))
			abort();
	}
	braces_find(&braces, text, length);
	braces_fini(&braces);
	heads_find(&heads, text, length);
	heads_may_be_constant(&heads, length / 2, length);
	heads_fini(&heads);
	g_hash_table_unref(words_resolvers(text, length));
	free(text);
	return 0;
}
