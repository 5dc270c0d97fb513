/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See library.h. Found by way of the program's own file, so that a copied or moved installation
 * and an uninstalled build use the library they were built with. */
#include "library.h"

#include <glib.h>
#include <string.h>
#include <unistd.h>

static char *
own_directory(void)
{
	g_autofree char *path = g_file_read_link("/proc/self/exe", NULL);

	return path ? g_path_get_dirname(path) : NULL;
}

static char *
find_beside(const char *directory)
{
	const char *const places[] = {"../preload/libthag.so", LIBRARY_FROM_BINDIR};

	for (size_t i = 0; directory && i < G_N_ELEMENTS(places); i++) {
		g_autofree char *path = g_build_filename(directory, places[i], NULL);

		if (!access(path, R_OK))
			return g_canonicalize_filename(path, NULL);
	}
	return access(LIBRARY_INSTALLED, R_OK) ? NULL : g_strdup(LIBRARY_INSTALLED);
}

char *
library_find(char **ret_why)
{
	g_autofree char *directory = own_directory();
	const char *asked = g_getenv("THAG_LIBRARY");
	g_autofree char *path = NULL;

	if (asked && *asked) {
		path = g_canonicalize_filename(asked, NULL);
		if (access(path, R_OK)) {
			*ret_why = g_strdup_printf(
				"THAG_LIBRARY: %s cannot be read; correct or unset it", path);
			return NULL;
		}
	} else {
		path = find_beside(directory);
	}
	if (!path) {
		*ret_why = g_strdup_printf("libthag.so is not where this thag was built or "
					   "installed (%s); say where in THAG_LIBRARY",
			directory ? directory : LIBRARY_INSTALLED);
		return NULL;
	}
	if (strpbrk(path, " :")) {
		*ret_why = g_strdup_printf("%s: LD_PRELOAD cannot name a path with blanks or "
					   "colons; move it, or link to it and set THAG_LIBRARY",
			path);
		return NULL;
	}
	return g_steal_pointer(&path);
}

char *
library_for_jemalloc(const char *library)
{
	g_autofree char *directory = g_path_get_dirname(library);
	char *path = g_build_filename(directory, "libthag-jemalloc.so", NULL);

	if (!access(path, R_OK))
		return path;
	g_free(path);
	return NULL;
}
