/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See uninstrument_main.h. Marks are found without a parser, so libclang is not needed here. */
#include "uninstrument_main.h"

#include <glib.h>
#include <stdio.h>
#include "deliver.h"
#include "marks.h"

struct arguments {
	gboolean dry_run, diff, quiet;
	GStrv files;
};

static int
parse(int count, char **arguments, struct arguments *a)
{
	const GOptionEntry entries[] = {
		{"dry-run", 'n', 0, G_OPTION_ARG_NONE, &a->dry_run,
			"Write nothing, only say what would be done", NULL},
		{"diff", 'd', 0, G_OPTION_ARG_NONE, &a->diff,
			"Write nothing, print the changes as a patch", NULL},
		{"quiet", 'q', 0, G_OPTION_ARG_NONE, &a->quiet, "Say only what went wrong", NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &a->files, NULL, NULL},
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new("[FILE...]");
	g_autoptr(GError) error = NULL;

	g_option_context_set_summary(context,
		"Takes out of C and C++ sources what thag-instrument put in: files are changed in "
		"place,\nwithout files standard input goes to standard output. What has no mark "
		"of\nthag-instrument stays.");
	g_option_context_set_description(context,
		"The exit status is 0; 1 where a file could not be read or written, and was left\n"
		"as it was; 2 for wrong usage.\n");
	g_option_context_add_main_entries(context, entries, NULL);
	if (g_option_context_parse(context, &count, &arguments, &error))
		return 0;
	fprintf(stderr, "%s: %s (see %s --help)\n", arguments[0], error->message, arguments[0]);
	return DELIVER_USAGE;
}

/* Returns how many statements were taken out. */
static unsigned
uninstrument(struct deliver *d, const char *path)
{
	g_autofree char *why = NULL;
	struct source source;
	struct edits edits;

	if (source_read(path, &source, &why)) {
		deliver_problem(d, NULL, path, why);
		return 0;
	}
	edits_init(&edits);
	struct marks_count marks = marks_remove(source.bytes, source.length, &edits);

	if (deliver(d, &source, &edits))
		marks.statements = 0;
	if (!d->quiet && edits.list->len) {
		g_autofree char *functions = deliver_count(marks.statements, "function");

		fprintf(stderr, "%s: %s restored\n", path, functions);
	}
	edits_fini(&edits);
	source_fini(&source);
	return marks.statements;
}

static void
report_all(const struct deliver *d, unsigned statements)
{
	g_autofree char *functions = deliver_count(statements, "function");
	g_autofree char *files = deliver_count(d->changed_files, "file");

	fprintf(stderr, "%s: %s in %s restored%s\n", d->command, functions, files,
		d->diff || d->dry_run ? " (nothing was written)" : "");
}

int
uninstrument_main(int count, char **arguments)
{
	struct arguments a = {0};
	const char *const command = arguments[0];
	const int error = parse(count, arguments, &a);
	struct deliver d = {
		.command = command,
		.dry_run = a.dry_run,
		.diff = a.diff,
		.quiet = a.quiet || !a.files,
	};
	char input_name[] = "-", *input[] = {input_name, NULL};
	char **files = a.files ? a.files : input;
	unsigned statements = 0;

	if (error)
		return error;
	if (!a.files && deliver_input_is_missing(command))
		return DELIVER_USAGE;
	for (char **file = files; *file; file++)
		statements += uninstrument(&d, *file);
	if (!d.quiet)
		report_all(&d, statements);
	g_strfreev(a.files);
	return deliver_status(&d);
}
