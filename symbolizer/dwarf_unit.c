/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <dwarf.h>
#include "dwarf_die.h"
#include "dwarf_unit.h"

enum {
	UNIT_DEPTH_MAX = 512,	    /* levels of entries in one another */
	UNIT_ENTRIES_MAX = 1 << 26, /* steps in one unit: broken links can multiply them */
};
#define UNIT_NO_INLINE UINT32_MAX

struct dwarf_inline {
	Dwarf_Die die;
	uint32_t around; /* index of the inlined body it is in, or UNIT_NO_INLINE */
};

struct dwarf_function {
	Dwarf_Die die;
	GArray *inlines; /* struct dwarf_inline; NULL: not read yet */
	struct range_index ranges;
};

/* A walk over entries. */
struct unit_walk {
	struct dwarf_unit *unit;
	struct dwarf_function *function; /* whose inlined bodies are read */
	bool deep;
	uint32_t steps_left;
};

static void
dwarf_function_free(void *function_)
{
	struct dwarf_function *function = function_;

	g_clear_pointer(&function->inlines, g_array_unref);
	range_index_fini(&function->ranges);
	g_free(function);
}

struct dwarf_unit *
dwarf_unit_new(const Dwarf_Die *skeleton)
{
	struct dwarf_unit *unit = g_new0(struct dwarf_unit, 1);

	unit->skeleton = unit->tree = *skeleton;
	unit->functions = g_ptr_array_new_with_free_func(dwarf_function_free);
	unit->directory = dwarf_formstring(
		dwarf_attr(&unit->skeleton, DW_AT_comp_dir, &(Dwarf_Attribute){0}));
	range_index_init(&unit->ranges);
	return unit;
}

void
dwarf_unit_free(struct dwarf_unit *unit)
{
	if (!unit)
		return;
	g_ptr_array_unref(unit->functions);
	range_index_fini(&unit->ranges);
	g_free(unit);
}

/* Code that the linker dropped is left with addresses at 0 or at the end of the address space. */
static bool
unit_range_is_live(uint64_t low, uint64_t high)
{
	return low > 1 && low < high && low < UINT64_MAX - 1;
}

static uint32_t
unit_add_ranges(Dwarf_Die *die, struct range_index *ranges, uint32_t value, uint32_t budget)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t offset = 0;
	uint32_t count = 0;

	while (count < budget && (offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0) {
		if (unit_range_is_live(low, high))
			range_index_add(ranges, low, high, value);
		count++;
	}
	return count;
}

void
dwarf_unit_add_ranges(struct dwarf_unit *unit, struct range_index *ranges, uint32_t value)
{
	unit_add_ranges(&unit->skeleton, ranges, value, UNIT_ENTRIES_MAX);
}

static void
walk_add_function(struct unit_walk *walk, Dwarf_Die *die)
{
	struct dwarf_unit *unit = walk->unit;
	const guint before = unit->ranges.ranges->len;
	struct dwarf_function *function;

	walk->steps_left -=
		unit_add_ranges(die, &unit->ranges, unit->functions->len, walk->steps_left);
	if (unit->ranges.ranges->len == before)
		return;
	function = g_new0(struct dwarf_function, 1);
	function->die = *die;
	range_index_init(&function->ranges);
	g_ptr_array_add(unit->functions, function);
}

static bool
walk_enters(const struct unit_walk *walk, int tag)
{
	switch (tag) {
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_interface_type:
	case DW_TAG_enumeration_type:
		return true;
	case DW_TAG_subprogram:
	case DW_TAG_lexical_block:
		return walk->deep;
	default:
		return false;
	}
}

static void
walk_functions(struct unit_walk *walk, Dwarf_Die *parent, unsigned depth)
{
	Dwarf_Die die;

	if (depth > UNIT_DEPTH_MAX || !dwarf_die_child(parent, &die))
		return;
	do {
		const int tag = dwarf_tag(&die);

		if (walk->steps_left == 0)
			return;
		walk->steps_left--;
		if (tag == DW_TAG_subprogram)
			walk_add_function(walk, &die);
		if (walk_enters(walk, tag))
			walk_functions(walk, &die, depth + 1);
	} while (dwarf_die_sibling(&die, &die));
}

/* Turns to the entries in the .dwo file of a unit whose own are only a skeleton. */
static void
unit_find_split(struct dwarf_unit *unit)
{
	Dwarf_Die split;
	uint8_t type;

	if (dwarf_cu_info(unit->skeleton.cu, NULL, &type, NULL, &split, NULL, NULL, NULL) != 0 ||
		type != DW_UT_skeleton)
		return;
	unit->lacks_split = split.addr == NULL;
	if (split.addr)
		unit->tree = split;
}

static void
unit_read(struct dwarf_unit *unit, bool deep)
{
	struct unit_walk walk = {.unit = unit, .deep = deep, .steps_left = UNIT_ENTRIES_MAX};

	if (!unit->is_read)
		unit_find_split(unit);
	unit->is_read = true;
	unit->is_read_deep = deep;
	g_ptr_array_set_size(unit->functions, 0);
	range_index_fini(&unit->ranges);
	range_index_init(&unit->ranges);
	walk_functions(&walk, &unit->tree, 0);
	range_index_sort(&unit->ranges);
}

static struct dwarf_function *
unit_function(struct dwarf_unit *unit, uint64_t address)
{
	const struct range *range;

	if (!unit->is_read)
		unit_read(unit, false);
	range = range_index_smallest(&unit->ranges, address);
	if (!range && !unit->is_read_deep) {
		unit_read(unit, true);
		range = range_index_smallest(&unit->ranges, address);
	}
	return range ? g_ptr_array_index(unit->functions, range->value) : NULL;
}

static void
walk_inlines(struct unit_walk *walk, Dwarf_Die *parent, uint32_t around, unsigned depth)
{
	struct dwarf_function *function = walk->function;
	Dwarf_Die die;

	if (depth > UNIT_DEPTH_MAX || !dwarf_die_child(parent, &die))
		return;
	do {
		const int tag = dwarf_tag(&die);
		uint32_t within = around;

		if (walk->steps_left == 0)
			return;
		walk->steps_left--;
		if (tag == DW_TAG_inlined_subroutine) {
			const struct dwarf_inline body = {.die = die, .around = around};

			within = function->inlines->len;
			g_array_append_val(function->inlines, body);
			walk->steps_left -=
				unit_add_ranges(&die, &function->ranges, within, walk->steps_left);
		}
		if (tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block)
			walk_inlines(walk, &die, within, depth + 1);
	} while (dwarf_die_sibling(&die, &die));
}

/* The innermost inlined body at `address`, or UNIT_NO_INLINE. */
static uint32_t
function_inline(struct dwarf_function *function, uint64_t address)
{
	const struct range *range;

	if (!function->inlines) {
		struct unit_walk walk = {.function = function, .steps_left = UNIT_ENTRIES_MAX};

		function->inlines = g_array_new(FALSE, FALSE, sizeof(struct dwarf_inline));
		walk_inlines(&walk, &function->die, UNIT_NO_INLINE, 0);
		range_index_sort(&function->ranges);
	}
	/* A body is numbered after the one around it: the largest number is the innermost. */
	range = range_index_last(&function->ranges, address);
	return range ? range->value : UNIT_NO_INLINE;
}

static void
unit_find_line(struct dwarf_unit *unit, uint64_t address, struct dwarf_paths *paths,
	struct dwarf_frame *frame)
{
	Dwarf_Line *row = dwarf_getsrc_die(&unit->skeleton, address);
	int line = 0, column = 0;

	if (!row)
		return;
	dwarf_lineno(row, &line);
	dwarf_linecol(row, &column);
	frame->file = dwarf_paths_intern(paths, unit->directory, dwarf_linesrc(row, NULL, NULL));
	frame->line = (uint32_t)MAX(line, 0);
	frame->column = (uint32_t)MAX(column, 0);
}

/* Where an inlined body's function was called. */
static struct dwarf_frame
unit_call_site(struct dwarf_unit *unit, struct dwarf_inline *body, struct dwarf_paths *paths)
{
	Dwarf_Files *files;
	size_t file_count;
	const uint64_t file = dwarf_die_number(&body->die, DW_AT_call_file);
	struct dwarf_frame frame = {
		.line = (uint32_t)dwarf_die_number(&body->die, DW_AT_call_line),
		.column = (uint32_t)dwarf_die_number(&body->die, DW_AT_call_column),
	};

	if (dwarf_getsrcfiles(&unit->tree, &files, &file_count) == 0 && file < file_count)
		frame.file = dwarf_paths_intern(
			paths, unit->directory, dwarf_filesrc(files, file, NULL, NULL));
	return frame;
}

bool
dwarf_unit_find(struct dwarf_unit *unit, uint64_t address, struct dwarf_scopes *scopes,
	struct dwarf_paths *paths, GArray *frames)
{
	struct dwarf_function *function = unit_function(unit, address);
	struct dwarf_frame frame = {0};
	uint32_t i;

	unit_find_line(unit, address, paths, &frame);
	if (!function && !frame.file)
		return false;
	i = function ? function_inline(function, address) : UNIT_NO_INLINE;
	while (i != UNIT_NO_INLINE) {
		struct dwarf_inline *body =
			&g_array_index(function->inlines, struct dwarf_inline, i);

		frame.function = dwarf_scopes_function(scopes, &body->die);
		g_array_append_val(frames, frame);
		frame = unit_call_site(unit, body, paths);
		i = body->around;
	}
	frame.function = function ? dwarf_scopes_function(scopes, &function->die) : NULL;
	g_array_append_val(frames, frame);
	return true;
}
