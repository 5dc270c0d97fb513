/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See option_value.h. */
#include "option_value.h"
#include "message.h"
#include "pattern.h"

/* ---- words and numbers ---- */

/* "a, b or c" */
static void
message_add_words(struct message *message, const struct option_word *words)
{
	for (size_t i = 0; words[i].name; i++) {
		if (i)
			message_add(message, words[i + 1].name ? ", " : " or ");
		message_add(message, words[i].name);
	}
}

int
option_value_word(struct slice text, const char *what, const struct option_word *words,
	uint32_t *ret_value, char *message)
{
	struct message out = {message, 0};

	for (const struct option_word *word = words; word->name; word++) {
		if (slice_is(text, word->name)) {
			*ret_value = word->value;
			return 0;
		}
	}
	message_add_quoted(&out, text);
	message_add(&out, " is no ");
	message_add(&out, what);
	message_add(&out, "; possible: ");
	message_add_words(&out, words);
	return -1;
}

/* How far a number is shifted by the letter at its end, e.g. 10 by "k"; -1: no such letter. */
static int
unit_shift(char letter)
{
	switch (letter) {
	case 'k':
	case 'K':
		return 10;
	case 'm':
	case 'M':
		return 20;
	case 'g':
	case 'G':
		return 30;
	default:
		return -1;
	}
}

/* A decimal number without sign. Returns -1 for anything else, also what does not fit. */
static int
parse_decimal(struct slice text, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!text.length)
		return -1;
	for (size_t i = 0; i < text.length; i++) {
		const unsigned digit = (unsigned)(text.at[i] - '0');

		if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, digit, &value))
			return -1;
	}
	*ret_value = value;
	return 0;
}

int
option_value_bytes(struct slice text, uint64_t *ret_bytes, char *message)
{
	struct message out = {message, 0};
	struct slice digits = slice_trim(text);
	const int shift = digits.length ? unit_shift(digits.at[digits.length - 1]) : -1;
	uint64_t value;

	if (shift > 0)
		digits.length--;
	if (!parse_decimal(digits, &value) && (shift < 0 || value <= UINT64_MAX >> shift)) {
		*ret_bytes = shift > 0 ? value << shift : value;
		return 0;
	}
	message_add_quoted(&out, text);
	message_add(&out, " is no number of bytes; possible: 0 or more, with k, M or G at the end "
			  "for multiples of 1024");
	return -1;
}

int
option_value_rate(struct slice text, uint32_t *ret_hz, char *message)
{
	struct message out = {message, 0};
	uint64_t value;

	if (!parse_decimal(slice_trim(text), &value) && value <= OPTIONS_SAMPLE_HZ_MAX) {
		*ret_hz = (uint32_t)value;
		return 0;
	}
	message_add_quoted(&out, text);
	message_add(&out, " is no sampling rate; possible: 0 (no samples) to ");
	message_add_number(&out, OPTIONS_SAMPLE_HZ_MAX);
	message_add(&out, " per second");
	return -1;
}

/* What a unit of time stands for; 0: it is none. */
static uint64_t
unit_ns(struct slice unit)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{"ns", 1},
		{"us", 1000},
		{"ms", 1000000},
		{"s", 1000000000},
		{"min", UINT64_C(60000000000)},
		{"h", UINT64_C(3600000000000)},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (slice_is(unit, units[i].name))
			return units[i].ns;
	return 0;
}

int
option_value_duration(struct slice text, uint64_t *ret_ns, char *message)
{
	struct message out = {message, 0};
	const struct slice trimmed = slice_trim(text);
	struct slice digits = {trimmed.at, 0};
	uint64_t value, ns;

	while (digits.length < trimmed.length && trimmed.at[digits.length] >= '0' &&
		trimmed.at[digits.length] <= '9')
		digits.length++;
	ns = unit_ns((struct slice){trimmed.at + digits.length, trimmed.length - digits.length});
	if (!parse_decimal(digits, &value) && (ns || (!value && digits.length == trimmed.length)) &&
		!__builtin_mul_overflow(value, ns, &value) && value <= INT64_MAX) {
		*ret_ns = value;
		return 0;
	}
	message_add_quoted(&out, text);
	message_add(&out, " is no time; possible: a whole number with ns, us, ms, s, min or h at "
			  "the end");
	return -1;
}

int
option_value_count(
	struct slice text, const char *what, uint64_t max, uint64_t *ret_count, char *message)
{
	struct message out = {message, 0};
	struct slice digits = slice_trim(text);
	uint64_t value, factor = 1;

	for (int shift = digits.length ? unit_shift(digits.at[digits.length - 1]) : -1; shift > 0;
		shift -= 10)
		factor *= 1000;
	if (factor > 1)
		digits.length--;
	if (!parse_decimal(digits, &value) && !__builtin_mul_overflow(value, factor, &value) &&
		value <= max) {
		*ret_count = value;
		return 0;
	}
	message_add_quoted(&out, text);
	message_add(&out, " is no ");
	message_add(&out, what);
	message_add(&out, "; possible: 0 (no limit) to ");
	message_add_number(&out, max);
	return -1;
}

/* ---- lists and paths ---- */

int
option_value_patterns(const char *text, char list[OPTIONS_PATTERNS_BYTES], char *message)
{
	struct message out = {message, 0};
	size_t length = slice_of(list).length, count;

	for (const char *at; (at = pattern_next(&text, &count));) {
		const char *complaint = pattern_complaint(at, count);

		if (!complaint && length + count + 2 > OPTIONS_PATTERNS_BYTES)
			complaint = "is one too many: there is no room for it";
		if (complaint) {
			message_add_quoted(&out, (struct slice){at, count});
			message_add(&out, " ");
			message_add(&out, complaint);
			message_add(
				&out, "; possible: names with * and ?, or /regular expressions/");
			return -1;
		}
		if (length)
			list[length++] = ';';
		while (count--)
			list[length++] = *at++;
		list[length] = 0;
	}
	return 0;
}

int
option_value_path(
	struct slice text, const char *what, char ret_path[OPTIONS_DIRECTORY_BYTES], char *message)
{
	struct message out = {message, 0};

	if (!text.length || text.length >= OPTIONS_DIRECTORY_BYTES) {
		message_add(&out, text.length ? "the " : "the name of a ");
		message_add(&out, what);
		message_add(&out, text.length ? "'s name is longer than " : " is missing");
		if (text.length) {
			message_add_number(&out, OPTIONS_DIRECTORY_BYTES - 1);
			message_add(&out, " bytes");
		}
		return -1;
	}
	for (size_t i = 0; i < OPTIONS_DIRECTORY_BYTES; i++)
		ret_path[i] = i < text.length ? text.at[i] : 0;
	return 0;
}
