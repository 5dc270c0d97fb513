/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Verdicts: worse, not worse, or not to be told. */
#include <criterion/criterion.h>
#include <math.h>

#include "judge.h"
#include "normal.h"
#include "random.h"

static struct measurement *
measured(enum gate_metric metric, const double *values, size_t count)
{
	struct measurement *measurement = measurement_new();

	g_array_append_vals(measurement->values[metric], values, (guint)count);
	return measurement;
}

static struct finding
judged(enum gate_metric metric, const double *base, size_t n, const double *now, size_t m)
{
	struct measurement *a = measured(metric, base, n), *b = measured(metric, now, m);
	struct judge_settings settings;

	judge_settings_init(&settings);
	g_autoptr(GPtrArray) findings = judge(a, b, 1u << metric, &settings);
	const struct finding finding = *(struct finding *)findings->pdata[0];

	measurement_free(a);
	measurement_free(b);
	return finding;
}

Test(judge, any_increase_of_an_exact_metric_is_a_regression)
{
	const double base[] = {1000, 1000}, more[] = {1001, 1001}, less[] = {999, 999};

	cr_expect_eq(judged(GATE_ALLOCATIONS, base, 2, more, 2).verdict, VERDICT_REGRESSION);
	cr_expect_eq(judged(GATE_ALLOCATIONS, base, 2, base, 2).verdict, VERDICT_PASS);
	cr_expect_eq(judged(GATE_ALLOCATIONS, base, 2, less, 2).verdict, VERDICT_IMPROVED);
}

Test(judge, an_exact_metric_that_varies_is_demoted)
{
	const double base[] = {1000, 1004, 1001, 1003, 1002, 1000};
	const double now[] = {1002, 1000, 1003, 1001, 1004, 1002};
	const struct finding finding = judged(GATE_PEAK, base, 6, now, 6);

	cr_expect(finding.demoted);
	cr_expect(finding.statistical);
	cr_expect_neq(finding.verdict, VERDICT_REGRESSION);
}

Test(judge, too_few_runs_of_what_varies_are_inconclusive)
{
	const double base[] = {1, 2}, now[] = {3, 4};

	cr_expect_eq(judged(GATE_PEAK, base, 2, now, 2).verdict, VERDICT_INCONCLUSIVE);
	cr_expect_eq(judged(GATE_WALL, base, 2, now, 2).verdict, VERDICT_INCONCLUSIVE);
}

Test(judge, a_leak_out_of_nothing_is_found_where_it_varies)
{
	const double base[] = {0, 0, 0, 0, 0, 0, 0, 0}, now[] = {64, 128, 64, 64, 128, 64, 64, 64};

	cr_expect_eq(judged(GATE_LEAKED, base, 8, now, 8).verdict, VERDICT_REGRESSION);
}

Test(judge, a_missing_side_is_never_a_pass)
{
	const double values[] = {1, 1};

	cr_expect_eq(judged(GATE_PEAK, values, 0, values, 2).verdict, VERDICT_INCOMPARABLE);
	cr_expect_eq(judged(GATE_PEAK, values, 2, values, 0).verdict, VERDICT_INCOMPARABLE);
}

static void
make_sample(double *values, size_t count, double level, double deviation, uint64_t *state)
{
	for (size_t i = 0; i < count; i++) {
		const double share = ((double)random_below(state, 1 << 30) + 0.5) / (1 << 30);

		values[i] = level * exp(deviation * normal_quantile(share));
	}
}

Test(judge, a_clear_slowdown_is_found_and_a_quiet_pair_passes)
{
	double base[20], same[20], slow[20];
	uint64_t state = 37;

	make_sample(base, 20, 1e9, 0.005, &state);
	make_sample(same, 20, 1e9, 0.005, &state);
	make_sample(slow, 20, 1.05e9, 0.005, &state);
	cr_expect_eq(judged(GATE_CPU, base, 20, slow, 20).verdict, VERDICT_REGRESSION);
	cr_expect_eq(judged(GATE_CPU, base, 20, same, 20).verdict, VERDICT_PASS);
}

Test(judge, noise_is_inconclusive_and_says_how_many_runs_it_takes)
{
	double base[10], slow[10];
	uint64_t state = 41;

	make_sample(base, 10, 1e9, 0.2, &state);
	make_sample(slow, 10, 1.05e9, 0.2, &state);
	const struct finding finding = judged(GATE_CPU, base, 10, slow, 10);

	cr_expect_eq(finding.verdict, VERDICT_INCONCLUSIVE);
	cr_expect_gt(finding.runs_needed, 10);
}

Test(judge, what_is_below_the_floor_passes)
{
	const double base[] = {1000, 1001, 1002, 1003, 1004, 1005};
	const double now[] = {2000, 2001, 2002, 2003, 2004, 2005};

	/* Twice as slow, but a microsecond. */
	cr_expect_eq(judged(GATE_WALL, base, 6, now, 6).verdict, VERDICT_PASS);
}

Test(judge, two_of_the_same_hardly_ever_fail)
{
	unsigned failures = 0;
	uint64_t state = 43;

	for (unsigned i = 0; i < 100; i++) {
		double base[12], now[12];

		make_sample(base, 12, 1e9, 0.1, &state);
		make_sample(now, 12, 1e9, 0.1, &state);
		failures += judged(GATE_CPU, base, 12, now, 12).verdict == VERDICT_REGRESSION;
	}
	cr_assert(failures <= 1, "%u", failures);
}

Test(judge, rounds_take_out_what_happens_to_both)
{
	double base[30], slow[30], drift[30];
	uint64_t state = 61;
	struct judge_settings settings;

	judge_settings_init(&settings);
	settings.rounds = true;
	make_sample(drift, 30, 1, 0.3, &state);
	make_sample(base, 30, 1e9, 0.01, &state);
	make_sample(slow, 30, 1.05e9, 0.01, &state);
	for (unsigned i = 0; i < 30; i++) {
		base[i] *= drift[i];
		slow[i] *= drift[i];
	}
	struct measurement *a = measured(GATE_CPU, base, 30), *b = measured(GATE_CPU, slow, 30);
	g_autoptr(GPtrArray) findings = judge(a, b, 1u << GATE_CPU, &settings);
	const struct finding *finding = findings->pdata[0];

	cr_expect(finding->pairs);
	cr_expect_eq(finding->verdict, VERDICT_REGRESSION);
	cr_expect_eq(judged(GATE_CPU, base, 30, slow, 30).verdict, VERDICT_INCONCLUSIVE);
	measurement_free(a);
	measurement_free(b);
}

Test(judge, rounds_of_the_same_hardly_ever_fail)
{
	unsigned failures = 0;
	uint64_t state = 67;

	for (unsigned i = 0; i < 100; i++) {
		struct judge_settings settings;
		double base[12], now[12];

		judge_settings_init(&settings);
		settings.rounds = true;
		make_sample(base, 12, 1e9, 0.1, &state);
		make_sample(now, 12, 1e9, 0.1, &state);
		struct measurement *a = measured(GATE_CPU, base, 12);
		struct measurement *b = measured(GATE_CPU, now, 12);
		g_autoptr(GPtrArray) findings = judge(a, b, 1u << GATE_CPU, &settings);

		failures += ((struct finding *)findings->pdata[0])->verdict == VERDICT_REGRESSION;
		measurement_free(a);
		measurement_free(b);
	}
	cr_assert(failures <= 1, "%u", failures);
}

Test(judge, runs_are_planned_by_the_noise_alone)
{
	double base[20], same[20], slow[20];
	uint64_t state = 71;
	struct judge_settings settings;

	judge_settings_init(&settings);
	make_sample(base, 20, 1e9, 0.03, &state);
	make_sample(same, 20, 1e9, 0.03, &state);
	for (unsigned i = 0; i < 20; i++)
		slow[i] = 1.5 * same[i];
	struct measurement *a = measured(GATE_CPU, base, 20);
	struct measurement *b = measured(GATE_CPU, same, 20);
	struct measurement *c = measured(GATE_CPU, slow, 20);
	const unsigned runs = judge_plan(a, b, GATE_CPU, &settings, 0.04);

	cr_expect(runs > 30 && runs < 150, "%u", runs);
	cr_expect_eq(judge_plan(a, c, GATE_CPU, &settings, 0.04), runs);
	cr_expect_lt(judge_plan(a, b, GATE_CPU, &settings, 0.08), runs);
	cr_expect_eq(judge_plan(a, b, GATE_CPU, &settings, 0.0201), JUDGE_RUNS_MAX);
	cr_expect_eq(judge_plan(a, b, GATE_CPU, &settings, 0.01), 0, "below the tolerance");
	measurement_free(a);
	measurement_free(b);
	measurement_free(c);
}

static struct finding
counted(const double *base, const double *now, enum measure_counter counter)
{
	struct measurement *a = measured(GATE_INSTRUCTIONS, base, 2);
	struct measurement *b = measured(GATE_INSTRUCTIONS, now, 2);
	struct judge_settings settings;

	judge_settings_init(&settings);
	settings.tolerance[GATE_INSTRUCTIONS] = 0.001;
	a->counter = MEASURE_CALLGRIND;
	b->counter = counter;
	g_autoptr(GPtrArray) findings = judge(a, b, 1u << GATE_INSTRUCTIONS, &settings);
	struct finding finding = *(struct finding *)findings->pdata[0];

	measurement_free(a);
	measurement_free(b);
	finding.reason = NULL;
	return finding;
}

Test(judge, instructions_that_were_counted_are_compared_at_their_worst)
{
	static const struct {
		double base[2], now[2];
		enum verdict verdict;
	} cases[] = {
		{{1e8, 1e8}, {1e8, 1e8}, VERDICT_PASS},
		{{1e8, 1e8 + 3000}, {1e8 + 2000, 1e8}, VERDICT_PASS},
		{{1e8, 1e8}, {1.002e8, 1.002e8}, VERDICT_REGRESSION},
		{{1e8, 1.0015e8}, {1.002e8, 1.0022e8}, VERDICT_INCONCLUSIVE},
		{{1e8, 1e8}, {0.9e8, 0.9e8}, VERDICT_IMPROVED},
		{{1e5, 1e5}, {1.05e5, 1.05e5}, VERDICT_PASS}, /* below the floor */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect_eq(counted(cases[i].base, cases[i].now, MEASURE_CALLGRIND).verdict,
			cases[i].verdict, "%zu", i);
	cr_expect_eq(counted(cases[0].base, cases[0].now, MEASURE_HARDWARE).verdict,
		VERDICT_INCOMPARABLE);
}

Test(judge, the_second_measurement_must_agree)
{
	struct finding finding = {.verdict = VERDICT_REGRESSION, .ratio = 1.1};
	const struct finding agrees = {.verdict = VERDICT_REGRESSION, .ratio = 1.1};
	const struct finding differs = {.verdict = VERDICT_PASS, .ratio = 1};

	judge_confirm(&finding, &agrees);
	cr_expect_eq(finding.verdict, VERDICT_REGRESSION);
	judge_confirm(&finding, &differs);
	cr_expect_eq(finding.verdict, VERDICT_INCONCLUSIVE);
	g_free(finding.reason);
}
