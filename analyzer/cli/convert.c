/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * thag flamegraph and thag flamechart: pictures of a profile, or of folded stacks from anywhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "colour.h"
#include "command.h"
#include "filter_options.h"
#include "flame_time.h"
#include "open.h"
#include "progress.h"
#include "target.h"

struct conversion {
	const char *name;
	struct filter_options filter;
	struct flame_profile_options picture;
	GStrv files;
	char *output; /* NULL or "-": standard output */
	char *title, *colours, *metric, *values;
	gboolean bytes, time, memory;
	bool chart;
};

static int
complain(const struct conversion *conversion, const char *what, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", conversion->name, what, why);
	return EXIT_OURS;
}

static int
complain_error(const struct conversion *conversion, const GError *error)
{
	fprintf(stderr, "%s: %s\n", conversion->name, error->message);
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

/* ---- the picture ---- */

static struct profile *
read_profile(const struct conversion *conversion)
{
	const struct open_options options = {
		.folded = conversion->bytes ? "bytes" : conversion->values};
	g_autoptr(GError) error = NULL;
	g_autofree char *warning = NULL;
	struct profile *profile;

	progress_begin("reading", conversion->files[0]);
	profile = profile_open(conversion->files[0], &options, &warning, &error);
	progress_end();
	if (warning)
		fprintf(stderr, "%s: %s\n", conversion->name, warning);
	if (!profile)
		complain_error(conversion, error);
	return profile;
}

static enum metric
first_metric(const struct conversion *conversion, const struct profile *profile)
{
	if (conversion->time)
		return metric_of_time(profile);
	return metric_is_known(METRIC_BYTES, profile) ? METRIC_BYTES : metric_by_default(profile);
}

static bool
choose_metric(struct conversion *conversion, const struct profile *profile)
{
	struct flame_profile_options *picture = &conversion->picture;

	if (conversion->memory && !profile->memory.count) {
		complain(conversion, conversion->files[0], "has no memory: profile with --memory");
		return false;
	}
	if (((conversion->chart && !conversion->memory) || conversion->time) &&
		metric_of_time(profile) == METRICS &&
		!(conversion->chart && flame_chart_is_there(profile))) {
		complain(conversion, conversion->files[0], "has no times: profile with --time");
		return false;
	}
	picture->metric = first_metric(conversion, profile);
	if (!conversion->metric)
		return true;
	if (metric_parse(conversion->metric, &picture->metric) &&
		metric_is_known(picture->metric, profile))
		return true;
	complain(conversion, conversion->metric, "the profile has no such metric");
	return false;
}

static int
write_picture(const struct conversion *conversion, FILE *file, const struct selection *selection)
{
	const enum metric metric = conversion->picture.metric;

	if (conversion->chart && conversion->memory)
		return flame_memory_chart_write_as(file, selection, &conversion->picture);
	if (conversion->chart)
		return flame_chart_write_as(file, selection, &conversion->picture);
	if (metric_is_of_time(metric) && metric != METRIC_VALUE)
		return flame_time_write_as(file, selection, &conversion->picture);
	return flame_profile_write_as(file, selection, &conversion->picture);
}

static int
draw(const struct conversion *conversion, const struct selection *selection)
{
	FILE *file = open_output(conversion);

	if (!file)
		return complain_of_output(conversion);
	return close_output(conversion, file, write_picture(conversion, file, selection));
}

static int
convert(struct conversion *conversion)
{
	struct profile *profile = read_profile(conversion);
	g_autoptr(GError) error = NULL;
	struct selection selection;
	int status = EXIT_OURS;

	if (!profile)
		return EXIT_OURS;
	if (!selection_init(&selection, profile, &conversion->filter.filter, &error))
		status = complain_error(conversion, error);
	else if (choose_metric(conversion, profile))
		status = draw(conversion, &selection);
	selection_fini(&selection);
	profile_free(profile);
	return status;
}

/* ---- the command ---- */

static void
add_options(GOptionContext *context, struct conversion *c)
{
	const GOptionEntry entries[] = {
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &c->output,
			"Write FILE, which must not exist, instead of standard output", "FILE"},
		{"title", 0, 0, G_OPTION_ARG_STRING, &c->title, "Title of the picture", "TEXT"},
		{"time", 0, 0, G_OPTION_ARG_NONE, &c->time, "Of a profile of memory and time: time",
			NULL},
		{"memory", 0, 0, G_OPTION_ARG_NONE, &c->memory,
			"Of a profile of memory and time: memory", NULL},
		{"sort", 0, 0, G_OPTION_ARG_STRING, &c->metric, "What is shown first", "METRIC"},
		{"colours", 0, 0, G_OPTION_ARG_STRING, &c->colours, "Colours of boxes", "SCHEME"},
		{"bytes", 0, 0, G_OPTION_ARG_NONE, &c->bytes,
			"The values of folded stacks are bytes", NULL},
		{"values", 0, 0, G_OPTION_ARG_STRING, &c->values,
			"What folded stacks count: bytes, samples ...", "NAME"},
		G_OPTION_ENTRY_NULL,
	};

	g_option_context_add_main_entries(context, entries, NULL);
	filter_options_add(&c->filter, context);
}

static bool
is_scheme(const char *name)
{
	return !name || colour_scheme_find(name) || !g_ascii_strcasecmp(name, "module");
}

/* Returns 0, or an exit status. */
static int
parse(struct conversion *conversion, int count, char **arguments)
{
	g_autoptr(GOptionContext) context = g_option_context_new("FILE.thag | FILE.folded | -");
	g_autoptr(GError) error = NULL;

	conversion->name = arguments[0];
	g_option_context_set_summary(
		context, conversion->chart
				 ? "Makes a flamechart, a picture for any browser of what ran when."
				 : "Makes a flamegraph, a picture for any browser, of a profile or "
				   "of folded stacks.");
	g_option_context_set_description(context,
		"SCHEME: Aqua, Blue, Green, Hot, Mem, Orange, Purple, Red, Yellow, Rust, module\n");
	add_options(context, conversion);
	if (!g_option_context_parse(context, &count, &arguments, &error) ||
		!filter_options_finish(&conversion->filter, &error))
		return complain_error(conversion, error);
	conversion->files = g_strdupv(arguments + 1);
	if (!conversion->files[0])
		return complain(conversion, "which file?", "see --help");
	if (conversion->files[1])
		return complain(conversion, conversion->files[1], "one file at a time, please");
	if (!is_scheme(conversion->colours))
		return complain(conversion, conversion->colours, "no such colours; see --help");
	conversion->picture.title = conversion->title;
	conversion->picture.scheme = conversion->colours;
	return 0;
}

static int
run(bool chart, int count, char **arguments)
{
	struct conversion conversion = {.chart = chart};
	int status = parse(&conversion, count, arguments);

	if (!status)
		status = convert(&conversion);
	g_strfreev(conversion.files);
	g_free(conversion.output);
	g_free(conversion.title);
	g_free(conversion.colours);
	g_free(conversion.metric);
	g_free(conversion.values);
	filter_options_fini(&conversion.filter);
	return status;
}

int
flamegraph_main(int count, char **arguments)
{
	return run(false, count, arguments);
}

int
flamechart_main(int count, char **arguments)
{
	return run(true, count, arguments);
}
