/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See signed_rank.h. */
#include "signed_rank.h"

#include <glib.h>
#include <math.h>

static int
compare_sizes(const void *a, const void *b)
{
	const double x = fabs(*(const double *)a), y = fabs(*(const double *)b);

	return (x > y) - (x < y);
}

/* Without those that are 0, by absolute value. The caller's. */
static double *
sort_differences(const double *differences, size_t count, size_t *ret_count)
{
	double *sorted = g_new(double, count + 1);
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (differences[i] < 0 || differences[i] > 0)
			sorted[kept++] = differences[i];
	}
	qsort(sorted, kept, sizeof(*sorted), compare_sizes);
	*ret_count = kept;
	return sorted;
}

/* Twice the midrank of each: places i to j - 1 (from 0) tie. The caller's. */
static size_t *
rank(const double *sorted, size_t count)
{
	size_t *doubled = g_new(size_t, count + 1);

	for (size_t i = 0, j; i < count; i = j) {
		for (j = i + 1; j < count && !(fabs(sorted[j]) > fabs(sorted[i]));)
			j++;
		for (size_t k = i; k < j; k++)
			doubled[k] = i + 1 + j;
	}
	return doubled;
}

/* share[sum]: of all ways to give the ranks signs, those whose positive ones have that doubled sum.
 * Halved with each rank, so that nothing overflows. The caller's. */
static double *
count_shares(const size_t *doubled, size_t count, size_t sum_max)
{
	double *share = g_new0(double, sum_max + 1);
	size_t reached = 0;

	share[0] = 1;
	for (size_t i = 0; i < count; i++) {
		reached += doubled[i];
		for (size_t sum = reached + 1; sum-- > 0;)
			share[sum] =
				(share[sum] + (sum >= doubled[i] ? share[sum - doubled[i]] : 0)) /
				2;
	}
	return share;
}

struct signed_rank
signed_rank_test(const double *differences, size_t count)
{
	size_t kept;
	g_autofree double *sorted = sort_differences(differences, count, &kept);
	g_autofree size_t *doubled = rank(sorted, kept);
	const size_t sum_max = kept * (kept + 1);
	g_autofree double *share = count_shares(doubled, kept, sum_max);
	const double mean = (double)sum_max / 2;
	double positive = 0, extreme = 0;

	for (size_t i = 0; i < kept; i++)
		positive += sorted[i] > 0 ? (double)doubled[i] : 0;
	for (size_t sum = 0; sum <= sum_max; sum++) {
		if (fabs((double)sum - mean) >= fabs(positive - mean))
			extreme += share[sum];
	}
	return (struct signed_rank){.w = positive / 2, .p = MIN(extreme, 1)};
}
