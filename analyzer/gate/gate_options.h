/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the commands of thag-gate are told: one set of options, of which each command takes some. */
#ifndef THAG_GATE_GATE_OPTIONS_H
#define THAG_GATE_GATE_OPTIONS_H

#include <glib.h>
#include <stdbool.h>

/* Groups of options; a command takes those it can use and refuses the others. */
enum gate_options_group {
	GATE_OPTIONS_OF_RUNS = 1 << 0,	  /* how the program is run */
	GATE_OPTIONS_OF_BUDGET = 1 << 1,  /* --budget */
	GATE_OPTIONS_OF_VERDICT = 1 << 2, /* what is compared and how, limits, outputs */
	GATE_OPTIONS_OF_BASE = 1 << 3,	  /* --base */
	GATE_OPTIONS_OF_ACCEPT = 1 << 4,  /* --reason */
};

struct gate_options {
	/* runs */
	char *metrics, *input, *instructions;
	gint runs; /* 0: as many as it takes */
	gdouble detect_percent, max_time_s;
	gint profiled_runs, warm_ups, expected_status;
	gdouble timeout_s;
	GStrv environment;
	gboolean pin, keep_aslr, pass_environment;
	/* all */
	char *name, *suppressions;
	gboolean quiet;
	/* budget, base, accept */
	char *budget, *base, *reason, *by;
	/* verdict */
	gdouble alpha;
	gint64 seed;
	gint top;
	GStrv tolerances, limits;
	gboolean no_confirmation, per_path, warn_only, annotations;
	char *fail_on, *changed_files, *since, *history;
	char *json, *markdown, *junit, *sarif, *code_quality, *artifacts;
	/* what is left: the program with its arguments, or files */
	GStrv rest;
};

/*
 * Reads the arguments of `command` (as in "thag-gate check"). Returns false with the reason
 * printed. --help prints and exits, as GLib has it.
 */
bool gate_options_parse(int count, char **arguments, const char *command, const char *parameters,
	const char *summary, unsigned groups, struct gate_options *ret_options);
void gate_options_fini(struct gate_options *options);

#endif
