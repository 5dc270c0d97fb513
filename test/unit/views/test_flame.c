/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "amount.h"
#include "colour.h"
#include "flame.h"
#include "flame_static.h"
#include "flame_tree.h"
#include "xml.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <glib.h>
#include <math.h>
#include <string.h>

/*
 * main -> b 5, a 3, b again 2 (the same path twice), main itself 1; frames 0 main, 1 a, 2 b
 */
static const uint32_t parents[] = {FLAME_NO_PARENT, 0, 0, 0, 3};
static const uint32_t frame_numbers[] = {0, 2, 1, 2, 1};
static const uint64_t values[] = {1, 5, 3, 2, 4};
static const struct flame_frame frames[] = {
	{.function = "main", .file = "main.c", .line = 3, .module = "app"},
	{.function = "a"},
	{.function = "b"},
};
static const struct flame_metric metric = {.name = "bytes", .unit = FLAME_BYTES, .self = values};

static struct flame
sample(void)
{
	return (struct flame){.title = "t",
		.box_count = G_N_ELEMENTS(parents),
		.parent = parents,
		.frame = frame_numbers,
		.frame_count = G_N_ELEMENTS(frames),
		.frames = frames,
		.metric_count = 1,
		.metrics = &metric};
}

static char *
picture_of(const struct flame *flame, const struct flame_style *style)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	cr_assert_eq(flame_write_svg(out, flame, style), 0);
	fclose(out);
	return text;
}

static unsigned
occurrences(const char *text, const char *part)
{
	unsigned count = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

/* ---- order ---------------------------------------------------------------------------------- */

Test(flame_tree, equal_paths_are_merged_and_siblings_sorted_by_name)
{
	struct flame flame = sample();
	struct flame_tree tree;

	cr_assert_eq(flame_tree_init(&tree, &flame, NULL), 0);
	cr_assert_eq(tree.count, 4);
	/* main, a, b, b;a */
	static const uint32_t expected_frames[] = {0, 1, 2, 1};
	static const uint64_t expected_totals[] = {15, 3, 11, 4};
	static const uint32_t expected_ends[] = {4, 2, 4, 4};
	static const uint32_t expected_depths[] = {0, 1, 1, 2};
	for (uint32_t i = 0; i < tree.count; i++) {
		cr_assert_eq(tree.frame[i], expected_frames[i]);
		cr_assert_eq(tree.total[i], expected_totals[i]);
		cr_assert_eq(tree.end[i], expected_ends[i]);
		cr_assert_eq(tree.depth[i], expected_depths[i]);
	}
	flame_tree_fini(&tree);
}

Test(flame_tree, a_chart_keeps_every_box_in_the_order_of_time)
{
	static const uint64_t start[] = {0, 60, 0, 20, 20}, duration[] = {100, 40, 20, 30, 10};
	struct flame flame = sample();
	struct flame_tree tree;

	flame.kind = FLAME_CHART;
	flame.start_ns = start;
	flame.duration_ns = duration;
	cr_assert_eq(flame_tree_init(&tree, &flame, NULL), 0);
	cr_assert_eq(tree.count, 5);
	static const uint64_t expected[] = {0, 0, 20, 20, 60};
	for (uint32_t i = 0; i < tree.count; i++)
		cr_assert_eq(tree.start_ns[i], expected[i]);
	flame_tree_fini(&tree);
}

Test(flame_tree, a_parent_after_its_child_is_refused)
{
	static const uint32_t wrong[] = {FLAME_NO_PARENT, 1, 0, 0, 0};
	struct flame flame = sample();
	struct flame_tree tree;

	flame.parent = wrong;
	cr_assert_eq(flame_tree_init(&tree, &flame, NULL), -EINVAL);
	flame = sample();
	flame.frame_count = 2;
	cr_assert_eq(flame_tree_init(&tree, &flame, NULL), -EINVAL);
	flame = sample();
	flame.kind = FLAME_CHART;
	cr_assert_eq(flame_tree_init(&tree, &flame, NULL), -EINVAL);
}

/* ---- the file ------------------------------------------------------------------------------- */

Test(flame_svg, holds_drawing_data_and_scripts_and_nothing_from_elsewhere)
{
	struct flame flame = sample();
	char *svg = picture_of(&flame, NULL);

	cr_assert(g_str_has_prefix(svg, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg "));
	cr_assert(g_str_has_suffix(svg, "</svg>\n"));
	cr_assert_eq(occurrences(svg, "<rect "), 5);
	cr_assert_eq(occurrences(svg, "id=\"thag-data\""), 1);
	/* the name spaces are names, not addresses that anything is loaded from */
	cr_assert_eq(occurrences(svg, "http"), occurrences(svg, "http://www.w3.org/"));
	cr_assert_eq(occurrences(svg, "@import") + occurrences(svg, "url\x28"), 0);
	free(svg);
}

Test(flame_svg, boxes_are_where_the_golden_file_has_them)
{
	struct flame flame = sample();
	struct flame_static drawing;
	g_autofree char *golden = NULL;

	cr_assert_eq(flame_static_init(&drawing, &flame, NULL), 0);
	if (g_getenv("THAG_GOLDEN_UPDATE"))
		g_file_set_contents(GOLDEN, drawing.body->str, -1, NULL);
	cr_assert(g_file_get_contents(GOLDEN, &golden, NULL, NULL));
	cr_assert_str_eq(drawing.body->str, golden);
	flame_static_fini(&drawing);
}

Test(flame_svg, an_empty_profile_says_so)
{
	struct flame flame = {.title = "nothing"};
	char *svg = picture_of(&flame, NULL);

	cr_assert(strstr(svg, "This profile is empty: nothing was recorded."));
	free(svg);
}

Test(flame_svg, what_is_not_drawn_is_counted)
{
	enum {
		BOXES = 5000
	};
	g_autofree uint32_t *parent = g_new0(uint32_t, BOXES);
	g_autofree uint32_t *frame = g_new0(uint32_t, BOXES);
	g_autofree uint64_t *value = g_new0(uint64_t, BOXES);
	g_autofree struct flame_frame *named = g_new0(struct flame_frame, BOXES);
	GStringChunk *names = g_string_chunk_new(4096);
	struct flame_metric one = {.name = "n", .count_name = "samples", .self = value};
	struct flame flame = {.box_count = BOXES,
		.parent = parent,
		.frame = frame,
		.frame_count = BOXES,
		.frames = named,
		.metric_count = 1,
		.metrics = &one};
	struct flame_static drawing;

	parent[0] = FLAME_NO_PARENT;
	for (uint32_t i = 0; i < BOXES; i++) {
		frame[i] = i;
		value[i] = i == 1 ? 1000000 : 1;
	}
	for (uint32_t i = 0; i < BOXES; i++) {
		g_autofree char *name = g_strdup_printf("f%u", i);

		named[i].function = g_string_chunk_insert(names, name);
	}
	cr_assert_eq(flame_static_init(&drawing, &flame, NULL), 0);
	cr_assert_eq(drawing.narrow_boxes, BOXES - 2);
	cr_assert(strstr(drawing.body->str, "4,998 boxes narrower than 0.04 % are not drawn."));
	g_string_chunk_free(names);
	flame_static_fini(&drawing);
}

Test(flame_svg, a_full_disk_is_an_error)
{
	struct flame flame = sample();
	FILE *full = fopen("/dev/full", "w");

	cr_assert_eq(flame_write_svg(full, &flame, NULL), -ENOSPC);
	fclose(full);
}

Test(flame_svg, bytes_are_green_by_default_and_a_style_wins)
{
	struct flame flame = sample();
	char *mem = picture_of(&flame, NULL);
	char *blue = picture_of(&flame, &(struct flame_style){.scheme = "blue"});
	g_autofree char *wanted = g_strdup_printf(
		".c0{fill:#%06x}", colour_of_slot(colour_scheme_find("Mem"), 0, false));

	cr_assert(strstr(mem, wanted));
	cr_assert(!strstr(blue, wanted));
	free(mem);
	free(blue);
}

/* ---- text ----------------------------------------------------------------------------------- */

Test(xml, says_everything_that_xml_can_and_marks_the_rest)
{
	static const struct {
		const char *text, *escaped;
	} cases[] = {
		{"plain", "plain"},
		{"a<b>&\"c'", "a&lt;b&gt;&amp;&quot;c&#39;"},
		{"]]>", "]]&gt;"},
		{"\x01\x1b[31m", "\xef\xbf\xbd\xef\xbf\xbd[31m"},
		{"\xff", "\xef\xbf\xbd"},
		{"\xef\xbf\xbe", "\xef\xbf\xbd"},
		{"名前\t\n", "名前\t\n"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *escaped = xml_escape(cases[i].text);

		cr_assert_str_eq(escaped, cases[i].escaped);
	}
}

Test(amount, is_written_as_a_person_reads_it)
{
	static const struct {
		uint64_t value;
		enum flame_unit unit;
		const char *text;
	} cases[] = {
		{0, FLAME_BYTES, "0 B"},
		{1023, FLAME_BYTES, "1,023 B"},
		{1536, FLAME_BYTES, "1.50 KiB"},
		{1048575, FLAME_BYTES, "1.00 MiB"},
		{UINT64_MAX, FLAME_BYTES, "16384 PiB"},
		{12345678, FLAME_NS, "12.3 ms"},
		{1, FLAME_COUNT, "1 sample"},
		{1234567, FLAME_COUNT, "1,234,567 samples"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = amount_format(cases[i].value, cases[i].unit, "samples");

		cr_assert_str_eq(text, cases[i].text);
	}
}

Test(amount, shares_are_never_rounded_to_none_or_all)
{
	g_autofree char *none = amount_share(1, 1000000);
	g_autofree char *most = amount_share(999999, 1000000);
	g_autofree char *half = amount_share(1, 2);

	cr_assert_str_eq(none, "< 0.01 %");
	cr_assert_str_eq(most, "> 99.99 %");
	cr_assert_str_eq(half, "50.0 %");
}

/* WCAG 2.1, 1.4.3: text of 4.5 to 1. */
static double
luminance(uint32_t rgb)
{
	double sum = 0;
	static const double weights[] = {0.2126, 0.7152, 0.0722};

	for (int c = 0; c < 3; c++) {
		double value = (rgb >> (16 - 8 * c) & 255) / 255.0;

		sum += weights[c] *
		       (value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4));
	}
	return sum;
}

Test(colour, text_is_readable_on_every_box)
{
	for (size_t s = 0; s < colour_scheme_count; s++) {
		for (unsigned slot = 0; slot < COLOUR_SLOTS; slot++) {
			double light = luminance(colour_of_slot(&colour_schemes[s], slot, false));
			double dark = luminance(colour_of_slot(&colour_schemes[s], slot, true));

			cr_assert((light + 0.05) / (luminance(0x15171c) + 0.05) >= 7, "%s %u",
				colour_schemes[s].name, slot);
			cr_assert((luminance(0xf4f5f7) + 0.05) / (dark + 0.05) >= 4.5, "%s %u dark",
				colour_schemes[s].name, slot);
		}
	}
}

Test(colour, schemes_are_those_of_the_ancestor)
{
	static const char *const names[] = {
		"Aqua", "Blue", "Green", "Hot", "Mem", "Orange", "Purple", "Red", "Yellow", "Rust"};

	cr_assert_eq(colour_scheme_count, G_N_ELEMENTS(names));
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		cr_assert(colour_scheme_find(names[i]) != NULL);
}
