/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <dwarf.h>
#include "dwarf_index.h"

struct dwarf_index {
	struct dwarf_paths paths;
	struct dwarf_scopes *scopes;
	GPtrArray *units; /* struct dwarf_unit */
	struct range_index ranges;
};

static void
unit_free(void *unit)
{
	dwarf_unit_free(unit);
}

static void
index_add_unit(struct dwarf_index *index, const Dwarf_Die *die)
{
	struct dwarf_unit *unit = dwarf_unit_new(die);
	const guint before = index->ranges.ranges->len;

	dwarf_unit_add_ranges(unit, &index->ranges, index->units->len);
	if (index->ranges.ranges->len == before)
		dwarf_unit_free(unit);
	else
		g_ptr_array_add(index->units, unit);
}

struct dwarf_index *
dwarf_index_new(Dwarf *dwarf, struct symbol_names *names)
{
	struct dwarf_index *index = g_new0(struct dwarf_index, 1);
	Dwarf_CU *unit = NULL;
	uint8_t type;
	Dwarf_Die die;

	dwarf_paths_init(&index->paths, names);
	index->scopes = dwarf_scopes_new(names);
	index->units = g_ptr_array_new_with_free_func(unit_free);
	range_index_init(&index->ranges);
	/* The .dwo files are not asked for here: a big program has thousands. */
	while (dwarf_get_units(dwarf, unit, &unit, NULL, &type, &die, NULL) == 0)
		if (type == DW_UT_compile || type == DW_UT_skeleton)
			index_add_unit(index, &die);
	range_index_sort(&index->ranges);
	return index;
}

void
dwarf_index_free(struct dwarf_index *index)
{
	if (!index)
		return;
	g_ptr_array_unref(index->units);
	range_index_fini(&index->ranges);
	dwarf_scopes_free(index->scopes);
	dwarf_paths_fini(&index->paths);
	g_free(index);
}

static bool
index_try_unit(struct dwarf_index *index, const struct range *range, uint64_t address,
	bool without_function, GArray *frames)
{
	struct dwarf_unit *unit = g_ptr_array_index(index->units, range->value);
	const guint before = frames->len;

	if (!dwarf_unit_find(unit, address, index->scopes, &index->paths, frames))
		return false;
	if (without_function || g_array_index(frames, struct dwarf_frame, frames->len - 1).function)
		return true;
	g_array_set_size(frames, before);
	return false;
}

bool
dwarf_index_find(struct dwarf_index *index, uint64_t address, GArray *frames)
{
	/* Of units that overlap, one that knows the function, else one that knows the line. */
	for (int without_function = 0; without_function < 2; without_function++)
		for (const struct range *range = NULL;
			(range = range_index_next(&index->ranges, address, range)) != NULL;)
			if (index_try_unit(index, range, address, without_function, frames))
				return true;
	return false;
}

unsigned
dwarf_index_split_missing(const struct dwarf_index *index)
{
	unsigned count = 0;

	for (guint i = 0; i < index->units->len; i++)
		count += ((const struct dwarf_unit *)g_ptr_array_index(index->units, i))
				 ->lacks_split;
	return count;
}
