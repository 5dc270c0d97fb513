/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Steps from one debugging information entry to another, safe on broken input: a walk only ever
 * goes forward, so that it ends.
 */
#ifndef THAG_SYMBOLIZER_DWARF_DIE_H
#define THAG_SYMBOLIZER_DWARF_DIE_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

static inline bool
dwarf_die_child(Dwarf_Die *die, Dwarf_Die *ret_child)
{
	return dwarf_child(die, ret_child) == 0;
}

/* `ret_sibling` may be `die`. */
static inline bool
dwarf_die_sibling(Dwarf_Die *die, Dwarf_Die *ret_sibling)
{
	Dwarf_Die sibling;

	if (dwarf_siblingof(die, &sibling) != 0 ||
		(const char *)sibling.addr <= (const char *)die->addr)
		return false;
	*ret_sibling = sibling;
	return true;
}

/* The abstract instance of an inlined or out-of-line copy. */
bool dwarf_die_origin(Dwarf_Die *die, Dwarf_Die *ret_origin);

/* The entry that declares a function within its class or namespace; `die` itself if no other. */
Dwarf_Die dwarf_die_declaration(Dwarf_Die die);

/* An attribute of the entry itself that is a number; 0 where it is missing. */
uint64_t dwarf_die_number(Dwarf_Die *die, unsigned attribute);

#endif
