/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See task_build.h. */
#include "task_build.h"

#include "call_histogram.h"

struct profile_durations
task_build_durations(const struct named_durations *from)
{
	const uint32_t bytes = from->histogram_bytes;
	const struct call_bounds bounds = {from->min_ns, from->max_ns};
	struct profile_durations durations = {
		.count = from->count,
		.unfinished = from->unfinished,
		.total_ns = from->total_ns,
		.min_ns = from->min_ns,
		.max_ns = from->max_ns,
	};

	durations.p50_ns = call_packed_percentile(from->histogram, bytes, bounds, 50);
	durations.p90_ns = call_packed_percentile(from->histogram, bytes, bounds, 90);
	durations.p99_ns = call_packed_percentile(from->histogram, bytes, bounds, 99);
	return durations;
}

/* ---- tasks of one call path ---- */

/* What tasks that were put together need until all of them are there. */
struct together {
	const struct named_task *first;
	struct call_distribution *lives, *running; /* NULL: there is but one */
};

static void
add_durations(struct profile_durations *sum, const struct named_durations *from)
{
	const bool ended = sum->count > sum->unfinished, more = from->count > from->unfinished;

	if (ended && more)
		sum->min_ns = MIN(sum->min_ns, from->min_ns);
	else if (more)
		sum->min_ns = from->min_ns;
	sum->max_ns = MAX(sum->max_ns, from->max_ns);
	sum->count += from->count;
	sum->unfinished += from->unfinished;
	sum->total_ns += from->total_ns;
}

static void
add_distribution(struct call_distribution **sum, const struct named_durations *first,
	const struct named_durations *from)
{
	if (!*sum) {
		*sum = g_new0(struct call_distribution, 1);
		call_distribution_add(*sum, first->histogram, first->histogram_bytes);
	}
	call_distribution_add(*sum, from->histogram, from->histogram_bytes);
}

/* The peaks of both may have been at other times: what is known is that it was no less. */
static void
add_memory(struct named_memory *sum, const struct named_memory *from)
{
	sum->allocations += from->allocations;
	sum->allocated_bytes += from->allocated_bytes;
	sum->frees += from->frees;
	sum->freed_bytes += from->freed_bytes;
	sum->peak_bytes = MAX(sum->peak_bytes, from->peak_bytes);
}

static void
put_together(struct profile_task *task, struct together *together, const struct named_task *from)
{
	add_durations(&task->lives, &from->lives);
	add_durations(&task->running, &from->running);
	add_distribution(&together->lives, &together->first->lives, &from->lives);
	add_distribution(&together->running, &together->first->running, &from->running);
	task->resumes += from->resumes;
	task->most_at_once = MAX(task->most_at_once, from->most_at_once);
	add_memory(&task->memory, &from->memory);
}

static void
find_percentiles(struct profile_durations *durations, struct call_distribution *distribution)
{
	const struct call_bounds bounds = {durations->min_ns, durations->max_ns};

	if (!distribution)
		return;
	durations->p50_ns = call_distribution_percentile(distribution, bounds, 50);
	durations->p90_ns = call_distribution_percentile(distribution, bounds, 90);
	durations->p99_ns = call_distribution_percentile(distribution, bounds, 99);
	g_free(distribution);
}

static void
finish(GArray *tasks, uint32_t first_task, GArray *all)
{
	for (guint i = 0; i < all->len; i++) {
		const struct together *together = &g_array_index(all, struct together, i);
		struct profile_task *task =
			&g_array_index(tasks, struct profile_task, first_task + i);

		find_percentiles(&task->lives, together->lives);
		find_percentiles(&task->running, together->running);
	}
}

uint32_t *
task_build_add(struct call_paths *paths, const struct named *named, uint32_t process,
	const uint32_t *places)
{
	GArray *tasks = paths->target->profile->named.tasks;
	const uint32_t first_task = tasks->len;
	g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct together));
	uint32_t *index = g_new(uint32_t, named->tasks->len);

	for (guint i = 0; i < named->tasks->len; i++) {
		const struct named_task *from = &g_array_index(named->tasks, struct named_task, i);
		const struct together together = {.first = from};
		const struct profile_task task = {
			.place = places[i],
			.process = process,
			.node = call_paths_place(paths, from->node),
			.lives = task_build_durations(&from->lives),
			.running = task_build_durations(&from->running),
			.resumes = from->resumes,
			.most_at_once = from->most_at_once,
			.memory = from->memory,
		};
		gpointer key = GSIZE_TO_POINTER((gsize)task.node << 32 | task.place), at;

		if (g_hash_table_lookup_extended(known, key, NULL, &at)) {
			index[i] = GPOINTER_TO_UINT(at);
			put_together(&g_array_index(tasks, struct profile_task, index[i]),
				&g_array_index(all, struct together, index[i] - first_task), from);
			continue;
		}
		index[i] = tasks->len;
		g_hash_table_insert(known, key, GUINT_TO_POINTER(index[i]));
		g_array_append_val(tasks, task);
		g_array_append_val(all, together);
	}
	finish(tasks, first_task, all);
	return index;
}

/* ---- at once ---- */

static gint
by_value(gconstpointer a, gconstpointer b)
{
	const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static uint64_t
most_at_once(GArray *starts, GArray *ends)
{
	guint gone = 0;
	uint64_t most = 0;

	g_array_sort(starts, by_value);
	g_array_sort(ends, by_value);
	for (guint i = 0; i < starts->len; i++) {
		while (gone < i &&
			g_array_index(ends, uint64_t, gone) <= g_array_index(starts, uint64_t, i))
			gone++;
		most = MAX(most, i + 1 - gone);
	}
	return most;
}

void
task_build_count(struct profile_named *named, uint32_t first_task)
{
	const guint count = named->tasks->len - first_task;
	g_autoptr(GPtrArray) starts = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
	g_autoptr(GPtrArray) ends = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);

	for (guint i = 0; i < count; i++) {
		g_ptr_array_add(starts, g_array_new(FALSE, FALSE, sizeof(uint64_t)));
		g_ptr_array_add(ends, g_array_new(FALSE, FALSE, sizeof(uint64_t)));
	}
	for (guint i = 0; i < named->instances->len; i++) {
		const struct profile_instance *instance =
			&g_array_index(named->instances, struct profile_instance, i);

		if (instance->task < first_task)
			continue;
		g_array_append_val(
			(GArray *)starts->pdata[instance->task - first_task], instance->start_ns);
		g_array_append_val(
			(GArray *)ends->pdata[instance->task - first_task], instance->end_ns);
	}
	for (guint i = 0; i < count; i++) {
		struct profile_task *task =
			&g_array_index(named->tasks, struct profile_task, first_task + i);

		task->most_at_once =
			MAX(task->most_at_once, most_at_once(starts->pdata[i], ends->pdata[i]));
	}
}
