/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The call tree of a selection as it is opened bit by bit: a box knows all the places of the
 * profile that it stands for, and makes the boxes below it when they are first asked for. So a
 * profile of a million nodes opens at once, and so does it inverted.
 *
 *	top down	main > parse > malloc		what is called; places are nodes
 *	bottom up	malloc > parse > main		who calls; places are (node, leaf) pairs,
 * the value of the leaf having come up to the node
 *
 * Boxes are by function: call paths that differ in lines alone are one. The totals of the boxes
 * below a box and its self are its total, either way round.
 */
#ifndef THAG_MENU_CALL_VIEW_H
#define THAG_MENU_CALL_VIEW_H

#include "selection.h"

enum call_order {
	CALL_BY_TOTAL,
	CALL_BY_SELF,
	CALL_BY_NAME,
	CALL_ORDERS,
};

struct call_box {
	uint32_t function;
	uint32_t place; /* one of its nodes: for file and line */
	uint64_t self, total;
	unsigned depth;
	bool open;
	struct call_box *above;
	GPtrArray *below; /* struct call_box; NULL: not made yet */
	GArray *places;	  /* uint32_t */
};

struct call_view {
	const struct selection *selection;
	enum metric metric;
	bool inverted;
	enum call_order order;
	uint64_t *self, *total; /* by node */
	struct call_box *root;	/* stands for everything; is not shown */
};

/* The selection is borrowed. */
void call_view_init(struct call_view *view, const struct selection *selection, enum metric metric,
	bool inverted, enum call_order order);
void call_view_fini(struct call_view *view);

/* The boxes below a box, in the view's order. Borrowed. */
GPtrArray *call_view_below(struct call_view *view, struct call_box *box);

/* The open boxes as rows, without the root. GPtrArray of borrowed boxes; unref it. */
GPtrArray *call_view_rows(struct call_view *view);

/* Opens the box and, below it, what has most of the value, to the end. */
void call_view_open_heaviest(struct call_view *view, struct call_box *box);

/*
 * The next box after `from` (NULL: the first), in the order of the rows were all open, whose
 * function's name holds `text`; every box on the way to it is opened. NULL: none. Of an inverted
 * view only boxes up to a depth of CALL_SEARCH_DEPTH are looked at.
 */
struct call_box *call_view_search(struct call_view *view, struct call_box *from, const char *text);

enum {
	CALL_SEARCH_DEPTH = 12,
};

#endif
