/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See open.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flame_tree.h"
#include "open.h"
#include "profile_read.h"

static const char sqlite_magic[] = "SQLite format 3";

/* ---- folded stacks ---- */

/* The names of frames become functions without a module, and frames of no line, of equal number. */
static void
add_frames(struct profile *profile, const struct flame *flame)
{
	for (uint32_t i = 0; i < flame->frame_count; i++) {
		const struct profile_function function = {
			.name = profile_string(profile, flame_function_name(&flame->frames[i]))};
		const struct profile_frame frame = {.function = profile->functions->len};

		g_array_append_val(profile->functions, function);
		g_array_append_val(profile->frames, frame);
	}
}

/* Box i of the tree, which is in preorder, is node i + 1. */
static void
add_nodes(struct profile *profile, const struct flame_tree *tree)
{
	profile_resize_nodes(profile, tree->count + 1);
	for (uint32_t i = 0; i < tree->count; i++) {
		profile->nodes.parent[i + 1] =
			tree->parent[i] == FLAME_NO_PARENT ? 0 : tree->parent[i] + 1;
		profile->nodes.frame[i + 1] = tree->frame[i] + 1;
	}
	profile_index_nodes(profile);
}

static void
add_values(struct profile *profile, const struct flame_tree *tree, bool bytes)
{
	struct profile_memory *memory = &profile->memory;
	uint32_t row = 0;

	profile_resize_memory(profile, tree->count);
	for (uint32_t i = 0; i < tree->count; i++) {
		const uint64_t value = tree->self[0][i];

		if (!value)
			continue;
		memory->node[row] = i + 1;
		memory->category[row] = MEMORY_HEAP;
		*(bytes ? &memory->sums[row].allocated.bytes : &memory->sums[row].allocated.count) =
			value;
		row++;
	}
	profile_resize_memory(profile, row);
}

static struct profile *
profile_of_tree(const struct flame *flame, const struct flame_tree *tree, const char *path,
	const char *folded)
{
	struct profile *profile = profile_new();
	const char *program = profile_string(profile, path);
	const char *empty = profile_string(profile, "");
	const struct profile_process process = {
		.parent = -1, .exe = program, .command = program, .summary = true};
	const struct profile_thread thread = {.number = 1, .name = empty};

	profile->run.program = profile->run.command = program;
	profile->run.folded = profile_string(profile, folded);
	profile->run.summary = true;
	g_array_append_val(profile->processes, process);
	g_array_append_val(profile->threads, thread);
	add_frames(profile, flame);
	add_nodes(profile, tree);
	add_values(profile, tree, g_str_equal(folded, "bytes"));
	return profile;
}

static void
fail(GError **error, enum profile_error code, const char *path, const char *why)
{
	g_set_error(error, PROFILE_ERROR, code, "%s: %s", path, why);
}

static char *
describe_bad_lines(const char *path, const struct flame_folded_report *report)
{
	return g_strdup_printf("%s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			       " lines are no folded stacks and were left out, the first in line "
			       "%" G_GUINT64_FORMAT,
		path, (guint64)report->bad_lines, (guint64)report->lines,
		(guint64)report->first_bad_line);
}

/* What a file of something else is told. */
static void
refuse(const char *path, const struct flame_folded_report *report, GError **error)
{
	if (!report->lines)
		fail(error, PROFILE_ERROR_FOREIGN, path,
			"is empty; a profile (.thag) or folded stacks are wanted");
	else
		fail(error, PROFILE_ERROR_FOREIGN, path,
			"is neither a profile (.thag) nor folded stacks (lines of \"main;parse "
			"12\")");
}

static struct profile *
read_folded(FILE *in, const char *path, const char *folded, char **ret_warning, GError **error)
{
	struct profile *profile = NULL;
	struct flame_folded_report report;
	struct flame_tree tree;
	struct flame *flame;
	const int failed =
		flame_from_folded(in, &(struct flame_folded_options){0}, &flame, &report);

	if (failed) {
		fail(error, PROFILE_ERROR_IO, path, g_strerror(-failed));
		return NULL;
	}
	/* By chance some lines of any file end in a number. */
	if (!flame->box_count || report.bad_lines > report.lines / 2) {
		refuse(path, &report, error);
	} else if (!flame_tree_init(&tree, flame, NULL)) {
		profile = profile_of_tree(flame, &tree, path, folded);
		flame_tree_fini(&tree);
		if (ret_warning && report.bad_lines)
			*ret_warning = describe_bad_lines(path, &report);
	}
	flame_free(flame);
	return profile;
}

/* ---- what is it? ---- */

static bool
is_database(FILE *file)
{
	char start[sizeof(sqlite_magic)] = {0};
	size_t length;

	if (lseek(fileno(file), 0, SEEK_CUR) < 0)
		return false; /* a pipe, which cannot be looked at twice */
	length = fread(start, 1, sizeof(start) - 1, file);
	rewind(file);
	return length == sizeof(start) - 1 && g_str_equal(start, sqlite_magic);
}

/* Opens a regular file or a pipe; a directory is an error here, not an endless read. */
static FILE *
open_file(const char *path, GError **error)
{
	FILE *file = fopen(path, "re");
	struct stat status;

	if (file && fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
		fclose(file);
		file = NULL;
		errno = EISDIR;
	}
	if (!file)
		fail(error, PROFILE_ERROR_IO, path, g_strerror(errno));
	return file;
}

static const char *
folded_kind(const char *path, const struct open_options *options)
{
	if (options && options->folded)
		return options->folded;
	return strstr(path, "-memory-") ? "bytes" : "samples";
}

struct profile *
profile_open(
	const char *path, const struct open_options *options, char **ret_warning, GError **error)
{
	struct profile *profile;
	FILE *file;

	if (ret_warning)
		*ret_warning = NULL;
	if (g_str_equal(path, "-"))
		return read_folded(
			stdin, "standard input", folded_kind(path, options), ret_warning, error);
	file = open_file(path, error);
	if (!file)
		return NULL;
	/* A broken profile keeps its own message. */
	if (g_str_has_suffix(path, ".thag") || is_database(file))
		profile = profile_read(path, error);
	else
		profile = read_folded(file, path, folded_kind(path, options), ret_warning, error);
	fclose(file);
	return profile;
}
