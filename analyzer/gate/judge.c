/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See judge.h. */
#include "judge.h"

#include <math.h>

#include "statistics/holm.h"
#include "statistics/mann_whitney.h"
#include "statistics/order.h"
#include "statistics/shift.h"
#include "statistics/signed_rank.h"

const char *const verdict_names[VERDICTS] = {
	[VERDICT_PASS] = "pass",
	[VERDICT_IMPROVED] = "improved",
	[VERDICT_SHOWN] = "shown",
	[VERDICT_INCONCLUSIVE] = "inconclusive",
	[VERDICT_INCOMPARABLE] = "incomparable",
	[VERDICT_REGRESSION] = "regression",
};

void
judge_settings_init(struct judge_settings *settings)
{
	*settings = (struct judge_settings){.alpha = 0.01, .power = 0.8, .seed = 1};
	for (unsigned i = 0; i < GATE_METRICS; i++) {
		settings->tolerance[i] = gate_metrics[i].tolerance;
		settings->floor[i] = gate_metrics[i].floor;
	}
}

void
finding_free(struct finding *finding)
{
	if (!finding)
		return;
	g_free(finding->reason);
	attribution_free(finding->attribution);
	g_free(finding);
}

struct finding *
judge_alone(const struct measurement *now, enum gate_metric metric, enum verdict verdict,
	const char *why)
{
	struct finding *finding = g_new0(struct finding, 1);

	finding->metric = metric;
	finding->verdict = verdict;
	finding->now = measurement_median(now, metric);
	finding->runs = measurement_count(now, metric);
	finding->reason = g_strdup(why);
	return finding;
}

/* ---- exact ---- */

static void
judge_exact(struct finding *finding)
{
	const double change = finding->now - finding->base;

	if (change > finding->tolerance * finding->base && change > finding->floor)
		finding->verdict = VERDICT_REGRESSION;
	else
		finding->verdict = change < 0 ? VERDICT_IMPROVED : VERDICT_PASS;
}

/* ---- counted ---- */

/* The smallest and the largest value. */
static void
find_extremes(const struct measurement *measurement, enum gate_metric metric, double *ret_low,
	double *ret_high)
{
	const double *values = measurement_values(measurement, metric);

	*ret_low = *ret_high = values[0];
	for (guint i = 1; i < measurement_count(measurement, metric); i++) {
		*ret_low = MIN(*ret_low, values[i]);
		*ret_high = MAX(*ret_high, values[i]);
	}
}

/* Is the one beyond the other's tolerance and the floor? */
static bool
is_beyond(const struct finding *finding, double base, double now)
{
	return now - base > finding->tolerance * base && now - base > finding->floor;
}

static void
judge_counted(
	struct finding *finding, const struct measurement *base, const struct measurement *now)
{
	double base_low, base_high, now_low, now_high;

	find_extremes(base, finding->metric, &base_low, &base_high);
	find_extremes(now, finding->metric, &now_low, &now_high);
	if (is_beyond(finding, base_high, now_low)) {
		finding->verdict = VERDICT_REGRESSION;
	} else if (!is_beyond(finding, base_low, now_high)) {
		finding->verdict =
			is_beyond(finding, now_high, base_low) ? VERDICT_IMPROVED : VERDICT_PASS;
	} else {
		finding->verdict = VERDICT_INCONCLUSIVE;
		finding->reason = g_strdup_printf(
			"the counts of one program differ from run to run by up to %.2f %%: "
			"what makes it do so (time, threads, hash seeds)?",
			100 * MAX(base_high / base_low - 1, now_high / now_low - 1));
	}
}

/* ---- statistical ---- */

/* Ratios need positive values: both sides are moved up by one unit, which is nothing unless one of
 * them is 0. */
static double *
positive_values(const struct measurement *measurement, enum gate_metric metric)
{
	const guint count = measurement_count(measurement, metric);
	double *values = g_memdup2(measurement_values(measurement, metric), count * sizeof(double));

	for (guint i = 0; i < count; i++)
		values[i]++;
	return values;
}

/* Values of both sides, `n` and `m`. */
struct samples {
	const double *before, *after;
	size_t n, m;
};

/* How far the estimate is from where the verdict turns. */
static double
distance(const struct finding *finding)
{
	return MAX(fabs(finding->ratio / (1 + finding->tolerance) - 1), 0.001);
}

static void
take_shift(struct finding *finding, struct shift shift)
{
	finding->ratio = shift.ratio;
	finding->low = shift.low;
	finding->high = shift.high;
}

static void
compare_samples(
	struct finding *finding, const struct samples *s, const struct judge_settings *settings)
{
	const double alpha = settings->alpha, power = settings->power;

	finding->p = mann_whitney_test(s->before, s->n, s->after, s->m).p;
	take_shift(finding, shift_estimate(s->before, s->n, s->after, s->m, 1 - alpha,
				    settings->seed + (uint64_t)finding->metric));
	finding->detectable = shift_detectable(s->before, s->n, s->after, s->m, alpha, power);
	finding->runs_needed = (double)shift_runs_needed(
		s->before, s->n, s->after, s->m, alpha, power, distance(finding));
}

static void
compare_pairs(
	struct finding *finding, const struct samples *s, const struct judge_settings *settings)
{
	const double alpha = settings->alpha, power = settings->power;
	g_autofree double *logs = g_new(double, s->n);

	for (size_t i = 0; i < s->n; i++)
		logs[i] = log(s->after[i] / s->before[i]);
	finding->p = signed_rank_test(logs, s->n).p;
	take_shift(finding, shift_estimate_pairs(s->before, s->after, s->n, 1 - alpha,
				    settings->seed + (uint64_t)finding->metric));
	finding->detectable = shift_detectable_pairs(s->before, s->after, s->n, alpha, power);
	finding->runs_needed = (double)shift_runs_needed_pairs(
		s->before, s->after, s->n, alpha, power, distance(finding));
}

/* Runs of what is exact by nature come from another plan, and are few. */
static bool
are_pairs(enum gate_metric metric, const struct measurement *base, const struct measurement *now,
	const struct judge_settings *settings)
{
	const guint count = measurement_count(now, metric);

	return settings->rounds && (int)metric >= GATE_EVENT_METRICS && count >= JUDGE_PAIRS_MIN &&
	       count == measurement_count(base, metric);
}

static void
measure_difference(struct finding *finding, const struct measurement *base,
	const struct measurement *now, const struct judge_settings *settings)
{
	g_autofree double *before = positive_values(base, finding->metric);
	g_autofree double *after = positive_values(now, finding->metric);
	const struct samples samples = {before, after, finding->base_runs, finding->runs};

	finding->statistical = true;
	finding->pairs = are_pairs(finding->metric, base, now, settings);
	if (finding->pairs)
		compare_pairs(finding, &samples, settings);
	else
		compare_samples(finding, &samples, settings);
}

static void
explain_inconclusive(struct finding *finding)
{
	const double runs = MAX(finding->base_runs, finding->runs);

	finding->runs_needed = MAX(finding->runs_needed, runs + 1);
	g_autofree char *advice =
		finding->runs_needed <= JUDGE_RUNS_MAX
			? g_strdup_printf("about %.0f runs a side would settle it (--runs)",
				  finding->runs_needed)
			: g_strdup_printf("it would take about %.0f runs a side: measure a larger "
					  "piece of work, on a quieter machine, or count "
					  "instructions (--instructions=callgrind)",
				  finding->runs_needed);

	finding->reason = g_strdup_printf(
		"%+.1f %%, but anything from %+.1f %% to %+.1f %% is possible; these runs could "
		"show a change of %.1f %%, %s",
		100 * (finding->ratio - 1), 100 * (finding->low - 1), 100 * (finding->high - 1),
		100 * finding->detectable, advice);
}

static void
decide(struct finding *finding, const struct judge_settings *settings)
{
	const double above = finding->now - finding->base;
	const bool significant = finding->p_adjusted < settings->alpha;
	const bool large = finding->low > 1 + finding->tolerance && above > finding->floor;
	const bool excluded = finding->high <= 1 + finding->tolerance ||
			      (finding->high - 1) * finding->base <= finding->floor;

	if (significant && large) {
		finding->verdict = VERDICT_REGRESSION;
	} else if (excluded) {
		finding->runs_needed = 0;
		finding->verdict = significant && finding->high < 1 && -above > finding->floor
					   ? VERDICT_IMPROVED
					   : VERDICT_PASS;
	} else {
		finding->verdict = VERDICT_INCONCLUSIVE;
		explain_inconclusive(finding);
	}
}

static void
judge_statistical(GPtrArray *findings, const struct judge_settings *settings)
{
	double p[GATE_METRICS], adjusted[GATE_METRICS];
	struct finding *tested[GATE_METRICS];
	unsigned count = 0;

	for (guint i = 0; i < findings->len; i++) {
		struct finding *finding = findings->pdata[i];

		if (!finding->statistical)
			continue;
		tested[count] = finding;
		p[count++] = finding->p;
	}
	if (!count)
		return;
	holm_adjust(p, count, adjusted);
	for (unsigned i = 0; i < count; i++) {
		tested[i]->p_adjusted = adjusted[i];
		decide(tested[i], settings);
	}
}

unsigned
judge_plan(const struct measurement *base, const struct measurement *now, enum gate_metric metric,
	const struct judge_settings *settings, double wanted)
{
	const guint count = measurement_count(now, metric);
	const struct measurement *other = base ? base : now;
	const guint other_count = measurement_count(other, metric);
	const double increase = (1 + wanted) / (1 + settings->tolerance[metric]) - 1;
	size_t runs;

	if (count < JUDGE_RUNS_MIN || other_count < JUDGE_RUNS_MIN || !(increase > 0))
		return 0;
	g_autofree double *before = positive_values(other, metric);
	g_autofree double *after = positive_values(now, metric);

	if (base && are_pairs(metric, base, now, settings))
		runs = shift_runs_needed_pairs(
			before, after, count, settings->alpha, settings->power, increase);
	else
		runs = shift_runs_needed(before, other_count, after, count, settings->alpha,
			settings->power, increase);
	return (unsigned)MIN(runs, JUDGE_RUNS_MAX);
}

/* ---- both ---- */

static struct finding *
compare(const struct measurement *base, const struct measurement *now, enum gate_metric metric,
	const struct judge_settings *settings)
{
	struct finding *finding = judge_alone(now, metric, VERDICT_PASS, NULL);
	const bool exact = gate_metrics[metric].class == GATE_EXACT;
	const bool varies = measurement_varies(base, metric) || measurement_varies(now, metric);
	const char *missing = now->missing[metric] ? now->missing[metric] : base->missing[metric];

	finding->base = measurement_median(base, metric);
	finding->base_runs = measurement_count(base, metric);
	finding->has_base = finding->base_runs > 0;
	finding->tolerance = settings->tolerance[metric];
	finding->floor = settings->floor[metric];
	finding->demoted = exact && varies;
	if (!finding->base_runs || !finding->runs) {
		finding->verdict = VERDICT_INCOMPARABLE;
		finding->reason = g_strdup(missing	    ? missing
					   : !finding->runs ? "it was not measured"
							    : "there is no baseline for it");
	} else if (exact && !varies) {
		judge_exact(finding);
	} else if (metric == GATE_INSTRUCTIONS && base->counter != now->counter) {
		finding->verdict = VERDICT_INCOMPARABLE;
		finding->reason = g_strdup_printf("the baseline's were counted by %s, these by %s",
			measure_counter_names[base->counter], measure_counter_names[now->counter]);
	} else if (metric == GATE_INSTRUCTIONS && now->counter == MEASURE_CALLGRIND) {
		judge_counted(finding, base, now);
	} else if (MIN(finding->base_runs, finding->runs) < JUDGE_RUNS_MIN) {
		finding->verdict = VERDICT_INCONCLUSIVE;
		finding->runs_needed = JUDGE_RUNS_MIN;
		finding->reason = g_strdup_printf(
			"it varies from run to run: at least %d runs a side are needed",
			JUDGE_RUNS_MIN);
	} else {
		measure_difference(finding, base, now, settings);
	}
	return finding;
}

GPtrArray *
judge(const struct measurement *base, const struct measurement *now, unsigned set,
	const struct judge_settings *settings)
{
	GPtrArray *findings = g_ptr_array_new_with_free_func((GDestroyNotify)finding_free);

	for (unsigned i = 0; i < GATE_METRICS; i++) {
		if (gate_set_has(set, i))
			g_ptr_array_add(findings, compare(base, now, i, settings));
	}
	judge_statistical(findings, settings);
	return findings;
}

void
judge_confirm(struct finding *finding, const struct finding *second)
{
	finding->second_ratio = second->ratio;
	finding->was_confirmed = second->verdict == VERDICT_REGRESSION;
	if (finding->was_confirmed)
		return;
	finding->verdict = VERDICT_INCONCLUSIVE;
	finding->runs_needed = MAX(second->runs_needed, finding->runs + 1);
	g_free(finding->reason);
	finding->reason = g_strdup_printf(
		"the first measurement said %+.1f %%, the planned second one %+.1f %% (%+.1f to "
		"%+.1f %%): not confirmed",
		100 * (finding->ratio - 1), 100 * (second->ratio - 1), 100 * (second->low - 1),
		100 * (second->high - 1));
}
