/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Names of source files: absolute where the compilation directory is told, without "." and "..", so
 * that one file has one name whichever compiler and unit it was seen by
 * ("/usr/bin/../lib/gcc/../../include/c++/12/map" is /usr/include/c++/12/map).
 *
 * One thread at a time.
 */
#ifndef THAG_SYMBOLIZER_DWARF_PATHS_H
#define THAG_SYMBOLIZER_DWARF_PATHS_H

#include "symbol_names.h"

struct dwarf_paths {
	struct symbol_names *names;
	GHashTable *known; /* position of a name in libdw's file tables -> the name, interned */
};

void dwarf_paths_init(struct dwarf_paths *paths, struct symbol_names *names);
void dwarf_paths_fini(struct dwarf_paths *paths);

/*
 * The name of file `path` of a unit compiled in `directory` (NULL: not known), interned; NULL for
 * NULL or "". `path` must stay where it is as long as `paths` lives.
 */
const char *dwarf_paths_intern(struct dwarf_paths *paths, const char *directory, const char *path);

#endif
