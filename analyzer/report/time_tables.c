/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See time_tables.h. */
#include <stdlib.h>
#include <string.h>

#include "call_histogram.h"
#include "time_tables.h"

const char *const time_by_names[TIME_BYS] = {
	[TIME_BY_FUNCTION] = "function",
	[TIME_BY_FILE] = "file",
	[TIME_BY_MODULE] = "module",
	[TIME_BY_THREAD] = "thread",
};

uint64_t
time_row_self(const struct time_row *row, enum metric metric)
{
	switch (metric) {
	case METRIC_TIME:
		return row->calls.self_ns;
	case METRIC_CALLS:
		return row->calls.calls;
	default:
		return metric_of(metric, row->self);
	}
}

uint64_t
time_row_total(const struct time_row *row, enum metric metric)
{
	switch (metric) {
	case METRIC_TIME:
		return row->calls.total_ns;
	case METRIC_CALLS:
		return row->calls.calls;
	default:
		return metric_of(metric, row->total);
	}
}

char *
time_row_name(const struct profile *profile, enum time_by by, const struct time_row *row)
{
	const struct profile_thread *thread;
	const char *name;

	switch (by) {
	case TIME_BY_FUNCTION:
		return g_strdup(profile_function(profile, row->key)->name);
	case TIME_BY_THREAD:
		thread = profile_thread(profile, row->key);
		if (!thread->number)
			return g_strdup(thread->name);
		return g_strdup_printf(
			"%s%s%u", thread->name, *thread->name ? " " : "thread ", thread->tid);
	default:
		name = by == TIME_BY_FILE ? profile_file(profile, row->key)
					  : profile_module(profile, row->key)->path;
		return g_strdup(*name ? name : "[unknown]");
	}
}

/* ---- the keys of rows ---- */

struct table {
	const struct selection *selection;
	const struct profile *profile;
	enum time_by by;
	struct grouping grouping; /* not by thread */
	uint32_t count;
	struct time_row *rows;
};

static void
table_init(struct table *table, const struct selection *selection, enum time_by by)
{
	const struct profile *profile = selection->profile;

	*table = (struct table){.selection = selection, .profile = profile, .by = by};
	if (by == TIME_BY_FUNCTION)
		table->grouping = grouping_by_function(profile);
	else if (by == TIME_BY_FILE)
		table->grouping = grouping_by_file(profile);
	else if (by == TIME_BY_MODULE)
		table->grouping = grouping_by_module(profile);
	table->count = by == TIME_BY_THREAD ? profile->threads->len : table->grouping.count;
	table->rows = g_new0(struct time_row, table->count);
	for (uint32_t i = 0; i < table->count; i++)
		table->rows[i].key = i;
}

static uint32_t
key_of(const struct table *table, uint32_t node, uint32_t thread)
{
	return table->by == TIME_BY_THREAD ? thread : table->grouping.key(table->profile, node);
}

/* ---- self ---- */

static void
add_calls(struct table *table)
{
	for (guint i = 0; i < table->profile->calls->len; i++) {
		const struct profile_call *call =
			&g_array_index(table->profile->calls, struct profile_call, i);

		if (table->selection->calls[i])
			call_sums_add(&table->rows[key_of(table, call->node, call->thread)].calls,
				&call->sums);
	}
}

static void
add_samples(struct table *table)
{
	for (guint i = 0; i < table->profile->samples->len; i++) {
		const struct profile_sample *sample =
			&g_array_index(table->profile->samples, struct profile_sample, i);

		if (table->selection->samples[i])
			sample_sums_add(
				table->rows[key_of(table, sample->node, sample->thread)].self,
				sample->sums);
	}
}

/* ---- total: what lies below the outermost nodes of a key ---- */

/* A thread is on no call path of its own: its total is all it did itself. */
static void
total_of_threads(struct table *table)
{
	for (uint32_t i = 0; i < table->count; i++) {
		struct time_row *row = &table->rows[i];

		row->calls.total_ns = row->calls.self_ns;
		row->calls.total_error_ns = row->calls.self_error_ns;
		memcpy(row->total, row->self, sizeof(row->total));
	}
}

/* The errors of totals do not add up from errors of selfs: both stamps of a call would count. */
static void
add_total_errors(struct table *table, const uint8_t *outermost)
{
	for (guint i = 0; i < table->profile->calls->len; i++) {
		const struct profile_call *call =
			&g_array_index(table->profile->calls, struct profile_call, i);

		if (table->selection->calls[i] && outermost[call->node])
			table->rows[key_of(table, call->node, call->thread)].calls.total_error_ns +=
				call->sums.total_error_ns;
	}
}

static void
add_sample_totals(struct table *table, enum metric metric, const uint8_t *outermost)
{
	g_autofree uint64_t *self = NULL, *total = NULL;

	if (!metric_is_there(table->profile, metric))
		return;
	self = selection_self(table->selection, metric);
	total = selection_total(table->profile, self);
	for (uint32_t node = 1; node < table->profile->nodes.count; node++) {
		struct sample_tally *tally = table->rows[key_of(table, node, 0)].total;

		if (outermost[node])
			*(uint64_t *)(void *)((char *)tally + metric_table[metric].offset) +=
				total[node];
	}
}

static void
add_totals(struct table *table)
{
	g_autofree uint8_t *outermost = grouping_outermost(&table->grouping, table->profile);
	g_autofree uint64_t *time = selection_self(table->selection, METRIC_TIME);
	g_autofree uint64_t *time_total = selection_total(table->profile, time);

	for (uint32_t i = 0; i < table->count; i++)
		table->rows[i].calls.total_ns = table->rows[i].calls.total_error_ns = 0;
	for (uint32_t node = 1; node < table->profile->nodes.count; node++)
		if (outermost[node])
			table->rows[key_of(table, node, 0)].calls.total_ns += time_total[node];
	add_total_errors(table, outermost);
	add_sample_totals(table, METRIC_CPU, outermost);
	add_sample_totals(table, METRIC_WALL, outermost);
	add_sample_totals(table, METRIC_KERNEL, outermost);
}

/* ---- percentiles ---- */

struct keyed {
	uint32_t key;
	const struct profile_bytes *histogram;
};

static int
compare_keyed(const void *a, const void *b)
{
	const struct keyed *left = a, *right = b;

	return left->key < right->key ? -1 : left->key > right->key;
}

static GArray *
histograms_by_key(const struct table *table)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct keyed));

	for (guint i = 0; i < table->profile->calls->len; i++) {
		const struct profile_call *call =
			&g_array_index(table->profile->calls, struct profile_call, i);
		const struct keyed keyed = {
			key_of(table, call->node, call->thread), &call->histogram};

		if (table->selection->calls[i] && call->histogram.count)
			g_array_append_val(all, keyed);
	}
	g_array_sort(all, compare_keyed);
	return all;
}

static void
add_percentiles(struct table *table)
{
	g_autoptr(GArray) all = histograms_by_key(table);
	g_autofree struct call_distribution *sum = g_new(struct call_distribution, 1);

	for (guint i = 0; i < all->len;) {
		const uint32_t key = g_array_index(all, struct keyed, i).key;
		struct time_row *row = &table->rows[key];
		struct call_bounds bounds;

		memset(sum, 0, sizeof(*sum));
		for (; i < all->len && g_array_index(all, struct keyed, i).key == key; i++) {
			const struct profile_bytes *packed =
				g_array_index(all, struct keyed, i).histogram;

			call_distribution_add(sum, packed->bytes, packed->count);
		}
		row->distributed = sum->count > 0;
		bounds = (struct call_bounds){row->calls.min_ns, row->calls.max_ns};
		row->p50_ns = call_distribution_percentile(sum, bounds, 50);
		row->p90_ns = call_distribution_percentile(sum, bounds, 90);
		row->p99_ns = call_distribution_percentile(sum, bounds, 99);
	}
}

/* ---- the table ---- */

struct order {
	const struct table *table;
	enum metric metric;
};

static gint
compare_rows(gconstpointer a, gconstpointer b, gpointer context)
{
	const struct time_row *left = a, *right = b;
	const struct order *order = context;
	const uint64_t left_self = time_row_self(left, order->metric);
	const uint64_t right_self = time_row_self(right, order->metric);
	const uint64_t left_total = time_row_total(left, order->metric);
	const uint64_t right_total = time_row_total(right, order->metric);

	if (left_self != right_self)
		return left_self > right_self ? -1 : 1;
	if (left_total != right_total)
		return left_total > right_total ? -1 : 1;
	g_autofree char *left_name = time_row_name(order->table->profile, order->table->by, left);
	g_autofree char *right_name = time_row_name(order->table->profile, order->table->by, right);
	const int names = strcmp(left_name, right_name);

	return names ? names : (left->key > right->key) - (left->key < right->key);
}

static bool
has_any(const struct time_row *row, enum metric metric)
{
	if (metric == METRIC_TIME || metric == METRIC_CALLS)
		return row->calls.calls != 0;
	return time_row_self(row, metric) || time_row_total(row, metric);
}

GArray *
time_table(const struct selection *selection, enum time_by by, enum metric metric)
{
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(struct time_row));
	struct table table;

	table_init(&table, selection, by);
	add_calls(&table);
	add_samples(&table);
	if (by == TIME_BY_THREAD)
		total_of_threads(&table);
	else
		add_totals(&table);
	add_percentiles(&table);
	for (uint32_t i = 0; i < table.count; i++)
		if (has_any(&table.rows[i], metric))
			g_array_append_val(rows, table.rows[i]);
	g_array_sort_with_data(rows, compare_rows, &(struct order){&table, metric});
	g_free(table.rows);
	return rows;
}
