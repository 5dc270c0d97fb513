/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the parts of the static drawing (flame_static.h) share: each works out something of all
 * boxes before any is drawn.
 *
 *	static_change.c	of a comparison: both sides of a box, and its width
 *	static_place.c	where it lies
 *	static_colour.c	the class of its colour
 */
#ifndef THAG_STATIC_DRAWING_H
#define THAG_STATIC_DRAWING_H

#include "flame_static.h"
#include "flame_tree.h"

enum {
	STATIC_MARGIN = 12,
	STATIC_PIXEL = 100, /* all places are in hundredths of a pixel: no locale, no rounding */
	STATIC_DRAWING = (STATIC_WIDTH - 2 * STATIC_MARGIN) * STATIC_PIXEL,
};

/* Where a box is drawn. */
struct static_place {
	uint64_t left, width; /* in hundredths of a pixel, from the margin */
	uint32_t row;
};

struct static_drawing {
	const struct flame *flame;
	struct flame_tree tree;
	struct static_place *places; /* by box */
	uint64_t low, span;	     /* of the axis, in values or ns */
	uint32_t rows;
	uint32_t *group; /* by frame: the class of its colour; set by static_colours() */
	int8_t *step;	 /* by box, of a comparison: how it changed; else NULL */
	double *a, *b;	 /* by box, of a comparison: its values with all below it */
	bool flipped;
	bool by_change; /* colours of a comparison */
};

/* Widths become those of the larger side, box by box; nothing where it is no comparison. */
void static_change(struct static_drawing *drawing);

/* "A 1.20 MiB, B 1.50 MiB (+25.0 %)"; g_free() it. */
char *static_change_text(const struct static_drawing *drawing, uint32_t box);

void static_places(struct static_drawing *drawing);

/* The width from which on boxes are drawn, so that there are at most STATIC_BOXES_MAX. */
uint64_t static_least_width(const struct static_drawing *drawing);

/* Chooses classes, and adds their rules to `css`. */
void static_colours(struct static_drawing *drawing, const char *scheme, GString *css);

/* The class "cN" of a frame: by name it is found when it is needed, as of most nothing is drawn. */
uint32_t static_colour_class(const struct static_drawing *drawing, uint32_t frame);

#endif
