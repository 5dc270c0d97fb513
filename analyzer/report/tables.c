/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See tables.h. */
#include <string.h>

#include "names.h"
#include "tables.h"

/* ---- functions and modules ---- */

static const char *
name_of_function(const struct profile *profile, uint32_t function)
{
	return profile_function(profile, function)->name;
}

static uint32_t
module_of(const struct profile *profile, uint32_t node)
{
	return profile_function(profile, profile_node_function(profile, node))->module;
}

static const char *
name_of_module(const struct profile *profile, uint32_t module)
{
	return profile_module(profile, module)->path;
}

static uint32_t
file_of(const struct profile *profile, uint32_t node)
{
	return profile_node_frame(profile, node)->file;
}

static const char *
name_of_file(const struct profile *profile, uint32_t file)
{
	return profile_file(profile, file);
}

struct grouping
grouping_by_function(const struct profile *profile)
{
	return (struct grouping){profile->functions->len, profile_node_function, name_of_function};
}

struct grouping
grouping_by_module(const struct profile *profile)
{
	return (struct grouping){profile->modules->len, module_of, name_of_module};
}

struct grouping
grouping_by_file(const struct profile *profile)
{
	return (struct grouping){profile->files->len, file_of, name_of_file};
}

uint8_t *
grouping_outermost(const struct grouping *grouping, const struct profile *profile)
{
	const struct profile_nodes *nodes = &profile->nodes;
	g_autofree uint32_t *open = g_new0(uint32_t, grouping->count);
	uint8_t *outermost = g_new0(uint8_t, nodes->count);
	uint32_t top = 0;

	for (uint32_t node = 1; node < nodes->count; node++) {
		for (; top != nodes->parent[node]; top = nodes->parent[top])
			open[grouping->key(profile, top)]--;
		outermost[node] = open[grouping->key(profile, node)]++ == 0;
		top = node;
	}
	return outermost;
}

static void
add_metric(const struct selection *selection, const struct grouping *grouping,
	const uint8_t *outermost, enum metric metric, struct table_row *rows)
{
	g_autofree uint64_t *self = selection_self(selection, metric);
	g_autofree uint64_t *total = selection_total(selection->profile, self);

	for (uint32_t node = 1; node < selection->profile->nodes.count; node++) {
		struct table_row *row = &rows[grouping->key(selection->profile, node)];

		row->self[metric] += self[node];
		if (outermost[node])
			row->total[metric] += total[node];
	}
}

struct order {
	const struct profile *profile;
	const struct grouping *grouping;
	enum metric sort;
};

static int
compare_rows(gconstpointer a, gconstpointer b, gpointer context)
{
	const struct table_row *left = a, *right = b;
	const struct order *order = context;
	const struct grouping *grouping = order->grouping;
	const enum metric sort = order->sort;

	if (left->total[sort] != right->total[sort])
		return left->total[sort] > right->total[sort] ? -1 : 1;
	if (left->self[sort] != right->self[sort])
		return left->self[sort] > right->self[sort] ? -1 : 1;
	return strcmp(grouping->name(order->profile, left->key),
		grouping->name(order->profile, right->key));
}

static bool
has_value(const struct table_row *row)
{
	for (unsigned metric = 0; metric < METRICS; metric++) {
		if (row->total[metric])
			return true;
	}
	return false;
}

static GArray *
group(const struct selection *selection, const struct grouping *grouping, enum metric sort)
{
	GArray *table = g_array_new(FALSE, FALSE, sizeof(struct table_row));
	g_autofree struct table_row *rows = g_new0(struct table_row, grouping->count);
	g_autofree uint8_t *outermost = grouping_outermost(grouping, selection->profile);
	struct order order = {selection->profile, grouping, sort};

	for (unsigned metric = 0; metric < METRICS; metric++)
		if (metric_is_there(selection->profile, metric))
			add_metric(selection, grouping, outermost, metric, rows);
	for (guint i = 0; i < grouping->count; i++) {
		rows[i].key = i;
		if (has_value(&rows[i]))
			g_array_append_val(table, rows[i]);
	}
	g_array_sort_with_data(table, compare_rows, &order);
	return table;
}

GArray *
table_functions(const struct selection *selection, enum metric sort)
{
	const struct grouping grouping = grouping_by_function(selection->profile);

	return group(selection, &grouping, sort);
}

GArray *
table_modules(const struct selection *selection, enum metric sort)
{
	const struct grouping grouping = grouping_by_module(selection->profile);

	return group(selection, &grouping, sort);
}

/* ---- call paths ---- */

uint32_t
table_site(const struct profile *profile, uint32_t node)
{
	for (uint32_t at = node; at; at = profile->nodes.parent[at]) {
		if (!name_is_allocator(
			    profile_function(profile, profile_node_function(profile, at))->name))
			return at;
	}
	return node;
}

/* By function: is it the allocator's? Asked once for each, not for each call path. */
static uint8_t *
allocator_functions(const struct profile *profile)
{
	uint8_t *allocator = g_new0(uint8_t, profile->functions->len);

	for (guint i = 1; i < profile->functions->len; i++)
		allocator[i] = name_is_allocator(profile_function(profile, i)->name);
	return allocator;
}

static int
compare_paths(gconstpointer a, gconstpointer b)
{
	const struct table_path *left = a, *right = b;

	if (left->value != right->value)
		return left->value > right->value ? -1 : 1;
	return (left->node > right->node) - (left->node < right->node);
}

/* The count that goes with a metric in bytes. */
static uint64_t
blocks_of(enum metric metric, const struct memory_sums *sums)
{
	switch (metric) {
	case METRIC_BYTES:
		return sums->allocated.count;
	case METRIC_PEAK:
		return sums->at_run_peak.count;
	case METRIC_LEAKED:
		return sums->leaked.count;
	default:
		return 0;
	}
}

static void
add_blocks(const struct selection *selection, enum metric metric, const uint32_t *site,
	struct table_path *values)
{
	const struct profile_memory *memory = &selection->profile->memory;

	for (uint32_t i = 0; i < memory->count; i++) {
		const uint32_t node = memory->node[i];

		if (selection->rows[i] && memory->category[i] == MEMORY_HEAP)
			values[site[node] ? site[node] : node].blocks +=
				blocks_of(metric, &memory->sums[i]);
	}
}

/* By node: who is to be named for it. Time is spent in the allocator by itself. */
static uint32_t *
find_sites(const struct profile *profile, enum metric metric)
{
	g_autofree uint8_t *allocator = allocator_functions(profile);
	uint32_t *site = g_new0(uint32_t, profile->nodes.count);

	for (uint32_t node = 1; node < profile->nodes.count; node++) {
		const bool skip = metric_table[metric].source == SOURCE_MEMORY &&
				  allocator[profile_node_function(profile, node)];

		site[node] = skip ? site[profile->nodes.parent[node]] : node;
	}
	return site;
}

GArray *
table_paths(const struct selection *selection, enum metric metric)
{
	const struct profile *profile = selection->profile;
	GArray *paths = g_array_new(FALSE, FALSE, sizeof(struct table_path));
	g_autofree uint32_t *site = find_sites(profile, metric);
	g_autofree uint64_t *self = selection_self(selection, metric);
	g_autofree struct table_path *values = g_new0(struct table_path, profile->nodes.count);

	for (uint32_t node = 0; node < profile->nodes.count; node++)
		values[site[node] ? site[node] : node].value += self[node];
	add_blocks(selection, metric, site, values);
	for (uint32_t node = 0; node < profile->nodes.count; node++) {
		values[node].node = node;
		if (values[node].value)
			g_array_append_val(paths, values[node]);
	}
	g_array_sort(paths, compare_paths);
	return paths;
}

char *
table_place(const struct profile *profile, uint32_t node)
{
	const struct profile_frame *frame = profile_node_frame(profile, node);
	const char *file = profile_file(profile, frame->file);
	const char *module =
		profile_module(profile, profile_function(profile, frame->function)->module)->path;
	g_autofree char *base = NULL;

	if (!*file && !*module)
		return g_strdup("");
	base = g_path_get_basename(*file ? file : module);
	if (*file && frame->line)
		return g_strdup_printf("%s:%u", base, frame->line);
	return g_steal_pointer(&base);
}
