/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See module_index.h. */
#include <stdlib.h>

#include "module_index.h"

static int
compare_start(const void *a, const void *b)
{
	const struct module *left = *(const struct module *const *)a;
	const struct module *right = *(const struct module *const *)b;

	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	return (left->start_ns > right->start_ns) - (left->start_ns < right->start_ns);
}

void
module_index_init(struct module_index *index, const GPtrArray *modules)
{
	uint64_t end = 0;

	index->count = modules ? modules->len : 0;
	index->modules = g_new(const struct module *, index->count);
	index->ends = g_new(uint64_t, index->count);
	for (guint i = 0; i < index->count; i++)
		index->modules[i] = g_ptr_array_index(modules, i);
	if (index->count)
		qsort(index->modules, index->count, sizeof(*index->modules), compare_start);
	for (guint i = 0; i < index->count; i++)
		index->ends[i] = end = MAX(end, index->modules[i]->end);
}

void
module_index_fini(struct module_index *index)
{
	g_free(index->modules);
	g_free(index->ends);
	*index = (struct module_index){0};
}

/* How far `time_ns` is from the module's life: 0 within it. */
static uint64_t
time_distance(const struct module *module, uint64_t time)
{
	if (time < module->start_ns)
		return module->start_ns - time;
	return time > module->end_ns ? time - module->end_ns : 0;
}

/* Modules that begin at or before `address`. */
static guint
count_before(const struct module_index *index, uint64_t address)
{
	guint low = 0, high = index->count;

	while (low < high) {
		const guint middle = low + (high - low) / 2;

		if (index->modules[middle]->start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct module *
module_index_find(const struct module_index *index, uint64_t address, uint64_t time)
{
	const struct module *best = NULL;

	/* From the nearest start downwards, as long as something below still reaches here. */
	for (guint i = count_before(index, address); i && index->ends[i - 1] > address; i--) {
		const struct module *module = index->modules[i - 1];

		if (module->end <= address)
			continue;
		if (!best || time_distance(module, time) < time_distance(best, time))
			best = module;
	}
	return best;
}
