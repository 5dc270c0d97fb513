/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* thag-gate run, check and accept: one program, and what is written about it. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "fingerprint.h"
#include "job.h"

enum {
	PROFILED_RUNS = 2, /* two that agree: less is no evidence of being exact */
	PROFILED_RUNS_TO_ACCEPT = 5,
	PROFILED_RUNS_TO_TIME = 5,
	RUNS_TO_SHOW = 20, /* timed, where nothing is compared */
};

static const char *
budget_path(const struct gate_options *options)
{
	return options->budget ? options->budget : "thag-budget.json";
}

/* What is timed is not the same in every run. */
static unsigned
profiled_runs(const struct gate_options *options, unsigned set, unsigned otherwise)
{
	if (options->profiled_runs)
		return (unsigned)options->profiled_runs;
	return gate_set_has(set, GATE_TIME) ? MAX(otherwise, PROFILED_RUNS_TO_TIME) : otherwise;
}

static unsigned
set_of_limits(const GPtrArray *limits)
{
	unsigned set = 0;

	for (guint i = 0; limits && i < limits->len; i++) {
		const struct limit *limit = limits->pdata[i];

		set |= 1u << limit->metric;
	}
	return set;
}

/* ---- run ---- */

static int
run(struct job *job)
{
	const unsigned asked = job->set ? job->set : GATE_SET_EXACT;
	const unsigned set = asked | set_of_limits(job->limits);

	const unsigned runs = job->options->runs ? (unsigned)job->options->runs : RUNS_TO_SHOW;

	if (job_measure(job, NULL, set, profiled_runs(job->options, set, 1), runs)) {
		job_show(job, set);
		job_check_limits(job, NULL);
	}
	return job_finish(job);
}

int
gate_run(int count, char **arguments)
{
	struct gate_options options;
	struct job job;
	int status = GATE_STATUS_USAGE;

	if (!gate_options_parse(count, arguments, "thag-gate run", "-- PROGRAM [ARGUMENTS]",
		    "Runs a program, shows what it costs, and checks the limits given with "
		    "--limit.",
		    GATE_OPTIONS_OF_RUNS | GATE_OPTIONS_OF_VERDICT, &options)) {
		gate_options_fini(&options);
		return status;
	}
	status = job_init(&job, "thag-gate run", &options);
	if (!status)
		status = job_set_workload(&job) ? run(&job) : GATE_STATUS_USAGE;
	job_fini(&job);
	gate_options_fini(&options);
	return status;
}

/* ---- check ---- */

/* Metrics whose values of another machine mean nothing here. */
static void
refuse_foreign(struct job *job, unsigned set)
{
	for (unsigned i = 0; i < GATE_METRICS; i++) {
		if (!gate_set_has(set, i))
			continue;
		struct finding *finding = judge_alone(job->now, i, VERDICT_INCOMPARABLE, NULL);

		finding->reason =
			g_strdup_printf("the budget is of another machine (%s); accept it "
					"here, or compare with thag-gate ab",
				job->outcome.machine_difference);
		finding->has_base = true;
		finding->base = measurement_median(job->base, i);
		g_ptr_array_add(job->outcome.findings, finding);
	}
}

static void
note_paths(struct job *job)
{
	bool worse = false, unknown = false;

	for (guint i = 0; i < job->outcome.findings->len; i++) {
		const struct finding *finding = job->outcome.findings->pdata[i];

		if (finding->verdict != VERDICT_REGRESSION)
			continue;
		worse = true;
		unknown |= !finding->attribution;
	}
	if (unknown)
		outcome_note(&job->outcome,
			g_strdup("the call paths of the budget are not there (its .paths folder "
				 "belongs into the repository, and accept writes it): where the "
				 "change comes from is not known"));
	if (worse && job->outcome.machine_difference)
		outcome_note(&job->outcome, g_strdup_printf("the budget is of another machine (%s)",
						    job->outcome.machine_difference));
}

/* "Lower the budget": an improvement that is not written down can be lost unseen. */
static void
note_improvements(struct job *job)
{
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < job->outcome.findings->len; i++) {
		const struct finding *finding = job->outcome.findings->pdata[i];

		if (finding->verdict == VERDICT_IMPROVED)
			g_string_append_printf(names, "%s%s", names->len ? ", " : "",
				gate_metrics[finding->metric].key);
	}
	if (names->len)
		outcome_note(&job->outcome,
			g_strdup_printf("better than the budget: %s; keep it with thag-gate accept",
				names->str));
	g_string_free(names, TRUE);
}

/* What other arguments cost is another question. The program itself may well be elsewhere. */
static void
note_arguments(struct job *job, const struct budget_entry *entry)
{
	const char *there = entry->command ? strchr(entry->command, ' ') : NULL;
	const char *here = strchr(job->outcome.command, ' ');

	if (entry->command && g_strcmp0(there, here))
		outcome_note(&job->outcome,
			g_strdup_printf(
				"the budget was accepted for other arguments: %s", entry->command));
}

static bool
compare_with_entry(struct job *job, struct budget_entry *entry)
{
	const unsigned set = job->set ? job->set : entry->set;
	const unsigned for_limits = set_of_limits(entry->limits) | set_of_limits(job->limits);
	unsigned foreign = 0;

	job->outcome.machine_difference =
		fingerprint_difference(entry->fingerprint, job->outcome.fingerprint);
	if (job->outcome.machine_difference)
		foreign = set & ~(unsigned)GATE_SET_EXACT;
	note_arguments(job, entry);
	job->base = g_steal_pointer(&entry->measurement);
	if (!job->options->instructions)
		job->callgrind = job->base->counter == MEASURE_CALLGRIND;
	if (!job_measure(job, NULL, (set & ~foreign) | for_limits,
		    profiled_runs(job->options, set | for_limits, PROFILED_RUNS),
		    (unsigned)job->options->runs) ||
		!job_compare(job, NULL, set & ~foreign))
		return false;
	refuse_foreign(job, foreign);
	note_paths(job);
	note_improvements(job);
	job_check_limits(job, entry->limits);
	return true;
}

/* No baseline is no tool error: its own status, and never a pass. */
static int
fail_without_budget(struct job *job, GError *error)
{
	job->outcome.no_baseline = g_error_matches(error, BUDGET_ERROR, BUDGET_ERROR_ABSENT);
	return job_fail(job, error);
}

static int
check(struct job *job)
{
	struct budget budget = {.path = NULL};
	struct budget_entry entry = {.set = 0};
	GError *error = NULL;
	int status;

	job->outcome.against = g_strdup_printf("budget %s", budget_path(job->options));
	if (!budget_read(budget_path(job->options), &budget, &error))
		return fail_without_budget(job, error);
	if (!budget_find(&budget, job->outcome.benchmark, &job->settings, &entry, &error)) {
		status = fail_without_budget(job, error);
	} else {
		job_apply_tolerances(job);
		compare_with_entry(job, &entry);
		status = job_finish(job);
		/* Limits of the entry are named by findings: they go last. */
		g_ptr_array_set_size(job->outcome.limits, 0);
		budget_entry_fini(&entry);
	}
	budget_fini(&budget);
	return status;
}

int
gate_check(int count, char **arguments)
{
	struct gate_options options;
	struct job job;
	int status = GATE_STATUS_USAGE;

	if (!gate_options_parse(count, arguments, "thag-gate check", "-- PROGRAM [ARGUMENTS]",
		    "Runs a program and compares it with its entry in the budget file.",
		    GATE_OPTIONS_OF_RUNS | GATE_OPTIONS_OF_BUDGET | GATE_OPTIONS_OF_VERDICT,
		    &options)) {
		gate_options_fini(&options);
		return status;
	}
	status = job_init(&job, "thag-gate check", &options);
	if (!status)
		status = job_set_workload(&job) ? check(&job) : GATE_STATUS_USAGE;
	job_fini(&job);
	gate_options_fini(&options);
	return status;
}

/* ---- accept ---- */

static char *
git_user(void)
{
	const char *const command[] = {"git", "config", "user.name", NULL};
	g_autofree char *out = NULL;
	int status;

	if (g_spawn_sync(NULL, (char **)(uintptr_t)command, NULL,
		    G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out, NULL,
		    &status, NULL) &&
		!status && *g_strstrip(out))
		return g_steal_pointer(&out);
	return g_strdup(g_get_user_name());
}

static bool
open_budget(const char *path, struct budget *budget, GError **error)
{
	g_autoptr(GError) why = NULL;

	if (budget_read(path, budget, &why))
		return true;
	if (!g_error_matches(why, BUDGET_ERROR, BUDGET_ERROR_ABSENT)) {
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	budget_init(budget, path);
	return true;
}

static bool
write_acceptance(struct job *job, struct budget *budget, unsigned set, GError **error)
{
	g_autofree char *user = git_user();
	const struct budget_acceptance acceptance = {
		.name = job->outcome.benchmark,
		.command = job->outcome.command,
		.reason = job->options->reason,
		.by = job->options->by ? job->options->by : user,
		.commit = job->outcome.commit,
		.fingerprint = job->outcome.fingerprint,
		.measurement = job->now,
		.set = set,
	};

	budget_accept(budget, &acceptance);
	return budget_write(budget, &acceptance, error);
}

/* What is in the budget already is measured again, with what is asked for in addition. */
static unsigned
set_to_accept(struct job *job, const struct budget *budget)
{
	struct judge_settings unused = job->settings;
	struct budget_entry entry = {.set = 0};
	unsigned set = job->set;

	if (budget_find(budget, job->outcome.benchmark, &unused, &entry, NULL)) {
		set |= entry.set;
		if (!job->options->instructions)
			job->callgrind = entry.measurement->counter == MEASURE_CALLGRIND;
	}
	budget_entry_fini(&entry);
	return set ? set : GATE_SET_EXACT;
}

/* Call paths of what is in the budget only by its total: for the day when it gets worse. */
static bool
sample(struct job *job, unsigned set)
{
	return (!gate_set_has(set, GATE_CPU) || job_sample(job, NULL, ACCOUNT_CPU)) &&
	       (!gate_set_has(set, GATE_WALL) || job_sample(job, NULL, ACCOUNT_WALL));
}

static int
accept(struct job *job)
{
	const char *path = budget_path(job->options);
	struct budget budget = {.path = NULL};
	GError *error = NULL;

	if (!open_budget(path, &budget, &error))
		return job_fail(job, error);
	const unsigned set = set_to_accept(job, &budget);

	if (job_measure(job, NULL, set | GATE_SET_EXACT,
		    profiled_runs(job->options, set, PROFILED_RUNS_TO_ACCEPT),
		    (unsigned)job->options->runs) &&
		sample(job, set)) {
		job_show(job, set);
		if (write_acceptance(job, &budget, set, &error))
			outcome_note(&job->outcome, g_strdup_printf("accepted into %s", path));
		else
			job->outcome.error = g_strdup(error->message);
		g_clear_error(&error);
	}
	budget_fini(&budget);
	return job_finish(job);
}

int
gate_accept(int count, char **arguments)
{
	struct gate_options options;
	struct job job;
	int status = GATE_STATUS_USAGE;

	if (!gate_options_parse(count, arguments, "thag-gate accept",
		    "--reason TEXT -- PROGRAM [ARGUMENTS]",
		    "Runs a program and writes what it costs into the budget file.",
		    GATE_OPTIONS_OF_RUNS | GATE_OPTIONS_OF_BUDGET | GATE_OPTIONS_OF_ACCEPT,
		    &options)) {
		gate_options_fini(&options);
		return status;
	}
	if (!options.reason || !*options.reason) {
		fprintf(stderr, "thag-gate accept: say why with --reason: it is what reviewers "
				"read\n");
		gate_options_fini(&options);
		return status;
	}
	status = job_init(&job, "thag-gate accept", &options);
	if (!status)
		status = job_set_workload(&job) ? accept(&job) : GATE_STATUS_USAGE;
	job_fini(&job);
	gate_options_fini(&options);
	return status;
}
