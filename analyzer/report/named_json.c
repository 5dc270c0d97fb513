/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Sections, tasks, marks, counters and misuse for machines: keys of report_json(). */
#include <string.h>

#include "named_tables.h"
#include "record.h"
#include "report.h"

enum {
	JSON_INSTANCES = 1000,
	JSON_POINTS = 1000, /* of one counter or mark */
};

static json_t *
number(uint64_t value)
{
	return json_integer((json_int_t)MIN(value, INT64_MAX));
}

static json_t *
number_if(bool known, uint64_t value)
{
	return known ? number(value) : json_null();
}

static void
put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static void
put_place(const struct profile *profile, json_t *object, uint32_t index)
{
	const struct profile_place *place =
		&g_array_index(profile->named.places, struct profile_place, index);

	put(object, "file", json_string(profile_file(profile, place->file)));
	put(object, "line", json_integer(place->line));
	put(object, "function", json_string(place->inside));
}

static const char *
name_of(const struct profile *profile, uint32_t place)
{
	return g_array_index(profile->named.places, struct profile_place, place).name;
}

/* ---- sections ---- */

static json_t *
section_json(const struct selection *selection, const struct profile_section *section)
{
	const struct profile *profile = selection->profile;
	const struct call_sums *times = &section->times;
	const bool timed = times->calls != 0, is_span = section->kind == NAMED_SPAN;
	const bool memory = profile->memory.count && !is_span;
	const bool detail = memory && !profile->run.summary;
	json_t *object = json_object();

	put(object, "name", json_string(section->name));
	put(object, "kind", json_string(named_kind_name(section->kind)));
	put_place(profile, object, section->place);
	put(object, "places", json_integer(section->places));
	put(object, "count", number_if(timed, times->calls));
	put(object, "unfinished", number_if(timed, times->unfinished));
	put(object, "total_ns", number_if(timed, times->total_ns));
	put(object, "self_ns", number_if(timed && !is_span, times->self_ns));
	put(object, "self_error_ns", number_if(timed && !is_span, times->self_error_ns));
	put(object, "average_ns", number_if(timed, timed ? times->total_ns / times->calls : 0));
	put(object, "min_ns", number_if(times->calls > times->unfinished, times->min_ns));
	put(object, "max_ns", number_if(timed, times->max_ns));
	put(object, "p50_ns", number_if(section->distributed, section->p50_ns));
	put(object, "p90_ns", number_if(section->distributed, section->p90_ns));
	put(object, "p99_ns", number_if(section->distributed, section->p99_ns));
	put(object, "allocations", number_if(memory, section->memory.allocated.count));
	put(object, "bytes", number_if(memory, section->memory.allocated.bytes));
	put(object, "frees", number_if(detail, section->memory.freed.count));
	put(object, "freed_bytes", number_if(detail, section->memory.freed.bytes));
	put(object, "leaked_blocks", number_if(detail, section->memory.leaked.count));
	put(object, "leaked_bytes", number_if(detail, section->memory.leaked.bytes));
	put(object, "peak_bytes",
		number_if(timed && profile->memory.count && !profile->run.summary,
			times->peak_bytes));
	put(object, "cpu_ns", number(section->samples[SAMPLE_CPU].time_ns));
	put(object, "wall_ns", number(section->samples[SAMPLE_WALL].time_ns));
	return object;
}

json_t *
report_sections_json(const struct selection *selection)
{
	g_autoptr(GArray) sections = named_sections(selection);
	json_t *array = json_array();

	for (guint i = 0; i < sections->len; i++)
		json_array_append_new(
			array, section_json(selection,
				       &g_array_index(sections, struct profile_section, i)));
	return array;
}

/* ---- tasks ---- */

static void
put_memory(const struct profile *profile, json_t *object, const struct named_memory *memory)
{
	const bool known = profile->memory.count && !profile->run.summary;

	put(object, "allocations", number_if(known, memory->allocations));
	put(object, "bytes", number_if(known, memory->allocated_bytes));
	put(object, "frees", number_if(known, memory->frees));
	put(object, "leaked_blocks", number_if(known, memory->allocations - memory->frees));
	put(object, "leaked_bytes",
		number_if(known, memory->allocated_bytes - memory->freed_bytes));
	put(object, "peak_bytes", number_if(known, memory->peak_bytes));
}

static json_t *
durations_json(const struct profile_durations *durations)
{
	const bool ended = durations->count > durations->unfinished;
	json_t *object = json_object();

	put(object, "total_ns", number(durations->total_ns));
	put(object, "min_ns", number_if(ended, durations->min_ns));
	put(object, "max_ns", number(durations->max_ns));
	put(object, "p50_ns", number_if(ended, durations->p50_ns));
	put(object, "p90_ns", number_if(ended, durations->p90_ns));
	put(object, "p99_ns", number_if(ended, durations->p99_ns));
	return object;
}

/* Functions from there to the root. */
static json_t *
path_json(const struct profile *profile, uint32_t node)
{
	json_t *array = json_array();

	for (; node; node = profile->nodes.parent[node])
		json_array_append_new(array,
			json_string(profile_function(profile, profile_node_function(profile, node))
					    ->name));
	return array;
}

static json_t *
instance_json(const struct profile *profile, const struct profile_instance *instance)
{
	json_t *object = json_object();

	put(object, "id", json_integer(instance->number));
	put(object, "start_ns", number(instance->start_ns));
	put(object, "end_ns", number(instance->end_ns));
	put(object, "ended", json_boolean(instance->ended));
	put(object, "running_ns", number(instance->running_ns));
	put(object, "suspended_ns",
		number(instance->end_ns - instance->start_ns - instance->running_ns));
	put(object, "resumes", number(instance->resumes));
	put(object, "moved", json_boolean(instance->moved));
	put_memory(profile, object, &instance->memory);
	return object;
}

static json_t *
instances_json(const struct selection *selection, const struct profile_task *task)
{
	const struct profile_named *named = &selection->profile->named;
	const guint index =
		(guint)(task - (const struct profile_task *)(const void *)named->tasks->data);
	json_t *array = json_array();

	for (guint i = 0; i < named->instances->len && json_array_size(array) < JSON_INSTANCES;
		i++) {
		const struct profile_instance *instance =
			&g_array_index(named->instances, struct profile_instance, i);

		if (instance->task == index)
			json_array_append_new(array, instance_json(selection->profile, instance));
	}
	return array;
}

static json_t *
task_json(const struct selection *selection, const struct profile_task *task)
{
	const struct profile *profile = selection->profile;
	const uint64_t lives = task->lives.total_ns, running = task->running.total_ns;
	json_t *object = json_object();

	put(object, "name", json_string(profile_task_name(profile, task)));
	put(object, "coroutine", json_boolean(!task->place));
	put_place(profile, object, task->place);
	put(object, "made_by", path_json(profile, profile_task_maker(profile, task)));
	put(object, "process", json_integer((json_int_t)task->process + 1));
	put(object, "count", number(task->lives.count));
	put(object, "unfinished", number(task->lives.unfinished));
	put(object, "most_at_once", number(task->most_at_once));
	put(object, "resumes", number(task->resumes));
	put(object, "running_ns", number(running));
	put(object, "suspended_ns", number(lives > running ? lives - running : 0));
	put(object, "life", durations_json(&task->lives));
	put(object, "running", durations_json(&task->running));
	put_memory(profile, object, &task->memory);
	put(object, "instances", instances_json(selection, task));
	return object;
}

json_t *
report_tasks_json(const struct selection *selection)
{
	g_autoptr(GArray) tasks = named_tasks(selection);
	json_t *array = json_array();

	for (guint i = 0; i < tasks->len; i++)
		json_array_append_new(array,
			task_json(selection, g_array_index(tasks, const struct profile_task *, i)));
	return array;
}

/* ---- marks, counters, misuse ---- */

static json_t *
points_json(const GArray *points, uint32_t series, bool values)
{
	json_t *array = json_array();

	for (guint i = 0; i < points->len && json_array_size(array) < JSON_POINTS; i++) {
		const struct profile_point *point = &g_array_index(points, struct profile_point, i);
		json_t *object;

		if (point->series != series)
			continue;
		object = json_object();
		put(object, "time_ns", number(point->start_ns));
		put(object, "end_ns", number(point->end_ns));
		put(object, "count", number(point->count));
		if (values) {
			put(object, "min", json_real(point->min));
			put(object, "max", json_real(point->max));
			put(object, "last", json_real(point->last));
		}
		json_array_append_new(array, object);
	}
	return array;
}

json_t *
report_marks_json(const struct selection *selection)
{
	const struct profile *profile = selection->profile;
	json_t *array = json_array();

	for (guint i = 0; i < profile->named.marks->len; i++) {
		const struct profile_mark *mark =
			&g_array_index(profile->named.marks, struct profile_mark, i);
		json_t *object;

		if (!selection->threads[mark->thread] || selection->path_restricted)
			continue;
		object = json_object();
		put(object, "name", json_string(name_of(profile, mark->place)));
		put_place(profile, object, mark->place);
		put(object, "tid", json_integer(profile_thread(profile, mark->thread)->tid));
		put(object, "count", number(mark->count));
		put(object, "first_ns", number(mark->first_ns));
		put(object, "last_ns", number(mark->last_ns));
		put(object, "points", points_json(profile->named.mark_points, i, false));
		json_array_append_new(array, object);
	}
	return array;
}

json_t *
report_counters_json(const struct selection *selection)
{
	const struct profile *profile = selection->profile;
	json_t *array = json_array();

	for (guint i = 0; i < profile->named.counters->len; i++) {
		const struct profile_counter *counter =
			&g_array_index(profile->named.counters, struct profile_counter, i);
		json_t *object;

		if (!selection->processes[counter->process] || selection->path_restricted)
			continue;
		object = json_object();
		put(object, "name", json_string(name_of(profile, counter->place)));
		put_place(profile, object, counter->place);
		put(object, "process", json_integer((json_int_t)counter->process + 1));
		put(object, "count", number(counter->count));
		put(object, "min", json_real(counter->min));
		put(object, "max", json_real(counter->max));
		put(object, "last", json_real(counter->last));
		put(object, "points", points_json(profile->named.counter_points, i, true));
		json_array_append_new(array, object);
	}
	return array;
}

json_t *
report_misuses_json(const struct selection *selection)
{
	const struct profile *profile = selection->profile;
	g_autoptr(GArray) misuses = named_misuses(selection);
	json_t *array = json_array();

	for (guint i = 0; i < misuses->len; i++) {
		const struct profile_misuse *misuse =
			&g_array_index(misuses, struct profile_misuse, i);
		json_t *object = json_object();

		put(object, "name", json_string(name_of(profile, misuse->place)));
		put_place(profile, object, misuse->place);
		put(object, "what", json_string(misuse_text(misuse->kind)));
		put(object, "kind", json_integer(misuse->kind));
		put(object, "called_by", path_json(profile, misuse->node));
		put(object, "count", number(misuse->count));
		json_array_append_new(array, object);
	}
	return array;
}
