/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The program `thag`: one table of commands, each called by a first argument ("thag report") or by
 * a name of the program itself ("thag-report", a symbolic link).
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include "command.h"
#include "diff_main.h"
#include "menu_main.h"
#include "gate_main.h"
#include "report_main.h"
#include "suggest.h"
#include "target.h"
#include "uninstrument_main.h"
#include "version.h"

static const struct command commands[] = {
	{"profile", menu_main, "look at profiles in a menu"},
	{"run", run_main, "profile a program"},
	{"report", report_main, "print what a profile says"},
	{"diff", diff_main, "tell what changed between two profiles"},
	{"flamegraph", flamegraph_main, "make a picture of a profile or of folded stacks"},
	{"replay", replay_main, "make the results of a recorded run again"},
	{"flamechart", flamechart_main, "make a picture of a profile's calls in time"},
	{"html", html_main, "make the HTML report of a profile"},
	{"gate", gate_main, "fail when performance gets worse, and say where"},
	{"instrument", instrument_main, "put profiling into the functions of sources"},
	{"uninstrument", uninstrument_main, "take it out again"},
	{"doctor", doctor_main, "say what this machine allows a profile to be"},
	{"collect", collect_main, "analyzer of a running program (started by libthag.so itself)"},
};

static const struct command *
find_command(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static void
print_help(FILE *file)
{
	fputs("thag COMMAND [options] [arguments]\n"
	      "Where a native program's memory and time go.\n\nCommands:\n",
		file);
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		fprintf(file, "  %-12s %s\n", commands[i].name, commands[i].help);
	fputs("\nthag COMMAND --help says more. Some are programs as well: thag-run, thag-report,\n"
	      "thag-profile, thag-gate, thag-instrument, thag-uninstrument.\n",
		file);
}

static int
complain(const char *name)
{
	const char *names[G_N_ELEMENTS(commands) + 1] = {NULL};

	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		names[i] = commands[i].name;
	const char *nearest = suggest_nearest(name, names);

	if (nearest)
		fprintf(stderr, "thag: %s is no command; did you mean thag %s?\n", name, nearest);
	else
		fprintf(stderr, "thag: %s is no command; see thag --help\n", name);
	return EXIT_OURS;
}

static int
call(const struct command *command, const char *shown, int count, char **arguments)
{
	g_autofree char *name = g_strdup(shown);

	arguments[0] = name;
	return command->run(count, arguments);
}

int
main(int count, char **arguments)
{
	g_autofree char *name = g_path_get_basename(count ? arguments[0] : "thag");
	const struct command *command =
		g_str_has_prefix(name, "thag-") ? find_command(name + strlen("thag-")) : NULL;

	if (command)
		return call(command, name, count, arguments);
	if (count < 2) {
		print_help(stderr);
		return EXIT_OURS;
	}
	command = find_command(arguments[1]);
	if (command) {
		g_autofree char *shown = g_strconcat("thag ", command->name, NULL);

		return call(command, shown, count - 1, arguments + 1);
	}
	if (!strcmp(arguments[1], "--help") || !strcmp(arguments[1], "-h")) {
		print_help(stdout);
		return 0;
	}
	if (!strcmp(arguments[1], "--version") || !strcmp(arguments[1], "-V")) {
		version_print();
		return 0;
	}
	return complain(arguments[1]);
}
