/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The report for machines: see report.h. Keys are stable; docs/profile.md lists them. */
#include "report.h"
#include "tables.h"

enum {
	JSON_FUNCTIONS = 50,
};

static json_t *
number(uint64_t value)
{
	return json_integer((json_int_t)MIN(value, INT64_MAX));
}

static void
put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

/* What summary mode cannot know is null, never 0. */
static json_t *
known(const struct profile *profile, uint64_t value)
{
	return profile->run.summary ? json_null() : number(value);
}

static json_t *
sums_json(const struct profile *profile, const struct memory_sums *sums)
{
	json_t *object = json_object();

	put(object, "allocations", number(sums->allocated.count));
	put(object, "bytes", number(sums->allocated.bytes));
	put(object, "frees", number(sums->freed.count));
	put(object, "freed_bytes", known(profile, sums->freed.bytes));
	put(object, "peak_bytes", known(profile, sums->at_run_peak.bytes));
	put(object, "peak_blocks", known(profile, sums->at_run_peak.count));
	put(object, "leaked_bytes", known(profile, sums->leaked.bytes));
	put(object, "leaked_blocks", known(profile, sums->leaked.count));
	put(object, "temporary", known(profile, sums->temporary.count));
	put(object, "temporary_bytes", known(profile, sums->temporary.bytes));
	put(object, "largest_bytes", number(sums->largest_bytes));
	put(object, "lifetime_ns", known(profile, sums->lifetime_ns));
	put(object, "lifetime_max_ns", known(profile, sums->lifetime_max_ns));
	return object;
}

static json_t *
lines_json(const char *lines)
{
	g_auto(GStrv) split = g_strsplit(lines, "\n", -1);
	json_t *array = json_array();

	for (unsigned i = 0; split[i]; i++)
		json_array_append_new(array, json_string(split[i]));
	return array;
}

static json_t *
run_json(const struct profile_run *run)
{
	json_t *object = json_object();

	put(object, "program", json_string(run->program));
	put(object, "command", json_string(run->command));
	put(object, "thag_version", json_string(run->thag_version));
	put(object, "complete", json_boolean(!*run->incomplete));
	put(object, "incomplete", lines_json(run->incomplete));
	put(object, "exit_status",
		run->exit_status < 0 ? json_null() : json_integer(run->exit_status));
	put(object, "exit_signal", run->exit_signal ? json_integer(run->exit_signal) : json_null());
	put(object, "mode",
		json_string(*run->folded   ? "folded"
			    : run->summary ? "summary"
					   : "detail"));
	put(object, "start_realtime_ns", number(run->start_realtime_ns));
	put(object, "duration_ns", number(run->duration_ns));
	put(object, "peak_ns", number(run->peak_ns));
	put(object, "host", json_string(run->host));
	put(object, "kernel", json_string(run->kernel));
	put(object, "cpu", json_string(run->cpu));
	put(object, "cost", lines_json(run->cost));
	return object;
}

static json_t *
lost_json(const struct profile_run *run)
{
	json_t *object = json_object();

	put(object, "events", number(run->lost_events));
	put(object, "chunks", number(run->broken_chunks));
	return object;
}

/* The heap's sums by process, or by thread. g_free() it. */
static struct memory_sums *
parts(const struct selection *selection, bool by_process)
{
	const struct profile *profile = selection->profile;
	const struct profile_memory *memory = &profile->memory;
	struct memory_sums *sums = g_new0(
		struct memory_sums, by_process ? profile->processes->len : profile->threads->len);

	for (uint32_t i = 0; i < memory->count; i++) {
		const uint32_t thread = memory->thread[i];
		const uint32_t key = by_process ? profile_thread(profile, thread)->process : thread;

		if (selection->rows[i] && memory->category[i] == MEMORY_HEAP)
			memory_sums_add(&sums[key], &memory->sums[i]);
	}
	return sums;
}

static json_t *
processes_json(const struct selection *selection)
{
	const struct profile *profile = selection->profile;
	g_autofree struct memory_sums *sums = parts(selection, true);
	json_t *array = json_array();

	for (guint i = 0; i < profile->processes->len; i++) {
		const struct profile_process *process = profile_process(profile, i);
		json_t *object;

		if (!selection->processes[i])
			continue;
		object = json_object();
		put(object, "process", json_integer((json_int_t)i + 1));
		put(object, "pid", json_integer(process->pid));
		put(object, "parent_pid", json_integer(process->parent_pid));
		put(object, "exe", json_string(process->exe));
		put(object, "command", json_string(process->command));
		put(object, "together", json_integer(process->together));
		put(object, "start_ns", number(process->start_ns));
		put(object, "end_ns", number(process->end_ns));
		put(object, "own_peak_bytes", number(process->peak_bytes));
		put(object, "own_peak_ns", number(process->peak_ns));
		put(object, "mapped_peak_bytes", number(process->mapped_peak_bytes));
		put(object, "rss_peak_bytes", number(process->rss_peak_bytes));
		put(object, "frees_unknown", number(process->frees_unknown));
		put(object, "lost_events", number(process->lost_events));
		put(object, "memory", sums_json(profile, &sums[i]));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *
threads_json(const struct selection *selection)
{
	const struct profile *profile = selection->profile;
	g_autofree struct memory_sums *sums = parts(selection, false);
	json_t *array = json_array();

	for (guint i = 0; i < profile->threads->len; i++) {
		const struct profile_thread *thread = profile_thread(profile, i);
		json_t *object;

		if (!selection->threads[i])
			continue;
		object = json_object();
		put(object, "process", json_integer((json_int_t)thread->process + 1));
		put(object, "tid", json_integer(thread->tid));
		put(object, "name", json_string(thread->name));
		put(object, "together", json_integer(thread->together));
		put(object, "start_ns", number(thread->start_ns));
		put(object, "end_ns", number(thread->end_ns));
		put(object, "memory", sums_json(profile, &sums[i]));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *
row_json(const struct profile *profile, const struct table_row *row)
{
	json_t *object = json_object();
	json_t *self = json_object(), *total = json_object();

	for (unsigned metric = 0; metric < METRICS; metric++) {
		/*
		 * What was not recorded has no keys here; time has some of its own, and folded
		 * stacks have one value.
		 */
		if ((metric >= METRIC_VALUE || *profile->run.folded) &&
			!metric_is_known((enum metric)metric, profile))
			continue;
		put(self, metric_table[metric].key, number(row->self[metric]));
		put(total, metric_table[metric].key, number(row->total[metric]));
	}
	put(object, "self", self);
	put(object, "total", total);
	return object;
}

static json_t *
functions_json(const struct selection *selection, const struct report_options *options)
{
	const struct profile *profile = selection->profile;
	g_autoptr(GArray) rows = table_functions(selection, options->sort);
	const unsigned limit = options->limit ? options->limit : JSON_FUNCTIONS;
	json_t *array = json_array();

	for (guint i = 0; i < rows->len && i < limit; i++) {
		const struct table_row *row = &g_array_index(rows, struct table_row, i);
		const struct profile_function *function = profile_function(profile, row->key);
		json_t *object = row_json(profile, row);

		put(object, "name", json_string(function->name));
		put(object, "module", json_string(profile_module(profile, function->module)->path));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *
modules_json(const struct selection *selection, const struct report_options *options)
{
	const struct profile *profile = selection->profile;
	g_autoptr(GArray) rows = table_modules(selection, options->sort);
	json_t *array = json_array();

	for (guint i = 0; i < rows->len; i++) {
		const struct table_row *row = &g_array_index(rows, struct table_row, i);
		const struct profile_module *module = profile_module(profile, row->key);
		json_t *object = row_json(profile, row);

		put(object, "path", json_string(module->path));
		put(object, "build_id", json_string(module->build_id));
		put(object, "complaint", json_string(module->complaint));
		json_array_append_new(array, object);
	}
	return array;
}

json_t *
report_json(const struct selection *selection, const struct report_options *options)
{
	const struct profile *profile = selection->profile;
	json_t *object = json_object();

	put(object, "schema_version", json_integer(REPORT_JSON_VERSION));
	put(object, "restricted_to",
		selection->restricted ? json_string(selection->description) : json_null());
	put(object, "run", run_json(&profile->run));
	put(object, "lost", lost_json(&profile->run));
	put(object, "memory", sums_json(profile, &selection->totals[MEMORY_HEAP]));
	put(object, "mmap", sums_json(profile, &selection->totals[MEMORY_MMAP]));
	put(object, "break", sums_json(profile, &selection->totals[MEMORY_BREAK]));
	put(object, "time", report_time_json(selection, options));
	put(object, "sections", report_sections_json(selection));
	put(object, "tasks", report_tasks_json(selection));
	put(object, "marks", report_marks_json(selection));
	put(object, "counters", report_counters_json(selection));
	put(object, "misuse", report_misuses_json(selection));
	put(object, "processes", processes_json(selection));
	put(object, "threads", threads_json(selection));
	put(object, "functions", functions_json(selection, options));
	put(object, "modules", modules_json(selection, options));
	return object;
}
