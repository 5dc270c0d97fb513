/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See static_drawing.h. */
#include "static_drawing.h"

#include "amount.h"
#include "colour.h"

#include <math.h>

static void
sum_side(const struct flame_tree *tree, unsigned side, double scale, double *total)
{
	for (uint32_t i = tree->count; i-- > 0;) {
		total[i] += (double)tree->self[side][i] * scale;
		if (tree->parent[i] != FLAME_NO_PARENT)
			total[tree->parent[i]] += total[i];
	}
}

static double
sum_of_roots(const struct flame_tree *tree, const double *total)
{
	double sum = 0;

	for (uint32_t i = 0; i < tree->count; i = tree->end[i])
		sum += total[i];
	return sum;
}

/* Widths become those of the larger side, box by box, so that they still add up. */
static void
widen(struct flame_tree *tree, double scale)
{
	for (uint32_t i = 0; i < tree->count; i++)
		tree->total[i] =
			MAX((uint64_t)((double)tree->self[0][i] * scale + 0.5), tree->self[1][i]);
	for (uint32_t i = tree->count; i-- > 0;) {
		const uint32_t above = tree->parent[i];

		if (above != FLAME_NO_PARENT)
			tree->total[above] = flame_add(tree->total[above], tree->total[i]);
	}
}

void
static_change(struct static_drawing *drawing)
{
	const struct flame_compare *options = drawing->flame->compare;
	struct flame_tree *tree = &drawing->tree;
	double a, b, scale = 1;

	if (!options || tree->metric_count < 2)
		return;
	drawing->step = g_new0(int8_t, tree->count + 1);
	drawing->a = g_new0(double, tree->count + 1);
	drawing->b = g_new0(double, tree->count + 1);
	sum_side(tree, 0, 1, drawing->a);
	sum_side(tree, 1, 1, drawing->b);
	a = sum_of_roots(tree, drawing->a);
	b = sum_of_roots(tree, drawing->b);
	if (options->normalised && a > 0)
		scale = b / a;
	for (uint32_t i = 0; i < tree->count; i++) {
		drawing->a[i] *= scale;
		if (fabs(drawing->b[i] - drawing->a[i]) > options->noise * MAX(a * scale, b))
			drawing->step[i] = (int8_t)colour_change_step(drawing->a[i], drawing->b[i]);
	}
	widen(tree, scale);
}

char *
static_change_text(const struct static_drawing *drawing, uint32_t box)
{
	const struct flame_metric *metric = drawing->flame->metrics;
	const double a = drawing->a[box], b = drawing->b[box];
	g_autofree char *before = amount_format((uint64_t)a, metric->unit, metric->count_name);
	g_autofree char *after = amount_format((uint64_t)b, metric->unit, metric->count_name);

	if (!drawing->step[box])
		return g_strdup_printf("A %s, B %s: no change", before, after);
	if (a <= 0)
		return g_strdup_printf("B %s: new", after);
	if (b <= 0)
		return g_strdup_printf("A %s: gone", before);
	return g_strdup_printf("A %s, B %s (%+.1f %%)", before, after, 100 * (b - a) / a);
}
