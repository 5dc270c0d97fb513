/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Times for machines: the key "time" of the report. See report.h. */
#include "report.h"
#include "time_tables.h"

enum {
	JSON_ROWS = 50,
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

/* Null for a part of the time, of which no interval knows it. */
static json_t *
known(const struct profile *profile, uint64_t value)
{
	return profile->whole ? json_null() : number(value);
}

static void
put_calls(json_t *object, const struct profile *profile, const struct call_sums *sums)
{
	put(object, "calls", number(sums->calls));
	put(object, "self_ns", number(sums->self_ns));
	put(object, "self_error_ns", known(profile, sums->self_error_ns));
	put(object, "total_ns", number(sums->total_ns));
	put(object, "total_error_ns", known(profile, sums->total_error_ns));
	put(object, "min_ns", known(profile, sums->min_ns));
	put(object, "max_ns", known(profile, sums->max_ns));
	put(object, "unfinished", number(sums->unfinished));
	put(object, "below_cost", number(sums->below_cost));
}

static json_t *
row_json(const struct profile *profile, enum time_by by, const struct time_row *row)
{
	g_autofree char *name = time_row_name(profile, by, row);
	json_t *object = json_object();

	put(object, "name", json_string(name));
	if (by == TIME_BY_FUNCTION)
		put(object, "module",
			json_string(
				profile_module(profile, profile_function(profile, row->key)->module)
					->path));
	put_calls(object, profile, &row->calls);
	put(object, "p50_ns", row->distributed ? number(row->p50_ns) : json_null());
	put(object, "p90_ns", row->distributed ? number(row->p90_ns) : json_null());
	put(object, "p99_ns", row->distributed ? number(row->p99_ns) : json_null());
	put(object, "samples", number(row->self[SAMPLE_CPU].samples));
	put(object, "cpu_ns", number(row->self[SAMPLE_CPU].time_ns));
	put(object, "cpu_kernel_ns", number(row->self[SAMPLE_CPU].kernel_ns));
	put(object, "cpu_total_ns", number(row->total[SAMPLE_CPU].time_ns));
	put(object, "wall_samples", number(row->self[SAMPLE_WALL].samples));
	put(object, "wall_ns", number(row->self[SAMPLE_WALL].time_ns));
	put(object, "wall_total_ns", number(row->total[SAMPLE_WALL].time_ns));
	return object;
}

static json_t *
table_json(const struct selection *selection, enum time_by by, enum metric metric, unsigned limit)
{
	g_autoptr(GArray) rows = time_table(selection, by, metric);
	json_t *array = json_array();

	for (guint i = 0; i < rows->len && (by != TIME_BY_FUNCTION || i < limit); i++)
		json_array_append_new(array,
			row_json(selection->profile, by, &g_array_index(rows, struct time_row, i)));
	return array;
}

/* Of the first selected process that measured it. */
static json_t *
cost_json(const struct selection *selection, enum profiling_cost_kind kind)
{
	const struct profile *profile = selection->profile;

	for (guint i = 0; i < profile->processes->len; i++) {
		const struct profiling_cost *cost = &profile_process(profile, i)->cost[kind];
		json_t *object;

		if (!selection->processes[i] || !cost->pair_ps)
			continue;
		object = json_object();
		put(object, "ns", json_real((double)cost->pair_ps / 1000));
		put(object, "error_ns", json_real((double)cost->uncertainty_ps / 1000));
		return object;
	}
	return json_null();
}

static json_t *
samples_json(const struct selection *selection, enum sample_kind kind)
{
	const struct sample_tally *sums = &selection->sample_totals[kind];
	json_t *object = json_object();
	uint64_t asked = 0;

	for (guint i = 0; i < selection->profile->processes->len; i++)
		if (selection->processes[i])
			asked = MAX(asked,
				profile_process(selection->profile, i)->sampling[kind].rate_hz);
	put(object, "samples", number(sums->samples));
	put(object, "expected", number(sums->periods));
	put(object, "lost", number(sums->periods - sums->samples));
	put(object, "rate_hz", number((uint64_t)sample_rate_hz(sums)));
	put(object, "rate_asked_hz", number(asked));
	put(object, "time_ns", number(sums->time_ns));
	if (kind == SAMPLE_WALL)
		return object;
	put(object, "kernel_samples", number(sums->kernel_samples));
	put(object, "kernel_expected", number(sums->kernel_periods));
	put(object, "kernel_ns", number(sums->kernel_ns));
	put(object, "unsampled_ns", number(selection_unsampled_ns(selection)));
	return object;
}

/* What is not there because it was not asked for. */
static json_t *
left_out_json(const struct profile_run *run)
{
	json_t *object = json_object();

	put(object, "by_pattern", number(run->left_out[LEFT_OUT_PATTERN]));
	put(object, "too_short", number(run->left_out[LEFT_OUT_SHORT]));
	put(object, "too_deep", number(run->left_out[LEFT_OUT_DEEP]));
	put(object, "too_many", number(run->left_out[LEFT_OUT_MANY]));
	put(object, "from_ns", number(run->traced_from_ns));
	put(object, "until_ns", run->traced_until_ns ? number(run->traced_until_ns) : json_null());
	return object;
}

/* Of the whole run, whatever is selected: that is how it was measured. */
static json_t *
memory_cost_json(const struct profile *profile)
{
	const struct profile_expense expense = profile_memory_expense(profile);
	json_t *object;

	if (expense.ns <= 0)
		return json_null();
	object = json_object();
	put(object, "allocations", number(expense.events));
	put(object, "ns", number((uint64_t)expense.ns));
	put(object, "error_ns", number((uint64_t)expense.error_ns));
	return object;
}

json_t *
report_time_json(const struct selection *selection, const struct report_options *options)
{
	const enum metric metric = metric_of_time(selection->profile);
	const struct sample_tally *cpu = &selection->sample_totals[SAMPLE_CPU];
	const struct sample_tally *wall = &selection->sample_totals[SAMPLE_WALL];
	const struct sample_tally *first = cpu->samples ? cpu : wall;
	const unsigned limit = options->limit ? options->limit : JSON_ROWS;
	json_t *object;

	if (metric == METRICS)
		return json_null();
	object = json_object();
	put(object, "metric", json_string(metric_table[metric].key));
	put(object, "samples", number(cpu->samples + wall->samples));
	put(object, "lost_samples",
		number(cpu->periods - cpu->samples + wall->periods - wall->samples));
	put(object, "rate_hz", number((uint64_t)sample_rate_hz(first)));
	put(object, "cpu_ns", number(cpu->time_ns));
	put(object, "wall_ns", number(wall->time_ns));
	put(object, "traced_ns", number(selection->call_totals.self_ns));
	put(object, "traced_error_ns",
		known(selection->profile, selection->call_totals.self_error_ns));
	put(object, "calls", number(selection->call_totals.calls));
	put(object, "unfinished", number(selection->call_totals.unfinished));
	put(object, "below_cost", number(selection->call_totals.below_cost));
	put(object, "cpu", samples_json(selection, SAMPLE_CPU));
	put(object, "wall", samples_json(selection, SAMPLE_WALL));
	put(object, "cost_of_call", cost_json(selection, COST_OF_CALLS));
	put(object, "cost_of_call_sum", cost_json(selection, COST_OF_CALL_SUMS));
	put(object, "cost_of_allocation", cost_json(selection, COST_OF_MEMORY));
	put(object, "memory_profiling", memory_cost_json(selection->profile));
	put(object, "left_out", left_out_json(&selection->profile->run));
	put(object, "functions", table_json(selection, TIME_BY_FUNCTION, metric, limit));
	put(object, "files", table_json(selection, TIME_BY_FILE, metric, limit));
	put(object, "modules", table_json(selection, TIME_BY_MODULE, metric, limit));
	put(object, "threads", table_json(selection, TIME_BY_THREAD, metric, limit));
	return object;
}
