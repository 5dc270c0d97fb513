/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Where the debug information of a stripped file lies: by build id, else by .gnu_debuglink, in the
 * places that GDB's manual lists ("Debugging Information in Separate Files"). A file found is taken
 * only if its build id, or for want of one its checksum, is right. No server is asked here.
 */
#ifndef THAG_SYMBOLIZER_DEBUG_SEARCH_H
#define THAG_SYMBOLIZER_DEBUG_SEARCH_H

#include <glib.h>
#include <stdbool.h>
#include "elf_file.h"

struct debug_search {
	GStrv directories; /* like /usr/lib/debug */
	const char *root;  /* where the profiled process's "/" can be seen, "" for ours */
};

/* The debug file of build id `build_id`. On success the file is the caller's to close. */
bool debug_search_build_id(const struct debug_search *search, const struct elf_build_id *build_id,
	struct elf_file *ret_file);

/* The debug file of `file`, which the profiled process knows as `path`. */
bool debug_search_file(const struct debug_search *search, const struct elf_file *file,
	const char *path, struct elf_file *ret_file);

/* What `name` in .gnu_debugaltlink of `debug_path` points to (dwz's common file). Its path, for the
 * caller to free, or NULL. */
char *debug_search_alternative(const struct debug_search *search, const char *debug_path,
	const char *name, const struct elf_build_id *build_id);

#endif
