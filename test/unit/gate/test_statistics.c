/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The statistics of the gate, against published tables and against plain enumeration. */
#include <criterion/criterion.h>
#include <glib.h>
#include <math.h>

#include "change_point.h"
#include "holm.h"
#include "mann_whitney.h"
#include "normal.h"
#include "order.h"
#include "random.h"
#include "shift.h"
#include "signed_rank.h"

static bool
near(double a, double b, double tolerance)
{
	return fabs(a - b) <= tolerance;
}

/* ---- Mann-Whitney ---- */

/* Two samples without ties whose U, pairs won by the second, is `u`. */
static double
p_of_u(unsigned n, unsigned m, unsigned u)
{
	double first[64], second[64];

	for (unsigned i = 0; i < n; i++)
		first[i] = i;
	/* A value of the second above `wins` of the first wins that many pairs. */
	for (unsigned j = 0; j < m; j++) {
		const unsigned wins = MIN(u, n);

		second[j] = wins - 0.5 + j * 0.001;
		u -= wins;
	}
	return mann_whitney_test(first, n, second, m).p;
}

/* Critical values of U, two-sided: the largest with p <= alpha (Mann and Whitney 1947; Milton 1964,
 * as printed in the usual textbooks). */
static const struct {
	unsigned n, m, u05, u01;
} critical[] = {
	{5, 5, 2, 0},
	{6, 6, 5, 2},
	{7, 7, 8, 4},
	{8, 8, 13, 7},
	{9, 9, 17, 11},
	{10, 10, 23, 16},
	{5, 10, 8, 4},
	{8, 12, 22, 15},
	{10, 15, 39, 29},
	{12, 20, 69, 54},
	{15, 15, 64, 51},
	{20, 20, 127, 105},
};

Test(mann_whitney, critical_values_are_those_of_the_tables)
{
	for (size_t i = 0; i < G_N_ELEMENTS(critical); i++) {
		const unsigned n = critical[i].n, m = critical[i].m;

		cr_expect(p_of_u(n, m, critical[i].u05) <= 0.05, "%u %u", n, m);
		cr_expect(p_of_u(n, m, critical[i].u05 + 1) > 0.05, "%u %u", n, m);
		cr_expect(p_of_u(n, m, critical[i].u01) <= 0.01, "%u %u", n, m);
		cr_expect(p_of_u(n, m, critical[i].u01 + 1) > 0.01, "%u %u", n, m);
	}
}

Test(mann_whitney, the_smallest_p_is_two_of_all_ways)
{
	const double first[] = {1, 2, 3, 4}, second[] = {5, 6, 7, 8};

	cr_assert(near(mann_whitney_test(first, 4, second, 4).p, 2.0 / 70, 1e-12));
	cr_assert(near(mann_whitney_smallest_p(4, 4), 2.0 / 70, 1e-12));
	cr_assert(near(mann_whitney_smallest_p(10, 10), 2.0 / 184756, 1e-15));
}

/* All ways to choose the second sample, one after the other: nothing shared with the module. */
static double
enumerate(const double *values, unsigned n, unsigned m)
{
	const unsigned count = n + m;
	double rank[20], seen = 0, mean = m * (count + 1) / 2.0;
	unsigned long ways = 0, extreme = 0;

	for (unsigned i = 0; i < count; i++) {
		double below = 0, equal = 0;

		for (unsigned j = 0; j < count; j++) {
			below += values[j] < values[i];
			equal += fabs(values[j] - values[i]) < 1e-12;
		}
		rank[i] = below + (equal + 1) / 2;
	}
	for (unsigned i = n; i < count; i++)
		seen += rank[i];
	for (unsigned set = 0; set < 1u << count; set++) {
		double sum = 0;

		if ((unsigned)__builtin_popcount(set) != m)
			continue;
		for (unsigned i = 0; i < count; i++)
			sum += set >> i & 1 ? rank[i] : 0;
		ways++;
		extreme += fabs(sum - mean) >= fabs(seen - mean) - 1e-9;
	}
	return (double)extreme / (double)ways;
}

Test(mann_whitney, ties_and_all_sizes_agree_with_enumeration)
{
	uint64_t state = 7;

	for (unsigned round = 0; round < 300; round++) {
		const unsigned n = 1 + (unsigned)random_below(&state, 7);
		const unsigned m = 1 + (unsigned)random_below(&state, 7);
		const unsigned range = 1 + (unsigned)random_below(&state, 12);
		double values[14];

		for (unsigned i = 0; i < n + m; i++)
			values[i] = (double)random_below(&state, range);
		cr_assert(near(mann_whitney_test(values, n, values + n, m).p,
				  enumerate(values, n, m), 1e-9),
			"round %u", round);
	}
}

Test(mann_whitney, u_counts_the_pairs)
{
	const double first[] = {1, 2, 2}, second[] = {2, 3};

	/* 2 beats 1 and ties twice: 2; 3 beats all: 3. */
	cr_assert(near(mann_whitney_test(first, 3, second, 2).u, 5, 1e-12));
}

/* Two samples, one `by` places above the other, in steps of two places: no ties. */
static double
p_of_shifted(unsigned count, double by)
{
	double first[200], second[200];

	for (unsigned i = 0; i < count; i++) {
		first[i] = 2 * i;
		second[i] = 2 * i + by;
	}
	return mann_whitney_test(first, count, second, count).p;
}

Test(mann_whitney, the_largest_exact_samples_agree_with_normal_theory)
{
	const unsigned count = MANN_WHITNEY_EXACT;
	const double deviation = sqrt(count * count * (2.0 * count + 1) / 12);
	const double z = (count / 2.0 - 0.5) / deviation;

	cr_assert(near(p_of_shifted(count, 1), 2 * normal_below(-z), 2e-3));
}

Test(mann_whitney, beyond_the_exact_sizes_p_goes_on_without_a_step)
{
	static const double shifts[] = {3.5, 21.5, 31.5};

	for (size_t i = 0; i < G_N_ELEMENTS(shifts); i++) {
		const double exact = p_of_shifted(MANN_WHITNEY_EXACT, shifts[i]);
		const double before = p_of_shifted(MANN_WHITNEY_EXACT - 1, shifts[i]);
		/* What one value more a side changes is what two did, or three. */
		const double next = p_of_shifted(MANN_WHITNEY_EXACT + 1, shifts[i]);

		cr_expect(fabs(log(next / exact) - log(exact / before)) < 0.02, "%g: %g %g %g",
			shifts[i], before, exact, next);
	}
}

Test(mann_whitney, large_samples_that_tie_altogether_say_nothing)
{
	double values[150];

	for (unsigned i = 0; i < 150; i++)
		values[i] = 5;
	cr_expect(near(mann_whitney_test(values, 150, values, 150).p, 1, 1e-12));
}

/* ---- signed ranks ---- */

/* Differences of ranks 1 to n of which those that are negative have the sum `t`. */
static double
p_of_t(unsigned n, unsigned t)
{
	double differences[40];

	for (unsigned i = n; i > 0; i--) {
		const bool negative = t >= i;

		differences[i - 1] = negative ? -(double)i : (double)i;
		t -= negative ? i : 0;
	}
	return signed_rank_test(differences, n).p;
}

/* Critical values of T, two-sided: the largest with p <= alpha (Wilcoxon and Wilcox 1964, as
 * printed in the usual textbooks). */
static const struct {
	unsigned n;
	int t05, t01;
} critical_t[] = {
	{6, 0, -1},
	{7, 2, -1},
	{8, 3, 0},
	{9, 5, 1},
	{10, 8, 3},
	{11, 10, 5},
	{12, 13, 7},
	{13, 17, 9},
	{14, 21, 12},
	{15, 25, 15},
	{16, 29, 19},
	{17, 34, 23},
	{18, 40, 27},
	{19, 46, 32},
	{20, 52, 37},
	{25, 89, 68},
	{30, 137, 109},
};

Test(signed_rank, critical_values_are_those_of_the_tables)
{
	for (size_t i = 0; i < G_N_ELEMENTS(critical_t); i++) {
		const unsigned n = critical_t[i].n;

		cr_expect(p_of_t(n, (unsigned)critical_t[i].t05) <= 0.05, "%u", n);
		cr_expect(p_of_t(n, (unsigned)critical_t[i].t05 + 1) > 0.05, "%u", n);
		cr_expect(critical_t[i].t01 < 0 || p_of_t(n, (unsigned)critical_t[i].t01) <= 0.01,
			"%u", n);
		cr_expect(p_of_t(n, (unsigned)(critical_t[i].t01 + 1)) > 0.01, "%u", n);
	}
}

/* All ways to give the differences signs: nothing shared with the module. */
static double
enumerate_signs(const double *differences, unsigned count)
{
	double rank[16], seen = 0, sum_of_all = 0;
	unsigned n = 0;
	unsigned long extreme = 0;

	for (unsigned i = 0; i < count; i++) {
		double below = 0, equal = 0;

		for (unsigned j = 0; j < count; j++) {
			below += fabs(differences[j]) > 0 &&
				 fabs(differences[j]) < fabs(differences[i]);
			equal += near(fabs(differences[j]), fabs(differences[i]), 1e-12);
		}
		if (!(fabs(differences[i]) > 0))
			continue;
		rank[n++] = below + (equal + 1) / 2;
		seen += differences[i] > 0 ? below + (equal + 1) / 2 : 0;
		sum_of_all += below + (equal + 1) / 2;
	}
	for (unsigned set = 0; set < 1u << n; set++) {
		double sum = 0;

		for (unsigned i = 0; i < n; i++)
			sum += set >> i & 1 ? rank[i] : 0;
		extreme += fabs(sum - sum_of_all / 2) >= fabs(seen - sum_of_all / 2) - 1e-9;
	}
	return (double)extreme / (double)(1u << n);
}

Test(signed_rank, ties_and_zeros_agree_with_enumeration)
{
	uint64_t state = 19;

	for (unsigned round = 0; round < 300; round++) {
		const unsigned count = 1 + (unsigned)random_below(&state, 12);
		const unsigned range = 2 + (unsigned)random_below(&state, 12);
		double differences[12];

		for (unsigned i = 0; i < count; i++)
			differences[i] = (double)random_below(&state, range) - range / 3;
		cr_assert(near(signed_rank_test(differences, count).p,
				  enumerate_signs(differences, count), 1e-9),
			"round %u", round);
	}
}

Test(signed_rank, many_pairs_do_not_overflow)
{
	double differences[400];

	for (unsigned i = 0; i < 400; i++)
		differences[i] = i % 2 ? i + 1.0 : -(i + 1.0);
	/* 200 more than the half of all ranks, 40,100: within half a deviation. */
	const struct signed_rank test = signed_rank_test(differences, 400);
	const double deviation = sqrt(400.0 * 401 * 801 / 24);

	cr_expect(near(test.w, 40200, 1e-9));
	cr_expect(near(test.p, 2 * normal_below(-(100 - 0.5) / deviation), 2e-3));
}

/* ---- distributions ---- */

Test(normal, quantiles_are_those_of_the_tables)
{
	cr_expect(near(normal_quantile(0.975), 1.959963984540054, 1e-12));
	cr_expect(near(normal_quantile(0.995), 2.575829303548901, 1e-12));
	cr_expect(near(normal_quantile(0.5), 0, 1e-12));
	cr_expect(near(normal_quantile(1e-6), -4.753424308822899, 1e-9));
	cr_expect(near(normal_below(1.0), 0.841344746068543, 1e-12));
}

Test(normal, students_t_is_that_of_the_tables)
{
	cr_expect(near(student_two_sided(12.706204736, 1), 0.05, 1e-9));
	cr_expect(near(student_two_sided(2.570581836, 5), 0.05, 1e-8));
	cr_expect(near(student_two_sided(2.845339710, 20), 0.01, 1e-8));
	cr_expect(near(student_two_sided(0, 7), 1, 1e-12));
	cr_expect(near(student_two_sided(INFINITY, 7), 0, 1e-12));
}

Test(order, selection_agrees_with_sorting)
{
	uint64_t state = 3;

	for (unsigned round = 0; round < 500; round++) {
		const size_t count = 1 + random_below(&state, 60);
		double values[60], sorted[60];
		const size_t k = random_below(&state, count);

		for (size_t i = 0; i < count; i++)
			sorted[i] = values[i] = (double)random_below(&state, 20);
		order_sort(sorted, count);
		cr_assert(near(order_select(values, count, k), sorted[k], 0));
		for (size_t i = 0; i < k; i++)
			cr_assert(values[i] <= sorted[k]);
	}
}

Test(order, quantiles_interpolate)
{
	const double sorted[] = {1, 2, 3, 4};

	cr_expect(near(order_quantile(sorted, 4, 0.25), 1.75, 1e-12));
	cr_expect(near(order_quantile(sorted, 4, 0.5), 2.5, 1e-12));
	cr_expect(near(order_quantile(sorted, 4, 1), 4, 1e-12));
}

/* ---- Holm ---- */

Test(holm, the_papers_example_of_four)
{
	const double p[] = {0.01, 0.04, 0.03, 0.005};
	double adjusted[4];

	holm_adjust(p, 4, adjusted);
	cr_expect(near(adjusted[3], 0.02, 1e-12));
	cr_expect(near(adjusted[0], 0.03, 1e-12));
	cr_expect(near(adjusted[2], 0.06, 1e-12));
	cr_expect(near(adjusted[1], 0.06, 1e-12));
}

/* ---- the shift ---- */

/* Log-normal noise of the given deviation around `level`. */
static void
make_sample(double *values, size_t count, double level, double deviation, uint64_t *state)
{
	for (size_t i = 0; i < count; i++) {
		const double share = ((double)random_below(state, 1 << 30) + 0.5) / (1 << 30);

		values[i] = level * exp(deviation * normal_quantile(share));
	}
}

Test(shift, an_exact_factor_is_found_exactly)
{
	const double first[] = {100, 100, 100, 100}, second[] = {105, 105, 105, 105};
	const struct shift shift = shift_estimate(first, 4, second, 4, 0.99, 1);

	cr_expect(near(shift.ratio, 1.05, 1e-12));
	cr_expect(near(shift.low, 1.05, 1e-12));
	cr_expect(near(shift.high, 1.05, 1e-12));
}

Test(shift, the_estimate_is_the_median_of_all_ratios)
{
	const double first[] = {1, 2}, second[] = {4, 16};

	/* Ratios 4, 16, 2, 8: the logarithms' median is between 4 and 8. */
	cr_assert(near(shift_estimate(first, 2, second, 2, 0.95, 1).ratio, sqrt(32), 1e-9));
}

Test(shift, the_same_samples_give_the_same_interval)
{
	double first[12], second[12];
	uint64_t state = 5;

	make_sample(first, 12, 100, 0.05, &state);
	make_sample(second, 12, 110, 0.05, &state);
	const struct shift a = shift_estimate(first, 12, second, 12, 0.99, 9);
	const struct shift b = shift_estimate(first, 12, second, 12, 0.99, 9);

	cr_assert(near(a.low, b.low, 0) && near(a.high, b.high, 0));
}

Test(shift, the_interval_holds_the_truth_as_often_as_it_says)
{
	const unsigned rounds = 150;
	unsigned held = 0;
	uint64_t state = 11;

	for (unsigned i = 0; i < rounds; i++) {
		double first[12], second[12];

		make_sample(first, 12, 100, 0.05, &state);
		make_sample(second, 12, 105, 0.05, &state);
		const struct shift shift = shift_estimate(first, 12, second, 12, 0.95, i);

		held += shift.low <= 1.05 && 1.05 <= shift.high;
	}
	cr_assert(held >= rounds * 88 / 100, "%u of %u", held, rounds);
}

Test(shift, the_detectable_change_is_detected_as_often_as_it_says)
{
	const unsigned rounds = 400;
	unsigned found = 0;
	uint64_t state = 13;

	for (unsigned i = 0; i < rounds; i++) {
		double first[20], second[20];
		/* (2.5758 + 0.8416) * 0.05 * sqrt(2 / 20 * pi / 3) */
		const double change = expm1(3.4175 * 0.05 * sqrt(0.1 * M_PI / 3));

		make_sample(first, 20, 100, 0.05, &state);
		make_sample(second, 20, 100 * (1 + change), 0.05, &state);
		found += mann_whitney_test(first, 20, second, 20).p < 0.01;
	}
	cr_assert(found > rounds * 70 / 100 && found < rounds * 90 / 100, "%u", found);
}

Test(shift, runs_needed_show_what_they_promise)
{
	double first[50], second[50];
	uint64_t state = 17;

	make_sample(first, 50, 100, 0.05, &state);
	make_sample(second, 50, 100, 0.05, &state);
	const size_t runs = shift_runs_needed(first, 50, second, 50, 0.01, 0.8, 0.03);

	cr_assert(runs > 40 && runs < 110, "%zu", runs);
	cr_assert(shift_detectable(first, 50, second, 50, 0.01, 0.8) < 0.06);
}

/* ---- pairs ---- */

/* Rounds that go up and down together, by far more than each side by itself. */
static void
make_rounds(double *first, double *second, size_t count, double factor, uint64_t *state)
{
	double drift[64];

	make_sample(drift, count, 1, 0.2, state);
	make_sample(first, count, 100, 0.01, state);
	make_sample(second, count, 100 * factor, 0.01, state);
	for (size_t i = 0; i < count; i++) {
		first[i] *= drift[i];
		second[i] *= drift[i];
	}
}

Test(pairs, the_estimate_is_the_median_of_walsh_averages)
{
	const double first[] = {1, 1, 1}, second[] = {2, 8, 32};

	/* Logarithms to base 2: 1 3 5; averages 1 2 3 3 4 5, in the middle 3. */
	cr_assert(near(shift_estimate_pairs(first, second, 3, 0.95, 1).ratio, 8, 1e-9));
}

Test(pairs, what_happens_to_both_is_taken_out)
{
	double first[30], second[30];
	uint64_t state = 47;

	make_rounds(first, second, 30, 1.04, &state);
	const struct shift pairs = shift_estimate_pairs(first, second, 30, 0.99, 1);
	const struct shift samples = shift_estimate(first, 30, second, 30, 0.99, 1);

	cr_expect(pairs.low > 1.03 && pairs.high < 1.05, "%f %f", pairs.low, pairs.high);
	cr_expect(samples.low < 1 && samples.high > 1.1, "%f %f", samples.low, samples.high);
	cr_expect(shift_detectable_pairs(first, second, 30, 0.01, 0.8) < 0.012);
}

Test(pairs, the_interval_holds_the_truth_as_often_as_it_says)
{
	const unsigned rounds = 150;
	unsigned held = 0;
	uint64_t state = 53;

	for (unsigned i = 0; i < rounds; i++) {
		double first[20], second[20];

		make_rounds(first, second, 20, 1.05, &state);
		const struct shift shift = shift_estimate_pairs(first, second, 20, 0.95, i);

		held += shift.low <= 1.05 && 1.05 <= shift.high;
	}
	cr_assert(held >= rounds * 88 / 100, "%u of %u", held, rounds);
}

Test(pairs, runs_needed_find_what_they_promise)
{
	const unsigned rounds = 300;
	double first[64], second[64];
	unsigned found = 0;
	uint64_t state = 59;

	make_rounds(first, second, 64, 1, &state);
	const size_t runs = shift_runs_needed_pairs(first, second, 64, 0.01, 0.8, 0.01);

	cr_assert(runs > 12 && runs < 50, "%zu", runs);
	for (unsigned i = 0; i < rounds; i++) {
		double logs[64];

		make_rounds(first, second, runs, 1.01, &state);
		for (size_t j = 0; j < runs; j++)
			logs[j] = log(second[j] / first[j]);
		found += signed_rank_test(logs, runs).p < 0.01;
	}
	cr_assert(found > rounds * 60 / 100 && found < rounds * 95 / 100, "%u", found);
}

/* ---- change points ---- */

static const struct change_point_options usual = {0.001, 0.005, 4};

Test(change_point, a_step_is_found_where_it_is)
{
	double values[60];
	uint64_t state = 23;

	make_sample(values, 30, 100, 0.01, &state);
	make_sample(values + 30, 30, 106, 0.01, &state);
	g_autoptr(GArray) found = change_point_find(values, 60, &usual);

	cr_assert_eq(found->len, 1);
	const struct change_point *change = &g_array_index(found, struct change_point, 0);

	cr_expect(change->index >= 28 && change->index <= 32, "%zu", change->index);
	cr_expect(near(change->before, 100, 1) && near(change->after, 106, 1));
}

Test(change_point, steps_of_no_noise_are_found)
{
	const double values[] = {5, 5, 5, 5, 7, 7, 7, 7, 6, 6, 6, 6};
	g_autoptr(GArray) found = change_point_find(values, 12, &usual);

	cr_assert_eq(found->len, 2);
	cr_expect_eq(g_array_index(found, struct change_point, 0).index, 4);
	cr_expect_eq(g_array_index(found, struct change_point, 1).index, 8);
}

Test(change_point, noise_alone_has_none)
{
	unsigned false_alarms = 0;
	uint64_t state = 29;

	for (unsigned i = 0; i < 200; i++) {
		double values[40];

		make_sample(values, 40, 100, 0.03, &state);
		g_autoptr(GArray) found = change_point_find(values, 40, &usual);

		false_alarms += found->len > 0;
	}
	cr_assert(false_alarms <= 4, "%u", false_alarms);
}
