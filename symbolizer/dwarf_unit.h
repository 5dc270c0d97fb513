/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The functions of one compilation unit and what is inlined in each, by address.
 *
 * Nothing is read before it is asked for: the unit's functions at the first address within it, the
 * inlined bodies of a function at the first address within that. Functions lie at the unit's top
 * level and in its namespaces and classes; only where none of those holds an address are functions
 * within functions looked for as well.
 *
 *	unit -> functions (ranges) -> inlined bodies (ranges, each knows the one around it)
 *
 * One thread at a time.
 */
#ifndef THAG_SYMBOLIZER_DWARF_UNIT_H
#define THAG_SYMBOLIZER_DWARF_UNIT_H

#include <elfutils/libdw.h>
#include <glib.h>
#include <stdbool.h>
#include "dwarf_paths.h"
#include "dwarf_scopes.h"
#include "range_index.h"

/* A frame as debug information has it; `function` is NULL where it has none. */
struct dwarf_frame {
	const char *function; /* interned */
	const char *file;     /* interned; NULL */
	uint32_t line, column;
};

struct dwarf_unit {
	Dwarf_Die skeleton;    /* what is linked into the module: ranges and lines */
	Dwarf_Die tree;	       /* the entries: the same, or those of the .dwo file */
	const char *directory; /* where it was compiled; NULL */
	bool is_read, is_read_deep;
	bool lacks_split;     /* its .dwo file was not found */
	GPtrArray *functions; /* struct dwarf_function */
	struct range_index ranges;
};

struct dwarf_unit *dwarf_unit_new(const Dwarf_Die *skeleton);
void dwarf_unit_free(struct dwarf_unit *unit);

/* Adds what the unit's entry says it covers to `ranges`, with `value`. */
void dwarf_unit_add_ranges(struct dwarf_unit *unit, struct range_index *ranges, uint32_t value);

/*
 * Appends the frames at `address`, innermost first, to `frames` (struct dwarf_frame). Returns false
 * where the unit knows neither a function nor a line there; nothing is appended then.
 */
bool dwarf_unit_find(struct dwarf_unit *unit, uint64_t address, struct dwarf_scopes *scopes,
	struct dwarf_paths *paths, GArray *frames);

#endif
