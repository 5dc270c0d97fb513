/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See static_drawing.h. */
#include "static_drawing.h"

#include "colour.h"
#include "flame_pack.h"

#include <stdlib.h>
#include <string.h>

#define NO_GROUP UINT32_MAX /* not known yet */

struct weight {
	const char *module;
	uint64_t value;
	uint32_t class;
};

static int
compare_weights(const void *left, const void *right)
{
	const struct weight *a = *(const struct weight *const *)left;
	const struct weight *b = *(const struct weight *const *)right;

	if (a->value != b->value)
		return a->value > b->value ? -1 : 1;
	return strcmp(a->module, b->module);
}

/* Modules by weight; the class of a frame is its module's rank + 1, 0 where none is known. */
static uint32_t
group_by_module(struct static_drawing *drawing)
{
	const struct flame *flame = drawing->flame;
	g_autoptr(GHashTable) table = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) weights = g_ptr_array_new_with_free_func(g_free);
	g_autofree struct weight **of = g_new0(struct weight *, MAX(flame->frame_count, 1));

	for (uint32_t f = 0; f < flame->frame_count; f++) {
		const char *module = flame->frames[f].module;

		if (!module || !module[0])
			continue;
		of[f] = g_hash_table_lookup(table, module);
		if (!of[f]) {
			of[f] = g_new0(struct weight, 1);
			of[f]->module = module;
			g_ptr_array_add(weights, of[f]);
			g_hash_table_insert(table, (gpointer)(uintptr_t)module, of[f]);
		}
	}
	for (uint32_t i = 0; i < drawing->tree.count && flame->metric_count; i++) {
		struct weight *weight = of[drawing->tree.frame[i]];

		if (weight)
			weight->value = flame_add(weight->value, drawing->tree.self[0][i]);
	}
	g_ptr_array_sort(weights, compare_weights);
	for (guint w = 0; w < weights->len; w++)
		((struct weight *)g_ptr_array_index(weights, w))->class = w + 1;
	for (uint32_t f = 0; f < flame->frame_count; f++)
		drawing->group[f] = of[f] ? of[f]->class : 0;
	return weights->len;
}

static void
append_rules(GString *css, const char *scheme, uint32_t classes, bool changes, bool dark)
{
	const struct colour_scheme *found = colour_scheme_find(scheme);

	for (int step = -COLOUR_CHANGES; changes && step <= COLOUR_CHANGES; step++)
		g_string_append_printf(css, ".d%d{fill:#%06x}", step + COLOUR_CHANGES,
			colour_of_change(step, dark));
	for (uint32_t c = 0; c < classes; c++) {
		uint32_t rgb = found ? colour_of_slot(found, c, dark)
			       : c   ? colour_of_module(c - 1, dark)
				     : (dark ? 0x4a4a4c : 0xd1d1d4);

		g_string_append_printf(css, ".c%u{fill:#%06x}", c, rgb);
	}
	g_string_append_c(css, '\n');
}

void
static_colours(struct static_drawing *drawing, const char *scheme, GString *css)
{
	const struct flame *flame = drawing->flame;
	uint32_t classes = COLOUR_SLOTS;

	drawing->group = g_new0(uint32_t, MAX(flame->frame_count, 1));
	if (drawing->step && strcmp(scheme, "change") == 0) {
		drawing->by_change = true;
		classes = 0;
	} else if (strcmp(scheme, "module") == 0) {
		classes = group_by_module(drawing) + 1;
	} else {
		for (uint32_t f = 0; f < flame->frame_count; f++)
			drawing->group[f] = NO_GROUP;
	}
	append_rules(css, scheme, classes, drawing->step, false);
	g_string_append(css, "@media screen and (prefers-color-scheme:dark){");
	append_rules(css, scheme, classes, drawing->step, true);
	g_string_append(css, "}\n");
}

uint32_t
static_colour_class(const struct static_drawing *drawing, uint32_t frame)
{
	uint32_t *group = &drawing->group[frame];

	if (*group == NO_GROUP) {
		g_autofree char *name =
			g_utf8_make_valid(flame_function_name(&drawing->flame->frames[frame]), -1);

		*group = colour_slot(name);
	}
	return *group;
}
