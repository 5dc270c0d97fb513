/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See gate_options.h. */
#include "gate_options.h"

#include <stdio.h>
#include <string.h>

#include "judge.h"

static void
add_runs(GOptionContext *context, struct gate_options *o)
{
	const GOptionEntry entries[] = {
		{"metrics", 'm', 0, G_OPTION_ARG_STRING, &o->metrics,
			"What to measure: all, exact, near-exact, noisy, or names", "LIST"},
		{"runs", 'n', 0, G_OPTION_ARG_INT, &o->runs,
			"Timed runs a side (default: 20, and as many more as --detect takes)", "N"},
		{"detect", 0, 0, G_OPTION_ARG_DOUBLE, &o->detect_percent,
			"Plan the runs so that such an increase of times would be found (default: "
			"twice the tolerance)",
			"PERCENT"},
		{"max-time", 0, 0, G_OPTION_ARG_DOUBLE, &o->max_time_s,
			"But not for longer than this (default 60)", "SECONDS"},
		{"profiled-runs", 0, 0, G_OPTION_ARG_INT, &o->profiled_runs,
			"Profiled runs a side (default 2; accept: 5)", "N"},
		{"instructions", 0, 0, G_OPTION_ARG_STRING, &o->instructions,
			"Who counts them: hardware, or callgrind, which any machine has "
			"(default: as the budget, else hardware)",
			"COUNTER"},
		{"warm-up", 0, 0, G_OPTION_ARG_INT, &o->warm_ups,
			"Timed runs before, which are dropped (default 1)", "N"},
		{"env", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->environment,
			"Add to the fixed environment, or pass on", "NAME[=VALUE]"},
		{"keep-env", 0, 0, G_OPTION_ARG_NONE, &o->pass_environment,
			"The caller's environment instead of the fixed one", NULL},
		{"keep-aslr", 0, 0, G_OPTION_ARG_NONE, &o->keep_aslr,
			"Leave address randomization on", NULL},
		{"pin", 0, 0, G_OPTION_ARG_NONE, &o->pin, "Keep the program on one CPU", NULL},
		{"input", 0, 0, G_OPTION_ARG_FILENAME, &o->input,
			"Standard input (default: nothing)", "FILE"},
		{"expect-status", 0, 0, G_OPTION_ARG_INT, &o->expected_status,
			"Exit status of the program (default 0)", "N"},
		{"timeout", 0, 0, G_OPTION_ARG_DOUBLE, &o->timeout_s,
			"End a run after so long (default 600)", "SECONDS"},
		G_OPTION_ENTRY_NULL,
	};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void
add_verdict(GOptionContext *context, struct gate_options *o)
{
	const GOptionEntry entries[] = {
		{"tolerance", 't', 0, G_OPTION_ARG_STRING_ARRAY, &o->tolerances,
			"Accept an increase of so much", "METRIC=PERCENT"},
		{"limit", 'l', 0, G_OPTION_ARG_STRING_ARRAY, &o->limits,
			"An absolute limit, as 'peak <= 24 MiB'", "LIMIT"},
		{"alpha", 0, 0, G_OPTION_ARG_DOUBLE, &o->alpha,
			"Chance of a false alarm in noisy metrics (default 0.01)", "P"},
		{"seed", 0, 0, G_OPTION_ARG_INT64, &o->seed, "Of the resampling (default 1)", "N"},
		{"no-confirmation", 0, 0, G_OPTION_ARG_NONE, &o->no_confirmation,
			"Do not measure a second time what seems worse", NULL},
		{"per-path", 0, 0, G_OPTION_ARG_NONE, &o->per_path,
			"Exact metrics must not grow on any call path", NULL},
		{"changed-files", 0, 0, G_OPTION_ARG_FILENAME, &o->changed_files,
			"The change under review: names or a diff", "FILE"},
		{"since", 0, 0, G_OPTION_ARG_STRING, &o->since, "The change under review: asks git",
			"REVISION"},
		{"history", 0, 0, G_OPTION_ARG_FILENAME, &o->history,
			"Append the result to a history", "FILE"},
		{"top", 0, 0, G_OPTION_ARG_INT, &o->top, "Call paths to show (default 5)", "N"},
		{"json", 0, 0, G_OPTION_ARG_FILENAME, &o->json, "Write JSON", "FILE"},
		{"markdown", 0, 0, G_OPTION_ARG_FILENAME, &o->markdown,
			"Write a comment for a pull request", "FILE"},
		{"junit", 0, 0, G_OPTION_ARG_FILENAME, &o->junit, "Write JUnit XML", "FILE"},
		{"sarif", 0, 0, G_OPTION_ARG_FILENAME, &o->sarif, "Write SARIF", "FILE"},
		{"code-quality", 0, 0, G_OPTION_ARG_FILENAME, &o->code_quality,
			"Write GitLab's code quality report", "FILE"},
		{"annotations", 0, 0, G_OPTION_ARG_NONE, &o->annotations,
			"Print GitHub annotations (default on GitHub)", NULL},
		{"artifacts", 0, 0, G_OPTION_ARG_FILENAME, &o->artifacts,
			"Write all of these, profiles and pictures", "DIR"},
		{"fail-on", 0, 0, G_OPTION_ARG_STRING, &o->fail_on,
			"What fails: regression, limit, no-baseline, inconclusive", "LIST"},
		{"warn-only", 0, 0, G_OPTION_ARG_NONE, &o->warn_only, "Fail for errors only", NULL},
		G_OPTION_ENTRY_NULL,
	};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void
add_others(GOptionContext *context, struct gate_options *o, unsigned groups)
{
	const GOptionEntry all[] = {
		{"name", 0, 0, G_OPTION_ARG_STRING, &o->name,
			"Of the benchmark (default: the program's)", "NAME"},
		{"suppressions", 0, 0, G_OPTION_ARG_FILENAME, &o->suppressions,
			"Leaks that are known, as LeakSanitizer has them", "FILE"},
		{"quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet, "Print nothing but errors", NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->rest, NULL, NULL},
		G_OPTION_ENTRY_NULL,
	};
	const GOptionEntry budget[] = {
		{"budget", 'b', 0, G_OPTION_ARG_FILENAME, &o->budget,
			"The budget file (default thag-budget.json)", "FILE"},
		G_OPTION_ENTRY_NULL,
	};
	const GOptionEntry base[] = {
		{"base", 'B', 0, G_OPTION_ARG_STRING, &o->base,
			"The other program; with arguments, if it has its own", "COMMAND"},
		G_OPTION_ENTRY_NULL,
	};
	const GOptionEntry accept[] = {
		{"reason", 'r', 0, G_OPTION_ARG_STRING, &o->reason, "Why this is accepted (needed)",
			"TEXT"},
		{"by", 0, 0, G_OPTION_ARG_STRING, &o->by,
			"Who accepts it (default: as git knows you)", "NAME"},
		G_OPTION_ENTRY_NULL,
	};

	if (groups & GATE_OPTIONS_OF_BASE)
		g_option_context_add_main_entries(context, base, NULL);
	if (groups & GATE_OPTIONS_OF_BUDGET)
		g_option_context_add_main_entries(context, budget, NULL);
	if (groups & GATE_OPTIONS_OF_ACCEPT)
		g_option_context_add_main_entries(context, accept, NULL);
	g_option_context_add_main_entries(context, all, NULL);
}

static const char *
find_nonsense(const struct gate_options *o)
{
	if (o->runs < 0 || o->runs > JUDGE_RUNS_MAX || o->profiled_runs < 0 ||
		o->profiled_runs > JUDGE_RUNS_MAX || o->warm_ups < 0)
		return "the number of runs must be from 1 to 400";
	if (!(o->detect_percent >= 0 && o->detect_percent < 1000))
		return "--detect must be a percentage above the tolerance";
	if (!(o->max_time_s >= 0))
		return "--max-time must not be negative";
	if (!(o->alpha > 0 && o->alpha <= 0.2))
		return "--alpha must be above 0 and at most 0.2";
	if (!(o->timeout_s >= 0))
		return "--timeout must not be negative";
	return o->top < 1 ? "--top must be at least 1" : NULL;
}

bool
gate_options_parse(int count, char **arguments, const char *command, const char *parameters,
	const char *summary, unsigned groups, struct gate_options *ret_options)
{
	g_autoptr(GOptionContext) context = g_option_context_new(parameters);
	g_autoptr(GError) error = NULL;
	struct gate_options *o = ret_options;

	*o = (struct gate_options){.max_time_s = 60,
		.warm_ups = 1,
		.alpha = 0.01,
		.seed = 1,
		.top = 5,
		.timeout_s = 600};
	g_option_context_set_strict_posix(context, TRUE);
	g_option_context_set_summary(context, summary);
	if (groups & GATE_OPTIONS_OF_RUNS)
		add_runs(context, o);
	if (groups & GATE_OPTIONS_OF_VERDICT)
		add_verdict(context, o);
	add_others(context, o, groups);
	if (!g_option_context_parse(context, &count, &arguments, &error)) {
		fprintf(stderr, "%s: %s (see %s --help)\n", command, error->message, command);
		return false;
	}
	const char *why = find_nonsense(o);

	if (why)
		fprintf(stderr, "%s: %s\n", command, why);
	if (o->rest && o->rest[0] && !strcmp(o->rest[0], "--")) {
		g_free(o->rest[0]);
		memmove(o->rest, o->rest + 1,
			g_strv_length(o->rest + 1) * sizeof(char *) + sizeof(char *));
	}
	return !why;
}

void
gate_options_fini(struct gate_options *options)
{
	char *const texts[] = {options->metrics, options->input, options->instructions,
		options->name, options->suppressions, options->budget, options->base,
		options->reason, options->by, options->fail_on, options->changed_files,
		options->since, options->history, options->json, options->markdown, options->junit,
		options->sarif, options->code_quality, options->artifacts};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(texts[i]);
	g_strfreev(options->environment);
	g_strfreev(options->tolerances);
	g_strfreev(options->limits);
	g_strfreev(options->rest);
}
