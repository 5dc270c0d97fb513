/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The option table and what its parsers accept, refuse and say. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "options.h"
#include "pattern.h"

/* An environment of one variable. */
struct variable {
	const char *name;
	const char *value;
};

static const char *
get_variable(const char *name, void *context)
{
	const struct variable *variable = context;

	return strcmp(name, variable->name) ? NULL : variable->value;
}

static int
apply(const char *name, const char *value, struct options *options,
	char message[OPTIONS_MESSAGE_BYTES])
{
	struct variable variable = {name, value};

	options_init(options);
	message[0] = 0;
	return options_from_environment(options, get_variable, &variable, message);
}

/* ---- THAG_PROFILER ---- */

static const struct {
	const char *text;
	uint32_t profile;
	const char *directory;
	uint32_t debug;
	uint32_t detail;
} good_profilers[] = {
	{"", OPTIONS_BOTH, ".", OPTIONS_DEBUG_NONE, 1},
	{"both", OPTIONS_BOTH, ".", OPTIONS_DEBUG_NONE, 1},
	{"memory", OPTIONS_MEMORY, ".", OPTIONS_DEBUG_NONE, 1},
	{"time", OPTIONS_TIME, ".", OPTIONS_DEBUG_NONE, 1},
	{"none", OPTIONS_NONE, ".", OPTIONS_DEBUG_NONE, 1},
	{"memory,", OPTIONS_MEMORY, ".", OPTIONS_DEBUG_NONE, 1},
	{"memory,,", OPTIONS_MEMORY, ".", OPTIONS_DEBUG_NONE, 1},
	{"memory,,,", OPTIONS_MEMORY, ".", OPTIONS_DEBUG_NONE, 1},
	{"memory,,,,", OPTIONS_MEMORY, ".", OPTIONS_DEBUG_NONE, 1},
	{"memory,,,true", OPTIONS_MEMORY, ".", OPTIONS_DEBUG_NONE, 1},
	{"memory,,,false", OPTIONS_MEMORY, ".", OPTIONS_DEBUG_NONE, 0},
	{",,,false", OPTIONS_BOTH, ".", OPTIONS_DEBUG_NONE, 0},
	{",,,", OPTIONS_BOTH, ".", OPTIONS_DEBUG_NONE, 1},
	{",/var/tmp", OPTIONS_BOTH, "/var/tmp", OPTIONS_DEBUG_NONE, 1},
	{"time,/var/tmp", OPTIONS_TIME, "/var/tmp", OPTIONS_DEBUG_NONE, 1},
	{"time,a directory", OPTIONS_TIME, "a directory", OPTIONS_DEBUG_NONE, 1},
	{"both,.,quiet", OPTIONS_BOTH, ".", OPTIONS_DEBUG_QUIET, 1},
	{"both,,announce", OPTIONS_BOTH, ".", OPTIONS_DEBUG_ANNOUNCE, 1},
	{"both,$TMP,none,true", OPTIONS_BOTH, "$TMP", OPTIONS_DEBUG_NONE, 1},
	{" memory , dir , quiet , false ", OPTIONS_MEMORY, "dir", OPTIONS_DEBUG_QUIET, 0},
};

Test(options, thag_profiler_has_four_fields_that_may_each_be_empty)
{
	for (size_t i = 0; i < sizeof(good_profilers) / sizeof(good_profilers[0]); i++) {
		const char *text = good_profilers[i].text;
		struct options options;
		char message[OPTIONS_MESSAGE_BYTES];

		cr_assert_eq(apply("THAG_PROFILER", text, &options, message), 0, "'%s': %s", text,
			message);
		cr_expect_eq(options.profile, good_profilers[i].profile, "'%s'", text);
		cr_expect_str_eq(options.directory, good_profilers[i].directory, "'%s'", text);
		cr_expect_eq(options.debug, good_profilers[i].debug, "'%s'", text);
		cr_expect_eq(options.detail, good_profilers[i].detail, "'%s'", text);
	}
}

/* ---- traced calls ---- */

Test(options, times_have_a_unit)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} times[] = {
		{"0", 0},
		{"250ns", 250},
		{"10us", 10000},
		{" 3ms ", 3000000},
		{"2s", UINT64_C(2000000000)},
		{"5min", UINT64_C(300000000000)},
		{"1h", UINT64_C(3600000000000)},
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct options options;
		char message[OPTIONS_MESSAGE_BYTES];

		cr_assert_eq(apply("THAG_START_AFTER", times[i].text, &options, message), 0, "%s",
			message);
		cr_expect_eq(options.start_after_ns, times[i].ns, "%s", times[i].text);
	}
}

Test(options, numbers_of_calls_may_be_in_thousands_and_millions)
{
	struct options options;
	char message[OPTIONS_MESSAGE_BYTES];

	cr_assert_eq(apply("THAG_MAX_EVENTS", "20M", &options, message), 0);
	cr_assert_eq(options.max_calls, 20000000);
	cr_assert_eq(apply("THAG_MAX_EVENTS", "3k", &options, message), 0);
	cr_assert_eq(options.max_calls, 3000);
	cr_assert_eq(options.keep, OPTIONS_KEEP_UNSAID);
}

Test(options, a_list_of_patterns_grows_and_has_an_end)
{
	static char many[2 * OPTIONS_PATTERNS_BYTES];
	struct options options;
	char message[OPTIONS_MESSAGE_BYTES];
	const struct option_row *row = options_table;
	const char *rest, *pattern;
	size_t length;

	cr_assert_eq(apply("THAG_INCLUDE", ";parse_*;;main;", &options, message), 0);
	while (!row->flag || strcmp(row->flag, "include"))
		row++;
	cr_assert_eq(row->parse(&options, "/^run/", message), 0);
	cr_assert_str_eq(options.patterns[OPTIONS_INCLUDE], "parse_*;main;/^run/");

	rest = options.patterns[OPTIONS_INCLUDE];
	pattern = pattern_next(&rest, &length);
	cr_assert(length == 7 && !memcmp(pattern, "parse_*", 7));
	pattern_next(&rest, &length);
	pattern = pattern_next(&rest, &length);
	cr_assert(length == 6 && !memcmp(pattern, "/^run/", 6));
	cr_assert_null(pattern_next(&rest, &length));

	for (size_t i = 0; i + 2 < sizeof(many); i += 2)
		memcpy(many + i, "x;", 2);
	cr_assert_eq(apply("THAG_INCLUDE", many, &options, message), -1);
	cr_assert(strstr(message, "is one too many"));
	cr_assert_lt(strlen(options.patterns[OPTIONS_INCLUDE]), OPTIONS_PATTERNS_BYTES);
}

/* ---- what is wrong is said with the name and the possible values ---- */

static const struct {
	const char *name;
	const char *value;
	const char *message;
} refused[] = {
	{"THAG_PROFILER", "memry",
		"THAG_PROFILER: 'memry' is no type of profile; possible: both, memory, time or "
		"none"},
	{"THAG_PROFILER", "Memory",
		"THAG_PROFILER: 'Memory' is no type of profile; possible: both, memory, time or "
		"none"},
	{"THAG_PROFILER", "both,,loud",
		"THAG_PROFILER: 'loud' is no debug mode; possible: none, quiet or announce"},
	{"THAG_PROFILER", "both,,,yes",
		"THAG_PROFILER: 'yes' is no value of detail; possible: true or false"},
	{"THAG_PROFILER", "both,,,true,more",
		"THAG_PROFILER: 'more' is too much; the form is "
		"[type][,[directory][,[debug][,detail]]]"},
	{"THAG_PROFILER", "memory time",
		"THAG_PROFILER: 'memory time' is no type of profile; possible: both, memory, time "
		"or none"},
	{"THAG_ON_FULL", "block",
		"THAG_ON_FULL: 'block' is no way to handle a full pool; possible: wait or drop"},
	{"THAG_RATE", "10001",
		"THAG_RATE: '10001' is no sampling rate; possible: 0 (no samples) to 10000 per "
		"second"},
	{"THAG_RATE", "-1",
		"THAG_RATE: '-1' is no sampling rate; possible: 0 (no samples) to 10000 per "
		"second"},
	{"THAG_WALL", "maybe", "THAG_WALL: 'maybe' is no switch; possible: 1, 0, true or false"},
	{"THAG_MIN_DURATION", "10",
		"THAG_MIN_DURATION: '10' is no time; possible: a whole number with ns, us, ms, s, "
		"min or h at the end"},
	{"THAG_STOP_AFTER", "1.5s",
		"THAG_STOP_AFTER: '1.5s' is no time; possible: a whole number with ns, us, ms, s, "
		"min or h at the end"},
	{"THAG_MAX_DEPTH", "deep",
		"THAG_MAX_DEPTH: 'deep' is no depth; possible: 0 (no limit) to 4294967295"},
	{"THAG_MAX_EVENTS", "5G",
		"THAG_MAX_EVENTS: '5G' is no number of calls; possible: 0 (no limit) to "
		"4294967295"},
	{"THAG_KEEP", "best", "THAG_KEEP: 'best' is no end of a run; possible: first or last"},
	{"THAG_EXCLUDE", "good;/ba(d/",
		"THAG_EXCLUDE: '/ba(d/' misses a ); possible: names with * and ?, or /regular "
		"expressions/"},
	{"THAG_MIN_SIZE", "12 monkeys",
		"THAG_MIN_SIZE: '12 monkeys' is no number of bytes; possible: 0 or more, with k, M "
		"or G at the end for multiples of 1024"},
};

Test(options, a_wrong_value_is_named_with_its_variable_and_the_possible_ones)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct options options;
		char message[OPTIONS_MESSAGE_BYTES];

		cr_expect_eq(apply(refused[i].name, refused[i].value, &options, message), -1,
			"%s=%s", refused[i].name, refused[i].value);
		cr_expect_str_eq(message, refused[i].message);
	}
}

Test(options, an_endless_value_leaves_a_message_within_its_bounds)
{
	static char text[100000];
	struct options options;
	char message[OPTIONS_MESSAGE_BYTES + 1];

	memset(text, 'x', sizeof(text) - 1);
	message[OPTIONS_MESSAGE_BYTES] = 42;
	for (size_t i = 0; i < options_table_count; i++) {
		const char *name = options_table[i].variable;

		if (!name)
			continue;
		cr_expect_eq(apply(name, text, &options, message), -1, "%s", name);
		cr_expect_lt(strlen(message), OPTIONS_MESSAGE_BYTES);
		cr_expect_eq(message[OPTIONS_MESSAGE_BYTES], 42);
	}
}

Test(options, a_directory_too_long_for_its_field_is_refused)
{
	char text[OPTIONS_DIRECTORY_BYTES + 2] = ",";
	struct options options;
	char message[OPTIONS_MESSAGE_BYTES];

	memset(text + 1, 'd', OPTIONS_DIRECTORY_BYTES);
	cr_expect_eq(apply("THAG_PROFILER", text, &options, message), -1);
	cr_expect_str_eq(message, "THAG_PROFILER: the directory's name is longer than 2047 bytes");
	text[OPTIONS_DIRECTORY_BYTES] = 0;
	cr_expect_eq(apply("THAG_PROFILER", text, &options, message), 0);
	cr_expect_eq(strlen(options.directory), OPTIONS_DIRECTORY_BYTES - 1);
}

/* ---- numbers ---- */

static const struct {
	const char *text;
	int result;
	uint64_t bytes;
} sizes[] = {
	{"0", 0, 0},
	{"1024", 0, 1024},
	{" 64 ", 0, 64},
	{"4k", 0, 4096},
	{"4K", 0, 4096},
	{"2M", 0, 2 << 20},
	{"3G", 0, UINT64_C(3) << 30},
	{"18446744073709551615", 0, UINT64_MAX},
	{"18446744073709551616", -1, 0},
	{"18014398509481983k", 0, UINT64_C(18014398509481983) << 10},
	{"18014398509481984k", -1, 0},
	{"k", -1, 0},
	{"-1", -1, 0},
	{"+1", -1, 0},
	{"1.5k", -1, 0},
	{"0x10", -1, 0},
	{"1 2", -1, 0},
};

Test(options, sizes_are_decimal_with_binary_units)
{
	static const char *const names[] = {"THAG_MIN_SIZE", "SIZE_TRACKING_THRESHOLD"};

	for (size_t n = 0; n < 2; n++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			struct options options;
			char message[OPTIONS_MESSAGE_BYTES];

			cr_assert_eq(apply(names[n], sizes[i].text, &options, message),
				sizes[i].result, "%s=%s", names[n], sizes[i].text);
			if (!sizes[i].result)
				cr_expect_eq(options.min_size_bytes, sizes[i].bytes, "%s",
					sizes[i].text);
		}
	}
}

Test(options, words_and_switches_set_their_fields)
{
	struct options options;
	char message[OPTIONS_MESSAGE_BYTES];

	cr_assert_eq(apply("THAG_ON_FULL", "drop", &options, message), 0);
	cr_expect_eq(options.on_full, OPTIONS_ON_FULL_DROP);
	cr_assert_eq(apply("THAG_ON_FULL", "wait", &options, message), 0);
	cr_expect_eq(options.on_full, OPTIONS_ON_FULL_WAIT);
	cr_assert_eq(apply("THAG_RATE", "10000", &options, message), 0);
	cr_expect_eq(options.sample_hz, 10000);
	cr_assert_eq(apply("THAG_WALL", "1", &options, message), 0);
	cr_expect_eq(options.wall, 1);
	cr_assert_eq(apply("THAG_WALL", "false", &options, message), 0);
	cr_expect_eq(options.wall, 0);
	cr_assert_eq(apply("THAG_MARKED", "true", &options, message), 0);
	cr_expect_eq(options.marked, 1);
	cr_expect_eq(options.origins, 0);
	cr_assert_eq(apply("THAG_ORIGINS", "on", &options, message), 0);
	cr_expect_eq(options.origins, 1);
	cr_expect_eq(options.marked, 0);
}

Test(options, every_flag_without_argument_works_without_text)
{
	for (size_t i = 0; i < options_table_count; i++) {
		const struct option_row *row = &options_table[i];
		struct options options;
		char message[OPTIONS_MESSAGE_BYTES];

		options_init(&options);
		if (row->flag && !row->argument)
			cr_expect_eq(row->parse(&options, NULL, message), 0, "--%s", row->flag);
	}
}

Test(options, names_in_the_table_are_unique)
{
	for (size_t i = 0; i < options_table_count; i++) {
		const struct option_row *a = &options_table[i];

		cr_expect(a->variable || a->flag);
		cr_expect(a->help && a->parse);
		for (size_t j = 0; j < i; j++) {
			const struct option_row *b = &options_table[j];

			cr_expect(!a->variable || !b->variable || strcmp(a->variable, b->variable));
			cr_expect(!a->flag || !b->flag || strcmp(a->flag, b->flag));
			cr_expect(!a->letter || a->letter != b->letter);
		}
	}
}

/* ---- recordings ---- */

Test(options, a_recording_has_a_file_and_a_limit)
{
	char message[OPTIONS_MESSAGE_BYTES];
	struct options options;

	options_init(&options);
	cr_expect_str_eq(options.record, "");
	cr_expect_eq(options.record_max_bytes, 0);
	cr_assert_eq(apply("THAG_RECORD", "a file", &options, message), 0, "%s", message);
	cr_expect_str_eq(options.record, "a file");
	cr_assert_eq(apply("THAG_RECORD_LIMIT", "10M", &options, message), 0, "%s", message);
	cr_expect_eq(options.record_max_bytes, 10 << 20);
	cr_assert_eq(apply("THAG_RECORD_LIMIT", "much", &options, message), -1);
	cr_expect(
		strstr(message, "THAG_RECORD_LIMIT: 'much' is no number of bytes"), "%s", message);
}

/* ---- all together ---- */

Test(options, a_run_without_a_time_to_record_is_refused)
{
	char message[OPTIONS_MESSAGE_BYTES];
	struct options options;

	options_init(&options);
	cr_expect_eq(options_check(&options, message), 0);
	options.start_after_ns = 10;
	cr_expect_eq(options_check(&options, message), 0);
	options.stop_after_ns = 11;
	cr_expect_eq(options_check(&options, message), 0);
	options.stop_after_ns = 10;
	cr_assert_eq(options_check(&options, message), -1);
	cr_expect(strstr(message, "no time between"), "%s", message);
}

Test(options, which_calls_to_keep_needs_a_number_of_them)
{
	static const enum options_keep ends[] = {OPTIONS_KEEP_FIRST, OPTIONS_KEEP_LAST};
	char message[OPTIONS_MESSAGE_BYTES];
	struct options options;

	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		options_init(&options);
		options.keep = ends[i];
		cr_assert_eq(options_check(&options, message), -1);
		cr_expect(strstr(message, "--max-events"), "%s", message);
		options.max_calls = 1;
		cr_expect_eq(options_check(&options, message), 0);
	}
}
