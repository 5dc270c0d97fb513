/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See series.h. */
#include "series.h"

static void
add_to(struct named_point *point, const struct named_point *more)
{
	point->end_ns = MAX(point->end_ns, more->end_ns);
	point->count += more->count;
	point->min = MIN(point->min, more->min);
	point->max = MAX(point->max, more->max);
	point->last = more->last;
}

static void
halve(struct series *series)
{
	struct named_point *point = (struct named_point *)(void *)series->points->data;
	guint kept = 0;

	for (guint i = 0; i < series->points->len; i++) {
		if (i % 2)
			add_to(&point[kept - 1], &point[i]);
		else
			point[kept++] = point[i];
	}
	g_array_set_size(series->points, kept);
	series->together *= 2;
}

static struct named_point *
last_with_room(struct series *series)
{
	struct named_point *last;

	if (!series->points->len)
		return NULL;
	last = &g_array_index(series->points, struct named_point, series->points->len - 1);
	return last->count < series->together ? last : NULL;
}

void
series_add(struct series *series, uint64_t ticks, double value)
{
	const struct named_point point = {ticks, ticks, 1, value, value, value};
	struct named_point *last;

	if (!series->points) {
		*series =
			(struct series){.together = 1, .first = ticks, .min = value, .max = value};
		series->points = g_array_new(FALSE, FALSE, sizeof(point));
	}
	series->count++;
	series->min = MIN(series->min, value);
	series->max = MAX(series->max, value);
	series->last = value;
	series->last_time = ticks;
	if (!(last = last_with_room(series)) && series->points->len == NAMED_POINTS_MAX) {
		halve(series);
		last = last_with_room(series);
	}
	if (last)
		add_to(last, &point);
	else
		g_array_append_val(series->points, point);
}

/* From the end: that is where it belongs, mostly. */
static void
insert(GArray *points, const struct named_point *point)
{
	guint at = points->len;

	while (at && g_array_index(points, struct named_point, at - 1).start_ns > point->start_ns)
		at--;
	g_array_insert_vals(points, at, point, 1);
}

void
series_merge(struct series *to, const struct series *from)
{
	if (!to->points) {
		*to = *from;
		to->points = g_array_copy(from->points);
		return;
	}
	if (from->last_time >= to->last_time)
		to->last = from->last;
	to->last_time = MAX(to->last_time, from->last_time);
	to->first = MIN(to->first, from->first);
	to->count += from->count;
	to->min = MIN(to->min, from->min);
	to->max = MAX(to->max, from->max);
	to->together = MAX(to->together, from->together);
	for (guint i = 0; i < from->points->len; i++) {
		insert(to->points, &g_array_index(from->points, struct named_point, i));
		if (to->points->len > NAMED_POINTS_MAX)
			halve(to);
	}
}

void
series_fini(struct series *series)
{
	if (series->points)
		g_array_unref(series->points);
	*series = (struct series){.points = NULL};
}
