/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The debug information of one module by address.
 *
 * The units' address ranges are listed and sorted at the start (.debug_aranges would be faster
 * still, but clang leaves it out and so half of what is linked may be missing from it); everything
 * else waits until an address asks for it.
 *
 * One thread at a time.
 */
#ifndef THAG_SYMBOLIZER_DWARF_INDEX_H
#define THAG_SYMBOLIZER_DWARF_INDEX_H

#include <elfutils/libdw.h>
#include <glib.h>
#include <stdbool.h>
#include "dwarf_unit.h"

struct dwarf_index;

/* `dwarf` is borrowed and must outlive the index. */
struct dwarf_index *dwarf_index_new(Dwarf *dwarf, struct symbol_names *names);
void dwarf_index_free(struct dwarf_index *index);

/* See dwarf_unit_find(). */
bool dwarf_index_find(struct dwarf_index *index, uint64_t address, GArray *frames);

/* How many units had to be done without because their .dwo file was not found. */
unsigned dwarf_index_split_missing(const struct dwarf_index *index);

#endif
