/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "debug_search.h"

/* Takes a file that passes for the debug file of `build_id`. */
static bool
debug_search_try_build_id(
	const char *path, const struct elf_build_id *build_id, struct elf_file *ret_file)
{
	struct elf_file file;

	if (elf_file_open(&file, path) != 0)
		return false;
	if (!elf_build_id_equal(&file.build_id, build_id)) {
		elf_file_close(&file);
		return false;
	}
	*ret_file = file;
	return true;
}

static bool
debug_search_try_under(const char *root, const char *directory, const struct elf_build_id *build_id,
	struct elf_file *ret_file)
{
	g_autofree char *id = elf_build_id_text(build_id);
	g_autofree char *path =
		g_strdup_printf("%s%s/.build-id/%.2s/%s.debug", root, directory, id, id + 2);

	return debug_search_try_build_id(path, build_id, ret_file);
}

bool
debug_search_build_id(const struct debug_search *search, const struct elf_build_id *build_id,
	struct elf_file *ret_file)
{
	if (build_id->byte_count < 2)
		return false;
	for (char **directory = search->directories; *directory; directory++)
		if ((*search->root &&
			    debug_search_try_under(search->root, *directory, build_id, ret_file)) ||
			debug_search_try_under("", *directory, build_id, ret_file))
			return true;
	return false;
}

static bool
debug_search_is_of(const struct elf_file *found, const struct elf_file *file)
{
	if (elf_file_is_same(file, &found->status))
		return false;
	if (file->build_id.byte_count)
		return elf_build_id_equal(&found->build_id, &file->build_id);
	return elf_file_crc(found) == file->debuglink_crc;
}

static bool
debug_search_try_link(const struct elf_file *file, const char *path, struct elf_file *ret_file)
{
	struct elf_file found;

	if (elf_file_open(&found, path) != 0)
		return false;
	if (!debug_search_is_of(&found, file)) {
		elf_file_close(&found);
		return false;
	}
	*ret_file = found;
	return true;
}

/* DIRECTORY/link, DIRECTORY/.debug/link */
static bool
debug_search_beside(const struct elf_file *file, struct elf_file *ret_file)
{
	g_autofree char *directory = g_path_get_dirname(file->path);
	g_autofree char *beside = g_build_filename(directory, file->debuglink, NULL);
	g_autofree char *below = g_build_filename(directory, ".debug", file->debuglink, NULL);

	return debug_search_try_link(file, beside, ret_file) ||
	       debug_search_try_link(file, below, ret_file);
}

bool
debug_search_file(const struct debug_search *search, const struct elf_file *file, const char *path,
	struct elf_file *ret_file)
{
	g_autofree char *directory = g_path_get_dirname(path);

	if (debug_search_build_id(search, &file->build_id, ret_file))
		return true;
	if (!file->debuglink)
		return false;
	if (debug_search_beside(file, ret_file))
		return true;
	for (char **debug = search->directories; *debug; debug++) {
		g_autofree char *there =
			g_build_filename(search->root, *debug, directory, file->debuglink, NULL);

		if (debug_search_try_link(file, there, ret_file))
			return true;
	}
	return false;
}

static bool
debug_search_try_path(const char *path, const struct elf_build_id *build_id)
{
	struct elf_file file;

	if (!debug_search_try_build_id(path, build_id, &file))
		return false;
	elf_file_close(&file);
	return true;
}

char *
debug_search_alternative(const struct debug_search *search, const char *debug_path,
	const char *name, const struct elf_build_id *build_id)
{
	struct elf_file file;
	g_autofree char *directory = g_path_get_dirname(debug_path);
	g_autofree char *beside = g_path_is_absolute(name)
					  ? g_strconcat(search->root, name, NULL)
					  : g_build_filename(directory, name, NULL);

	if (debug_search_try_path(beside, build_id))
		return g_steal_pointer(&beside);
	/* The process may be gone, and its root with it; the build id tells whether it is the same.
	 */
	if (g_path_is_absolute(name) && debug_search_try_path(name, build_id))
		return g_strdup(name);
	if (debug_search_build_id(search, build_id, &file)) {
		char *path = g_strdup(file.path);

		elf_file_close(&file);
		return path;
	}
	return NULL;
}
