/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The bytes that pages carry: named sections of columns, deflated, in base64. data.js is the
 * reader.
 *
 *	page:		"<size of the pack in bytes> <base64 of raw deflate of the pack>"
 *	pack:		section*
 *	section:	text name, varint byte count, bytes
 *	text:		varint byte count, UTF-8
 *	varint:		7 bits a byte, low ones first, bit 7: more follows
 *	signed:		varint of (n << 1) ^ (n >> 63)
 *
 *	section	contents
 *	meta	varint count, texts: key, value, key, value ... Of comparisons "a" and "b" are the
 *		names of the two, "noise" a share, "normalised" 0 or 1; their self columns come in
 *		pairs, A's and B's
 *	strings	varint count, texts; [0] is ""
 *	frames	varint count, then columns of varints: function, file, line, module; the first,
 *		second and last are numbers of strings
 *	shape	varint count of boxes, then per box, in pre-order, how many levels it lies above
 *		the place of a child of its predecessor
 *	frame	per box a varint: its frame. Frames are numbered by how often they occur, so that
 *		most of these are one byte
 *	self0..	texts as in strings (name, unit, plural), then per box a varint
 *	lead	charts, ns, signed: start less the end of the elder sibling (or the parent's start)
 *	rest	charts, ns, signed: duration less those of its children
 *
 * A reader skips sections it does not know; a change of one gets a new name.
 */
#ifndef THAG_PACK_H
#define THAG_PACK_H

#include <glib.h>
#include <stdint.h>
#include <stdio.h>

struct pack_strings {
	GHashTable *numbers; /* text -> number */
	GHashTable *seen;    /* the same by address: most texts come again and again */
	GPtrArray *texts;
};

void pack_varint(GByteArray *bytes, uint64_t value);
void pack_column(GByteArray *bytes, const uint64_t *values, size_t count);
void pack_signed(GByteArray *bytes, int64_t value);
void pack_text(GByteArray *bytes, const char *text);
void pack_section(GByteArray *pack, const char *name, const GByteArray *contents);

void pack_strings_init(struct pack_strings *strings);
void pack_strings_fini(struct pack_strings *strings);
/* The number of a text, which is made valid UTF-8 and must stay as it is. NULL is "". */
uint32_t pack_strings_number(struct pack_strings *strings, const char *text);
void pack_strings_emit(const struct pack_strings *strings, GByteArray *contents);

/* Writes the form for pages. Returns 0 or a negative errno; does not flush. */
int pack_write(FILE *out, const GByteArray *pack);

#endif
