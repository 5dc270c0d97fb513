/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See named_tables.h. */
#include "named_tables.h"

#include <string.h>

static int
descending(uint64_t left, uint64_t right)
{
	return left > right ? -1 : left < right;
}

static const char *
name_of(const struct profile *profile, uint32_t place)
{
	return g_array_index(profile->named.places, struct profile_place, place).name;
}

/* ---- sections ---- */

static gint
compare_sections(gconstpointer a, gconstpointer b)
{
	const struct profile_section *left = a, *right = b;
	int order = descending(left->times.total_ns, right->times.total_ns);

	if (!order)
		order = descending(left->memory.allocated.bytes, right->memory.allocated.bytes);
	if (!order)
		order = strcmp(left->name, right->name);
	return order ? order : (left->kind > right->kind) - (left->kind < right->kind);
}

GArray *
named_sections(const struct selection *selection)
{
	GArray *sections =
		profile_sections(selection->profile, &(struct section_choice){
							     .calls = selection->calls,
							     .memory = selection->rows,
							     .samples = selection->samples,
							     .processes = selection->processes,
							     .no_spans = selection->path_restricted,
						     });

	g_array_sort(sections, compare_sections);
	return sections;
}

/* ---- tasks ---- */

static bool
is_selected(const struct selection *selection, const struct profile_task *task)
{
	return selection->nodes[task->node] && selection->processes[task->process];
}

static gint
compare_tasks(gconstpointer a, gconstpointer b)
{
	const struct profile_task *left = *(const struct profile_task *const *)a;
	const struct profile_task *right = *(const struct profile_task *const *)b;
	const int order = descending(left->running.total_ns, right->running.total_ns);

	return order ? order : (left > right) - (left < right);
}

GArray *
named_tasks(const struct selection *selection)
{
	GArray *tasks = g_array_new(FALSE, FALSE, sizeof(const struct profile_task *));
	const GArray *all = selection->profile->named.tasks;

	for (guint i = 0; i < all->len; i++) {
		const struct profile_task *task = &g_array_index(all, struct profile_task, i);

		if (is_selected(selection, task))
			g_array_append_val(tasks, task);
	}
	g_array_sort(tasks, compare_tasks);
	return tasks;
}

static gint
compare_instances(gconstpointer a, gconstpointer b)
{
	const struct profile_instance *left = a, *right = b;
	int order = descending(left->end_ns - left->start_ns, right->end_ns - right->start_ns);

	if (!order && left->start_ns != right->start_ns)
		order = left->start_ns < right->start_ns ? -1 : 1;
	return order ? order : (left->number > right->number) - (left->number < right->number);
}

GArray *
named_instances(const struct selection *selection)
{
	const struct profile_named *named = &selection->profile->named;
	GArray *instances = g_array_new(FALSE, FALSE, sizeof(struct profile_instance));

	for (guint i = 0; i < named->instances->len; i++) {
		const struct profile_instance *instance =
			&g_array_index(named->instances, struct profile_instance, i);

		if (is_selected(selection,
			    &g_array_index(named->tasks, struct profile_task, instance->task)))
			g_array_append_val(instances, *instance);
	}
	g_array_sort(instances, compare_instances);
	return instances;
}

struct named_left_out
named_left_out(const struct selection *selection)
{
	const GArray *rows = selection->profile->named.left_out;
	struct named_left_out sum = {0};

	for (guint i = 0; i < rows->len; i++) {
		const struct profile_left_out *row =
			&g_array_index(rows, struct profile_left_out, i);

		if (!selection->processes[row->process])
			continue;
		sum.instances += row->instances;
		sum.pieces += row->pieces;
	}
	return sum;
}

/* ---- marks, counters, misuse ---- */

/* Places of one name are one mark. */
GArray *
named_marks(const struct selection *selection)
{
	const struct profile *profile = selection->profile;
	GArray *marks = g_array_new(FALSE, FALSE, sizeof(struct profile_mark));

	for (guint i = 0; i < profile->named.marks->len && !selection->path_restricted; i++) {
		const struct profile_mark *mark =
			&g_array_index(profile->named.marks, struct profile_mark, i);
		struct profile_mark *known = NULL;

		if (!selection->threads[mark->thread])
			continue;
		for (guint j = 0; j < marks->len && !known; j++) {
			known = &g_array_index(marks, struct profile_mark, j);
			if (known->thread != mark->thread ||
				strcmp(name_of(profile, known->place),
					name_of(profile, mark->place)) != 0)
				known = NULL;
		}
		if (!known) {
			g_array_append_val(marks, *mark);
			continue;
		}
		known->count += mark->count;
		known->first_ns = MIN(known->first_ns, mark->first_ns);
		known->last_ns = MAX(known->last_ns, mark->last_ns);
	}
	return marks;
}

GArray *
named_counters(const struct selection *selection)
{
	const struct profile *profile = selection->profile;
	GArray *counters = g_array_new(FALSE, FALSE, sizeof(struct profile_counter));

	for (guint i = 0; i < profile->named.counters->len && !selection->path_restricted; i++) {
		const struct profile_counter *counter =
			&g_array_index(profile->named.counters, struct profile_counter, i);
		struct profile_counter *known = NULL;

		if (!selection->processes[counter->process])
			continue;
		for (guint j = 0; j < counters->len && !known; j++) {
			known = &g_array_index(counters, struct profile_counter, j);
			if (known->process != counter->process ||
				strcmp(name_of(profile, known->place),
					name_of(profile, counter->place)) != 0)
				known = NULL;
		}
		if (!known) {
			g_array_append_val(counters, *counter);
			continue;
		}
		known->count += counter->count;
		known->first_ns = MIN(known->first_ns, counter->first_ns);
		if (counter->last_ns >= known->last_ns)
			known->last = counter->last;
		known->last_ns = MAX(known->last_ns, counter->last_ns);
		known->min = MIN(known->min, counter->min);
		known->max = MAX(known->max, counter->max);
	}
	return counters;
}

static gint
compare_misuses(gconstpointer a, gconstpointer b)
{
	const struct profile_misuse *left = a, *right = b;
	const int order = descending(left->count, right->count);

	if (!order && left->place != right->place)
		return left->place < right->place ? -1 : 1;
	if (!order && left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	return order ? order : (left->node > right->node) - (left->node < right->node);
}

/* By place and call path, threads together. */
GArray *
named_misuses(const struct selection *selection)
{
	const GArray *all = selection->profile->named.misuses;
	GArray *misuses = g_array_new(FALSE, FALSE, sizeof(struct profile_misuse));

	for (guint i = 0; i < all->len; i++) {
		const struct profile_misuse *misuse = &g_array_index(all, struct profile_misuse, i);
		struct profile_misuse *known = NULL;

		if (!selection->threads[misuse->thread] || !selection->nodes[misuse->node])
			continue;
		for (guint j = 0; j < misuses->len && !known; j++) {
			known = &g_array_index(misuses, struct profile_misuse, j);
			if (known->place != misuse->place || known->kind != misuse->kind ||
				known->node != misuse->node)
				known = NULL;
		}
		if (known)
			known->count += misuse->count;
		else
			g_array_append_val(misuses, *misuse);
	}
	g_array_sort(misuses, compare_misuses);
	return misuses;
}
