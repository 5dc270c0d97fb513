/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * thag replay FILE: makes the results of a run again from its recording (thag-run --record), e.g.
 * by a newer thag, or where debug information has come since.
 *
 * Of a recording that is damaged or was cut off all before that place is used; the profile says
 * that it is partial, and so does the exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "command.h"
#include "results.h"
#include "stream/collector.h"
#include "symbolizer.h"
#include "target.h"

struct request {
	char *directory;
	char *file;
	gboolean quiet;
	gboolean json;
};

static bool
parse(int count, char **arguments, struct request *request)
{
	g_auto(GStrv) files = NULL;
	const GOptionEntry entries[] = {
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &request->directory,
			"write results into DIR instead of the current directory", "DIR"},
		{"quiet", 'q', 0, G_OPTION_ARG_NONE, &request->quiet, "print no summary", NULL},
		{"json", 0, 0, G_OPTION_ARG_NONE, &request->json, "print the summary as JSON",
			NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL, NULL},
		{0},
	};
	g_autoptr(GOptionContext) context =
		g_option_context_new("FILE - make the results of a recorded run again");
	g_autoptr(GError) error = NULL;
	const char *name = arguments[0];

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &count, &arguments, &error)) {
		fprintf(stderr, "%s: %s; see %s --help\n", name, error->message, name);
		return false;
	}
	if (!files || files[1]) {
		fprintf(stderr, "%s: which recording? %s [-o DIR] FILE\n", name, name);
		return false;
	}
	request->file = g_strdup(files[0]);
	return true;
}

/* Returns what collector_replay() does. */
static int
read_recording(int fd, struct symbolizer *symbolizer, struct run **ret_run, char *message)
{
	struct collector *collector = collector_new(NULL, -1, symbolizer);
	const int error = collector_replay(collector, fd, message);

	if (error < 0)
		collector_free(collector);
	else
		*ret_run = collector_finish(collector);
	return error;
}

static int
replay(const char *name, const struct request *request, int fd)
{
	const struct symbolizer_options options = {.debuginfod = false};
	struct symbolizer *symbolizer = symbolizer_new(&options);
	char message[COLLECTOR_MESSAGE_BYTES];
	struct run *run = NULL;
	int error = read_recording(fd, symbolizer, &run, message);

	if (error)
		fprintf(stderr, "%s: %s: %s\n", name, request->file, message);
	if (error >= 0 && !run->processes->len) {
		fprintf(stderr, "%s: %s: there is nothing of a run in it\n", name, request->file);
		run_free(run);
		error = -ENODATA;
	} else if (error >= 0) {
		const struct results_run results = {
			.directory = request->directory ? request->directory : ".",
			.exit_status = -1,
			.incomplete = error ? message : NULL,
			.loaded = true,
			.quiet = request->quiet,
			.json = request->json,
		};

		if (results_write(run, symbolizer, &results))
			error = -1;
		run_free(run);
	}
	symbolizer_free(symbolizer);
	return error < 0 ? EXIT_OURS : error;
}

int
replay_main(int count, char **arguments)
{
	struct request request = {.quiet = FALSE};
	int status = EXIT_OURS;

	if (parse(count, arguments, &request)) {
		const int fd = open(request.file, O_RDONLY | O_CLOEXEC);

		if (fd < 0) {
			fprintf(stderr, "%s: %s: %s\n", arguments[0], request.file,
				g_strerror(errno));
		} else {
			status = replay(arguments[0], &request, fd);
			close(fd);
		}
	}
	g_free(request.file);
	g_free(request.directory);
	return status;
}
