/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "colour.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

const struct colour_scheme colour_schemes[] = {
	/* name    hue0  hue1  chroma light0 light1 */
	{"Aqua", 180, 225, 0.085, 0.79, 0.91},
	{"Blue", 235, 275, 0.085, 0.77, 0.89},
	{"Green", 122, 150, 0.120, 0.78, 0.90},
	{"Hot", 32, 92, 0.135, 0.77, 0.90},
	{"Mem", 138, 192, 0.085, 0.79, 0.91},
	{"Orange", 50, 76, 0.130, 0.77, 0.88},
	{"Purple", 296, 328, 0.100, 0.77, 0.88},
	{"Red", 12, 34, 0.110, 0.76, 0.86},
	{"Yellow", 88, 110, 0.130, 0.85, 0.94},
	{"Rust", 36, 66, 0.080, 0.74, 0.88},
};
const size_t colour_scheme_count = sizeof colour_schemes / sizeof *colour_schemes;

const struct colour_scheme *
colour_scheme_find(const char *name)
{
	for (size_t i = 0; i < colour_scheme_count; i++) {
		if (strcasecmp(colour_schemes[i].name, name) == 0)
			return &colour_schemes[i];
	}
	return NULL;
}

static uint32_t
channel(double linear)
{
	double value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;

	return (uint32_t)lround(255 * fmin(1, fmax(0, value)));
}

static uint32_t
oklch(double lightness, double chroma, double hue)
{
	double a = chroma * cos(hue * M_PI / 180);
	double b = chroma * sin(hue * M_PI / 180);
	double l = pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
	double m = pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
	double s = pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);

	return channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s) << 16 |
	       channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s) << 8 |
	       channel(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s);
}

uint32_t
colour_of_slot(const struct colour_scheme *scheme, unsigned slot, bool dark)
{
	/* Lightness goes round in steps of 5 so that neighbouring hues differ in it too. */
	double light = scheme->light0 + (scheme->light1 - scheme->light0) *
						(slot * 5 % COLOUR_SLOTS) / (COLOUR_SLOTS - 1);
	double hue = scheme->hue0 + (scheme->hue1 - scheme->hue0) * slot / (COLOUR_SLOTS - 1);

	return dark ? oklch(light * 0.5 + 0.05, scheme->chroma * 0.8, hue)
		    : oklch(light, scheme->chroma, hue);
}

uint32_t
colour_of_module(uint32_t rank, bool dark)
{
	/* The golden angle: however many modules, neighbours in rank are far apart in hue. */
	double hue = fmod(60 + rank * 137.508, 360);

	return oklch(dark ? 0.46 : 0.86 - rank % 3 * 0.035, dark ? 0.085 : 0.095, hue);
}

int
colour_change_step(double a, double b)
{
	const double larger = fmax(a, b);
	int step;

	if (a == b || larger <= 0)
		return 0;
	/* The root spreads small changes, of which there are most. */
	step = (int)ceil(COLOUR_CHANGES * sqrt(fabs(b - a) / larger));
	return b > a ? step : -step;
}

/* Orange and blue are told apart with any kind of colour blindness. */
uint32_t
colour_of_change(int step, bool dark)
{
	const double part = (double)abs(step) / COLOUR_CHANGES;
	const double hue = step > 0 ? 62 : 252;

	if (!step)
		return dark ? oklch(0.36, 0.005, 260) : oklch(0.91, 0.003, 260);
	return dark ? oklch(0.38 + 0.16 * part, 0.03 + 0.09 * part, hue)
		    : oklch(0.93 - 0.17 * part, 0.03 + 0.11 * part, hue);
}

unsigned
colour_slot(const char *name)
{
	uint32_t hash = 0x811c9dc5; /* FNV-1a */

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 0x01000193;
	hash ^= hash >> 15;
	return hash % COLOUR_SLOTS;
}
