/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Patterns for names: of functions and modules, as options give them.
 *
 *	parse_*		a glob for all of a name: * any text, ? any character, [a-z] [!a-z] one
 *			of these, \* a star
 *	/^parse/	a regular expression found anywhere in it: . [] * + ? | () ^ $ and \d \w \s
 *
 * Pure: no libc call, no allocation. A match takes time in proportion to pattern times name,
 * whatever either of them holds.
 */
#ifndef THAG_WIRE_PATTERN_H
#define THAG_WIRE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PATTERN_MAX = 127, /* bytes */
	PATTERN_INSTRUCTIONS_MAX = 2 * PATTERN_MAX + 2,
};

/* Where a match is worked out: on the caller's stack there may be little room. */
struct pattern_space {
	struct pattern_instruction {
		uint8_t operation;
		char byte;
		uint16_t first, second;
	} code[PATTERN_INSTRUCTIONS_MAX];
	uint16_t ways[2][PATTERN_INSTRUCTIONS_MAX];
	uint16_t stack[PATTERN_INSTRUCTIONS_MAX + 2];
	uint8_t seen[PATTERN_INSTRUCTIONS_MAX];
};

/* Returns what is wrong with the pattern, as "misses a ]", or NULL. */
const char *pattern_complaint(const char *pattern, size_t length);

/* Patterns with a complaint match nothing. */
bool pattern_matches(const char *pattern, size_t length, const char *name, size_t name_length,
	struct pattern_space *space);

/*
 * A semicolon separates patterns of a list: `*rest` is what has not been taken. NULL: none is left.
 */
const char *pattern_next(const char **rest, size_t *ret_length);

#endif
