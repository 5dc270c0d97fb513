/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See flame_static.h. */
#include "flame_static.h"

#include "amount.h"
#include "colour.h"
#include "flame_pack.h"
#include "static_drawing.h"
#include "xml.h"

#include <string.h>

enum {
	HEADER = 62,
	ROW = 18,
	BOX = 17,
	FOOTER = 34,
	TEXT_LEFT = 4,
	/* Hundredths of a pixel that a letter takes; more than most fonts need, since a text that
	 * overflows its box is worse than one cut a letter early. */
	LETTER = 720,
	WIDE_LETTER = 1250,
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
		out, " %s=\"%" G_GUINT64_FORMAT, attribute, (guint64)(hundredths / STATIC_PIXEL));
	if (hundredths % STATIC_PIXEL)
		g_string_append_printf(out, ".%02u", (unsigned)(hundredths % STATIC_PIXEL));
	g_string_append_c(out, '"');
}

/* "function (value, share)" and, where known, the place in the source. */
static char *
describe(const struct static_drawing *drawing, const char *name, const struct flame_frame *frame,
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
append_box(GString *body, const struct static_drawing *drawing, const struct static_place *place,
	const char *class, const char *name, const char *title)
{
	uint64_t left = STATIC_MARGIN * STATIC_PIXEL + place->left;
	uint32_t row = drawing->flipped ? place->row : drawing->rows - 1 - place->row;
	unsigned top = HEADER + row * ROW;
	uint64_t gap = place->width > 3 * STATIC_PIXEL ? STATIC_PIXEL / 2 : 0;
	g_autofree char *label = place->width > 24 * STATIC_PIXEL
					 ? fit(name, place->width - 2 * TEXT_LEFT * STATIC_PIXEL)
					 : NULL;

	g_string_append_printf(body, "<g class=\"%s\"><title>%s</title><rect", class, title);
	append_pixels(body, "x", left);
	g_string_append_printf(body, " y=\"%u\"", top);
	append_pixels(body, "width", place->width - gap);
	g_string_append_printf(body, " height=\"%d\"/>", BOX);
	if (label) {
		g_autofree char *escaped = xml_escape(label);

		g_string_append(body, "<text");
		append_pixels(body, "x", left + TEXT_LEFT * STATIC_PIXEL);
		g_string_append_printf(body, " y=\"%u\">%s</text>", top + 13, escaped);
	}
	g_string_append(body, "</g>\n");
}

/* ---- frames --------------------------------------------------------------------------------- */

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

/* ---- the whole ------------------------------------------------------------------------------ */

static void
draw_root(struct flame_static *ret, const struct static_drawing *drawing)
{
	const struct flame *flame = drawing->flame;
	const char *name = flame->root_name ? flame->root_name : "all";
	const struct static_place place = {.width = STATIC_DRAWING};
	g_autofree char *title = describe(drawing, name, NULL, drawing->span, drawing->span);

	append_box(ret->body, drawing, &place, "root", name, title);
}

/* A box of a comparison: the sign before its name says the same as its colour. */
static void
draw_change(struct flame_static *ret, const struct static_drawing *drawing, uint32_t box,
	const char *scheme_class)
{
	const struct flame_frame *frame = &drawing->flame->frames[drawing->tree.frame[box]];
	const bool by_change = drawing->by_change;
	const int step = drawing->step[box];
	g_autofree char *what = static_change_text(drawing, box);
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
draw_boxes(struct flame_static *ret, const struct static_drawing *drawing, uint64_t least)
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
		g_snprintf(
			class, sizeof class, "c%u", static_colour_class(drawing, tree->frame[i]));
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
draw_notice(struct flame_static *ret, const struct static_drawing *drawing, uint64_t least)
{
	g_autofree char *narrow = amount_count(ret->narrow_boxes);
	g_autofree char *deep = amount_count(ret->deep_boxes);
	g_autoptr(GString) text = g_string_new(NULL);

	if (drawing->tree.count == 0)
		g_string_append(text, "This profile is empty: nothing was recorded.");
	if (ret->narrow_boxes)
		g_string_append_printf(text, "%s boxes narrower than %u.%02u %% are not drawn. ",
			narrow, (unsigned)(least * 100 / STATIC_DRAWING),
			(unsigned)(least * 10000 / STATIC_DRAWING % 100));
	if (ret->deep_boxes)
		g_string_append_printf(
			text, "%s boxes beyond row %d are not drawn. ", deep, STATIC_ROWS_MAX);
	if (ret->narrow_boxes || ret->deep_boxes)
		g_string_append(text, "A browser with JavaScript shows all of them.");
	g_string_append_printf(ret->body,
		"<text class=\"note\" id=\"thag-note\" x=\"%d\" y=\"%u\">%s</text>\n",
		STATIC_MARGIN, ret->height - FOOTER + 22, text->str);
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
draw(struct flame_static *ret, struct static_drawing *drawing)
{
	const struct flame *flame = drawing->flame;
	uint64_t least = static_least_width(drawing);

	drawing->rows = MIN(drawing->rows, STATIC_ROWS_MAX);
	ret->height = HEADER + drawing->rows * ROW + FOOTER;
	draw_text(
		ret->body, "title", STATIC_MARGIN, 26, flame->title ? flame->title : "Flamegraph");
	if (flame->compare) {
		g_autofree char *banner = describe_comparison(flame);

		draw_text(ret->body, "note", STATIC_MARGIN, 46, banner);
	} else if (flame->subtitle) {
		draw_text(ret->body, "note", STATIC_MARGIN, 46, flame->subtitle);
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
	struct static_drawing drawing = {.flame = flame, .flipped = flame_is_flipped(flame, style)};
	struct flame_static ret = {0};
	g_autofree uint32_t *frame_of = merged_frames(flame);
	int error = flame_tree_init(&drawing.tree, flame, frame_of);

	if (error)
		return error;
	static_change(&drawing);
	ret.body = g_string_new(NULL);
	ret.colours = g_string_new(NULL);
	static_places(&drawing);
	static_colours(&drawing, flame_scheme(flame, style), ret.colours);
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
