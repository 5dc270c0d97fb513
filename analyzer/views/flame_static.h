/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The drawing for viewers without JavaScript: the widest boxes of a flame as SVG elements. Its size
 * is bounded, whatever the flame's; what is left out is counted.
 */
#ifndef THAG_FLAME_STATIC_H
#define THAG_FLAME_STATIC_H

#include "flame.h"

#include <glib.h>

enum {
	STATIC_WIDTH = 1200,
	STATIC_BOXES_MAX = 1500,
	STATIC_ROWS_MAX = 200,
};

struct flame_static {
	GString *body;	  /* elements, to stand in an <svg> of STATIC_WIDTH x height */
	GString *colours; /* CSS rules of the classes that the elements use */
	unsigned height;
	uint64_t narrow_boxes; /* not drawn: too narrow */
	uint64_t deep_boxes;   /* not drawn: further than STATIC_ROWS_MAX rows from the root */
};

/* Returns 0 or -EINVAL. Free with flame_static_fini(). */
int flame_static_init(struct flame_static *ret_drawing, const struct flame *flame,
	const struct flame_style *style);
void flame_static_fini(struct flame_static *drawing);

#endif
