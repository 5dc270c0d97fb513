/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The option table and the parsers of its values.
 *
 * Each parser reads one value and either sets a field or explains what the value may be; the name
 * of the variable or flag is put before that by whoever knows which of them was used. Text is
 * handled as slices, because the fields of THAG_PROFILER have no end of their own.
 */
#include "options.h"

struct slice {
	const char *at;
	size_t length;
};

/* What a word of an enumerated option stands for; ends with a row without name. */
struct word {
	const char *name;
	uint32_t value;
};

static const struct word profile_words[] = {
	{"both", OPTIONS_BOTH},
	{"memory", OPTIONS_MEMORY},
	{"time", OPTIONS_TIME},
	{"none", OPTIONS_NONE},
	{0, 0},
};

static const struct word debug_words[] = {
	{"none", OPTIONS_DEBUG_NONE},
	{"quiet", OPTIONS_DEBUG_QUIET},
	{"announce", OPTIONS_DEBUG_ANNOUNCE},
	{0, 0},
};

static const struct word detail_words[] = {
	{"true", 1},
	{"false", 0},
	{0, 0},
};

static const struct word on_full_words[] = {
	{"wait", OPTIONS_ON_FULL_WAIT},
	{"drop", OPTIONS_ON_FULL_DROP},
	{0, 0},
};

static const struct word sampler_words[] = {
	{"auto", OPTIONS_SAMPLER_AUTO},
	{"timer", OPTIONS_SAMPLER_TIMER},
	{0, 0},
};

static const struct word switch_words[] = {
	{"1", 1},
	{"0", 0},
	{"true", 1},
	{"false", 0},
	{0, 0},
};

static const struct word on_words[] = {
	{"on", 1},
	{"off", 0},
	{"1", 1},
	{"0", 0},
	{0, 0},
};

/* ---- text without libc ---- */

static size_t
text_length(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

static struct slice
slice_of(const char *text)
{
	return (struct slice){text, text_length(text)};
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct slice
slice_trim(struct slice text)
{
	while (text.length && is_blank(text.at[0])) {
		text.at++;
		text.length--;
	}
	while (text.length && is_blank(text.at[text.length - 1]))
		text.length--;
	return text;
}

static int
slice_is(struct slice text, const char *word)
{
	size_t i = 0;

	for (; i < text.length && word[i]; i++) {
		if (text.at[i] != word[i])
			return 0;
	}
	return i == text.length && !word[i];
}

/* Takes what is before the next comma off `*rest`; of an exhausted rest, nothing. */
static struct slice
slice_next_field(struct slice *rest)
{
	struct slice field = {rest->at, 0};

	while (field.length < rest->length && rest->at[field.length] != ',')
		field.length++;
	const size_t taken = field.length < rest->length ? field.length + 1 : field.length;

	rest->at += taken;
	rest->length -= taken;
	return slice_trim(field);
}

/* ---- messages ---- */

/* A message that grows from the left and is cut where its buffer ends. */
struct message {
	char *text;
	size_t length;
};

static void
message_add_slice(struct message *message, struct slice text)
{
	for (size_t i = 0; i < text.length && message->length + 1 < OPTIONS_MESSAGE_BYTES; i++)
		message->text[message->length++] = text.at[i];
	message->text[message->length] = 0;
}

static void
message_add(struct message *message, const char *text)
{
	message_add_slice(message, slice_of(text));
}

/* A user's value may be anything: only so much of it is repeated to them. */
static void
message_add_quoted(struct message *message, struct slice text)
{
	const size_t shown = 60;

	message_add(message, "'");
	message_add_slice(
		message, (struct slice){text.at, text.length < shown ? text.length : shown});
	message_add(message, text.length > shown ? "...'" : "'");
}

/* "a, b or c" */
static void
message_add_words(struct message *message, const struct word *words)
{
	for (size_t i = 0; words[i].name; i++) {
		if (i)
			message_add(message, words[i + 1].name ? ", " : " or ");
		message_add(message, words[i].name);
	}
}

static void
message_add_number(struct message *message, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	message_add_slice(message, (struct slice){digits + at, sizeof(digits) - at});
}

/* ---- values ---- */

static int
parse_word(struct slice text, const char *what, const struct word *words, uint32_t *ret_value,
	char *message)
{
	struct message out = {message, 0};

	for (const struct word *word = words; word->name; word++) {
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

static int
parse_bytes(struct slice text, uint64_t *ret_bytes, char *message)
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

static int
parse_rate(struct slice text, uint32_t *ret_hz, char *message)
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

/* `what`: "directory", "file" */
static int
parse_path(
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

/* ---- rows of the table ---- */

/* [type][,[directory][,[debug][,detail]]]: an empty field keeps what held before. */
static int
parse_profiler(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	struct slice rest = slice_of(text);
	const struct slice type = slice_next_field(&rest);
	const struct slice directory = slice_next_field(&rest);
	const struct slice debug = slice_next_field(&rest);
	const struct slice detail = slice_next_field(&rest);

	if (type.length &&
		parse_word(type, "type of profile", profile_words, &options->profile, message))
		return -1;
	if (directory.length && parse_path(directory, "directory", options->directory, message))
		return -1;
	if (debug.length && parse_word(debug, "debug mode", debug_words, &options->debug, message))
		return -1;
	if (detail.length &&
		parse_word(detail, "value of detail", detail_words, &options->detail, message))
		return -1;
	rest = slice_trim(rest);
	if (rest.length) {
		struct message out = {message, 0};

		message_add_quoted(&out, rest);
		message_add(&out, " is too much; the form is [type][,[directory][,[debug]"
				  "[,detail]]]");
		return -1;
	}
	return 0;
}

static int
parse_memory(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	options->profile |= OPTIONS_MEMORY;
	return 0;
}

static int
parse_time(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	options->profile |= OPTIONS_TIME;
	return 0;
}

static int
parse_both(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	options->profile |= OPTIONS_BOTH;
	return 0;
}

static int
parse_output(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_path(slice_of(text), "directory", options->directory, message);
}

static int
parse_record(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_path(slice_of(text), "file", options->record, message);
}

static int
parse_record_limit(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_bytes(slice_of(text), &options->record_max_bytes, message);
}

static int
parse_detail(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	options->detail = 1;
	return 0;
}

static int
parse_summary(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	options->detail = 0;
	return 0;
}

static int
parse_min_size(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_bytes(slice_of(text), &options->min_size_bytes, message);
}

static int
parse_on_full(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_word(slice_trim(slice_of(text)), "way to handle a full pool", on_full_words,
		&options->on_full, message);
}

static int
parse_sample_rate(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_rate(slice_of(text), &options->sample_hz, message);
}

static int
parse_sampler(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_word(slice_trim(slice_of(text)), "source of samples", sampler_words,
		&options->sampler, message);
}

/* A flag without a value switches on. */
static int
parse_switch(const char *text, uint32_t *ret_value, char message[OPTIONS_MESSAGE_BYTES])
{
	if (!text) {
		*ret_value = 1;
		return 0;
	}
	return parse_word(slice_trim(slice_of(text)), "switch", switch_words, ret_value, message);
}

static int
parse_wall(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_switch(text, &options->wall, message);
}

static int
parse_marked(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_switch(text, &options->marked, message);
}

static int
parse_origins(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_word(
		slice_trim(slice_of(text)), "switch", on_words, &options->origins, message);
}

static int
parse_debug(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_word(
		slice_trim(slice_of(text)), "debug mode", debug_words, &options->debug, message);
}

/* In the order in which they are applied: THAG_MIN_SIZE wins over its older name. */
const struct option_row options_table[] = {
	{"THAG_PROFILER", 0, 0, "[type][,[directory][,[debug][,detail]]]",
		"what to profile (both, memory, time, none), where results go, debug log (none, "
		"quiet, announce), every event or sums (true, false)",
		parse_profiler},
	{0, "memory", 'm', 0, "profile memory (with --time: both, the default)", parse_memory},
	{0, "time", 't', 0, "profile time (with --memory: both, the default)", parse_time},
	{0, "both", 'b', 0, "profile memory and time: the default", parse_both},
	{0, "output", 'o', "DIR", "write results into DIR instead of the current directory",
		parse_output},
	{0, "detail", 'd', 0, "record every allocation and release: the default", parse_detail},
	{0, "summary", 's', 0, "keep counts and bytes per call path only: cheaper, no peak",
		parse_summary},
	{"SIZE_TRACKING_THRESHOLD", 0, 0, "BYTES", "another name of THAG_MIN_SIZE", parse_min_size},
	{"THAG_MIN_SIZE", "min-size", 0, "BYTES", "leave out allocations smaller than BYTES",
		parse_min_size},
	{"THAG_ON_FULL", "on-full", 0, "wait|drop",
		"when the analyzer falls behind: let the program wait (default), or drop events "
		"and count them",
		parse_on_full},
	{"THAG_RATE", "rate", 0, "HZ", "samples per second and thread (default 1000, 0: none)",
		parse_sample_rate},
	{"THAG_SAMPLER", "sampler", 0, "auto|timer",
		"what sends the samples: perf events where they are allowed (auto, default), or "
		"timers",
		parse_sampler},
	{"THAG_WALL", "wall", 0, 0, "sample by wall time instead of CPU time", parse_wall},
	{"THAG_MARKED", "marked", 0, 0,
		"record only what happens inside what the source marked by thag.h", parse_marked},
	{"THAG_ORIGINS", "origins", 0, "on|off",
		"show the stacks of threads and coroutines below what created them (default on)",
		parse_origins},
	{"THAG_RECORD", "record", 0, "FILE",
		"also keep all that was recorded, compressed, in FILE: thag replay makes the "
		"results again",
		parse_record},
	{"THAG_RECORD_LIMIT", "record-limit", 0, "BYTES",
		"end the recording where FILE would be larger; the run goes on (default 0: no "
		"limit)",
		parse_record_limit},
	{0, "debug", 0, "none|quiet|announce", "keep a debug log; announce: say where it is",
		parse_debug},
};
const size_t options_table_count = sizeof(options_table) / sizeof(options_table[0]);

void
options_init(struct options *options)
{
	options->profile = OPTIONS_BOTH;
	options->detail = 1;
	options->debug = OPTIONS_DEBUG_NONE;
	options->on_full = OPTIONS_ON_FULL_WAIT;
	options->min_size_bytes = 0;
	options->sample_hz = OPTIONS_SAMPLE_HZ_DEFAULT;
	options->sampler = OPTIONS_SAMPLER_AUTO;
	options->wall = 0;
	options->marked = 0;
	options->origins = 1;
	for (size_t i = 0; i < OPTIONS_DIRECTORY_BYTES; i++)
		options->directory[i] = options->record[i] = 0;
	options->directory[0] = '.';
	options->record_max_bytes = 0;
}

int
options_from_environment(struct options *options,
	const char *(*get)(const char *name, void *context), void *context,
	char message[OPTIONS_MESSAGE_BYTES])
{
	for (size_t i = 0; i < options_table_count; i++) {
		const struct option_row *row = &options_table[i];
		const char *text = row->variable ? get(row->variable, context) : 0;
		char why[OPTIONS_MESSAGE_BYTES];

		if (text && text[0] && row->parse(options, text, why)) {
			struct message out = {message, 0};

			message_add(&out, row->variable);
			message_add(&out, ": ");
			message_add(&out, why);
			return -1;
		}
	}
	return 0;
}
