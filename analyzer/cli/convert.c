/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * thag flamegraph: a picture of a profile, or of folded stacks from anywhere; thag flamechart: a
 * profile's calls and samples in the course of time.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "command.h"
#include "flame.h"
#include "flame_profile.h"
#include "flame_time.h"
#include "profile_read.h"
#include "target.h"

struct conversion {
	const char *name;
	const char *input;
	const char *output; /* NULL or "-": standard output */
	const char *title;
	bool bytes; /* the values of folded stacks are bytes */
	bool time;  /* of a profile that knows memory and time: time */
	bool chart;
	bool help;
};

static int
complain(const struct conversion *conversion, const char *what, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", conversion->name, what, why);
	return EXIT_OURS;
}

/* ---- where it goes ---- */

static FILE *
open_output(const struct conversion *conversion)
{
	if (!conversion->output || !strcmp(conversion->output, "-"))
		return stdout;
	const int fd = open(conversion->output, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	return fd < 0 ? NULL : fdopen(fd, "w");
}

/* Closes the file; a file that is not whole is taken away. Returns an exit status. */
static int
close_output(const struct conversion *conversion, FILE *file, int error)
{
	if (file == stdout)
		return error ? complain(conversion, "standard output", g_strerror(-error)) : 0;
	if (fclose(file) && !error)
		error = -errno;
	if (!error)
		return 0;
	unlink(conversion->output);
	return complain(conversion, conversion->output, g_strerror(-error));
}

static int
complain_of_output(const struct conversion *conversion)
{
	return complain(conversion, conversion->output,
		errno == EEXIST ? "is there already; name another file, or remove it"
				: g_strerror(errno));
}

/* ---- from a profile ---- */

static struct profile *
read_profile(const struct conversion *conversion)
{
	g_autoptr(GError) error = NULL;
	struct profile *profile = profile_read(conversion->input, &error);

	if (!profile)
		fprintf(stderr, "%s: %s\n", conversion->name, error->message);
	return profile;
}

/* Of memory, unless something else is asked for or there is nothing else. */
static picture_writer *
writer_of(const struct conversion *conversion, const struct profile *profile)
{
	if (conversion->chart)
		return flame_chart_write;
	if (conversion->time || (!profile->memory.count && metric_of_time(profile) != METRICS))
		return flame_time_write;
	return flame_profile_write;
}

static int
draw_profile(const struct conversion *conversion, const struct profile *profile)
{
	const struct filter everything = {.function = NULL};
	struct selection selection;
	FILE *file = open_output(conversion);

	if (!file)
		return complain_of_output(conversion);
	selection_init(&selection, profile, &everything, NULL);
	const int error = writer_of(conversion, profile)(file, &selection, conversion->title);

	selection_fini(&selection);
	return close_output(conversion, file, error);
}

static int
convert_profile(const struct conversion *conversion)
{
	struct profile *profile = read_profile(conversion);
	int status = EXIT_OURS;

	if (profile && (conversion->chart || conversion->time) &&
		metric_of_time(profile) == METRICS)
		complain(conversion, conversion->input, "has no times: profile with --time");
	else if (profile)
		status = draw_profile(conversion, profile);

	profile_free(profile);
	return status;
}

/* ---- from folded stacks ---- */

static int
read_folded(const struct conversion *conversion, struct flame **ret_flame)
{
	const struct flame_folded_options options = {
		.title = conversion->title,
		.unit = conversion->bytes ? FLAME_BYTES : FLAME_COUNT,
	};
	const bool from_stdin = !strcmp(conversion->input, "-");
	FILE *in = from_stdin ? stdin : fopen(conversion->input, "re");
	struct flame_folded_report report;

	if (!in)
		return complain(conversion, conversion->input, g_strerror(errno));
	const int error = flame_from_folded(in, &options, ret_flame, &report);

	if (!from_stdin)
		fclose(in);
	if (error)
		return complain(conversion, conversion->input, g_strerror(-error));
	if (report.bad_lines)
		fprintf(stderr,
			"%s: %s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			" lines are no folded stacks and were left out, the first in line "
			"%" G_GUINT64_FORMAT "\n",
			conversion->name, conversion->input, (guint64)report.bad_lines,
			(guint64)report.lines, (guint64)report.first_bad_line);
	if (!(*ret_flame)->box_count) {
		flame_free(*ret_flame);
		return complain(conversion, conversion->input, "holds no folded stacks");
	}
	return 0;
}

static int
convert_folded(const struct conversion *conversion)
{
	struct flame *flame;
	int status = read_folded(conversion, &flame);

	if (status)
		return status;
	FILE *file = open_output(conversion);

	if (file)
		status = close_output(conversion, file, flame_write_svg(file, flame, NULL));
	else
		status = complain_of_output(conversion);
	flame_free(flame);
	return status;
}

/* ---- the commands ---- */

/* Returns 0, or an exit status. */
static int
parse(struct conversion *conversion, char **arguments)
{
	conversion->name = *arguments++;
	while (*arguments) {
		char *word = *arguments++;

		if (*arguments && (!strcmp(word, "-o") || !strcmp(word, "--output")))
			conversion->output = *arguments++;
		else if (*arguments && !strcmp(word, "--title"))
			conversion->title = *arguments++;
		else if (!strcmp(word, "--bytes"))
			conversion->bytes = true;
		else if (!strcmp(word, "--time") && !conversion->chart)
			conversion->time = true;
		else if (!strcmp(word, "-h") || !strcmp(word, "--help"))
			conversion->help = true;
		else if ((word[0] == '-' && word[1]) || conversion->input)
			return complain(conversion, word, "not understood; see --help");
		else
			conversion->input = word;
	}
	if (!conversion->input && !conversion->help)
		return complain(conversion, "which file?", "see --help");
	return 0;
}

int
flamegraph_main(int count, char **arguments)
{
	struct conversion conversion = {.input = NULL};
	const int status = parse(&conversion, arguments);

	if (status)
		return status;
	if (conversion.help) {
		fputs("thag flamegraph [options] FILE.thag | FILE.folded | -\n"
		      "Makes a flamegraph, a picture for any browser, of a profile or of folded "
		      "stacks.\n\n"
		      "  -o, --output FILE   write FILE, which must not exist, instead of standard "
		      "output\n"
		      "      --title TEXT    title of the picture\n"
		      "      --time          of a profile of memory and time: time\n"
		      "      --bytes         the values of the folded stacks are bytes, not "
		      "samples\n",
			stdout);
		return 0;
	}
	if (g_str_has_suffix(conversion.input, ".thag"))
		return convert_profile(&conversion);
	return convert_folded(&conversion);
}

int
flamechart_main(int count, char **arguments)
{
	struct conversion conversion = {.chart = true};
	const int status = parse(&conversion, arguments);

	if (status)
		return status;
	if (conversion.help) {
		fputs("thag flamechart [options] FILE.thag\n"
		      "Makes a flamechart, a picture for any browser, of a profile: the traced "
		      "calls "
		      "of each thread,\nor its samples, in the course of time.\n\n"
		      "  -o, --output FILE   write FILE, which must not exist, instead of standard "
		      "output\n"
		      "      --title TEXT    title of the picture\n",
			stdout);
		return 0;
	}
	return convert_profile(&conversion);
}
