/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The option table, and what each row does with its value. */
#include "message.h"
#include "option_value.h"

/* ---- words ---- */

static const struct option_word profile_words[] = {
	{"both", OPTIONS_BOTH},
	{"memory", OPTIONS_MEMORY},
	{"time", OPTIONS_TIME},
	{"none", OPTIONS_NONE},
	{0, 0},
};

static const struct option_word debug_words[] = {
	{"none", OPTIONS_DEBUG_NONE},
	{"quiet", OPTIONS_DEBUG_QUIET},
	{"announce", OPTIONS_DEBUG_ANNOUNCE},
	{0, 0},
};

static const struct option_word detail_words[] = {
	{"true", 1},
	{"false", 0},
	{0, 0},
};

static const struct option_word on_full_words[] = {
	{"wait", OPTIONS_ON_FULL_WAIT},
	{"drop", OPTIONS_ON_FULL_DROP},
	{0, 0},
};

static const struct option_word sampler_words[] = {
	{"auto", OPTIONS_SAMPLER_AUTO},
	{"timer", OPTIONS_SAMPLER_TIMER},
	{0, 0},
};

static const struct option_word keep_words[] = {
	{"first", OPTIONS_KEEP_FIRST},
	{"last", OPTIONS_KEEP_LAST},
	{0, 0},
};

static const struct option_word switch_words[] = {
	{"1", 1},
	{"0", 0},
	{"true", 1},
	{"false", 0},
	{0, 0},
};

static const struct option_word on_words[] = {
	{"on", 1},
	{"off", 0},
	{"1", 1},
	{"0", 0},
	{0, 0},
};

/* ---- rows ---- */

/* [type][,[directory][,[debug][,detail]]]: an empty field keeps what held before. */
static int
parse_profiler(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	struct slice rest = slice_of(text);
	const struct slice type = slice_next_field(&rest);
	const struct slice directory = slice_next_field(&rest);
	const struct slice debug = slice_next_field(&rest);
	const struct slice detail = slice_next_field(&rest);

	if (type.length && option_value_word(type, "type of profile", profile_words,
				   &options->profile, message))
		return -1;
	if (directory.length &&
		option_value_path(directory, "directory", options->directory, message))
		return -1;
	if (debug.length &&
		option_value_word(debug, "debug mode", debug_words, &options->debug, message))
		return -1;
	if (detail.length && option_value_word(detail, "value of detail", detail_words,
				     &options->detail, message))
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
	return option_value_path(slice_of(text), "directory", options->directory, message);
}

static int
parse_record(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return option_value_path(slice_of(text), "file", options->record, message);
}

static int
parse_record_limit(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return option_value_bytes(slice_of(text), &options->record_max_bytes, message);
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
	return option_value_bytes(slice_of(text), &options->min_size_bytes, message);
}

static int
parse_on_full(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return option_value_word(slice_trim(slice_of(text)), "way to handle a full pool",
		on_full_words, &options->on_full, message);
}

static int
parse_sample_rate(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return option_value_rate(slice_of(text), &options->sample_hz, message);
}

static int
parse_sampler(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return option_value_word(slice_trim(slice_of(text)), "source of samples", sampler_words,
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
	return option_value_word(
		slice_trim(slice_of(text)), "switch", switch_words, ret_value, message);
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
parse_record_only(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return parse_switch(text, &options->record_only, message);
}

static int
parse_origins(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return option_value_word(
		slice_trim(slice_of(text)), "switch", on_words, &options->origins, message);
}

static int
parse_include(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return option_value_patterns(text, options->patterns[OPTIONS_INCLUDE], message);
}

static int
parse_exclude(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return option_value_patterns(text, options->patterns[OPTIONS_EXCLUDE], message);
}

static int
parse_include_module(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return option_value_patterns(text, options->patterns[OPTIONS_INCLUDE_MODULE], message);
}

static int
parse_exclude_module(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return option_value_patterns(text, options->patterns[OPTIONS_EXCLUDE_MODULE], message);
}

static int
parse_min_duration(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return option_value_duration(slice_of(text), &options->min_duration_ns, message);
}

static int
parse_start_after(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return option_value_duration(slice_of(text), &options->start_after_ns, message);
}

static int
parse_stop_after(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return option_value_duration(slice_of(text), &options->stop_after_ns, message);
}

static int
parse_max_depth(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	uint64_t depth;

	if (option_value_count(slice_of(text), "depth", UINT32_MAX, &depth, message))
		return -1;
	options->max_depth = (uint32_t)depth;
	return 0;
}

static int
parse_max_events(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return option_value_count(
		slice_of(text), "number of calls", UINT32_MAX, &options->max_calls, message);
}

static int
parse_keep(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return option_value_word(
		slice_trim(slice_of(text)), "end of a run", keep_words, &options->keep, message);
}

static int
parse_debug(struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES])
{
	return option_value_word(
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
	{"THAG_RECORD_ONLY", "record-only", 0, 0,
		"no results now: only record, which takes less of the machine", parse_record_only},
	{0, "debug", 0, "none|quiet|announce", "keep a debug log; announce: say where it is",
		parse_debug},
};
const size_t options_table_count = sizeof(options_table) / sizeof(options_table[0]);
