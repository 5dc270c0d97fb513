/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See catalogue.h. */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "catalogue.h"

/* ---- names ---- */

/*
 * The last "-yyyymmdd-hhmmss" that is followed by the end, another number, or what kind it is: so
 * that a program may have digits in its name.
 */
static GRegex *
name_pattern(void)
{
	static GRegex *pattern;

	if (!pattern)
		pattern = g_regex_new("^(.+)-([0-9]{8}-[0-9]{6}(?:-[0-9]+)?)"
				      "(?:-time|-time-inclusive|-sections|-memory-summary|-memory-"
				      "detail)?\\.(?:thag|folded)$",
			G_REGEX_OPTIMIZE, 0, NULL);
	return pattern;
}

void
catalogue_parse_name(const char *name, char **ret_program, char **ret_stamp)
{
	g_autoptr(GMatchInfo) match = NULL;
	const char *dot = strrchr(name, '.');

	if (g_regex_match(name_pattern(), name, 0, &match)) {
		*ret_program = g_match_info_fetch(match, 1);
		*ret_stamp = g_match_info_fetch(match, 2);
		return;
	}
	*ret_program = dot && dot > name ? g_strndup(name, (gsize)(dot - name)) : g_strdup(name);
	*ret_stamp = g_strdup("");
}

/* "20260131-120000-2" -> "2026-01-31 12:00:00 (2)" */
static char *
describe_stamp(const char *stamp)
{
	const char *more = strlen(stamp) > 15 ? stamp + 16 : NULL;

	return g_strdup_printf("%.4s-%.2s-%.2s %.2s:%.2s:%.2s%s%s%s", stamp, stamp + 4, stamp + 6,
		stamp + 9, stamp + 11, stamp + 13, more ? " (" : "", more ? more : "",
		more ? ")" : "");
}

static char *
describe_time(time_t time)
{
	g_autoptr(GDateTime) local = g_date_time_new_from_unix_local((gint64)time);

	return local ? g_date_time_format(local, "%Y-%m-%d %H:%M:%S") : g_strdup("");
}

static unsigned
content_of(const char *name)
{
	if (g_str_has_suffix(name, "-time.folded") ||
		g_str_has_suffix(name, "-time-inclusive.folded"))
		return CATALOGUE_TIME;
	if (g_str_has_suffix(name, ".folded") && strstr(name, "-memory-"))
		return CATALOGUE_MEMORY;
	return CATALOGUE_TIME | CATALOGUE_MEMORY;
}

/* ---- files ---- */

static void
free_file(gpointer pointer)
{
	struct catalogue_file *file = pointer;

	g_free(file->path);
	g_free(file->name);
	g_free(file->program);
	g_free(file->when);
	g_free(file);
}

static void
add_file(struct catalogue *catalogue, const char *path, const GStatBuf *status)
{
	struct catalogue_file *file = g_new0(struct catalogue_file, 1);
	g_autofree char *stamp = NULL;

	file->path = g_strdup(path);
	file->name = g_path_get_basename(path);
	catalogue_parse_name(file->name, &file->program, &stamp);
	file->when = *stamp ? describe_stamp(stamp) : describe_time(status->st_mtime);
	file->content = content_of(file->name);
	file->bytes = (guint64)status->st_size;
	g_ptr_array_add(catalogue->files, file);
}

/* Folded stacks that a .thag file of the same run says more than. */
static bool
is_covered(const char *directory, const char *name)
{
	const char *const endings[] = {"-time.folded", "-time-inclusive.folded", "-sections.folded",
		"-memory-summary.folded", "-memory-detail.folded"};

	for (unsigned i = 0; i < G_N_ELEMENTS(endings); i++) {
		if (g_str_has_suffix(name, endings[i])) {
			g_autofree char *stem = g_strndup(name, strlen(name) - strlen(endings[i]));
			g_autofree char *base = g_strconcat(stem, ".thag", NULL);
			g_autofree char *path = g_build_filename(directory, base, NULL);

			return g_file_test(path, G_FILE_TEST_EXISTS);
		}
	}
	return false;
}

static bool
add_directory(struct catalogue *catalogue, const char *directory, GError **error)
{
	g_autoptr(GDir) open = g_dir_open(directory, 0, error);
	const char *name;

	if (!open)
		return false;
	while ((name = g_dir_read_name(open))) {
		g_autofree char *path = g_str_equal(directory, ".")
						? g_strdup(name)
						: g_build_filename(directory, name, NULL);
		GStatBuf status;

		if ((g_str_has_suffix(name, ".thag") || g_str_has_suffix(name, ".folded")) &&
			g_stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
			!is_covered(directory, name))
			add_file(catalogue, path, &status);
	}
	return true;
}

static bool
add_path(struct catalogue *catalogue, const char *path, GError **error)
{
	GStatBuf status;

	if (g_stat(path, &status)) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", path,
			g_strerror(errno));
		return false;
	}
	if (S_ISDIR(status.st_mode))
		return add_directory(catalogue, path, error);
	add_file(catalogue, path, &status);
	return true;
}

/* ---- order ---- */

static int
compare_files(gconstpointer left, gconstpointer right, gpointer newest)
{
	const struct catalogue_file *a = *(const struct catalogue_file *const *)left;
	const struct catalogue_file *b = *(const struct catalogue_file *const *)right;
	int order;

	if (!g_str_equal(a->program, b->program)) {
		order = strcmp(g_hash_table_lookup(newest, b->program),
			g_hash_table_lookup(newest, a->program));
		return order ? order : strcmp(a->program, b->program);
	}
	order = strcmp(b->when, a->when);
	return order ? order : strcmp(a->path, b->path);
}

static void
sort(struct catalogue *catalogue)
{
	g_autoptr(GHashTable) newest = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < catalogue->files->len; i++) {
		struct catalogue_file *file = g_ptr_array_index(catalogue->files, i);
		const char *known = g_hash_table_lookup(newest, file->program);

		if (!known || strcmp(file->when, known) > 0)
			g_hash_table_insert(newest, file->program, file->when);
	}
	g_ptr_array_sort_with_data(catalogue->files, compare_files, newest);
}

bool
catalogue_init(struct catalogue *catalogue, char *const *paths, GError **error)
{
	static char here[] = ".";
	static char *const nothing[] = {here, NULL};
	bool good = true;

	catalogue->files = g_ptr_array_new_with_free_func(free_file);
	for (char *const *path = paths && *paths ? paths : nothing; good && *path; path++)
		good = add_path(catalogue, *path, error);
	sort(catalogue);
	return good;
}

void
catalogue_fini(struct catalogue *catalogue)
{
	g_ptr_array_unref(catalogue->files);
}

static bool
contains(const char *text, const char *wanted)
{
	g_autofree char *folded = g_utf8_casefold(text, -1);
	g_autofree char *folded_wanted = g_utf8_casefold(wanted, -1);

	return strstr(folded, folded_wanted) != NULL;
}

bool
catalogue_has(const struct catalogue_file *file, enum catalogue_content content, const char *filter)
{
	if (!(file->content & content))
		return false;
	return !filter || !*filter || contains(file->name, filter) ||
	       contains(file->program, filter);
}
