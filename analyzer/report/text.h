/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Numbers for people, colour where there is a terminal, and tables with straight columns. */
#ifndef THAG_REPORT_TEXT_H
#define THAG_REPORT_TEXT_H

#include <stdio.h>

#include "metric.h"

enum {
	TEXT_WIDTH = 80, /* where nothing else is known */
	TEXT_CELL = 32,	 /* bytes of a formatted number */
	TEXT_LABEL = 14, /* columns of the labels of a summary's lines, without the two before it */
};

struct text {
	FILE *file;
	unsigned width;
	bool colour;
	bool screen; /* longer lines would be cut or broken */
};

enum text_style {
	STYLE_PLAIN,
	STYLE_HEADING,
	STYLE_DIM,
	STYLE_GOOD,
	STYLE_BAD,
};

/* Width and colour of the terminal behind `file`; 80 and none elsewhere, or with NO_COLOR. */
void text_init(struct text *text, FILE *file);

/* "12.4 MiB", "512 B"; "1,234"; "1.25 s"; "45.0 %": three or four figures that can be compared. */
const char *text_bytes(uint64_t bytes, char cell[TEXT_CELL]);
const char *text_count(uint64_t count, char cell[TEXT_CELL]);
const char *text_time(uint64_t time_ns, char cell[TEXT_CELL]);
const char *text_share(uint64_t part, uint64_t whole, char cell[TEXT_CELL]);
const char *text_metric(enum metric metric, uint64_t value, char cell[TEXT_CELL]);

/* Prints in a style. */
void text_print(const struct text *text, enum text_style style, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* Prints at most `columns` columns of UTF-8 text; what is cut is shown by an ellipsis. */
void text_clip(
	const struct text *text, enum text_style style, const char *string, unsigned columns);

/* "s" behind what there is not one of. */
const char *text_plural(uint64_t count);

/* Begins a line of the summary: two columns, and the name in TEXT_LABEL more. */
void text_label(const struct text *text, const char *name);

/* A blank line and a heading. */
void text_heading(const struct text *text, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A bar of `columns` columns at most, in eighths of a column. */
void text_bar(const struct text *text, uint64_t part, uint64_t whole, unsigned columns);

#endif
