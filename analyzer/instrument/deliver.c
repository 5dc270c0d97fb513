/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See deliver.h. */
#include "deliver.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "patch.h"

static bool
is_input(const char *path)
{
	return !strcmp(path, "-");
}

static const char *
shown_path(const char *path)
{
	return is_input(path) ? "standard input" : path;
}

char *
deliver_count(unsigned count, const char *noun)
{
	return g_strdup_printf("%u %s%s", count, noun, count == 1 ? "" : "s");
}

bool
deliver_input_is_missing(const char *command)
{
	if (!isatty(STDIN_FILENO))
		return false;
	fprintf(stderr, "%s: give files, or a source on standard input (see %s --help)\n", command,
		command);
	return true;
}

static int
print(const char *bytes, size_t length, char **ret_why)
{
	if (fwrite(bytes, 1, length, stdout) == length && !fflush(stdout))
		return 0;
	*ret_why = g_strdup_printf("standard output cannot be written: %s", g_strerror(errno));
	return -1;
}

static void
complain(struct deliver *d, const char *path, const char *why)
{
	fprintf(stderr, "%s: %s: left as it is: %s\n", d->command, shown_path(path), why);
	d->failed_files++;
}

static int
write_result(struct deliver *d, const struct source *source, const struct edits *edits)
{
	g_autofree char *why = NULL;
	size_t length;
	g_autofree char *bytes = edits_apply(edits, source->bytes, source->length, &length);
	const int error = is_input(source->path) ? print(bytes, length, &why)
						 : source_replace(source, bytes, length, &why);

	if (error)
		complain(d, source->path, why);
	return error;
}

int
deliver(struct deliver *d, const struct source *source, const struct edits *edits)
{
	const bool writes = !d->diff && !d->dry_run && (edits->list->len || is_input(source->path));

	if (d->diff)
		patch_print(stdout, is_input(source->path) ? "-" : source->path, source->bytes,
			source->length, edits);
	if (writes && write_result(d, source, edits))
		return -1;
	d->changed_files += edits->list->len > 0;
	return 0;
}

void
deliver_problem(struct deliver *d, const struct source *source, const char *path, const char *why)
{
	g_autofree char *other_why = NULL;

	complain(d, path, why);
	if (source && is_input(path) && !d->diff && !d->dry_run &&
		print(source->bytes, source->length, &other_why))
		fprintf(stderr, "%s: %s\n", d->command, other_why);
}

int
deliver_status(const struct deliver *d)
{
	return d->failed_files ? DELIVER_FAILED : DELIVER_DONE;
}
