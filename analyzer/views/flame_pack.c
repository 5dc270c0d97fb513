/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "flame_pack.h"

#include "colour.h"
#include "pack.h"

#include <errno.h>
#include <string.h>

static const char *const unit_names[] = {
	[FLAME_COUNT] = "count", [FLAME_BYTES] = "bytes", [FLAME_NS] = "ns", [FLAME_US] = "us"};

const char *
flame_scheme(const struct flame *flame, const struct flame_style *style)
{
	const struct colour_scheme *scheme = NULL;

	if (flame->compare &&
		(!style || !style->scheme || g_ascii_strcasecmp(style->scheme, "change") == 0))
		return "change";
	if (style && style->scheme && g_ascii_strcasecmp(style->scheme, "module") == 0)
		return "module";
	if (style && style->scheme)
		scheme = colour_scheme_find(style->scheme);
	if (scheme)
		return scheme->name;
	return flame->metric_count && flame->metrics[0].unit == FLAME_BYTES ? "Mem" : "Hot";
}

bool
flame_is_flipped(const struct flame *flame, const struct flame_style *style)
{
	return flame->kind == FLAME_CHART || (style && style->icicle);
}

/* "name,hue0,hue1,chroma,light0,light1;..." in thousandths exact, whatever the locale. */
char *
flame_schemes_text(void)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < colour_scheme_count; i++) {
		const struct colour_scheme *scheme = &colour_schemes[i];
		const double numbers[] = {
			scheme->hue0, scheme->hue1, scheme->chroma, scheme->light0, scheme->light1};
		char buffer[G_ASCII_DTOSTR_BUF_SIZE];

		g_string_append(text, scheme->name);
		for (size_t n = 0; n < G_N_ELEMENTS(numbers); n++)
			g_string_append_printf(text, ",%s",
				g_ascii_formatd(buffer, sizeof buffer, "%g", numbers[n]));
		g_string_append_c(text, ';');
	}
	return g_string_free(text, FALSE);
}

static void
put_text(GByteArray *bytes, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);

	pack_text(bytes, valid);
}

enum {
	COMPARE_TEXTS = 10,
};

static void
put_compare(GByteArray *bytes, const struct flame_compare *compare)
{
	char noise[G_ASCII_DTOSTR_BUF_SIZE];
	const char *const pairs[COMPARE_TEXTS] = {"a", compare->a ? compare->a : "A", "b",
		compare->b ? compare->b : "B", "noise",
		g_ascii_formatd(noise, sizeof noise, "%.6g", compare->noise), "normalised",
		compare->normalised ? "1" : "0", "sides", compare->sides ? "1" : "0"};

	for (size_t i = 0; i < COMPARE_TEXTS; i++)
		put_text(bytes, pairs[i]);
}

static void
put_meta(GByteArray *pack, const struct flame *flame, const struct flame_style *style)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	g_autofree char *schemes = flame_schemes_text();
	const char *const pairs[] = {"title", flame->title, "subtitle", flame->subtitle, "root",
		flame->root_name, "scheme", flame_scheme(flame, style), "flipped",
		flame_is_flipped(flame, style) ? "1" : "0", "schemes", schemes};

	pack_varint(bytes, G_N_ELEMENTS(pairs) + (flame->compare ? COMPARE_TEXTS : 0));
	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
		put_text(bytes, pairs[i]);
	if (flame->compare)
		put_compare(bytes, flame->compare);
	pack_section(pack, "meta", bytes);
}

struct use {
	uint32_t frame;
	uint32_t count;
};

static int
compare_uses(const void *left, const void *right)
{
	const struct use *a = left, *b = right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return (a->frame > b->frame) - (a->frame < b->frame);
}

/* Frames that occur, the most frequent first. number_of[frame] is their place in `uses`. */
static uint32_t
rank_frames(const struct flame *flame, const struct flame_tree *tree, struct use *uses,
	uint32_t *number_of)
{
	uint32_t count = 0;

	for (uint32_t f = 0; f < flame->frame_count; f++)
		uses[f] = (struct use){.frame = f};
	for (uint32_t i = 0; i < tree->count; i++)
		uses[tree->frame[i]].count++;
	if (flame->frame_count)
		qsort(uses, flame->frame_count, sizeof *uses, compare_uses);
	while (count < flame->frame_count && uses[count].count) {
		number_of[uses[count].frame] = count;
		count++;
	}
	return count;
}

static void
put_frames(GByteArray *pack, const struct flame *flame, const struct use *uses, uint32_t count)
{
	g_autoptr(GByteArray) frames = g_byte_array_new();
	g_autoptr(GByteArray) texts = g_byte_array_new();
	struct pack_strings strings;

	pack_strings_init(&strings);
	pack_varint(frames, count);
	for (uint32_t f = 0; f < count; f++)
		pack_varint(frames, pack_strings_number(&strings,
					    flame_function_name(&flame->frames[uses[f].frame])));
	for (uint32_t f = 0; f < count; f++)
		pack_varint(
			frames, pack_strings_number(&strings, flame->frames[uses[f].frame].file));
	for (uint32_t f = 0; f < count; f++)
		pack_varint(frames, flame->frames[uses[f].frame].line);
	for (uint32_t f = 0; f < count; f++)
		pack_varint(
			frames, pack_strings_number(&strings, flame->frames[uses[f].frame].module));
	pack_strings_emit(&strings, texts);
	pack_strings_fini(&strings);
	pack_section(pack, "strings", texts);
	pack_section(pack, "frames", frames);
}

static void
put_shape(GByteArray *pack, const struct flame_tree *tree)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	pack_varint(bytes, tree->count);
	for (uint32_t i = 0; i < tree->count; i++)
		pack_varint(bytes, i == 0 ? 0 : tree->depth[i - 1] + 1 - tree->depth[i]);
	pack_section(pack, "shape", bytes);
}

static void
put_metric(GByteArray *pack, const struct flame_metric *metric, const struct flame_tree *tree,
	uint32_t number)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	g_autofree char *name = g_strdup_printf("self%u", number);

	pack_varint(bytes, 3);
	put_text(bytes, metric->name ? metric->name : "value");
	pack_text(bytes, unit_names[metric->unit]);
	put_text(bytes, metric->count_name ? metric->count_name : "samples");
	pack_column(bytes, tree->self[number], tree->count);
	pack_section(pack, name, bytes);
}

static void
put_times(GByteArray *pack, const struct flame_tree *tree)
{
	g_autoptr(GByteArray) lead = g_byte_array_new();
	g_autoptr(GByteArray) rest = g_byte_array_new();
	/* where the next child of a box is expected; what of it no child has taken */
	g_autofree uint64_t *cursor = g_new(uint64_t, MAX(tree->count, 1));
	g_autofree uint64_t *left = g_new(uint64_t, MAX(tree->count, 1));

	for (uint32_t i = 0; i < tree->count; i++) {
		uint32_t above = tree->parent[i];
		uint64_t expected = above == FLAME_NO_PARENT ? 0 : cursor[above];

		pack_signed(lead, (int64_t)(tree->start_ns[i] - expected));
		cursor[i] = tree->start_ns[i];
		left[i] = tree->duration_ns[i];
		if (above != FLAME_NO_PARENT) {
			cursor[above] = tree->start_ns[i] + tree->duration_ns[i];
			left[above] -= tree->duration_ns[i];
		}
	}
	for (uint32_t i = 0; i < tree->count; i++)
		pack_signed(rest, (int64_t)left[i]);
	pack_section(pack, "lead", lead);
	pack_section(pack, "rest", rest);
}

GByteArray *
flame_pack(
	const struct flame *flame, const struct flame_tree *tree, const struct flame_style *style)
{
	GByteArray *pack = g_byte_array_new();
	g_autoptr(GByteArray) frame = g_byte_array_new();
	g_autofree struct use *uses = g_new(struct use, MAX(flame->frame_count, 1));
	g_autofree uint32_t *number_of = g_new(uint32_t, MAX(flame->frame_count, 1));
	uint32_t count = rank_frames(flame, tree, uses, number_of);

	put_meta(pack, flame, style);
	put_frames(pack, flame, uses, count);
	put_shape(pack, tree);
	for (uint32_t i = 0; i < tree->count; i++)
		pack_varint(frame, number_of[tree->frame[i]]);
	pack_section(pack, "frame", frame);
	for (uint32_t m = 0; m < tree->metric_count; m++)
		put_metric(pack, &flame->metrics[m], tree, m);
	if (flame->kind == FLAME_CHART)
		put_times(pack, tree);
	return pack;
}
