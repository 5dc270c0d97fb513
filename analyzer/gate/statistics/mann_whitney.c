/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See mann_whitney.h. */
#include "mann_whitney.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>

#include "normal.h"

struct ranked {
	double value;
	unsigned sample;
	unsigned doubled_rank;
};

static int
compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return (x->value > y->value) - (x->value < y->value);
}

/* Twice the midrank: places i to j - 1 (from 0) tie, so their ranks are i + 1 ... j. */
static void
rank(struct ranked *all, size_t count)
{
	qsort(all, count, sizeof(*all), compare);
	for (size_t i = 0, j; i < count; i = j) {
		for (j = i + 1; j < count && !(all[j].value > all[i].value);)
			j++;
		for (size_t k = i; k < j; k++)
			all[k].doubled_rank = (unsigned)(i + 1 + j);
	}
}

/*
 * ways[taken][sum]: how many subsets of `taken` of the ranks have that doubled sum. Each rank is
 * added in turn; going down in both indices uses it at most once. Ranks rise, so that the sums of
 * `taken` of the first ranks lie between those of the first and of the last of them; and subsets
 * that cannot become as large as `taken_max` any more are of no use.
 */
static double *
count_ways(const struct ranked *all, size_t count, size_t taken_max, size_t sum_max)
{
	const size_t stride = sum_max + 1;
	double *ways = g_new0(double, (taken_max + 1) * stride);
	g_autofree size_t *first = g_new0(size_t, count + 1); /* sums of the first ranks */

	ways[0] = 1;
	for (size_t i = 0; i < count; i++) {
		const size_t rank = all[i].doubled_rank, left = count - i - 1;
		const size_t least = taken_max > left ? taken_max - left : 1;

		first[i + 1] = first[i] + rank;
		for (size_t taken = MIN(i + 1, taken_max); taken >= least; taken--) {
			const double *from = ways + (taken - 1) * stride;
			double *to = ways + taken * stride;
			const size_t low = first[taken - 1] + rank;

			for (size_t sum = first[i + 1] - first[i + 1 - taken]; sum >= low; sum--)
				to[sum] += from[sum - rank];
		}
	}
	return ways;
}

/* Of the subsets as large as the second sample, those whose sum is as far from the mean. */
static double
share_as_extreme(const struct ranked *all, size_t count, size_t taken, size_t doubled_sum)
{
	const size_t sum_max = count * (count + 1);
	g_autofree double *ways = count_ways(all, count, taken, sum_max);
	const double *of_size = ways + taken * (sum_max + 1);
	const double mean = (double)taken * (double)(count + 1);
	const double distance = fabs((double)doubled_sum - mean);
	double all_ways = 0, extreme = 0;

	for (size_t sum = 0; sum <= sum_max; sum++) {
		all_ways += of_size[sum];
		if (fabs((double)sum - mean) >= distance)
			extreme += of_size[sum];
	}
	return MIN(extreme / all_ways, 1);
}

/*
 * Normal theory with the variance that ties leave, and Edgeworth's term for tails that are lighter
 * than normal (Fix and Hodges, "Significance probabilities of the Wilcoxon test", 1955).
 */
static double
approximate(const struct ranked *all, size_t count, size_t taken, size_t doubled_sum)
{
	const double n = (double)count, m = (double)taken;
	const double mean = m * (n + 1) / 2;
	const double distance = fabs((double)doubled_sum / 2 - mean);
	double ties = 0;

	for (size_t i = 0, j; i < count; i = j) {
		for (j = i + 1; j < count && all[j].doubled_rank == all[i].doubled_rank;)
			j++;
		ties += pow((double)(j - i), 3) - (double)(j - i);
	}
	const double variance = m * (n - m) / 12 * (n + 1 - ties / (n * (n - 1)));

	if (!(variance > 0) || distance <= 0.5)
		return 1;
	const double k = n - m, z = -(distance - 0.5) / sqrt(variance);
	const double excess = -1.2 * (m * m + k * k + m * k + n) / (m * k * (n + 1));
	const double density = exp(-z * z / 2) / sqrt(2 * M_PI);

	return 2 * MAX(0, normal_below(z) - density * excess / 24 * (z * z * z - 3 * z));
}

struct mann_whitney
mann_whitney_test(
	const double *first, size_t first_count, const double *second, size_t second_count)
{
	const size_t count = first_count + second_count;
	g_autofree struct ranked *all = g_new(struct ranked, count);
	const bool exact = MAX(first_count, second_count) <= MANN_WHITNEY_EXACT;
	size_t doubled_sum = 0;

	for (size_t i = 0; i < count; i++)
		all[i] = i < first_count ? (struct ranked){first[i], 0, 0}
					 : (struct ranked){second[i - first_count], 1, 0};
	rank(all, count);
	for (size_t i = 0; i < count; i++)
		doubled_sum += all[i].sample ? all[i].doubled_rank : 0;
	return (struct mann_whitney){
		.u = ((double)doubled_sum - (double)(second_count * (second_count + 1))) / 2,
		.p = exact ? share_as_extreme(all, count, second_count, doubled_sum)
			   : approximate(all, count, second_count, doubled_sum),
	};
}

double
mann_whitney_smallest_p(size_t first_count, size_t second_count)
{
	double p = 2;

	for (size_t i = 1; i <= first_count; i++)
		p *= (double)i / (double)(second_count + i);
	return MIN(p, 1);
}
