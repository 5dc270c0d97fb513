/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See order.h. */
#include "order.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void
order_sort(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
}

double
order_quantile(const double *sorted, size_t count, double share)
{
	const double place = (double)(count - 1) * share;
	const size_t below = (size_t)place;
	const size_t above = below + 1 < count ? below + 1 : below;

	return sorted[below] + (place - (double)below) * (sorted[above] - sorted[below]);
}

double
order_median(const double *values, size_t count)
{
	g_autofree double *sorted = g_memdup2(values, count * sizeof(*values));

	order_sort(sorted, count);
	return order_quantile(sorted, count, 0.5);
}

double
order_deviation(const double *values, size_t count)
{
	const double normal_scale = 1.4826;
	const double median = order_median(values, count);
	g_autofree double *distances = g_new(double, count);

	for (size_t i = 0; i < count; i++)
		distances[i] = fabs(values[i] - median);
	return normal_scale * order_median(distances, count);
}

/* Hoare's selection: parts around a pivot, and goes on in the part that holds the place. */
double
order_select(double *values, size_t count, size_t k)
{
	size_t low = 0, high = count - 1;

	while (low < high) {
		const double pivot = values[low + (high - low) / 2];
		size_t i = low, j = high;

		for (;;) {
			while (values[i] < pivot)
				i++;
			while (values[j] > pivot)
				j--;
			if (i >= j)
				break;
			const double swapped = values[i];

			values[i++] = values[j];
			values[j--] = swapped;
		}
		/* [low, j] are no larger than the pivot, all after j no smaller. */
		if (k <= j)
			high = j;
		else
			low = j + 1;
	}
	return values[low];
}
