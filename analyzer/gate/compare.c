/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Measuring and comparing, of a job: see job.h. */
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "job.h"

enum {
	/* Profiled runs more, of each side, before an exact metric that differs is believed. */
	RUNS_TO_BELIEVE = 2,
	/* Profiled runs of each side where an exact metric varies. */
	RUNS_WHERE_IT_VARIES = 10,
	/* Timed runs of each side before more are planned. */
	RUNS_FIRST = 20,
	/* Runs of each side under valgrind: two that agree. */
	COUNTED_RUNS = 2,
};

void
job_show_progress(void *data, const char *what, unsigned done, unsigned all)
{
	const struct job *job = data;

	if (isatty(STDERR_FILENO) && !job->options->quiet)
		fprintf(stderr, "\r%s: %s %u of %u \033[K%s", job->outcome.benchmark, what,
			done + 1, all, done + 1 == all ? "\r\033[K" : "");
}

bool
job_set_error(struct job *job, GError *error)
{
	job->outcome.error = g_strdup(error ? error->message : "not known");
	g_clear_error(&error);
	return false;
}

/* What runs of the program as it is are not needed for. */
static unsigned
without_plain_runs(const struct job *job)
{
	return GATE_SET_EVENTS | (job->callgrind ? 1u << GATE_INSTRUCTIONS : 0);
}

/* No longer than --max-time in all, by what the first runs took. */
static unsigned
runs_in_time(const struct job *job, const struct measurement *base, const struct measurement *now)
{
	const double round_ns = measurement_median(now, GATE_WALL) +
				(job->settings.rounds ? measurement_median(base, GATE_WALL) : 0);
	const double runs = round_ns > 0 ? job->options->max_time_s * 1e9 / round_ns : 0;

	return (unsigned)MIN(runs, JUDGE_RUNS_MAX);
}

/* For the times among `set`, by what the runs so far differ by. At least RUNS_FIRST. */
static unsigned
plan_runs(struct job *job, const struct measurement *base, const struct measurement *now,
	unsigned set)
{
	const double detect = job->options->detect_percent / 100;
	unsigned needed = RUNS_FIRST;

	for (unsigned i = 0; i < GATE_METRICS; i++) {
		const double wanted = detect > 0 ? detect : 2 * job->settings.tolerance[i];

		if (gate_set_has(set, i) && (i == GATE_CPU || i == GATE_WALL))
			needed = MAX(needed, judge_plan(base, now, i, &job->settings, wanted));
	}
	return MAX(RUNS_FIRST, MIN(needed, runs_in_time(job, base, now)));
}

/* Runs both sides, or `now` alone. `set` says which kinds of runs are needed at all. */
static bool
measure(struct job *job, struct measurement *base, struct measurement *now,
	const struct workload *base_workload, unsigned set, unsigned profiled_runs, unsigned runs)
{
	const struct measure_side sides[2] = {{base_workload, base}, {&job->workload, now}};
	unsigned planned = runs ? runs : job->runs ? job->runs : RUNS_FIRST;
	struct measure plan = {
		.side_count = base_workload ? 2 : 1,
		.suppressions = job->suppressions,
		.directory = job->directory,
		.callgrind = job->callgrind,
		.progress = job_show_progress,
		.progress_data = job,
	};
	GError *error = NULL;

	for (unsigned i = 0; i < plan.side_count; i++)
		plan.sides[i] = sides[base_workload ? i : 1];
	if (set & GATE_SET_EVENTS && !measure_profiled(&plan, profiled_runs, &error))
		return job_set_error(job, error);
	if (job->callgrind && gate_set_has(set, GATE_INSTRUCTIONS) &&
		!measure_counted(&plan, COUNTED_RUNS, &error))
		return job_set_error(job, error);
	if (set & ~without_plain_runs(job) &&
		!measure_plain(&plan, planned, (unsigned)job->options->warm_ups, &error))
		return job_set_error(job, error);
	if (!runs && !job->runs) {
		job->runs = plan_runs(job, base, now, set);
		if (job->runs > planned && !measure_plain(&plan, job->runs - planned, 0, &error))
			return job_set_error(job, error);
	}
	job->outcome.was_run = true;
	job->outcome.aids = now->aids;
	return true;
}

bool
job_measure(struct job *job, const struct workload *base_workload, unsigned set,
	unsigned profiled_runs, unsigned runs)
{
	if (!job->now)
		job->now = measurement_new();
	job->now->keep_more = gate_set_has(set, GATE_TIME);
	if (!job->base && base_workload)
		job->base = measurement_new();
	return measure(job, job->base, job->now, base_workload, set, profiled_runs, runs);
}

void
job_show(struct job *job, unsigned set)
{
	for (unsigned i = 0; i < GATE_METRICS; i++) {
		if (!gate_set_has(set, i))
			continue;
		const char *why = measurement_count(job->now, i) ? NULL : job->now->missing[i];

		if (measurement_count(job->now, i) || why)
			g_ptr_array_add(job->outcome.findings,
				judge_alone(job->now, i, VERDICT_SHOWN, why));
	}
}

/* ---- comparing ---- */

/*
 * What neither side can be asked for (instructions that nobody counts, calls that are not traced)
 * is no reason to fail unless it was asked for by name.
 */
static unsigned
without_unknown(struct job *job, unsigned set)
{
	const enum gate_metric optional[] = {GATE_INSTRUCTIONS, GATE_CALLS};
	const char *asked = job->options->metrics ? job->options->metrics : "";

	for (size_t i = 0; i < G_N_ELEMENTS(optional); i++) {
		const enum gate_metric metric = optional[i];

		if (!gate_set_has(set, metric) || measurement_count(job->now, metric) ||
			measurement_count(job->base, metric) ||
			strstr(asked, gate_metrics[metric].key))
			continue;
		set &= ~(1u << metric);
		if (metric == GATE_INSTRUCTIONS && job->now->missing[metric])
			outcome_note(
				&job->outcome, g_strdup_printf("%s: %s", gate_metrics[metric].key,
						       job->now->missing[metric]));
	}
	return set;
}

static unsigned
set_where(const GPtrArray *findings, bool (*holds)(const struct finding *finding))
{
	unsigned set = 0;

	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = findings->pdata[i];

		set |= holds(finding) ? 1u << finding->metric : 0;
	}
	return set;
}

static bool
is_exact_regression(const struct finding *finding)
{
	return finding->verdict == VERDICT_REGRESSION && gate_is_exact(finding->metric) &&
	       !finding->statistical;
}

static bool
is_statistical_regression(const struct finding *finding)
{
	return finding->verdict == VERDICT_REGRESSION && finding->statistical;
}

static bool
is_demoted(const struct finding *finding)
{
	return finding->demoted;
}

static void
judge_again(struct job *job, unsigned set)
{
	g_ptr_array_unref(job->outcome.findings);
	job->outcome.findings = judge(job->base, job->now, set, &job->settings);
}

/* Profiled runs until `now` has `wanted` of them, then judges again. */
static bool
extend(struct job *job, const struct workload *base_workload, unsigned set, unsigned wanted)
{
	const unsigned have = measurement_count(job->now, GATE_ALLOCATIONS);

	if (have >= wanted)
		return true;
	if (!measure(job, job->base, job->now, base_workload, GATE_SET_EXACT, wanted - have, 0))
		return false;
	judge_again(job, set);
	return true;
}

static void
merge_second(struct job *job, const GPtrArray *second)
{
	for (guint i = 0; i < job->outcome.findings->len; i++) {
		struct finding *finding = job->outcome.findings->pdata[i];

		for (guint j = 0; j < second->len; j++) {
			const struct finding *other = second->pdata[j];

			if (other->metric == finding->metric)
				judge_confirm(finding, other);
		}
	}
}

/* The planned confirmation: flagged metrics alone, once, with nothing of the first samples. */
static bool
confirm(struct job *job, const struct workload *base_workload)
{
	const unsigned flagged = set_where(job->outcome.findings, is_statistical_regression);
	struct measurement *base = base_workload ? measurement_new() : NULL;
	struct measurement *now = measurement_new();
	bool done = true;

	if (flagged && !job->options->no_confirmation) {
		done = measure(job, base, now, base_workload, flagged, RUNS_WHERE_IT_VARIES,
			(unsigned)job->options->runs);
		if (done) {
			g_autoptr(GPtrArray) second =
				judge(base ? base : job->base, now, flagged, &job->settings);

			merge_second(job, second);
		}
	}
	measurement_free(base);
	measurement_free(now);
	return done;
}

bool
job_compare(struct job *job, const struct workload *base_workload, unsigned set)
{
	const bool can_run = job->workload.command != NULL;

	set = without_unknown(job, set);
	if (!set) {
		job->outcome.error = g_strdup("there is nothing that both sides know");
		job->outcome.no_baseline = true;
		return false;
	}
	judge_again(job, set);
	if (can_run && set_where(job->outcome.findings, is_exact_regression) &&
		!extend(job, base_workload, set,
			measurement_count(job->now, GATE_ALLOCATIONS) + RUNS_TO_BELIEVE))
		return false;
	if (can_run && set_where(job->outcome.findings, is_demoted) &&
		!extend(job, base_workload, set, RUNS_WHERE_IT_VARIES))
		return false;
	if (can_run && !confirm(job, base_workload))
		return false;
	return job_attribute(job, base_workload);
}

void
job_check_limits(struct job *job, const GPtrArray *limits)
{
	const GPtrArray *both[] = {limits, job->limits};

	for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
		for (guint j = 0; both[i] && j < both[i]->len; j++)
			g_ptr_array_add(job->outcome.limits,
				limit_check(both[i]->pdata[j], job->now, job->review));
	}
}
