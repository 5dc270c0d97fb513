/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The command line of thag-run. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "arguments.h"
#include "suggest.h"

static void
clear_environment(void)
{
	for (size_t i = 0; i < options_table_count; i++) {
		if (options_table[i].variable)
			unsetenv(options_table[i].variable);
	}
}

TestSuite(arguments, .init = clear_environment);

/* Splits a line at its blanks and parses it. */
static int
parse(const char *line, struct arguments *arguments, char **why)
{
	*why = NULL;
	memset(arguments, 0, sizeof(*arguments));
	/* The words live on in `arguments`; a test is a process of its own. */
	return arguments_parse(g_strsplit(line, " ", -1), arguments, why);
}

static const struct {
	const char *line;
	uint32_t profile;
	uint32_t detail;
	const char *directory;
	const char *program;
} good[] = {
	{"thag-run app", OPTIONS_BOTH, 1, ".", "app"},
	{"thag-run --memory app", OPTIONS_MEMORY, 1, ".", "app"},
	{"thag-run --time app", OPTIONS_TIME, 1, ".", "app"},
	{"thag-run --memory --time app", OPTIONS_BOTH, 1, ".", "app"},
	{"thag-run --both app", OPTIONS_BOTH, 1, ".", "app"},
	{"thag-run -m -s app", OPTIONS_MEMORY, 0, ".", "app"},
	{"thag-run -ms app", OPTIONS_MEMORY, 0, ".", "app"},
	{"thag-run -mo /var/tmp app", OPTIONS_MEMORY, 1, "/var/tmp", "app"},
	{"thag-run -o/var/tmp app", OPTIONS_BOTH, 1, "/var/tmp", "app"},
	{"thag-run --output=/var/tmp app", OPTIONS_BOTH, 1, "/var/tmp", "app"},
	{"thag-run --output /var/tmp app --memory", OPTIONS_BOTH, 1, "/var/tmp", "app"},
	{"thag-run --summary --detail app", OPTIONS_BOTH, 1, ".", "app"},
	{"thag-run -- --memory", OPTIONS_BOTH, 1, ".", "--memory"},
	{"thag-run -q -- app -- -x", OPTIONS_BOTH, 1, ".", "app"},
};

Test(arguments, options_end_where_the_program_begins)
{
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		struct arguments arguments;
		char *why;

		cr_assert_eq(parse(good[i].line, &arguments, &why), 0, "%s: %s", good[i].line, why);
		cr_expect_eq(arguments.options.profile, good[i].profile, "%s", good[i].line);
		cr_expect_eq(arguments.options.detail, good[i].detail, "%s", good[i].line);
		cr_expect_str_eq(
			arguments.options.directory, good[i].directory, "%s", good[i].line);
		cr_expect_str_eq(arguments.command[0], good[i].program, "%s", good[i].line);
	}
}

static const struct {
	const char *line;
	const char *why;
} refused[] = {
	{"thag-run --memry app",
		"--memry is no option of thag-run; did you mean --memory? (thag-run --help)"},
	{"thag-run --frobnicate app", "--frobnicate is no option of thag-run; see thag-run --help"},
	{"thag-run -x app", "-x is no option of thag-run; see thag-run --help"},
	{"thag-run --output", "--output needs a value: --output DIR"},
	{"thag-run -o", "-o needs a value: -o DIR"},
	{"thag-run --memory=1 app", "--memory takes no value"},
	{"thag-run --quiet=1 app", "--quiet takes no value"},
	{"thag-run --on-full=stop app",
		"--on-full: 'stop' is no way to handle a full pool; possible: wait or drop"},
	{"thag-run --memory",
		"which program? thag-run [options] [--] program [arguments]; see thag-run --help"},
	{"thag-run --",
		"which program? thag-run [options] [--] program [arguments]; see thag-run --help"},
};

Test(arguments, what_is_wrong_is_said_with_what_was_meant)
{
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		struct arguments arguments;
		char *why;

		cr_assert_eq(parse(refused[i].line, &arguments, &why), -1, "%s", refused[i].line);
		cr_expect_str_eq(why, refused[i].why);
	}
}

Test(arguments, the_command_line_wins_over_the_environment)
{
	struct arguments arguments;
	char *why;

	setenv("THAG_PROFILER", "memory,/tmp,quiet,false", 1);
	cr_assert_eq(parse("thag-run --time -d app", &arguments, &why), 0);
	cr_expect_eq(arguments.options.profile, OPTIONS_TIME);
	cr_expect_eq(arguments.options.detail, 1);
	cr_expect_eq(arguments.options.debug, OPTIONS_DEBUG_QUIET);
	cr_expect_str_eq(arguments.options.directory, "/tmp");
	cr_assert_eq(parse("thag-run app", &arguments, &why), 0);
	cr_expect_eq(arguments.options.profile, OPTIONS_MEMORY);
}

Test(arguments, a_wrong_variable_stops_before_the_program)
{
	struct arguments arguments;
	char *why;

	setenv("THAG_RATE", "often", 1);
	cr_assert_eq(parse("thag-run app", &arguments, &why), -1);
	cr_expect_str_eq(why, "THAG_RATE: 'often' is no sampling rate; possible: 0 (no samples) to "
			      "10000 per second");
}

Test(arguments, a_misspelt_variable_is_warned_of)
{
	char *environment[] = {(char[]){"PATH=/bin"}, (char[]){"THAG_ONFULL=drop"},
		(char[]){"THAG_RATE=1"}, (char[]){"THAG_POOL=/x"}, (char[]){"THAG_XYZZY_PLUGH"},
		NULL};
	g_auto(GStrv) warnings = arguments_unknown_variables(environment);

	cr_assert_eq(g_strv_length(warnings), 2);
	cr_expect_str_eq(
		warnings[0], "THAG_ONFULL is no variable of thag; did you mean THAG_ON_FULL?");
	cr_expect_str_eq(warnings[1], "THAG_XYZZY_PLUGH is no variable of thag: ignored");
}

Test(arguments, help_names_every_row_of_the_table)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	arguments_print_help(file);
	fclose(file);
	for (size_t i = 0; i < options_table_count; i++) {
		const struct option_row *row = &options_table[i];

		if (row->flag) {
			g_autofree char *flag = g_strconcat("--", row->flag, NULL);

			cr_expect(strstr(text, flag), "%s", flag);
		}
		if (row->variable)
			cr_expect(strstr(text, row->variable), "%s", row->variable);
	}
	free(text);
}

Test(suggest, the_nearest_word_within_reach_or_none)
{
	static const char *const words[] = {"memory", "time", "both", "output", NULL};

	cr_expect_str_eq(suggest_nearest("memroy", words), "memory");
	cr_expect_str_eq(suggest_nearest("tim", words), "time");
	cr_expect_str_eq(suggest_nearest("outputs", words), "output");
	cr_expect_null(suggest_nearest("completely-else", words));
	cr_expect_null(suggest_nearest("", words));

	g_autofree char *endless = g_strnfill(100000, 'x');

	cr_expect_null(suggest_nearest(endless, words));
}
