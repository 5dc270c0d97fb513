/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Colour schemes of boxes. A scheme is an arc of hues and a range of lightness in OKLCH (Ottosson,
 * "A perceptual color space for image processing", 2020), where equal lightness looks equally
 * light: text is as readable on one box of a scheme as on another. colour.js does the same sums
 * with this table, which travels with the data.
 */
#ifndef THAG_COLOUR_H
#define THAG_COLOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	COLOUR_SLOTS = 16, /* colours per scheme; a name always gets the same one */
};

struct colour_scheme {
	const char *name;
	double hue0, hue1; /* degrees */
	double chroma;
	double light0, light1; /* 0 to 1, on a white page */
};

extern const struct colour_scheme colour_schemes[];
extern const size_t colour_scheme_count;

/* By name, capitals or not; NULL if there is none. */
const struct colour_scheme *colour_scheme_find(const char *name);

/* 0xrrggbb. `dark`: for a dark page, under light text. */
uint32_t colour_of_slot(const struct colour_scheme *scheme, unsigned slot, bool dark);
/* Of the module with the rank-th most value. */
uint32_t colour_of_module(uint32_t rank, bool dark);
enum {
	COLOUR_CHANGES = 5, /* steps from "hardly" to "wholly", in either direction */
};

/* How far a value changed, in steps: below 0 it shrank, 0 it is the same. */
int colour_change_step(double a, double b);
/* Of a step from -COLOUR_CHANGES to COLOUR_CHANGES: blue, grey, orange. */
uint32_t colour_of_change(int step, bool dark);
/* The slot of a name (valid UTF-8). */
unsigned colour_slot(const char *name);

#endif
