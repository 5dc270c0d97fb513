/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Any bytes as a chunk's payload: parsed or refused, within bounds. */
#include <stdlib.h>
#include <string.h>

#include "record.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* The short way of calls takes nothing that the long one refuses or takes as something else. */
static void
check_short_way(const struct record_state *state, const uint8_t *at, const uint8_t *end)
{
	static struct record_state one, other;
	struct record record;

	memcpy(&one, state, sizeof(one));
	memcpy(&other, state, sizeof(other));
	const uint8_t *next = record_parse_call(&one, at, &record);

	if (next && (record_parse(&other, at, end, &record) != next ||
			    memcmp(&one, &other, sizeof(one))))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static struct record_state state;
	const uint8_t *at = bytes, *end = bytes + count;
	struct record record;

	record_state_init(&state, 0);
	while (at && at < end) {
		if (end - at >= RECORD_HOT_BYTES)
			check_short_way(&state, at, end);
		at = record_parse(&state, at, end, &record);
		if (!at || record.kind != RECORD_EXTENDED)
			continue;
		for (uint32_t i = 0; i < record.extended.string_count; i++)
			for (uint32_t b = 0; b < record.extended.string[i].length; b++)
				__asm__ volatile("" ::"r"(record.extended.string[i].bytes[b]));
	}
	return 0;
}
