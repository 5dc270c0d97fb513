/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See gate_main.h: the table of its commands. */
#include "gate_main.h"

#include <glib.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "outcome.h"

static const struct {
	const char *name;
	int (*run)(int count, char **arguments);
	const char *help;
} commands[] = {
	{"check", gate_check, "run a program and compare it with its budget"},
	{"ab", gate_ab, "compare two programs, run in turns"},
	{"compare", gate_compare, "compare two profiles"},
	{"run", gate_run, "run a program and check absolute limits"},
	{"accept", gate_accept, "write what a program costs into the budget"},
	{"calibrate", gate_calibrate, "find out how noisy this machine is"},
	{"history", gate_history, "say where a history changed its level"},
	{"selftest", gate_selftest, "prove that regressions of each kind are found"},
};

static void
print_help(FILE *file)
{
	fputs("thag-gate COMMAND [options] [--] program [arguments]\n"
	      "Fails when performance gets worse, and says where.\n\nCommands:\n",
		file);
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		fprintf(file, "  %-10s %s\n", commands[i].name, commands[i].help);
	fputs("\nthag-gate COMMAND --help says more.\n\n"
	      "Exit status: 0 pass, 1 the program or thag failed, 2 wrong usage, 3 regression,\n"
	      "4 inconclusive, 5 no or no comparable baseline, 6 a limit is exceeded.\n",
		file);
}

int
gate_main(int count, char **arguments)
{
	/* Collation and numbers in files stay as they are everywhere. */
	setlocale(LC_CTYPE, "");
	if (count < 2) {
		print_help(stderr);
		return GATE_STATUS_USAGE;
	}
	if (!strcmp(arguments[1], "--help") || !strcmp(arguments[1], "-h")) {
		print_help(stdout);
		return GATE_STATUS_PASS;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (strcmp(arguments[1], commands[i].name) != 0)
			continue;
		g_autofree char *name = g_strconcat("thag-gate ", commands[i].name, NULL);

		g_set_prgname(name);
		return commands[i].run(count - 1, arguments + 1);
	}
	fprintf(stderr, "thag-gate: %s is no command; see thag-gate --help\n", arguments[1]);
	return GATE_STATUS_USAGE;
}
