/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See choice.h. */
#include <string.h>

#include "choice.h"
#include "screen.h"
#include "scroller.h"

enum {
	KEYED_ITEMS = 9, /* that a digit chooses */
};

static void
free_item(gpointer pointer)
{
	struct choice_item *item = pointer;

	g_free(item->text);
	g_free(item->note);
	g_free(item);
}

void
choice_init(struct choice *choice, const char *title, const char *subtitle)
{
	*choice = (struct choice){.title = title,
		.subtitle = subtitle,
		.items = g_ptr_array_new_with_free_func(free_item)};
}

void
choice_fini(struct choice *choice)
{
	g_ptr_array_unref(choice->items);
	g_free(choice->filter);
}

static void
add(struct choice *choice, const char *text, const char *note, bool heading)
{
	struct choice_item *item = g_new0(struct choice_item, 1);

	item->text = g_strdup(text);
	item->note = g_strdup(note);
	item->heading = heading;
	g_ptr_array_add(choice->items, item);
}

void
choice_add(struct choice *choice, const char *text, const char *note)
{
	add(choice, text, note, false);
}

void
choice_add_heading(struct choice *choice, const char *text)
{
	add(choice, text, NULL, true);
}

/* ---- what is shown ---- */

static const struct choice_item *
item_at(const struct choice *choice, guint i)
{
	return g_ptr_array_index(choice->items, i);
}

static bool
passes(const struct choice *choice, const struct choice_item *item)
{
	g_autofree char *text = NULL, *wanted = NULL;

	if (!choice->filter || !*choice->filter)
		return true;
	text = g_utf8_casefold(item->text, -1);
	wanted = g_utf8_casefold(choice->filter, -1);
	return strstr(text, wanted) != NULL;
}

/* Numbers of the items to show; a heading only above one of its own. */
static GArray *
visible_items(const struct choice *choice)
{
	GArray *visible = g_array_new(FALSE, FALSE, sizeof(guint));
	guint heading = G_MAXUINT;

	for (guint i = 0; i < choice->items->len; i++) {
		if (item_at(choice, i)->heading) {
			heading = i;
		} else if (passes(choice, item_at(choice, i))) {
			if (heading != G_MAXUINT)
				g_array_append_val(visible, heading);
			heading = G_MAXUINT;
			g_array_append_val(visible, i);
		}
	}
	return visible;
}

static bool
is_heading(const struct choice *choice, const GArray *visible, unsigned row)
{
	return row < visible->len && item_at(choice, g_array_index(visible, guint, row))->heading;
}

static void
draw(const struct choice *choice, const GArray *visible, const struct scroller *scroller)
{
	g_autofree char *about = NULL;
	const unsigned width = screen_width();

	if (choice->filter && *choice->filter)
		about = g_strdup_printf("filter: %s", choice->filter);
	screen_begin(choice->title, about ? about : choice->subtitle,
		choice->filtered ? "Enter choose  / filter  Esc back  q quit the page"
				 : "Enter choose  Esc back");
	if (!visible->len)
		screen_put(SCREEN_TOP, 2, width, SCREEN_DIM, "nothing matches");
	for (unsigned row = 0; row < screen_rows() && scroller->top + row < visible->len; row++) {
		const unsigned at = scroller->top + row;
		const struct choice_item *item = item_at(choice, g_array_index(visible, guint, at));
		const bool chosen = at == scroller->at && !item->heading;
		const enum screen_style style = chosen		? SCREEN_SELECTED
						: item->heading ? SCREEN_TITLE
								: SCREEN_PLAIN;
		const unsigned note = item->note ? (unsigned)g_utf8_strlen(item->note, -1) : 0;

		screen_put(SCREEN_TOP + row, item->heading ? 0 : 2, width - (item->heading ? 0 : 2),
			style, item->text);
		if (note && note + 8 < width)
			screen_put(SCREEN_TOP + row, width - note - 1, note + 1,
				chosen ? SCREEN_SELECTED : SCREEN_DIM, item->note);
	}
}

/* ---- choosing ---- */

static unsigned
row_of(const GArray *visible, guint item)
{
	for (guint i = 0; i < visible->len; i++) {
		if (g_array_index(visible, guint, i) >= item)
			return i;
	}
	return 0;
}

/* Off a heading, in the direction of the move. */
static void
leave_heading(
	const struct choice *choice, const GArray *visible, struct scroller *scroller, bool up)
{
	if (!is_heading(choice, visible, scroller->at))
		return;
	if (up && scroller->at > 0)
		scroller->at--;
	else
		scroller->at++;
	if (is_heading(choice, visible, scroller->at))
		scroller->at++;
	/* So that the heading of the first items stays on the screen. */
	if (scroller->at == 1)
		scroller->top = 0;
}

static void
ask_filter(struct choice *choice)
{
	char *filter = screen_ask("filter: ", choice->filter);

	g_free(choice->filter);
	choice->filter = filter;
}

/* A digit chooses the item of that number. Returns it, or -1. */
static int
item_of_digit(const struct choice *choice, int key)
{
	if (choice->filtered || key < '1' || key > '0' + KEYED_ITEMS ||
		(guint)(key - '1') >= choice->items->len)
		return -1;
	return key - '1';
}

/* What a key that does not scroll means. True: it is settled. */
static bool
act(struct choice *choice, const GArray *visible, const struct scroller *scroller, int key,
	int *ret_result)
{
	const int digit = item_of_digit(choice, key);

	if (digit >= 0 || (key == SCREEN_ENTER && scroller->at < visible->len)) {
		choice->at =
			digit >= 0 ? (unsigned)digit : g_array_index(visible, guint, scroller->at);
		*ret_result = (int)choice->at;
		return true;
	}
	if (key == SCREEN_ESCAPE && choice->filter && *choice->filter) {
		g_clear_pointer(&choice->filter, g_free);
		return false;
	}
	if (key == SCREEN_ESCAPE || key == 'q' || key == SCREEN_ERASE || key == SCREEN_LEFT) {
		*ret_result = CHOICE_BACK;
		return true;
	}
	if (key == SCREEN_CLOSED) {
		*ret_result = CHOICE_CLOSED;
		return true;
	}
	if (choice->filtered && key == '/')
		ask_filter(choice);
	return false;
}

int
choice_run(struct choice *choice)
{
	struct scroller scroller = {.at = 0};
	guint wanted = choice->at;

	for (;;) {
		g_autoptr(GArray) visible = visible_items(choice);
		int result = CHOICE_BACK;

		scroller.count = visible->len;
		scroller.at = row_of(visible, wanted);
		leave_heading(choice, visible, &scroller, false);
		scroller_fit(&scroller, screen_rows());
		draw(choice, visible, &scroller);
		const int key = screen_key();
		const unsigned before = scroller.at;

		if (scroller_key(&scroller, key, screen_rows()))
			leave_heading(choice, visible, &scroller, scroller.at < before);
		else if (act(choice, visible, &scroller, key, &result))
			return result;
		if (scroller.at < visible->len)
			wanted = g_array_index(visible, guint, scroller.at);
	}
}
