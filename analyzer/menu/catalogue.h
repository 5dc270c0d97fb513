/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The profiles that there are to choose from: those of directories and files that were named, by
 * program, newest first.
 *
 *	app-20260131-120000.thag                 program "app", that second
 *	app-20260131-120000-2.thag               another that ended in the same second
 *	app-20260131-120000-memory-detail.folded of the first run: left out where its .thag is there
 *	my-perf.folded                           of elsewhere: program "my-perf", by its time stamp
 */
#ifndef THAG_MENU_CATALOGUE_H
#define THAG_MENU_CATALOGUE_H

#include <glib.h>
#include <stdbool.h>

/* What a file may hold; of folded stacks from elsewhere that cannot be told. */
enum catalogue_content {
	CATALOGUE_TIME = 1,
	CATALOGUE_MEMORY = 2,
};

struct catalogue_file {
	char *path;
	char *name;	  /* base name */
	char *program;	  /* "my-a" and "my-b" are two */
	char *when;	  /* "2026-01-31 12:00:00" */
	unsigned content; /* enum catalogue_content */
	guint64 bytes;
};

struct catalogue {
	GPtrArray *files; /* struct catalogue_file, programs by their newest, newest first */
};

/*
 * Looks at `paths` (NULL-terminated; none: the current directory): of directories, though not
 * their subdirectories, the files whose names are those of profiles; files whatever their names.
 * Returns false with `error` set (G_FILE_ERROR) where one of them cannot be read.
 */
bool catalogue_init(struct catalogue *catalogue, char *const *paths, GError **error);
void catalogue_fini(struct catalogue *catalogue);

/* Does the file hold `content`, and its name or program the text of `filter` (NULL or "": any)? */
bool catalogue_has(
	const struct catalogue_file *file, enum catalogue_content content, const char *filter);

/* For tests: what a base name says. The time stamp is "" where it has none. g_free() both. */
void catalogue_parse_name(const char *name, char **ret_program, char **ret_stamp);

#endif
