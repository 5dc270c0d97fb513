/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See functions.h. */
#include <string.h>

#include "browser.h"
#include "functions.h"
#include "names.h"
#include "screen.h"
#include "scroller.h"
#include "tables.h"
#include "text.h"

enum {
	NUMBERS = 41,
};

enum order {
	BY_TOTAL,
	BY_SELF,
	BY_NAME,
	ORDERS,
};
static const char *const order_names[ORDERS] = {"total", "self", "name"};

struct functions {
	const struct session *session;
	enum metric metric;
	enum order order;
	GArray *table; /* struct table_row: all that there are */
	GArray *shown; /* guint: rows of the table that pass the filter, in order */
	char *filter;
	struct scroller scroller;
};

/* ---- which rows ---- */

static const struct table_row *
row_at(const struct functions *functions, guint shown)
{
	return &g_array_index(
		functions->table, struct table_row, g_array_index(functions->shown, guint, shown));
}

static const char *
name_of(const struct functions *functions, const struct table_row *row)
{
	return profile_function(functions->session->profile, row->key)->name;
}

static int
compare(gconstpointer left, gconstpointer right, gpointer context)
{
	const struct functions *functions = context;
	const struct table_row *a =
		&g_array_index(functions->table, struct table_row, *(const guint *)left);
	const struct table_row *b =
		&g_array_index(functions->table, struct table_row, *(const guint *)right);
	const uint64_t more = functions->order == BY_SELF ? a->self[functions->metric]
							  : a->total[functions->metric];
	const uint64_t less = functions->order == BY_SELF ? b->self[functions->metric]
							  : b->total[functions->metric];

	if (functions->order != BY_NAME && more != less)
		return more > less ? -1 : 1;
	return strcmp(name_of(functions, a), name_of(functions, b));
}

static void
rebuild(struct functions *functions)
{
	g_autofree char *wanted =
		functions->filter ? g_utf8_casefold(functions->filter, -1) : g_strdup("");

	g_array_set_size(functions->shown, 0);
	for (guint i = 0; i < functions->table->len; i++) {
		const struct table_row *row = &g_array_index(functions->table, struct table_row, i);
		g_autofree char *name = g_utf8_casefold(name_of(functions, row), -1);

		if (row->total[functions->metric] && strstr(name, wanted))
			g_array_append_val(functions->shown, i);
	}
	g_array_sort_with_data(functions->shown, compare, functions);
	functions->scroller.count = functions->shown->len;
}

/* ---- drawing ---- */

static void
draw_row(const struct functions *functions, unsigned row, const struct table_row *function,
	bool selected)
{
	const struct selection *selection = &functions->session->selection;
	const enum metric metric = functions->metric;
	const uint64_t whole = selection_whole(selection, metric);
	const struct profile *profile = functions->session->profile;
	const enum screen_style style = selected ? SCREEN_SELECTED : SCREEN_PLAIN;
	g_autofree char *name = name_short(name_of(functions, function), true);
	g_autofree char *module = g_path_get_basename(
		profile_module(profile, profile_function(profile, function->key)->module)->path);
	char total[TEXT_CELL], share[TEXT_CELL], self[TEXT_CELL], self_share[TEXT_CELL];
	g_autofree char *figures = g_strdup_printf("%10s %8s %10s %8s  ",
		text_metric(metric, function->total[metric], total),
		text_share(function->total[metric], whole, share),
		text_metric(metric, function->self[metric], self),
		text_share(function->self[metric], whole, self_share));
	g_autofree char *text =
		g_strdup_printf("%s  %s", *name ? name : "[unknown]", *module == '.' ? "" : module);

	screen_put(row, 0, NUMBERS, style, figures);
	screen_put(row, NUMBERS, screen_width() - NUMBERS, style, text);
}

static void
draw(const struct functions *functions)
{
	g_autofree char *title =
		g_strdup_printf("Functions: %s", metric_table[functions->metric].title);
	g_autofree char *about = g_strdup_printf("%s  %u functions, sorted by %s%s%s",
		functions->session->name, functions->shown->len, order_names[functions->order],
		functions->filter ? ", filter: " : "", functions->filter ? functions->filter : "");

	screen_begin(title, about,
		"m metric  s sort  / filter  v source  Enter its callers and callees  Esc back");
	screen_put(2, 0, screen_width(), SCREEN_DIM,
		"     total    share       self    share  function");
	for (unsigned row = 0;
		row < screen_rows() && functions->scroller.top + row < functions->shown->len;
		row++) {
		const unsigned at = functions->scroller.top + row;

		draw_row(functions, SCREEN_TOP + row, row_at(functions, at),
			at == functions->scroller.at);
	}
}

/* ---- keys ---- */

/* The tree of the call paths through one function. */
static bool
browse_function(const struct functions *functions, const struct table_row *row)
{
	const struct session *session = functions->session;
	const char *name = name_of(functions, row);
	g_autofree char *quoted = g_regex_escape_string(name, -1);
	g_autofree char *exact = g_strdup_printf("/^%s$/", quoted);
	const struct filter filter = {.function = exact};
	struct session narrow = *session;
	bool there = true;

	narrow.metric = functions->metric;
	if (selection_init(&narrow.selection, session->profile, &filter, NULL))
		there = browser_run(&narrow);
	selection_fini(&narrow.selection);
	return there;
}

/* Any node of a function will do for its source. */
static bool
show_source(const struct functions *functions, const struct table_row *row)
{
	const struct profile *profile = functions->session->profile;
	uint32_t node = 1;

	while (node < profile->nodes.count && profile_node_function(profile, node) != row->key)
		node++;
	return node == profile->nodes.count ||
	       source_run(functions->session, functions->metric, node);
}

static bool
act(struct functions *functions, int key)
{
	const struct table_row *row =
		functions->shown->len ? row_at(functions, functions->scroller.at) : NULL;

	switch (key) {
	case 'm':
		functions->metric = session_next_metric(functions->session, functions->metric);
		rebuild(functions);
		return true;
	case 's':
		functions->order = (functions->order + 1) % ORDERS;
		rebuild(functions);
		return true;
	case '/':
		g_free(functions->filter);
		functions->filter = screen_ask("filter: ", NULL);
		rebuild(functions);
		return true;
	case SCREEN_ENTER:
		return !row || browse_function(functions, row);
	case 'v':
		return !row || show_source(functions, row);
	default:
		return key != SCREEN_ESCAPE && key != 'q' && key != SCREEN_ERASE &&
		       key != SCREEN_LEFT && key != SCREEN_CLOSED;
	}
}

bool
functions_run(const struct session *session, enum metric metric)
{
	struct functions functions = {.session = session, .metric = metric};
	int key;

	functions.table = table_functions(&session->selection, metric);
	functions.shown = g_array_new(FALSE, FALSE, sizeof(guint));
	rebuild(&functions);
	do {
		scroller_fit(&functions.scroller, screen_rows());
		draw(&functions);
		key = screen_key();
	} while (scroller_key(&functions.scroller, key, screen_rows()) || act(&functions, key));
	g_array_unref(functions.table);
	g_array_unref(functions.shown);
	g_free(functions.filter);
	return key != SCREEN_CLOSED;
}
