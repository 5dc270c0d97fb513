/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See call_view.h. */
#include <string.h>

#include "call_view.h"

static void
free_box(gpointer pointer)
{
	struct call_box *box = pointer;

	if (box->below)
		g_ptr_array_unref(box->below);
	g_array_unref(box->places);
	g_free(box);
}

static struct call_box *
box_new(struct call_box *above, uint32_t function)
{
	struct call_box *box = g_new0(struct call_box, 1);

	box->function = function;
	box->above = above;
	box->depth = above && above->above ? above->depth + 1 : 0;
	box->places = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	return box;
}

static uint32_t
place_at(const struct call_box *box, guint i)
{
	return g_array_index(box->places, uint32_t, i);
}

/* ---- what is below ---- */

/* The box of a function among those being made. */
static struct call_box *
box_of(const struct call_view *view, GHashTable *made, struct call_box *above, uint32_t node)
{
	const uint32_t function = profile_node_function(view->selection->profile, node);
	struct call_box *box = g_hash_table_lookup(made, GUINT_TO_POINTER(function));

	if (box)
		return box;
	box = box_new(above, function);
	box->place = node;
	g_hash_table_insert(made, GUINT_TO_POINTER(function), box);
	g_ptr_array_add(above->below, box);
	return box;
}

static void
add_called(const struct call_view *view, GHashTable *made, struct call_box *above, uint32_t node)
{
	struct call_box *box;

	if (!view->total[node])
		return;
	box = box_of(view, made, above, node);
	box->self += view->self[node];
	box->total += view->total[node];
	g_array_append_val(box->places, node);
}

/* The children of a node, by stepping over the subtrees. */
static void
make_called(const struct call_view *view, GHashTable *made, struct call_box *above)
{
	const struct profile_nodes *nodes = &view->selection->profile->nodes;

	for (guint i = 0; i < above->places->len; i++) {
		const uint32_t from = place_at(above, i);

		for (uint32_t node = from + 1; node <= nodes->last[from];
			node = nodes->last[node] + 1)
			add_called(view, made, above, node);
	}
}

/* `leaf`'s value arrives at `node`; where no caller is left, it is the box's own. */
static void
add_caller(const struct call_view *view, GHashTable *made, struct call_box *above, uint32_t node,
	uint32_t leaf)
{
	struct call_box *box = box_of(view, made, above, node);

	box->total += view->self[leaf];
	if (!view->selection->profile->nodes.parent[node])
		box->self += view->self[leaf];
	g_array_append_val(box->places, node);
	g_array_append_val(box->places, leaf);
}

static void
make_callers(const struct call_view *view, GHashTable *made, struct call_box *above)
{
	const struct profile_nodes *nodes = &view->selection->profile->nodes;

	if (!above->above) {
		for (uint32_t node = 1; node < nodes->count; node++) {
			if (view->self[node])
				add_caller(view, made, above, node, node);
		}
		return;
	}
	for (guint i = 0; i < above->places->len; i += 2) {
		const uint32_t caller = nodes->parent[place_at(above, i)];

		if (caller)
			add_caller(view, made, above, caller, place_at(above, i + 1));
	}
}

static int
compare_boxes(gconstpointer left, gconstpointer right, gpointer context)
{
	const struct call_box *a = *(const struct call_box *const *)left;
	const struct call_box *b = *(const struct call_box *const *)right;
	const struct call_view *view = context;
	const struct profile *profile = view->selection->profile;
	int names;

	if (view->order == CALL_BY_TOTAL && a->total != b->total)
		return a->total > b->total ? -1 : 1;
	if (view->order == CALL_BY_SELF && a->self != b->self)
		return a->self > b->self ? -1 : 1;
	names = strcmp(profile_function(profile, a->function)->name,
		profile_function(profile, b->function)->name);
	return names ? names : (a->function > b->function) - (a->function < b->function);
}

GPtrArray *
call_view_below(struct call_view *view, struct call_box *box)
{
	g_autoptr(GHashTable) made = NULL;

	if (box->below)
		return box->below;
	made = g_hash_table_new(NULL, NULL);
	box->below = g_ptr_array_new_with_free_func(free_box);
	if (view->inverted)
		make_callers(view, made, box);
	else
		make_called(view, made, box);
	g_ptr_array_sort_with_data(box->below, compare_boxes, view);
	return box->below;
}

/* ---- the view ---- */

void
call_view_init(struct call_view *view, const struct selection *selection, enum metric metric,
	bool inverted, enum call_order order)
{
	const uint32_t root = 0;

	*view = (struct call_view){
		.selection = selection, .metric = metric, .inverted = inverted, .order = order};
	view->self = selection_self(selection, metric);
	view->total = selection_total(selection->profile, view->self);
	view->root = box_new(NULL, 0);
	view->root->total = view->total[0];
	view->root->self = view->self[0];
	view->root->open = true;
	g_array_append_val(view->root->places, root);
}

void
call_view_fini(struct call_view *view)
{
	free_box(view->root);
	g_free(view->self);
	g_free(view->total);
}

/* The box after this one, as the rows go; into what is below only where `enter` says so. */
static struct call_box *
next_box(struct call_view *view, struct call_box *box, bool enter)
{
	if (enter) {
		GPtrArray *below = call_view_below(view, box);

		if (below->len)
			return g_ptr_array_index(below, 0);
	}
	for (; box->above; box = box->above) {
		guint at;

		if (g_ptr_array_find(box->above->below, box, &at) &&
			at + 1 < box->above->below->len)
			return g_ptr_array_index(box->above->below, at + 1);
	}
	return NULL;
}

static void
append_rows(struct call_view *view, struct call_box *box, GPtrArray *rows)
{
	GPtrArray *below = call_view_below(view, box);
	g_autoptr(GArray) next = g_array_new(FALSE, FALSE, sizeof(guint));
	const guint zero = 0;

	/* Depth first without recursion: `next` is the position in each open box of the way. */
	g_array_append_val(next, zero);
	while (next->len) {
		guint *at = &g_array_index(next, guint, next->len - 1);

		if (*at == below->len) {
			g_array_set_size(next, next->len - 1);
			box = box->above;
			below = box ? box->below : NULL;
			continue;
		}
		struct call_box *child = g_ptr_array_index(below, (*at)++);

		g_ptr_array_add(rows, child);
		if (child->open) {
			box = child;
			below = call_view_below(view, child);
			g_array_append_val(next, zero);
		}
	}
}

GPtrArray *
call_view_rows(struct call_view *view)
{
	GPtrArray *rows = g_ptr_array_new();

	append_rows(view, view->root, rows);
	return rows;
}

void
call_view_open_heaviest(struct call_view *view, struct call_box *box)
{
	while (box) {
		struct call_box *heaviest = NULL;
		GPtrArray *below = call_view_below(view, box);

		box->open = true;
		for (guint i = 0; i < below->len; i++) {
			struct call_box *child = g_ptr_array_index(below, i);

			if (!heaviest || child->total > heaviest->total)
				heaviest = child;
		}
		box = heaviest;
	}
}

static bool
is_named(const struct call_view *view, const struct call_box *box, const char *folded)
{
	const char *name = profile_function(view->selection->profile, box->function)->name;
	g_autofree char *text = g_utf8_casefold(name, -1);

	return strstr(text, folded) != NULL;
}

struct call_box *
call_view_search(struct call_view *view, struct call_box *from, const char *text)
{
	g_autofree char *folded = g_utf8_casefold(text, -1);
	struct call_box *box = from ? from : view->root;

	do {
		const bool deeper = !view->inverted || box->depth < CALL_SEARCH_DEPTH;

		box = next_box(view, box, deeper);
	} while (box && !is_named(view, box, folded));
	for (struct call_box *above = box ? box->above : NULL; above; above = above->above)
		above->open = true;
	return box;
}
