/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The kinds of values that options have. Each parser returns 0, or -1 with `message` saying what
 * the value may be; the name of the variable or flag is put before that by whoever knows which of
 * them was used. `what` is how a value is called there: "sampling rate".
 */
#ifndef THAG_WIRE_OPTION_VALUE_H
#define THAG_WIRE_OPTION_VALUE_H

#include "options.h"
#include "slice.h"

/* What a word of an enumerated option stands for; ends with a row without name. */
struct option_word {
	const char *name;
	uint32_t value;
};

int option_value_word(struct slice text, const char *what, const struct option_word *words,
	uint32_t *ret_value, char *message);

/* k, M and G multiply by 1024. */
int option_value_bytes(struct slice text, uint64_t *ret_bytes, char *message);

int option_value_rate(struct slice text, uint32_t *ret_hz, char *message);

/* "10us" */
int option_value_duration(struct slice text, uint64_t *ret_ns, char *message);

/* k, M and G multiply by 1000. */
int option_value_count(
	struct slice text, const char *what, uint64_t max, uint64_t *ret_count, char *message);

/* Adds to the list: an option may be given again. */
int option_value_patterns(const char *text, char list[OPTIONS_PATTERNS_BYTES], char *message);

int option_value_path(
	struct slice text, const char *what, char ret_path[OPTIONS_DIRECTORY_BYTES], char *message);

#endif
