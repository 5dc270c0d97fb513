/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See review.h. */
#include "review.h"

#include <string.h>

struct range {
	uint32_t first, last;
};

struct file {
	char *name;
	GArray *ranges; /* struct range; none: all of the file */
};

struct review {
	GPtrArray *files; /* struct file */
};

static void
file_free(gpointer data)
{
	struct file *file = data;

	g_free(file->name);
	g_array_unref(file->ranges);
	g_free(file);
}

struct review *
review_new(void)
{
	struct review *review = g_new(struct review, 1);

	review->files = g_ptr_array_new_with_free_func(file_free);
	return review;
}

void
review_free(struct review *review)
{
	if (!review)
		return;
	g_ptr_array_unref(review->files);
	g_free(review);
}

static struct file *
add_file(struct review *review, const char *name)
{
	for (guint i = 0; i < review->files->len; i++) {
		struct file *file = review->files->pdata[i];

		if (!strcmp(file->name, name))
			return file;
	}
	struct file *file = g_new(struct file, 1);

	file->name = g_strdup(name);
	file->ranges = g_array_new(FALSE, FALSE, sizeof(struct range));
	g_ptr_array_add(review->files, file);
	return file;
}

/* ---- a diff ---- */

/* "@@ -1,2 +3,4 @@": lines 3 to 6 of the new file. Lines that only went leave the place. */
static void
add_hunk(struct file *file, const char *line)
{
	const char *plus = strchr(line, '+');
	char *end;

	if (!plus)
		return;
	const guint64 first = g_ascii_strtoull(plus + 1, &end, 10);
	const guint64 count = *end == ',' ? g_ascii_strtoull(end + 1, NULL, 10) : 1;
	const struct range range = {(uint32_t)first, (uint32_t)(first + (count ? count - 1 : 1))};

	g_array_append_val(file->ranges, range);
}

/* Returns the file that hunks belong to from here on. */
static struct file *
add_diff_line(struct review *review, struct file *current, char *line)
{
	if (g_str_has_prefix(line, "+++ ")) {
		char *name = line + strlen("+++ ");

		g_strdelimit(name, "\t\r", 0);
		if (!strcmp(name, "/dev/null"))
			return NULL;
		return add_file(review, g_str_has_prefix(name, "b/") ? name + 2 : name);
	}
	if (current && g_str_has_prefix(line, "@@ "))
		add_hunk(current, line);
	return current;
}

/* ---- a list ---- */

static void
add_name(struct review *review, char *name)
{
	char *colon = strrchr(name, ':');
	struct range range = {0, 0};

	if (colon && g_ascii_isdigit(colon[1])) {
		char *end;

		range.first = (uint32_t)g_ascii_strtoull(colon + 1, &end, 10);
		range.last =
			*end == '-' ? (uint32_t)g_ascii_strtoull(end + 1, NULL, 10) : range.first;
		*colon = 0;
	}
	if (!*name)
		return;
	struct file *file = add_file(review, name);

	if (range.first)
		g_array_append_val(file->ranges, range);
}

void
review_add(struct review *review, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	const bool diff = strstr(text, "\n+++ ") || g_str_has_prefix(text, "+++ ");
	struct file *current = NULL;

	for (char **line = lines; *line; line++) {
		if (diff)
			current = add_diff_line(review, current, *line);
		else
			add_name(review, g_strstrip(*line));
	}
}

bool
review_add_git(struct review *review, const char *revision, GError **error)
{
	const char *const command[] = {"git", "-c", "core.quotePath=false", "diff", "-U0",
		"--no-color", "--no-ext-diff", revision, "--", NULL};
	g_autofree char *out = NULL, *complaint = NULL;
	int status;

	if (!g_spawn_sync(NULL, (char **)(uintptr_t)command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
		    &out, &complaint, &status, error))
		return false;
	if (!g_spawn_check_wait_status(status, NULL)) {
		g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "git diff %s: %s", revision,
			g_strstrip(complaint));
		return false;
	}
	review_add(review, out);
	return true;
}

/* ---- asking ---- */

/* One is the other's end, by whole parts: "/build/src/a.c" and "src/a.c". */
static bool
names_match(const char *a, const char *b)
{
	const size_t a_length = strlen(a), b_length = strlen(b);
	const char *longer = a_length >= b_length ? a : b;
	const char *shorter = a_length >= b_length ? b : a;
	const size_t rest = strlen(longer) - strlen(shorter);

	return *shorter && !strcmp(longer + rest, shorter) && (!rest || longer[rest - 1] == '/');
}

/* Debug information may start with "./" or "../". */
static const char *
without_dots(const char *name)
{
	while (g_str_has_prefix(name, "./") || g_str_has_prefix(name, "../"))
		name = strchr(name, '/') + 1;
	return name;
}

static const struct file *
find_file(const struct review *review, const char *name)
{
	name = without_dots(name);
	for (guint i = 0; review && i < review->files->len; i++) {
		const struct file *file = review->files->pdata[i];

		/* The reviewed name is whole: a shorter one in the debug information (a plain
		 * "a.c" of a build in that directory) may be its end, never the reverse alone. */
		if (names_match(file->name, name))
			return file;
	}
	return NULL;
}

enum review_match
review_find(const struct review *review, const char *file, uint32_t line)
{
	const struct file *found = *file ? find_file(review, file) : NULL;

	if (!found)
		return REVIEW_NOTHING;
	for (guint i = 0; line && i < found->ranges->len; i++) {
		const struct range *range = &g_array_index(found->ranges, struct range, i);

		if (line >= range->first && line <= range->last)
			return REVIEW_LINE;
	}
	return REVIEW_FILE;
}

const char *
review_name(const struct review *review, const char *file)
{
	const struct file *found = *file ? find_file(review, file) : NULL;

	return found ? found->name : NULL;
}
