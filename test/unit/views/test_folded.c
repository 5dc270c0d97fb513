/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "flame.h"
#include "flame_tree.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <glib.h>
#include <string.h>

static struct flame *
read_text(const char *text, size_t size, unsigned columns, struct flame_folded_report *ret_report)
{
	FILE *in = tmpfile();
	struct flame *flame = NULL;

	fwrite(text, 1, size, in);
	rewind(in);
	cr_assert_eq(flame_from_folded(in, &(struct flame_folded_options){.columns = columns},
			     &flame, ret_report),
		0);
	fclose(in);
	return flame;
}

static struct flame *
read_string(const char *text)
{
	return read_text(text, strlen(text), 1, NULL);
}

/* "main;parse" -> that box, -1: there is none */
static int64_t
find(const struct flame *flame, const char *path)
{
	g_auto(GStrv) names = g_strsplit(path, ";", -1);
	uint32_t box = FLAME_NO_PARENT;

	for (char **name = names; *name; name++) {
		uint32_t i;

		for (i = 0; i < flame->box_count; i++) {
			if (flame->parent[i] == box &&
				strcmp(flame->frames[flame->frame[i]].function, *name) == 0)
				break;
		}
		if (i == flame->box_count)
			return -1;
		box = i;
	}
	return box;
}

static uint64_t
self(const struct flame *flame, unsigned metric, const char *path)
{
	int64_t box = find(flame, path);

	cr_assert(box >= 0, "no box %s", path);
	return flame->metrics[metric].self[box];
}

Test(folded, lines_with_the_same_path_are_added)
{
	struct flame *flame = read_string("a;b 3\na;c 1\na;b 4\n");

	cr_assert_eq(flame->box_count, 3);
	cr_assert_eq(self(flame, 0, "a;b"), 7);
	cr_assert_eq(self(flame, 0, "a"), 0);
	flame_free(flame);
}

Test(folded, names_may_hold_spaces_and_the_value_is_the_last_word)
{
	struct flame *flame = read_string("operator new (unsigned long);int f(char const *) 12\n");

	cr_assert_eq(self(flame, 0, "operator new (unsigned long);int f(char const *)"), 12);
	flame_free(flame);
}

Test(folded, line_ends_of_all_kinds_and_none_are_fine)
{
	struct flame *flame = read_string("a 1\r\n\n\nb 2\n  \nc 3");

	cr_assert_eq(self(flame, 0, "a"), 1);
	cr_assert_eq(self(flame, 0, "b"), 2);
	cr_assert_eq(self(flame, 0, "c"), 3);
	flame_free(flame);
}

Test(folded, what_cannot_be_used_is_counted_with_its_first_line)
{
	static const char text[] = "a 1\nno value\nb -1\nc 18446744073709551616\nd 1x\ne 2\n";
	struct flame_folded_report report;
	struct flame *flame = read_text(text, sizeof text - 1, 1, &report);

	cr_assert_eq(report.lines, 6);
	cr_assert_eq(report.bad_lines, 4);
	cr_assert_eq(report.first_bad_line, 2);
	cr_assert_eq(flame->box_count, 2);
	flame_free(flame);
}

Test(folded, sums_stop_at_the_largest_number_and_say_so)
{
	static const char text[] = "a 18446744073709551615\na 1\n";
	struct flame_folded_report report;
	struct flame *flame = read_text(text, sizeof text - 1, 1, &report);

	cr_assert_eq(self(flame, 0, "a"), UINT64_MAX);
	cr_assert(report.overflowed);
	flame_free(flame);
}

Test(folded, fractions_are_rounded)
{
	struct flame *flame = read_string("a 1.5\nb 1.49\nc 2.\n");

	cr_assert_eq(self(flame, 0, "a"), 2);
	cr_assert_eq(self(flame, 0, "b"), 1);
	cr_assert_eq(self(flame, 0, "c"), 2);
	flame_free(flame);
}

Test(folded, two_columns_are_before_and_after)
{
	static const char text[] = "a;b 10 20\na;c 0 5\n";
	struct flame *flame = read_text(text, sizeof text - 1, 2, NULL);

	cr_assert_eq(flame->metric_count, 2);
	cr_assert_str_eq(flame->metrics[0].name, "before");
	cr_assert_eq(self(flame, 0, "a;b"), 10);
	cr_assert_eq(self(flame, 1, "a;b"), 20);
	cr_assert_eq(self(flame, 1, "a;c"), 5);
	flame_free(flame);
}

Test(folded, a_nul_does_not_hide_the_rest_of_its_line)
{
	static const char text[] = "a\0b;c 3\n";
	struct flame *flame = read_text(text, sizeof text - 1, 1, NULL);

	cr_assert_eq(self(flame, 0, "a?b;c"), 3);
	flame_free(flame);
}

Test(folded, an_empty_file_is_a_flame_without_boxes)
{
	struct flame *flame = read_string("");

	cr_assert_eq(flame->box_count, 0);
	flame_free(flame);
}

Test(folded, more_than_two_columns_are_refused)
{
	struct flame *flame = NULL;

	cr_assert_eq(flame_from_folded(
			     stdin, &(struct flame_folded_options){.columns = 3}, &flame, NULL),
		-EINVAL);
}

Test(folded, a_stream_that_cannot_be_read_is_an_error)
{
	FILE *in = fopen("/", "r");
	struct flame *flame = NULL;

	cr_assert_eq(flame_from_folded(in, &(struct flame_folded_options){0}, &flame, NULL), -EIO);
	fclose(in);
}
