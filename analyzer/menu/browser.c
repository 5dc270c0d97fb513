/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The tree: see browser.h. */
#include "browser.h"

#include "call_view.h"
#include "names.h"
#include "screen.h"
#include "scroller.h"
#include "tables.h"
#include "text.h"

enum {
	NUMBERS = 32, /* columns of the figures */
	INDENT_MAX = 20,
};

static const char *const order_names[CALL_ORDERS] = {"total", "self", "name"};

struct browser {
	const struct session *session;
	struct call_view view;
	GPtrArray *rows;
	struct scroller scroller;
	char *wanted; /* what is searched for */
};

/* ---- the view ---- */

static void
rebuild_rows(struct browser *browser)
{
	if (browser->rows)
		g_ptr_array_unref(browser->rows);
	browser->rows = call_view_rows(&browser->view);
	browser->scroller.count = browser->rows->len;
}

static void
open_view(struct browser *browser, enum metric metric, bool inverted, enum call_order order)
{
	GPtrArray *roots;

	screen_busy("building the tree ...");
	call_view_init(&browser->view, &browser->session->selection, metric, inverted, order);
	roots = call_view_below(&browser->view, browser->view.root);
	/* A single root is no choice. */
	if (roots->len == 1)
		((struct call_box *)g_ptr_array_index(roots, 0))->open = true;
	browser->scroller = (struct scroller){0};
	rebuild_rows(browser);
}

static void
change_view(struct browser *browser, enum metric metric, bool inverted, enum call_order order)
{
	call_view_fini(&browser->view);
	open_view(browser, metric, inverted, order);
}

static struct call_box *
chosen(const struct browser *browser)
{
	return browser->rows->len ? g_ptr_array_index(browser->rows, browser->scroller.at) : NULL;
}

static void
choose(struct browser *browser, const struct call_box *box)
{
	guint at;

	if (box && g_ptr_array_find(browser->rows, box, &at))
		browser->scroller.at = at;
}

/* ---- drawing ---- */

static void
draw_row(struct browser *browser, unsigned row, struct call_box *box, bool selected)
{
	const struct call_view *view = &browser->view;
	const struct profile *profile = browser->session->profile;
	const enum screen_style style = selected ? SCREEN_SELECTED : SCREEN_PLAIN;
	const unsigned indent = 2 * MIN(box->depth, INDENT_MAX);
	const bool leaf = call_view_below(&browser->view, box)->len == 0;
	g_autofree char *name = name_short(profile_function(profile, box->function)->name, true);
	g_autofree char *place = table_place(profile, box->place);
	g_autofree char *deep =
		box->depth > INDENT_MAX ? g_strdup_printf("[%u] ", box->depth) : g_strdup("");
	char total[TEXT_CELL], share[TEXT_CELL], self[TEXT_CELL];
	g_autofree char *figures =
		g_strdup_printf("%10s %8s %10s  ", text_metric(view->metric, box->total, total),
			text_share(box->total, view->root->total, share),
			box->self ? text_metric(view->metric, box->self, self) : "");
	g_autofree char *text = g_strdup_printf("%*s%s %s%s  %s", (int)indent, "",
		leaf	    ? " "
		: box->open ? "▾"
			    : "▸",
		deep, *name ? name : "[unknown]", view->inverted ? "" : place);

	screen_put(row, 0, NUMBERS, style, figures);
	screen_put(row, NUMBERS, screen_width() - NUMBERS, style, g_strchomp(text));
}

static void
draw(struct browser *browser)
{
	const struct call_view *view = &browser->view;
	g_autofree char *title = g_strdup_printf("%s: %s", view->inverted ? "Callers" : "Call tree",
		metric_table[view->metric].title);
	g_autofree char *about = g_strdup_printf("%s%s%s  sorted by %s", browser->session->name,
		browser->session->selection.restricted ? "  only " : "",
		browser->session->selection.description, order_names[view->order]);
	const unsigned rows = screen_rows();

	screen_begin(title, about,
		"arrows  e heaviest  m metric  s sort  i invert  / n search  v source  Esc back");
	screen_put(2, 0, screen_width(), SCREEN_DIM, "     total    share       self");
	if (!browser->rows->len)
		screen_put(SCREEN_TOP, 2, screen_width() - 2, SCREEN_DIM, "nothing of it");
	for (unsigned row = 0; row < rows && browser->scroller.top + row < browser->rows->len;
		row++) {
		const unsigned at = browser->scroller.top + row;

		draw_row(browser, SCREEN_TOP + row, g_ptr_array_index(browser->rows, at),
			at == browser->scroller.at);
	}
}

/* ---- keys ---- */

static void
search(struct browser *browser)
{
	struct call_box *found;

	if (!browser->wanted || !*browser->wanted)
		return;
	screen_busy("searching ...");
	found = call_view_search(&browser->view, chosen(browser), browser->wanted);
	if (!found)
		found = call_view_search(&browser->view, NULL, browser->wanted);
	if (!found) {
		session_complain("not found");
		return;
	}
	rebuild_rows(browser);
	choose(browser, found);
}

static void
set_open(struct browser *browser, struct call_box *box, bool open)
{
	box->open = open && call_view_below(&browser->view, box)->len;
	rebuild_rows(browser);
	choose(browser, box);
}

static void
go_left(struct browser *browser, struct call_box *box)
{
	if (box->open)
		set_open(browser, box, false);
	else if (box->above && box->above->above)
		choose(browser, box->above);
}

/* False: a key that ends the page. */
static bool
act_on_box(struct browser *browser, struct call_box *box, int key)
{
	switch (key) {
	case SCREEN_RIGHT:
	case 'l':
	case '+':
		set_open(browser, box, true);
		return true;
	case SCREEN_LEFT:
	case 'h':
	case '-':
		go_left(browser, box);
		return true;
	case SCREEN_ENTER:
		set_open(browser, box, !box->open);
		return true;
	case 'e':
		call_view_open_heaviest(&browser->view, box);
		rebuild_rows(browser);
		choose(browser, box);
		return true;
	case 'v':
		return source_run(browser->session, browser->view.metric, box->place);
	default:
		return key != SCREEN_ESCAPE && key != 'q' && key != SCREEN_ERASE &&
		       key != SCREEN_CLOSED;
	}
}

static bool
act(struct browser *browser, int key)
{
	const struct call_view *view = &browser->view;
	struct call_box *box = chosen(browser);

	switch (key) {
	case 'm':
		change_view(browser, session_next_metric(browser->session, view->metric),
			view->inverted, view->order);
		return true;
	case 's':
		change_view(browser, view->metric, view->inverted,
			(enum call_order)((view->order + 1) % CALL_ORDERS));
		return true;
	case 'i':
		change_view(browser, view->metric, !view->inverted, view->order);
		return true;
	case '/':
		g_free(browser->wanted);
		browser->wanted = screen_ask("search: ", NULL);
		search(browser);
		return true;
	case 'n':
		search(browser);
		return true;
	default:
		break;
	}
	if (!box)
		return key == SCREEN_RESIZED;
	return act_on_box(browser, box, key);
}

bool
browser_run(const struct session *session)
{
	struct browser browser = {.session = session};
	int key;

	open_view(&browser, session->metric, false, CALL_BY_TOTAL);
	do {
		scroller_fit(&browser.scroller, screen_rows());
		draw(&browser);
		key = screen_key();
	} while (scroller_key(&browser.scroller, key, screen_rows()) || act(&browser, key));
	g_ptr_array_unref(browser.rows);
	call_view_fini(&browser.view);
	g_free(browser.wanted);
	return key != SCREEN_CLOSED;
}
