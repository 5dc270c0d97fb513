/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "flame_static.h"

#include "amount.h"
#include "colour.h"
#include "flame_pack.h"
#include "flame_tree.h"
#include "xml.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	MARGIN = 12,
	HEADER = 62,
	ROW = 18,
	BOX = 17,
	FOOTER = 34,
	TEXT_LEFT = 4,
	/* Hundredths of a pixel that a letter takes; more than most fonts need, since a text that
	 * overflows its box is worse than one cut a letter early. */
	LETTER = 720,
	WIDE_LETTER = 1250,
	PIXEL = 100, /* all places are in hundredths of a pixel: no locale, no rounding */
	NARROWEST = PIXEL / 2,
	DRAWING = (STATIC_WIDTH - 2 * MARGIN) * PIXEL,
};

#define NO_GROUP UINT32_MAX

/* Where a box is drawn. */
struct place {
	uint64_t left, width; /* in hundredths of a pixel, from the margin */
	uint32_t row;
};

struct drawing {
	const struct flame *flame;
	struct flame_tree tree;
	struct place *places; /* by box */
	uint64_t low, span;   /* of the axis, in values or ns */
	uint32_t rows;
	uint32_t *group; /* by frame: the class of its colour; NO_GROUP: see group_of() */
	int8_t *step;	 /* by box, of a comparison: how it changed; else NULL */
	double *a, *b;	 /* by box, of a comparison: its values with all below it */
	bool flipped;
	bool by_change; /* colours of a comparison */
};

/* ---- text ----------------------------------------------------------------------------------- */

static unsigned
letter_width(gunichar letter)
{
	return g_unichar_iswide(letter) ? WIDE_LETTER : LETTER;
}

/* As much of a text as fits, with an ellipsis where some is cut; NULL: not worth it. */
static char *
fit(const char *text, uint64_t room)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	char *cut = valid;
	uint64_t used = 0;

	for (char *at = valid; *at; at = g_utf8_next_char(at)) {
		used += letter_width(g_utf8_get_char(at));
		if (used + LETTER <= room)
			cut = g_utf8_next_char(at);
		if (used > room)
			break;
	}
	if (used <= room)
		return g_steal_pointer(&valid);
	if (g_utf8_strlen(valid, cut - valid) < 2)
		return NULL;
	*cut = '\0';
	return g_strconcat(valid, "…", NULL);
}

static void
append_pixels(GString *out, const char *attribute, uint64_t hundredths)
{
	g_string_append_printf(
		out, " %s=\"%" G_GUINT64_FORMAT, attribute, (guint64)(hundredths / PIXEL));
	if (hundredths % PIXEL)
		g_string_append_printf(out, ".%02u", (unsigned)(hundredths % PIXEL));
	g_string_append_c(out, '"');
}

/* "function (value, share)" and, where known, the place in the source. */
static char *
describe(const struct drawing *drawing, const char *name, const struct flame_frame *frame,
	uint64_t value, uint64_t whole)
{
	const struct flame *flame = drawing->flame;
	const struct flame_metric *metric = flame->metric_count ? flame->metrics : NULL;
	g_autofree char *amount = amount_format(
		value, metric ? metric->unit : FLAME_NS, metric ? metric->count_name : NULL);
	g_autofree char *share = amount_share(value, whole);
	GString *text = g_string_new(name);

	g_string_append_printf(text, " (%s, %s)", amount, share);
	if (frame && frame->file && frame->file[0]) {
		g_string_append_printf(text, "\n%s", frame->file);
		if (frame->line)
			g_string_append_printf(text, ":%u", frame->line);
	}
	if (frame && frame->module && frame->module[0])
		g_string_append_printf(text, "\n%s", frame->module);
	g_autofree char *plain = g_string_free(text, FALSE);
	return xml_escape(plain);
}

static void
append_box(GString *body, const struct drawing *drawing, const struct place *place,
	const char *class, const char *name, const char *title)
{
	uint64_t left = MARGIN * PIXEL + place->left;
	uint32_t row = drawing->flipped ? place->row : drawing->rows - 1 - place->row;
	unsigned top = HEADER + row * ROW;
	uint64_t gap = place->width > 3 * PIXEL ? PIXEL / 2 : 0;
	g_autofree char *label =
		place->width > 24 * PIXEL ? fit(name, place->width - 2 * TEXT_LEFT * PIXEL) : NULL;

	g_string_append_printf(body, "<g class=\"%s\"><title>%s</title><rect", class, title);
	append_pixels(body, "x", left);
	g_string_append_printf(body, " y=\"%u\"", top);
	append_pixels(body, "width", place->width - gap);
	g_string_append_printf(body, " height=\"%d\"/>", BOX);
	if (label) {
		g_autofree char *escaped = xml_escape(label);

		g_string_append(body, "<text");
		append_pixels(body, "x", left + TEXT_LEFT * PIXEL);
		g_string_append_printf(body, " y=\"%u\">%s</text>", top + 13, escaped);
	}
	g_string_append(body, "</g>\n");
}

/* ---- comparisons ---------------------------------------------------------------------------- */

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

static void
compare(struct drawing *drawing)
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

/* "A 1.20 MiB, B 1.50 MiB (+25.0 %)" */
static char *
describe_change(const struct drawing *drawing, uint32_t box)
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

/* ---- places --------------------------------------------------------------------------------- */

static uint64_t
hundredths(const struct drawing *drawing, uint64_t value)
{
	if (!drawing->span)
		return 0;
	/* A chart asks this of each of its boxes, and of those too narrow to be drawn. */
	if (value <= UINT64_MAX / DRAWING)
		return value * DRAWING / drawing->span;
	return (uint64_t)((long double)value * DRAWING / drawing->span);
}

static void
place_graph(struct drawing *drawing)
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
		drawing->places[i] = (struct place){
			.left = hundredths(drawing, left),
			.width = hundredths(drawing, right) - hundredths(drawing, left),
			.row = tree->depth[i] + 1,
		};
		drawing->rows = MAX(drawing->rows, drawing->places[i].row + 1);
	}
	drawing->rows = MAX(drawing->rows, 1);
}

static void
place_chart(struct drawing *drawing)
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
		drawing->places[i] = (struct place){
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

/* The width from which on boxes are drawn, so that there are at most STATIC_BOXES_MAX. */
static uint64_t
least_width(const struct drawing *drawing)
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

/* ---- colours -------------------------------------------------------------------------------- */

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
group_by_module(struct drawing *drawing)
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

static void
choose_colours(struct drawing *drawing, const char *scheme, GString *css)
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

/* ---- the whole ------------------------------------------------------------------------------ */

static const char *
module_name(const struct flame_frame *frame)
{
	return frame->module ? frame->module : "";
}

static guint
hash_frame(gconstpointer key)
{
	const struct flame_frame *frame = key;

	return g_str_hash(flame_function_name(frame)) * 31 + g_str_hash(module_name(frame));
}

static gboolean
equal_frames(gconstpointer a, gconstpointer b)
{
	const struct flame_frame *left = a, *right = b;

	return strcmp(flame_function_name(left), flame_function_name(right)) == 0 &&
	       strcmp(module_name(left), module_name(right)) == 0;
}

/* Of frames that have their texts in common, which most do: without a look at these. */
static guint
hash_places(gconstpointer key)
{
	const struct flame_frame *frame = key;

	return g_direct_hash(frame->function) * 31 + g_direct_hash(frame->module);
}

static gboolean
equal_places(gconstpointer a, gconstpointer b)
{
	const struct flame_frame *left = a, *right = b;

	return left->function == right->function && left->module == right->module;
}

/* The same function and module is one frame here, as the reader sees it first. */
static uint32_t *
merged_frames(const struct flame *flame)
{
	g_autoptr(GHashTable) by_text = g_hash_table_new(hash_frame, equal_frames);
	g_autoptr(GHashTable) by_place = g_hash_table_new(hash_places, equal_places);
	uint32_t *frame_of = g_new(uint32_t, MAX(flame->frame_count, 1));

	for (uint32_t f = 0; f < flame->frame_count; f++) {
		const struct flame_frame *frame = &flame->frames[f];
		const struct flame_frame *first = g_hash_table_lookup(by_place, frame);

		if (!first) {
			first = g_hash_table_lookup(by_text, frame);
			if (!first)
				g_hash_table_add(by_text, (gpointer)(uintptr_t)(first = frame));
			g_hash_table_insert(
				by_place, (gpointer)(uintptr_t)frame, (gpointer)(uintptr_t)first);
		}
		frame_of[f] = (uint32_t)(first - flame->frames);
	}
	return frame_of;
}

/* By name a class is found when it is needed: of most frames nothing is drawn. */
static uint32_t
group_of(const struct drawing *drawing, uint32_t frame)
{
	uint32_t *group = &drawing->group[frame];

	if (*group == NO_GROUP) {
		g_autofree char *name =
			g_utf8_make_valid(flame_function_name(&drawing->flame->frames[frame]), -1);

		*group = colour_slot(name);
	}
	return *group;
}

static void
draw_root(struct flame_static *ret, const struct drawing *drawing)
{
	const struct flame *flame = drawing->flame;
	const char *name = flame->root_name ? flame->root_name : "all";
	const struct place place = {.width = DRAWING};
	g_autofree char *title = describe(drawing, name, NULL, drawing->span, drawing->span);

	append_box(ret->body, drawing, &place, "root", name, title);
}

/* A box of a comparison: the sign before its name says the same as its colour. */
static void
draw_change(struct flame_static *ret, const struct drawing *drawing, uint32_t box,
	const char *scheme_class)
{
	const struct flame_frame *frame = &drawing->flame->frames[drawing->tree.frame[box]];
	const bool by_change = drawing->by_change;
	const int step = drawing->step[box];
	g_autofree char *what = describe_change(drawing, box);
	g_autofree char *text = g_strdup_printf("%s\n%s%s%s", flame_function_name(frame), what,
		frame->module && *frame->module ? "\n" : "", frame->module ? frame->module : "");
	g_autofree char *title = xml_escape(text);
	g_autofree char *name = g_strconcat(step > 0   ? "+ "
					    : step < 0 ? "− "
						       : "",
		flame_function_name(frame), NULL);
	char class[16];

	g_snprintf(class, sizeof class, "d%d", step + COLOUR_CHANGES);
	append_box(ret->body, drawing, &drawing->places[box], by_change ? class : scheme_class,
		name, title);
}

static void
draw_boxes(struct flame_static *ret, const struct drawing *drawing, uint64_t least)
{
	const struct flame *flame = drawing->flame;
	const struct flame_tree *tree = &drawing->tree;
	uint64_t whole = drawing->span;

	for (uint32_t i = 0; i < tree->count; i++) {
		const struct flame_frame *frame = &flame->frames[tree->frame[i]];
		uint64_t value = flame->metric_count ? tree->total[i] : tree->duration_ns[i];
		char class[16];

		if (tree->depth[i] == 0 && flame->kind == FLAME_CHART)
			whole = value;
		if (drawing->places[i].row >= STATIC_ROWS_MAX) {
			ret->deep_boxes++;
			continue;
		}
		if (drawing->places[i].width < least) {
			/* what has no width at all in this measure is not missing from the picture
			 */
			ret->narrow_boxes += value != 0;
			continue;
		}
		g_snprintf(class, sizeof class, "c%u", group_of(drawing, tree->frame[i]));
		if (drawing->step) {
			draw_change(ret, drawing, i, class);
			continue;
		}
		g_autofree char *title =
			describe(drawing, flame_function_name(frame), frame, value, whole);
		append_box(ret->body, drawing, &drawing->places[i], class,
			flame_function_name(frame), title);
	}
}

static void
draw_text(GString *body, const char *class, unsigned x, unsigned y, const char *text)
{
	g_autofree char *escaped = xml_escape(text);

	g_string_append_printf(
		body, "<text class=\"%s\" x=\"%u\" y=\"%u\">%s</text>\n", class, x, y, escaped);
}

static void
draw_notice(struct flame_static *ret, const struct drawing *drawing, uint64_t least)
{
	g_autofree char *narrow = amount_count(ret->narrow_boxes);
	g_autofree char *deep = amount_count(ret->deep_boxes);
	g_autoptr(GString) text = g_string_new(NULL);

	if (drawing->tree.count == 0)
		g_string_append(text, "This profile is empty: nothing was recorded.");
	if (ret->narrow_boxes)
		g_string_append_printf(text, "%s boxes narrower than %u.%02u %% are not drawn. ",
			narrow, (unsigned)(least * 100 / DRAWING),
			(unsigned)(least * 10000 / DRAWING % 100));
	if (ret->deep_boxes)
		g_string_append_printf(
			text, "%s boxes beyond row %d are not drawn. ", deep, STATIC_ROWS_MAX);
	if (ret->narrow_boxes || ret->deep_boxes)
		g_string_append(text, "A browser with JavaScript shows all of them.");
	g_string_append_printf(ret->body,
		"<text class=\"note\" id=\"thag-note\" x=\"%d\" y=\"%u\">%s</text>\n", MARGIN,
		ret->height - FOOTER + 22, text->str);
}

static char *
describe_comparison(const struct flame *flame)
{
	return g_strdup_printf("A = baseline: %s.  B = new: %s.  Orange and +: more in B; blue and "
			       "−: less%s.",
		flame->compare->a ? flame->compare->a : "A",
		flame->compare->b ? flame->compare->b : "B",
		flame->compare->normalised ? "; A is scaled to the total of B" : "");
}

static void
draw(struct flame_static *ret, struct drawing *drawing)
{
	const struct flame *flame = drawing->flame;
	uint64_t least = least_width(drawing);

	drawing->rows = MIN(drawing->rows, STATIC_ROWS_MAX);
	ret->height = HEADER + drawing->rows * ROW + FOOTER;
	draw_text(ret->body, "title", MARGIN, 26, flame->title ? flame->title : "Flamegraph");
	if (flame->compare) {
		g_autofree char *banner = describe_comparison(flame);

		draw_text(ret->body, "note", MARGIN, 46, banner);
	} else if (flame->subtitle) {
		draw_text(ret->body, "note", MARGIN, 46, flame->subtitle);
	}
	if (flame->kind == FLAME_GRAPH)
		draw_root(ret, drawing);
	draw_boxes(ret, drawing, least);
	draw_notice(ret, drawing, least);
}

int
flame_static_init(struct flame_static *ret_drawing, const struct flame *flame,
	const struct flame_style *style)
{
	struct drawing drawing = {.flame = flame, .flipped = flame_is_flipped(flame, style)};
	struct flame_static ret = {0};
	g_autofree uint32_t *frame_of = merged_frames(flame);
	int error = flame_tree_init(&drawing.tree, flame, frame_of);

	if (error)
		return error;
	compare(&drawing);
	ret.body = g_string_new(NULL);
	ret.colours = g_string_new(NULL);
	drawing.places = g_new0(struct place, MAX(drawing.tree.count, 1));
	if (flame->kind == FLAME_CHART)
		place_chart(&drawing);
	else
		place_graph(&drawing);
	choose_colours(&drawing, flame_scheme(flame, style), ret.colours);
	draw(&ret, &drawing);
	g_free(drawing.places);
	g_free(drawing.group);
	g_free(drawing.step);
	g_free(drawing.a);
	g_free(drawing.b);
	flame_tree_fini(&drawing.tree);
	*ret_drawing = ret;
	return 0;
}

void
flame_static_fini(struct flame_static *drawing)
{
	g_string_free(drawing->body, TRUE);
	g_string_free(drawing->colours, TRUE);
}
