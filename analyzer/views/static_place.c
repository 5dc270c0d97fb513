/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See static_drawing.h. */
#include "static_drawing.h"

#include <stdlib.h>

enum {
	NARROWEST = STATIC_PIXEL / 2,
};

static uint64_t
hundredths(const struct static_drawing *drawing, uint64_t value)
{
	if (!drawing->span)
		return 0;
	/* A chart asks this of each of its boxes, and of those too narrow to be drawn. */
	if (value <= UINT64_MAX / STATIC_DRAWING)
		return value * STATIC_DRAWING / drawing->span;
	return (uint64_t)((long double)value * STATIC_DRAWING / drawing->span);
}

static void
place_graph(struct static_drawing *drawing)
{
	const struct flame_tree *tree = &drawing->tree;
	g_autofree uint64_t *before = g_new0(uint64_t, MAX(tree->count, 1));
	uint64_t roots = 0;

	for (uint32_t i = 0; i < tree->count; i = tree->end[i])
		drawing->span = flame_add(drawing->span, tree->total[i]);
	for (uint32_t i = 0; i < tree->count; i++) {
		uint32_t above = tree->parent[i];
		uint64_t *at = above == FLAME_NO_PARENT ? &roots : &before[above];
		uint64_t left = *at, right = flame_add(left, tree->total[i]);

		*at = right;
		before[i] = left;
		/* both ends rounded alike, so that neighbours meet */
		drawing->places[i] = (struct static_place){
			.left = hundredths(drawing, left),
			.width = hundredths(drawing, right) - hundredths(drawing, left),
			.row = tree->depth[i] + 1,
		};
		drawing->rows = MAX(drawing->rows, drawing->places[i].row + 1);
	}
	drawing->rows = MAX(drawing->rows, 1);
}

static void
place_chart(struct static_drawing *drawing)
{
	const struct flame_tree *tree = &drawing->tree;
	uint64_t low = UINT64_MAX, high = 0;
	uint32_t top = 0;

	for (uint32_t i = 0; i < tree->count; i = tree->end[i]) {
		low = MIN(low, tree->start_ns[i]);
		high = MAX(high, flame_add(tree->start_ns[i], tree->duration_ns[i]));
	}
	drawing->low = low;
	drawing->span = high > low ? high - low : 0;
	for (uint32_t i = 0; i < tree->count; i++) {
		uint64_t left = tree->start_ns[i] - low;

		if (tree->depth[i] == 0)
			top = drawing->rows ? drawing->rows + 1 : 0;
		drawing->places[i] = (struct static_place){
			.left = hundredths(drawing, left),
			.width = hundredths(drawing, flame_add(left, tree->duration_ns[i])) -
				 hundredths(drawing, left),
			.row = top + tree->depth[i],
		};
		drawing->rows = MAX(drawing->rows, drawing->places[i].row + 1);
	}
}

static int
compare_widths(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? 1 : a > b ? -1 : 0;
}

uint64_t
static_least_width(const struct static_drawing *drawing)
{
	const struct flame_tree *tree = &drawing->tree;
	g_autofree uint64_t *widths = g_new(uint64_t, MAX(tree->count, 1));
	uint32_t count = 0;

	for (uint32_t i = 0; i < tree->count; i++) {
		if (drawing->places[i].row < STATIC_ROWS_MAX &&
			drawing->places[i].width >= NARROWEST)
			widths[count++] = drawing->places[i].width;
	}
	if (count <= STATIC_BOXES_MAX)
		return NARROWEST;
	qsort(widths, count, sizeof *widths, compare_widths);
	return widths[STATIC_BOXES_MAX - 1];
}

void
static_places(struct static_drawing *drawing)
{
	drawing->places = g_new0(struct static_place, MAX(drawing->tree.count, 1));
	if (drawing->flame->kind == FLAME_CHART)
		place_chart(drawing);
	else
		place_graph(drawing);
}
