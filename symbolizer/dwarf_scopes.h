/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Names of functions from debug information.
 *
 * The linkage name, demangled, says all: namespace, class, template arguments, parameters. Where a
 * compiler gives none (GCC for inlined constructors, members of local classes) the name is put
 * together from the entries around the declaration. DWARF has no link to the parent, so the way
 * down from the unit is searched: each level's children are listed once, when first needed, and
 * then found by their offset.
 *
 * One thread at a time.
 */
#ifndef THAG_SYMBOLIZER_DWARF_SCOPES_H
#define THAG_SYMBOLIZER_DWARF_SCOPES_H

#include <elfutils/libdw.h>
#include "symbol_names.h"

struct dwarf_scopes;

struct dwarf_scopes *dwarf_scopes_new(struct symbol_names *names);
void dwarf_scopes_free(struct dwarf_scopes *scopes);

/*
 * The name of a subprogram or inlined subroutine, for a reader; NULL where it has none. Each is
 * worked out once.
 */
const char *dwarf_scopes_function(struct dwarf_scopes *scopes, Dwarf_Die *function);

#endif
