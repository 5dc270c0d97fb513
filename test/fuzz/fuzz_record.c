/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Any bytes as a chunk's payload: parsed or refused, within bounds. */
#include <stdlib.h>
#include <string.h>

#include "record.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static struct record_state state;
	const uint8_t *at = bytes, *end = bytes + count;
	struct record record;

	record_state_init(&state, 0);
	while (at && at < end) {
		at = record_parse(&state, at, end, &record);
		if (!at || record.kind != RECORD_EXTENDED)
			continue;
		for (uint32_t i = 0; i < record.extended.string_count; i++)
			for (uint32_t b = 0; b < record.extended.string[i].length; b++)
				__asm__ volatile("" ::"r"(record.extended.string[i].bytes[b]));
	}
	return 0;
}
