/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The option table and the parsers of its values.
 *
 * Each parser reads one value and either sets a field or explains what the value may be; the name
 * of the variable or flag is put before that by whoever knows which of them was used. Text is
 * handled as slices, because the fields of THAG_PROFILER have no end of their own.
 */
#include "options.h"
#include "pattern.h"

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

static const struct word keep_words[] = {
	{"first", OPTIONS_KEEP_FIRST},
	{"last", OPTIONS_KEEP_LAST},
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

static int
parse_duration(struct slice text, uint64_t *ret_ns, char *message)
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

/* `what`: "number of calls"; k, M and G multiply by 1000. */
static int
parse_count(struct slice text, const char *what, uint64_t max, uint64_t *ret_count, char *message)
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

/* ---- lists of patterns ---- */

const char *
options_next_pattern(const char **rest, size_t *ret_length)
{
	const char *at = *rest, *end;

	while (*at == ';')
		at++;
	for (end = at; *end && *end != ';';)
		end++;
	*rest = end;
	*ret_length = (size_t)(end - at);
	return at == end ? 0 : at;
}

/* Adds to the list: an option may be given again. */
static int
parse_patterns(const char *text, char list[OPTIONS_PATTERNS_BYTES], char *message)
{
	struct message out = {message, 0};
	size_t length = text_length(list), count;

	for (const char *at; (at = options_next_pattern(&text, &count));) {
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
parse_include(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_patterns(text, options->patterns[OPTIONS_INCLUDE], message);
}

static int
parse_exclude(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_patterns(text, options->patterns[OPTIONS_EXCLUDE], message);
}

static int
parse_include_module(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_patterns(text, options->patterns[OPTIONS_INCLUDE_MODULE], message);
}

static int
parse_exclude_module(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_patterns(text, options->patterns[OPTIONS_EXCLUDE_MODULE], message);
}

static int
parse_min_duration(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_duration(slice_of(text), &options->min_duration_ns, message);
}

static int
parse_start_after(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_duration(slice_of(text), &options->start_after_ns, message);
}

static int
parse_stop_after(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_duration(slice_of(text), &options->stop_after_ns, message);
}

static int
parse_max_depth(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	uint64_t depth;

	if (parse_count(slice_of(text), "depth", UINT32_MAX, &depth, message))
		return -1;
	options->max_depth = (uint32_t)depth;
	return 0;
}

static int
parse_max_events(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_count(
		slice_of(text), "number of calls", UINT32_MAX, &options->max_calls, message);
}

static int
parse_keep(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_word(
		slice_trim(slice_of(text)), "end of a run", keep_words, &options->keep, message);
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
	{"THAG_INCLUDE", "include", 0, "PATTERN",
		"trace only calls of functions that match: a name with * and ?, or /regular "
		"expression/; several with ; between, or the option again",
		parse_include},
	{"THAG_EXCLUDE", "exclude", 0, "PATTERN",
		"trace no calls of functions that match, whatever --include says", parse_exclude},
	{"THAG_INCLUDE_MODULE", "include-module", 0, "PATTERN",
		"trace only calls of functions in modules whose path or file name matches",
		parse_include_module},
	{"THAG_EXCLUDE_MODULE", "exclude-module", 0, "PATTERN",
		"trace no calls of functions in such modules", parse_exclude_module},
	{"THAG_MIN_DURATION", "min-duration", 0, "TIME",
		"leave out traced calls shorter than TIME, as 10us", parse_min_duration},
	{"THAG_MAX_DEPTH", "max-depth", 0, "N", "leave out traced calls inside of N others",
		parse_max_depth},
	{"THAG_START_AFTER", "start-after", 0, "TIME",
		"trace calls and take samples only from TIME after the start on",
		parse_start_after},
	{"THAG_STOP_AFTER", "stop-after", 0, "TIME", "... and only until TIME after the start",
		parse_stop_after},
	{"THAG_MAX_EVENTS", "max-events", 0, "N", "keep at most N traced calls", parse_max_events},
	{"THAG_KEEP", "keep", 0, "first|last", "which of them: the first (default), or the last",
		parse_keep},
	{"THAG_MARKED", "marked", 0, 0,
		"record only what happens inside what the source marked by thag.h", parse_marked},
	{"THAG_ORIGINS", "origins", 0, "on|off",
		"show the stacks of threads and coroutines below what created them (default off)",
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
	options->origins = 0;
	for (size_t i = 0; i < OPTIONS_DIRECTORY_BYTES; i++)
		options->directory[i] = options->record[i] = 0;
	options->directory[0] = '.';
	options->record_max_bytes = 0;
	for (size_t i = 0; i < OPTIONS_PATTERN_LISTS; i++)
		for (size_t k = 0; k < OPTIONS_PATTERNS_BYTES; k++)
			options->patterns[i][k] = 0;
	options->min_duration_ns = options->start_after_ns = options->stop_after_ns = 0;
	options->max_calls = 0;
	options->max_depth = 0;
	options->keep = OPTIONS_KEEP_UNSAID;
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

int
options_check(const struct options *options, char message[OPTIONS_MESSAGE_BYTES])
{
	struct message out = {message, 0};

	if (options->stop_after_ns && options->stop_after_ns <= options->start_after_ns)
		message_add(&out, "--stop-after is not later than --start-after: there is no time "
				  "between them to record");
	else if (options->keep != OPTIONS_KEEP_UNSAID && !options->max_calls)
		message_add(&out, "--keep says which traced calls to keep, but not how many; add "
				  "--max-events N");
	return out.length ? -1 : 0;
}
