/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Variable-length integers: 7 bits a byte, lowest first, the top bit says that more follow
 * (unsigned LEB128). Signed values are folded first (zigzag: 0, -1, 1, -2 ... -> 0, 1, 2, 3 ...).
 */
#ifndef THAG_WIRE_VARINT_H
#define THAG_WIRE_VARINT_H

#include <stdint.h>

enum {
	VARINT_MAX_BYTES = 10
};

static inline uint64_t
varint_zigzag(int64_t value)
{
	return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static inline int64_t
varint_unzigzag(uint64_t value)
{
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* Writes `value` at `at`, where VARINT_MAX_BYTES must be free; returns the byte after it. */
static inline uint8_t *
varint_emit(uint8_t *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*at++ = (uint8_t)value;
	return at;
}

/*
 * Reads one integer from [at, end). Returns the byte after it, or NULL where the bytes end within
 * the integer or the integer is wider than 64 bits; `*ret_value` is untouched then.
 */
static inline const uint8_t *
varint_parse(const uint8_t *at, const uint8_t *end, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (at == end)
			return 0;
		const uint8_t byte = *at++;

		if (shift == 63 && byte > 1)
			return 0;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*ret_value = value;
			return at;
		}
	}
	return 0;
}

#endif
