/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Flamegraphs and flamecharts: a picture of call paths as an SVG that works alone, in any browser
 * and without a network.
 *
 * The input is plain columns and knows nothing of profiles: whoever has boxes (the profile's
 * queries, a folded file, a comparison) fills a struct flame. A graph merges equal call paths and
 * sorts them; a chart keeps every box at its time.
 *
 *	        frames (one per function seen)        boxes (one per call path)
 *	    0   main    main.c   12   app             parent  NO_PARENT  0   0   2
 *	    1   parse   parse.c  40   app             frame       0      1   2   1
 *	    2   run     run.c    88   app             self        1     10   4   3
 *
 * What the file holds: all boxes, compressed, about 3 to 12 bytes each; the scripts that draw them
 * (data.js ... flame.js, one each for decoding, trees, colours, drawing and the page); and a
 * drawing of the widest boxes for viewers without JavaScript. Whatever is left out of that drawing
 * is counted and said in it.
 *
 * Nothing here keeps state; several threads may write different pictures.
 */
#ifndef THAG_FLAME_H
#define THAG_FLAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FLAME_NO_PARENT UINT32_MAX

enum flame_kind {
	FLAME_GRAPH, /* width: value; equal call paths merged, siblings by name */
	FLAME_CHART, /* width: time; boxes without a parent are threads, with a band of rows each */
};

enum flame_unit {
	FLAME_COUNT, /* of flame_metric.count_name */
	FLAME_BYTES,
	FLAME_NS,
	FLAME_US,
};

/* Texts need not be valid UTF-8. NULL: not known (function: shown as "(unnamed)"). */
struct flame_frame {
	const char *function;
	const char *file;
	uint32_t line; /* 0: not known */
	const char *module;
};

/* A column of values that boxes can be measured by; the reader switches between them. */
struct flame_metric {
	const char *name; /* "allocated", "peak", "CPU time" */
	enum flame_unit unit;
	const char *count_name; /* plural, for FLAME_COUNT: "samples"; else NULL */
	const uint64_t *self;	/* by box: without what lies below it */
};

/*
 * Makes a graph a comparison of two, A and B, laid over each other: metrics stand in pairs of the
 * same name and unit, A's then B's. A box is as wide as the larger of its two values, so that what
 * is gone can be seen too; its colour says how its value, with all below it, has changed.
 */
struct flame_compare {
	const char *a, *b; /* what they are called: "baseline.thag" */
	double noise;	   /* a change up to this share of the larger whole has no colour */
	bool normalised;   /* at first A is shown scaled to B's whole; the reader may switch */
	bool sides;	   /* at first A and B stand side by side */
};

struct flame {
	enum flame_kind kind;
	const char *title;
	const char *subtitle;  /* may be NULL */
	const char *root_name; /* what a graph's root is called; NULL: "all" */

	uint32_t box_count;
	const uint32_t *parent; /* smaller than the box's own index, or FLAME_NO_PARENT */
	const uint32_t *frame;
	/* Charts: from the start of the run. A box lies within its parent. NULL for graphs. */
	const uint64_t *start_ns, *duration_ns;

	uint32_t frame_count;
	const struct flame_frame *frames;

	/* The first is shown first. A chart may have none: then it shows time. */
	uint32_t metric_count;
	const struct flame_metric *metrics;

	const struct flame_compare *compare; /* NULL: one profile alone; charts always */
};

struct flame_style {
	/* A name of colour_schemes, or "module". NULL: Mem for bytes, Hot for all else. */
	const char *scheme;
	bool icicle; /* the root at the top; charts always have it there */
};

/*
 * Writes the picture. `style` may be NULL. Returns 0; -EINVAL for a flame that breaks the rules
 * above; or the negative errno of a failed write, after which the file is of no use. The stream is
 * flushed, not closed.
 */
int flame_write_svg(FILE *out, const struct flame *flame, const struct flame_style *style);

/*
 * Only the data of the picture, as pages embed it: "<size> <base64>", see pack.h for what is in it.
 * Same errors.
 */
int flame_write_pack(FILE *out, const struct flame *flame, const struct flame_style *style);

/* The scripts and style sheet of the pictures, NUL-terminated; without "]]>". */
extern const char flame_script[];
extern const char flame_style_sheet[];

/* ---- folded files --------------------------------------------------------------------------- */

struct flame_folded_options {
	const char *title;	/* NULL: "Flamegraph" */
	const char *subtitle;	/* may be NULL */
	enum flame_unit unit;	/* of the last column */
	const char *count_name; /* NULL: "samples" */
	unsigned columns;	/* values per line, 1 or 2 ("before after"); 0: 1 */
};

/* What was seen of a file; what could not be used is counted, never passed over in silence. */
struct flame_folded_report {
	uint64_t lines; /* that held something */
	uint64_t bad_lines;
	uint64_t first_bad_line; /* its number, from 1; 0: none */
	bool overflowed;	 /* a sum reached 2^64 - 1 and stays there */
};

/*
 * Reads "frame;frame;frame value" lines, as perf's, FlameGraph's and our own tools write them.
 * Frames may hold spaces; the value is what follows the last space (before it: the value before,
 * with two columns), whole or with a fraction, which is rounded. Windows line ends, empty lines and
 * a missing last newline are fine. `ret_report` may be NULL.
 * Returns 0 (also for an empty file: a flame without boxes), -EIO where reading failed, -EINVAL for
 * wrong options.
 */
int flame_from_folded(FILE *in, const struct flame_folded_options *options,
	struct flame **ret_flame, struct flame_folded_report *ret_report);

/* Frees what flame_from_folded() made, and only that. NULL is fine. */
void flame_free(struct flame *flame);

#endif
