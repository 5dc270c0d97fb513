/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See change_point.h. */
#include "change_point.h"

#include <math.h>

#include "normal.h"

struct level {
	double mean, variance;
	double count;
};

static struct level
measure(const double *values, size_t count)
{
	struct level level = {.count = (double)count};

	for (size_t i = 0; i < count; i++)
		level.mean += values[i] / (double)count;
	for (size_t i = 0; i < count; i++)
		level.variance += (values[i] - level.mean) * (values[i] - level.mean);
	level.variance /= (double)(count - 1);
	return level;
}

/* Welch's t of two levels; infinite where neither varies and they differ. */
static double
welch(const struct level *a, const struct level *b, double *ret_freedom)
{
	const double x = a->variance / a->count, y = b->variance / b->count;
	const double difference = b->mean - a->mean;

	*ret_freedom = a->count + b->count - 2;
	if (!(x + y > 0))
		return fabs(difference) > 0 ? INFINITY : 0;
	*ret_freedom = (x + y) * (x + y) / (x * x / (a->count - 1) + y * y / (b->count - 1));
	return fabs(difference) / sqrt(x + y);
}

/* The best cut of [from, to), or one with index `to` where there is none. */
static struct change_point
best_cut(const double *values, size_t from, size_t to, const struct change_point_options *options)
{
	struct change_point best = {.index = to, .p = 1};
	double best_t = 0;
	size_t places = 0;

	for (size_t cut = from + options->least_length; cut + options->least_length <= to; cut++) {
		const struct level before = measure(values + from, cut - from);
		const struct level after = measure(values + cut, to - cut);
		double freedom;
		const double t = welch(&before, &after, &freedom);

		places++;
		if (t > best_t) {
			best_t = t;
			best = (struct change_point){
				cut, before.mean, after.mean, student_two_sided(t, freedom)};
		}
	}
	best.p = MIN(1, best.p * (double)places);
	return best;
}

static void
search(const double *values, size_t from, size_t to, const struct change_point_options *options,
	GArray *found)
{
	struct change_point cut;

	if (to - from < 2 * options->least_length)
		return;
	cut = best_cut(values, from, to, options);
	if (cut.index == to || cut.p >= options->significance ||
		fabs(cut.after - cut.before) <= options->least_change * fabs(cut.before))
		return;
	search(values, from, cut.index, options, found);
	g_array_append_val(found, cut);
	search(values, cut.index, to, options, found);
}

/* The levels between the changes, now that all are known. */
static void
set_levels(const double *values, size_t count, GArray *found)
{
	for (guint i = 0; i < found->len; i++) {
		struct change_point *cut = &g_array_index(found, struct change_point, i);
		const size_t from = i ? (cut - 1)->index : 0;
		const size_t to = i + 1 < found->len ? (cut + 1)->index : count;

		cut->before = measure(values + from, cut->index - from).mean;
		cut->after = measure(values + cut->index, to - cut->index).mean;
	}
}

GArray *
change_point_find(const double *values, size_t count, const struct change_point_options *options)
{
	GArray *found = g_array_new(FALSE, FALSE, sizeof(struct change_point));

	search(values, 0, count, options, found);
	set_levels(values, count, found);
	return found;
}
