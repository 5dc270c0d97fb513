/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Where a change comes from, of a job: see job.h. */
#include <math.h>

#include "account_fold.h"
#include "job.h"

enum {
	/* Sampled runs of each side: enough to tell their spread, and for so much time in all. */
	SAMPLED_RUNS_MIN = 6,
	SAMPLED_RUNS_MAX = 20,
	SAMPLED_MS = 6000,
};

/* What a metric is taken apart by: call paths of a kind, and their own metric. */
struct means {
	enum account_kind kind;
	enum gate_metric metric;
	const char *caveat; /* said with it; NULL: it is exact */
};

static struct means
means_of(const struct job *job, enum gate_metric metric)
{
	static const char by_samples[] = "where from: an estimate by samples";

	switch (metric) {
	case GATE_CPU:
		return (struct means){ACCOUNT_CPU, GATE_CPU, by_samples};
	case GATE_WALL:
		return (struct means){ACCOUNT_WALL, GATE_WALL, by_samples};
	case GATE_INSTRUCTIONS:
		if (job->now->counter == MEASURE_CALLGRIND)
			return (struct means){ACCOUNT_INSTRUCTIONS, GATE_INSTRUCTIONS, NULL};
		return (struct means){ACCOUNT_CPU, GATE_CPU, by_samples};
	case GATE_MAX_RSS:
		return (struct means){ACCOUNT_EVENTS, GATE_PEAK,
			"where from: the heap's peak by call path; what else is resident (mapped "
			"files, stacks, static data) has none"};
	default:
		return (struct means){ACCOUNT_EVENTS, metric, NULL};
	}
}

/* ---- what it takes ---- */

static unsigned
sampled_runs(const struct job *job)
{
	const double run_ns = MAX(
		measurement_median(job->now, GATE_CPU), measurement_median(job->now, GATE_WALL));
	const double runs = run_ns > 0 ? SAMPLED_MS * 1e6 / run_ns : SAMPLED_RUNS_MAX;

	return (unsigned)CLAMP(ceil(runs), SAMPLED_RUNS_MIN, SAMPLED_RUNS_MAX);
}

bool
job_sample(struct job *job, const struct workload *base_workload, enum account_kind kind)
{
	const struct measure_side now = {&job->workload, job->now};
	const struct measure_side base = {base_workload, job->base};
	const struct measure plan = {
		.sides = {base_workload ? base : now, now},
		.side_count = base_workload ? 2 : 1,
		.directory = job->directory,
		.progress = job_show_progress,
		.progress_data = job,
	};
	GError *error = NULL;

	return measure_samples(&plan, kind, sampled_runs(job), &error) || job_set_error(job, error);
}

/* The heap's call paths, where nothing of the heap was asked for. */
static bool
profile(struct job *job, const struct workload *base_workload)
{
	const struct measure_side now = {&job->workload, job->now};
	const struct measure_side base = {base_workload, job->base};
	const struct measure plan = {
		.sides = {base_workload ? base : now, now},
		.side_count = base_workload ? 2 : 1,
		.suppressions = job->suppressions,
		.directory = job->directory,
		.progress = job_show_progress,
		.progress_data = job,
	};
	GError *error = NULL;

	return measure_profiled(&plan, 1, &error) || job_set_error(job, error);
}

/* Runs what is missing, where it can be run. */
static bool
provide(struct job *job, const struct workload *base_workload, enum account_kind kind)
{
	const bool have = job->now->accounts[kind] && job->base->accounts[kind];

	if (have || !job->workload.command || (!base_workload && !job->base->accounts[kind]))
		return true;
	if (kind == ACCOUNT_CPU || kind == ACCOUNT_WALL)
		return job_sample(job, base_workload, kind);
	return kind != ACCOUNT_EVENTS || profile(job, base_workload);
}

const struct comparison *
job_comparison(struct job *job, enum account_kind kind)
{
	const struct account *before = job->base->accounts[kind];
	const struct account *after = job->now->accounts[kind];
	g_autoptr(GError) error = NULL;

	if (job->comparisons[kind] || !before || !after)
		return job->comparisons[kind];
	if (account_is_folded(before) && kind == ACCOUNT_INSTRUCTIONS) {
		struct account *like = account_fold(after, GATE_INSTRUCTIONS, BUDGET_PARTS, before);

		if (like) {
			account_free(job->now->accounts[kind]);
			job->now->accounts[kind] = like;
			after = like;
		}
	}
	job->comparisons[kind] =
		comparison_new(before, after, before->set & after->set, NULL, &error);
	if (!job->comparisons[kind])
		outcome_note(
			&job->outcome, g_strdup_printf("where changes come from is not known: %s",
					       error->message));
	return job->comparisons[kind];
}

/* ---- one finding ---- */

static void
add_reason(struct finding *finding, const char *more)
{
	char *before = finding->reason;

	finding->reason = before ? g_strconcat(before, "; ", more, NULL) : g_strdup(more);
	g_free(before);
}

/* The figures that the call paths are held against: what was compared, where it is theirs. */
static int64_t
total_of(const struct finding *finding, const struct means *means, const struct account *account,
	double compared)
{
	const bool own = finding->metric == means->metric && !finding->demoted &&
			 gate_is_exact(finding->metric);

	return own ? (int64_t)compared : (int64_t)account->total[means->metric];
}

static double
measured_change(const struct finding *finding, const struct means *means)
{
	return finding->metric == means->metric ? finding->now - finding->base : NAN;
}

static struct attribution *
find(struct job *job, const struct finding *finding, const struct means *means)
{
	const struct comparison *comparison = job_comparison(job, means->kind);
	const struct account *before = job->base->accounts[means->kind];
	const struct account *after = job->now->accounts[means->kind];

	if (!comparison || !gate_set_has(before->set & after->set, means->metric))
		return NULL;
	return attribution_find(comparison, means->metric,
		total_of(finding, means, before, finding->base),
		total_of(finding, means, after, finding->now), measured_change(finding, means),
		job->review);
}

static void
attribute(struct job *job, struct finding *finding)
{
	const struct means means = means_of(job, finding->metric);

	if (finding->verdict != VERDICT_REGRESSION && finding->verdict != VERDICT_IMPROVED)
		return;
	finding->attribution = find(job, finding, &means);
	if (finding->attribution && means.caveat && finding->verdict == VERDICT_REGRESSION)
		add_reason(finding, means.caveat);
}

/* --per-path: what one call path saves does not pay for another. */
static void
check_paths(struct job *job, struct finding *finding)
{
	const struct means means = means_of(job, finding->metric);

	if (!job->options->per_path || !gate_is_exact(finding->metric) || finding->demoted ||
		finding->verdict == VERDICT_REGRESSION)
		return;
	struct attribution *paths = find(job, finding, &means);
	const struct attribution_entry *first =
		paths && paths->entries->len
			? &g_array_index(paths->entries, struct attribution_entry, 0)
			: NULL;
	const double allowed = first ? finding->tolerance * (double)first->before : 0;

	if (!first || first->kind == ATTRIBUTION_MOVED ||
		(double)attribution_change(first) <= allowed) {
		attribution_free(paths);
		return;
	}
	finding->verdict = VERDICT_REGRESSION;
	add_reason(finding, "the total did not grow, but a call path did (--per-path)");
	attribution_free(finding->attribution);
	finding->attribution = paths;
}

static void
explain_demotion(struct finding *finding)
{
	g_autofree char *before = finding->reason;

	finding->reason = g_strdup_printf(
		"it is exact by nature, but this program's differs from run to run: compared by "
		"statistics%s%s",
		before ? "; " : "", before ? before : "");
}

bool
job_attribute(struct job *job, const struct workload *base_workload)
{
	for (guint i = 0; i < job->outcome.findings->len; i++) {
		struct finding *finding = job->outcome.findings->pdata[i];
		const struct means means = means_of(job, finding->metric);

		if (finding->verdict == VERDICT_REGRESSION &&
			!provide(job, base_workload, means.kind))
			return false;
		attribute(job, finding);
		check_paths(job, finding);
		if (finding->demoted && finding->statistical)
			explain_demotion(finding);
	}
	return true;
}
