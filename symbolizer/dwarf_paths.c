/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stdint.h>
#include <string.h>
#include "dwarf_paths.h"

void
dwarf_paths_init(struct dwarf_paths *paths, struct symbol_names *names)
{
	paths->names = names;
	paths->known = g_hash_table_new(NULL, NULL);
}

void
dwarf_paths_fini(struct dwarf_paths *paths)
{
	g_hash_table_unref(paths->known);
}

/* Removes ".", ".." and doubled slashes, but no ".." that leads out of a relative path. */
static char *
paths_simplify(const char *path)
{
	g_autofree char *rooted = NULL;
	char *simple;

	if (*path == '/')
		return g_canonicalize_filename(path, "/");
	if (g_str_has_prefix(path, "../"))
		return g_strdup(path);
	rooted = g_canonicalize_filename(path, "/");
	simple = g_strdup(rooted + 1);
	return simple;
}

static char *
paths_make(const char *directory, const char *path)
{
	g_autofree char *joined = NULL;

	/* In version 5 the first directory is the compilation directory itself, even if that was
	 * made relative by -ffile-prefix-map: it must not be put before itself. */
	if (*path == '/' || !directory || !*directory || g_str_has_prefix(path, directory))
		return paths_simplify(path);
	joined = g_strconcat(directory, "/", path, NULL);
	return paths_simplify(joined);
}

const char *
dwarf_paths_intern(struct dwarf_paths *paths, const char *directory, const char *path)
{
	const char *known;
	g_autofree char *made = NULL;

	if (!path || !*path)
		return NULL;
	known = g_hash_table_lookup(paths->known, path);
	if (known)
		return known;
	made = paths_make(directory, path);
	known = symbol_names_intern(paths->names, made);
	g_hash_table_insert(paths->known, (gpointer)(uintptr_t)path, (gpointer)(uintptr_t)known);
	return known;
}
