/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Numbers as DWARF and .eh_frame write them. Trusted: they are the loader's own. */
#ifndef THAG_PRELOAD_DWARF_H
#define THAG_PRELOAD_DWARF_H

#include <stdint.h>

static inline uint64_t
dwarf_uleb(const uint8_t **at)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = *(*at)++;
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

static inline int64_t
dwarf_sleb(const uint8_t **at)
{
	const uint8_t *start = *at;
	uint64_t value = dwarf_uleb(at);
	const unsigned bits = 7 * (unsigned)(*at - start);

	if (bits < 64 && ((*at)[-1] & 0x40))
		value |= ~UINT64_C(0) << bits;
	return (int64_t)value;
}

/* Little endian, any alignment. */
static inline uint64_t
dwarf_fixed(const uint8_t **at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)(*at)[i] << (8 * i);
	*at += bytes;
	return value;
}

#endif
