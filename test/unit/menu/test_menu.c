/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the menu knows without a terminal: which profiles there are, and the tree as it is opened.
 */
#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <string.h>

#include "call_view.h"
#include "catalogue.h"
#include "scroller.h"
#include "synthetic.h"

/* ---- the catalogue ---- */

Test(catalogue, names_say_program_and_time)
{
	static const struct {
		const char *name, *program, *stamp;
	} cases[] = {
		{"app-20260131-120000.thag", "app", "20260131-120000"},
		{"app-20260131-120000-2.thag", "app", "20260131-120000-2"},
		{"my-a-20260131-120000-time.folded", "my-a", "20260131-120000"},
		{"my-a-20260131-120000-time-inclusive.folded", "my-a", "20260131-120000"},
		{"my-b-20260131-120000-memory-detail.folded", "my-b", "20260131-120000"},
		{"a-20250101-000000-b-20260131-120000.thag", "a-20250101-000000-b",
			"20260131-120000"},
		{"perf.folded", "perf", ""},
		{"noending", "noending", ""},
		{".hidden", ".hidden", ""},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *program = NULL, *stamp = NULL;

		catalogue_parse_name(cases[i].name, &program, &stamp);
		cr_expect_str_eq(program, cases[i].program);
		cr_expect_str_eq(stamp, cases[i].stamp);
	}
}

static void
touch(const char *directory, const char *name)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);

	g_file_set_contents(path, "a;b 1\n", -1, NULL);
}

static char *
list(const struct catalogue *catalogue, enum catalogue_content content, const char *filter)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < catalogue->files->len; i++) {
		const struct catalogue_file *file = g_ptr_array_index(catalogue->files, i);

		if (catalogue_has(file, content, filter))
			g_string_append_printf(text, "%s%s", text->len ? " " : "", file->name);
	}
	return g_string_free(text, FALSE);
}

Test(catalogue, is_by_program_and_newest_first)
{
	g_autofree char *directory = g_dir_make_tmp("thag-menu-XXXXXX", NULL);
	char *paths[] = {directory, NULL};
	struct catalogue catalogue;

	touch(directory, "my-a-20260101-000000.thag");
	touch(directory, "my-a-20260101-000000-memory-detail.folded");
	touch(directory, "my-a-20260101-000000-time.folded");
	touch(directory, "my-a-20260101-000000-time-inclusive.folded");
	touch(directory, "my-a-20260101-000000-sections.folded");
	touch(directory, "my-a-20260301-000000.thag");
	touch(directory, "my-b-20260201-000000.thag");
	touch(directory, "my-b-20260101-000000-time.folded");
	touch(directory, "notes.txt");
	cr_assert(catalogue_init(&catalogue, paths, NULL));
	g_autofree char *memory = list(&catalogue, CATALOGUE_MEMORY, NULL);
	g_autofree char *time = list(&catalogue, CATALOGUE_TIME, "MY-B");

	cr_expect_str_eq(memory, "my-a-20260301-000000.thag my-a-20260101-000000.thag "
				 "my-b-20260201-000000.thag");
	cr_expect_str_eq(time, "my-b-20260201-000000.thag my-b-20260101-000000-time.folded");
	catalogue_fini(&catalogue);
	g_autofree char *command = g_strdup_printf("rm -r '%s'", directory);

	cr_expect_eq(system(command), 0);
}

Test(catalogue, says_what_cannot_be_read)
{
	char *paths[] = {(char[]){"/no/such/place"}, NULL};
	g_autoptr(GError) error = NULL;
	struct catalogue catalogue;

	cr_expect_not(catalogue_init(&catalogue, paths, &error));
	cr_expect(strstr(error->message, "/no/such/place"));
	catalogue_fini(&catalogue);
}

/* ---- scrolling ---- */

Test(scroller, keeps_the_chosen_row_on_the_screen)
{
	struct scroller scroller = {.count = 100, .at = 50};

	scroller_fit(&scroller, 10);
	cr_expect_eq(scroller.top, 41);
	scroller.at = 3;
	scroller_fit(&scroller, 10);
	cr_expect_eq(scroller.top, 3);
	scroller.count = 5;
	scroller_fit(&scroller, 10);
	cr_expect_eq(scroller.top, 0);
	scroller.count = 0;
	scroller_fit(&scroller, 10);
	cr_expect_eq(scroller.at, 0);
}

/* ---- the tree ---- */

struct opened {
	struct profile *profile;
	struct selection selection;
	struct call_view view;
};

static void
open_sample(struct opened *opened, bool inverted)
{
	const struct filter everything = {.function = NULL};

	opened->profile = synthetic_sample();
	selection_init(&opened->selection, opened->profile, &everything, NULL);
	call_view_init(&opened->view, &opened->selection, METRIC_BYTES, inverted, CALL_BY_TOTAL);
}

static void
opened_fini(struct opened *opened)
{
	call_view_fini(&opened->view);
	selection_fini(&opened->selection);
	profile_free(opened->profile);
}

/* Opens everything; returns the sum of all selves. */
static uint64_t
open_all(struct call_view *view, struct call_box *box, uint64_t *ret_wrong)
{
	GPtrArray *below = call_view_below(view, box);
	uint64_t self = box->self, total = box->self;

	box->open = true;
	for (guint i = 0; i < below->len; i++) {
		struct call_box *child = g_ptr_array_index(below, i);

		total += child->total;
		self += open_all(view, child, ret_wrong);
	}
	*ret_wrong += total != box->total;
	return self;
}

static void
check_sums(bool inverted)
{
	struct opened opened;
	uint64_t wrong = 0, sum;

	open_sample(&opened, inverted);
	sum = open_all(&opened.view, opened.view.root, &wrong);
	cr_expect_eq(wrong, 0);
	cr_expect_eq(sum, opened.selection.totals[MEMORY_HEAP].allocated.bytes);
	opened_fini(&opened);
}

Test(call_view, totals_are_selves_and_what_is_below)
{
	check_sums(false);
}

Test(call_view, callers_add_up_as_well)
{
	check_sums(true);
}

Test(call_view, rows_are_the_open_boxes)
{
	struct opened opened;
	guint closed;

	open_sample(&opened, false);
	g_autoptr(GPtrArray) first = call_view_rows(&opened.view);

	closed = first->len;
	call_view_open_heaviest(&opened.view, opened.view.root);
	g_autoptr(GPtrArray) more = call_view_rows(&opened.view);

	cr_expect_gt(more->len, closed);
	opened_fini(&opened);
}

Test(call_view, search_opens_the_way_and_goes_on)
{
	struct opened opened;
	struct call_box *found, *next;

	open_sample(&opened, false);
	found = call_view_search(&opened.view, NULL, "WALK");
	cr_assert_not_null(found);
	cr_expect(found->above->open);
	next = call_view_search(&opened.view, found, "walk");
	cr_expect_neq(next, found);
	cr_expect_null(call_view_search(&opened.view, NULL, "no such function"));
	opened_fini(&opened);
}
