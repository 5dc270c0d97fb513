/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* thag html: the report of a profile as one HTML file. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "command.h"
#include "html.h"
#include "profile_read.h"
#include "target.h"

struct html_request {
	const char *name;
	const char *input, *output;
	struct html_options options;
	bool help;
};

static const char help[] =
	"thag html [options] FILE.thag\n"
	"Makes a report, one HTML file for any browser that needs no network.\n\n"
	"  -o, --output FILE   write FILE, which must not exist, or - for standard output\n"
	"                      (default: FILE.html)\n"
	"      --title TEXT    title of the report (default: the program's name)\n"
	"      --no-source     leave the text of source files out\n";

static int
complain(const struct html_request *request, const char *what, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", request->name, what, why);
	return EXIT_OURS;
}

/* Returns 0, or an exit status. */
static int
parse(struct html_request *request, char **arguments)
{
	request->name = *arguments++;
	while (*arguments) {
		char *word = *arguments++;

		if (*arguments && (!strcmp(word, "-o") || !strcmp(word, "--output")))
			request->output = *arguments++;
		else if (*arguments && !strcmp(word, "--title"))
			request->options.title = *arguments++;
		else if (!strcmp(word, "--no-source"))
			request->options.no_source = true;
		else if (!strcmp(word, "-h") || !strcmp(word, "--help"))
			request->help = true;
		else if (word[0] == '-' || request->input)
			return complain(request, word, "not understood; see --help");
		else
			request->input = word;
	}
	if (!request->input && !request->help)
		return complain(request, "which profile?", "give a .thag file; see --help");
	return 0;
}

/* "run.thag" -> "run.html" */
static char *
default_output(const char *input)
{
	const size_t length = strlen(input);
	const size_t stem = g_str_has_suffix(input, ".thag") ? length - strlen(".thag") : length;

	return g_strdup_printf("%.*s.html", (int)stem, input);
}

/* A file that is not whole is taken away. */
static int
write_report(const struct html_request *request, const struct profile *profile)
{
	g_autofree char *path =
		request->output ? g_strdup(request->output) : default_output(request->input);
	const bool to_stdout = !strcmp(path, "-");
	const int fd = to_stdout ? -1 : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	FILE *file = to_stdout ? stdout : fd < 0 ? NULL : fdopen(fd, "w");

	if (!file)
		return complain(request, path,
			errno == EEXIST ? "is there already; name another with -o, or remove it"
					: g_strerror(errno));
	int error = html_write(file, profile, &request->options);

	if (!to_stdout && fclose(file) && !error)
		error = -errno;
	if (!error)
		return 0;
	if (!to_stdout)
		unlink(path);
	return complain(request, to_stdout ? "standard output" : path, g_strerror(-error));
}

int
html_main(int count, char **arguments)
{
	struct html_request request = {.name = NULL};
	g_autoptr(GError) error = NULL;
	int status = parse(&request, arguments);

	if (status)
		return status;
	if (request.help) {
		fputs(help, stdout);
		return 0;
	}
	struct profile *profile = profile_read(request.input, &error);

	if (!profile) {
		fprintf(stderr, "%s: %s\n", request.name, error->message);
		return EXIT_OURS;
	}
	status = write_report(&request, profile);
	profile_free(profile);
	return status;
}
