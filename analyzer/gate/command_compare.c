/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* thag-gate ab, compare and history: two of a kind, or many. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "history.h"
#include "job.h"

enum {
	PROFILED_RUNS = 2,
};

/* ---- ab ---- */

/* The base's own command, or its program with the arguments of the other. */
static char **
base_command(const struct gate_options *options, GError **error)
{
	g_auto(GStrv) words = NULL;

	if (!g_shell_parse_argv(options->base, NULL, &words, error))
		return NULL;
	if (words[1])
		return g_steal_pointer(&words);
	char **command = g_strdupv(options->rest);

	g_free(command[0]);
	command[0] = g_strdup(words[0]);
	return command;
}

static int
ab(struct job *job)
{
	const unsigned set = job->set ? job->set : GATE_SET_ALL;
	struct workload base = job->workload;
	GError *error = NULL;
	g_auto(GStrv) command = base_command(job->options, &error);
	unsigned profiled = (unsigned)job->options->profiled_runs;

	if (!command)
		return job_fail(job, error);
	base.command = command;
	g_autofree char *line = workload_command_line(&base);

	job->outcome.against = g_utf8_make_valid(line, -1);
	job->settings.rounds = true;
	if (job_measure(job, &base, set, profiled ? profiled : PROFILED_RUNS,
		    (unsigned)job->options->runs)) {
		if (job_compare(job, &base, set))
			job_check_limits(job, NULL);
	}
	return job_finish(job);
}

int
gate_ab(int count, char **arguments)
{
	struct gate_options options;
	struct job job;
	int status = GATE_STATUS_USAGE;

	if (!gate_options_parse(count, arguments, "thag-gate ab",
		    "--base PROGRAM -- PROGRAM [ARGUMENTS]",
		    "Runs two programs in turns and compares them.",
		    GATE_OPTIONS_OF_RUNS | GATE_OPTIONS_OF_BASE | GATE_OPTIONS_OF_VERDICT,
		    &options)) {
		gate_options_fini(&options);
		return status;
	}
	if (!options.base) {
		fprintf(stderr, "thag-gate ab: compare with what? (--base PROGRAM)\n");
		gate_options_fini(&options);
		return status;
	}
	status = job_init(&job, "thag-gate ab", &options);
	if (!status)
		status = job_set_workload(&job) ? ab(&job) : GATE_STATUS_USAGE;
	job_fini(&job);
	gate_options_fini(&options);
	return status;
}

/* ---- compare ---- */

/* Those that both sides know. A summary knows no peak: that is said, and is not compared. */
static unsigned
common_set(struct job *job)
{
	unsigned set = 0;

	for (unsigned i = 0; i < GATE_EXACT_METRICS; i++) {
		if (measurement_count(job->base, i) && measurement_count(job->now, i))
			set |= 1u << i;
	}
	if (!gate_set_has(set, GATE_PEAK))
		outcome_note(&job->outcome, g_strdup("one profile is in summary mode: peak, leaked "
						     "and temporary are not compared"));
	return job->set ? job->set : set;
}

/* Nothing against nothing would pass. */
static bool
knows_heap(struct job *job, const char *path, const struct measurement *measurement)
{
	const struct profile *profile = measurement->accounts[ACCOUNT_EVENTS]->profile;

	if (metric_is_known(METRIC_ALLOCATIONS, profile))
		return true;
	job->outcome.error = g_strdup_printf(
		"%s knows nothing of the heap: was it recorded with --time alone?", path);
	return false;
}

static int
compare(struct job *job, char **files)
{
	GError *error = NULL;

	job->base = measurement_new();
	job->now = measurement_new();
	job->outcome.against = g_strdup(files[0]);
	if (!measurement_add_profile(job->base, files[0], job->suppressions, &error) ||
		!measurement_add_profile(job->now, files[1], job->suppressions, &error))
		return job_fail(job, error);
	if (knows_heap(job, files[0], job->base) && knows_heap(job, files[1], job->now) &&
		job_compare(job, NULL, common_set(job)))
		job_check_limits(job, NULL);
	return job_finish(job);
}

int
gate_compare(int count, char **arguments)
{
	struct gate_options options;
	struct job job;
	int status = GATE_STATUS_USAGE;

	if (!gate_options_parse(count, arguments, "thag-gate compare", "BEFORE.thag AFTER.thag",
		    "Compares the exact metrics of two profiles.", GATE_OPTIONS_OF_VERDICT,
		    &options)) {
		gate_options_fini(&options);
		return status;
	}
	if (!options.rest || g_strv_length(options.rest) != 2) {
		fprintf(stderr, "thag-gate compare: give two profiles, the earlier one first\n");
		gate_options_fini(&options);
		return status;
	}
	if (!options.name)
		options.name = g_path_get_basename(options.rest[1]);
	status = job_init(&job, "thag-gate compare", &options);
	if (!status)
		status = compare(&job, options.rest);
	job_fini(&job);
	gate_options_fini(&options);
	return status;
}

/* ---- history ---- */

int
gate_history(int count, char **arguments)
{
	struct gate_options options;
	g_autoptr(GError) error = NULL;
	g_autofree char *advice = NULL;
	int status = GATE_STATUS_USAGE;

	if (!gate_options_parse(count, arguments, "thag-gate history", "FILE",
		    "Says where the results of a history (--history) changed their level. Advice: "
		    "it never fails.",
		    0, &options)) {
		gate_options_fini(&options);
		return status;
	}
	if (!options.rest || g_strv_length(options.rest) != 1) {
		fprintf(stderr, "thag-gate history: which file?\n");
	} else {
		advice = history_advise(options.rest[0], options.name, &error);
		if (advice)
			fputs(advice, stdout);
		else
			fprintf(stderr, "thag-gate history: %s\n", error->message);
		status = advice ? GATE_STATUS_PASS : GATE_STATUS_ERROR;
	}
	gate_options_fini(&options);
	return status;
}
