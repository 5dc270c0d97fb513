/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See diff_main.h. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "diff_flame.h"
#include "diff_main.h"
#include "filter_options.h"
#include "open.h"
#include "progress.h"

enum {
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

struct arguments {
	struct filter_options filter; /* of both sides */
	struct diff_options diff;
	GStrv files, threads, processes;
	GStrv from, to; /* of both sides, or A's and B's */
	gboolean json, folded, svg, sides, normalise;
	char *metric, *noise, *output, *title, *colours, *values;
	gint limit;
};

/* ---- the command line ---- */

static void
add_options(GOptionContext *context, struct arguments *a)
{
	const GOptionEntry entries[] = {
		{"json", 0, 0, G_OPTION_ARG_NONE, &a->json, "Print JSON", NULL},
		{"folded", 0, 0, G_OPTION_ARG_NONE, &a->folded,
			"Print folded stacks with two values, A's and B's", NULL},
		{"svg", 0, 0, G_OPTION_ARG_NONE, &a->svg, "Make a differential flamegraph", NULL},
		{"side-by-side", 0, 0, G_OPTION_ARG_NONE, &a->sides,
			"Make a picture with A and B beside one another", NULL},
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &a->output,
			"Write FILE, which must not exist, instead of standard output", "FILE"},
		{"sort", 0, 0, G_OPTION_ARG_STRING, &a->metric, "What is compared", "METRIC"},
		{"noise", 0, 0, G_OPTION_ARG_STRING, &a->noise,
			"Take changes up to this share of the total for none", "PERCENT"},
		{"normalise", 0, 0, G_OPTION_ARG_NONE, &a->normalise,
			"Scale A to the total of B: compare shares", NULL},
		{"normalize", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &a->normalise, "", NULL},
		{"limit", 0, 0, G_OPTION_ARG_INT, &a->limit, "At most N rows", "N"},
		{"title", 0, 0, G_OPTION_ARG_STRING, &a->title, "Title of the picture", "TEXT"},
		{"colours", 0, 0, G_OPTION_ARG_STRING, &a->colours,
			"Colours of the picture, instead of those of change", "SCHEME"},
		{"values", 0, 0, G_OPTION_ARG_STRING, &a->values,
			"What folded stacks count: bytes, samples ...", "NAME"},
		G_OPTION_ENTRY_NULL,
	};

	g_option_context_add_main_entries(context, entries, NULL);
	filter_options_add(&a->filter, context);
}

static const char help[] =
	"A and B are profiles (.thag) or folded stacks, or parts of one profile:\n"
	"\n"
	"  thag diff old.thag new.thag\n"
	"  thag diff --svg -o change.svg old.folded new.folded\n"
	"  thag diff --thread reader,writer run.thag\n"
	"  thag diff --to 1s,2s --sort leaked run.thag     what was live at 1 s and at 2 s\n"
	"\n"
	"With one file, --thread, --process, --from or --to names two, with a comma between\n"
	"them. With two files --from and --to may, too.\n";

static int complain(const char *format, ...) G_GNUC_PRINTF(1, 2);

static int
complain(const char *format, ...)
{
	va_list arguments;

	fputs("thag diff: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

static bool
parse_noise(struct arguments *a)
{
	char *end;

	if (!a->noise)
		return true;
	a->diff.noise = g_ascii_strtod(a->noise, &end) / 100;
	while (*end == ' ' || *end == '%')
		end++;
	return end != a->noise && !*end && a->diff.noise >= 0 && a->diff.noise <= 1;
}

/* "1s,2s": each side has a filter of its own. */
static void
split_time(char **option, GStrv *ret_parts)
{
	if (*option)
		*ret_parts = g_strsplit(*option, ",", DIFF_SIDES);
	g_clear_pointer(option, g_free);
}

static const char *
part_of(GStrv parts, unsigned side)
{
	return !parts ? NULL : parts[side] && g_strv_length(parts) > 1 ? parts[side] : parts[0];
}

static bool
set_times(const struct arguments *a, unsigned side, struct filter *filter, GError **error)
{
	return filter_parse_times(
		part_of(a->from, side), part_of(a->to, side), &filter->time_ns, error);
}

static bool
check_times(const struct arguments *a, GError **error)
{
	struct filter filter;

	return set_times(a, DIFF_A, &filter, error) && set_times(a, DIFF_B, &filter, error);
}

static int
parse(int argc, char **argv, struct arguments *a)
{
	g_autoptr(GOptionContext) context = g_option_context_new("A B");
	g_autoptr(GError) error = NULL;
	unsigned kinds;

	g_option_context_set_summary(context, "Tells what changed from A, the baseline, to B.");
	g_option_context_set_description(context, help);
	add_options(context, a);
	g_option_context_set_strict_posix(context, FALSE);
	if (!g_option_context_parse(context, &argc, &argv, &error))
		return complain("%s (see thag diff --help)", error->message);
	split_time(&a->filter.from, &a->from);
	split_time(&a->filter.to, &a->to);
	if (!filter_options_finish(&a->filter, &error) || !check_times(a, &error))
		return complain("%s (see thag diff --help)", error->message);
	a->files = g_strdupv(argv + 1);
	if (g_strv_length(a->files) < 1 || g_strv_length(a->files) > 2)
		return complain("give two profiles, A and B (see thag diff --help)");
	if (!parse_noise(a))
		return complain("--noise: '%s' is no percentage from 0 to 100", a->noise);
	if (a->limit < 0)
		return complain("--limit must not be negative");
	a->svg |= a->sides;
	kinds = (unsigned)a->json + (unsigned)a->folded + (unsigned)a->svg;
	if (kinds > 1)
		return complain("one of --json, --folded and --svg, please");
	return 0;
}

static void
free_arguments(struct arguments *a)
{
	char *const texts[] = {a->metric, a->noise, a->output, a->title, a->colours, a->values};

	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(texts[i]);
	g_strfreev(a->files);
	g_strfreev(a->threads);
	g_strfreev(a->processes);
	g_strfreev(a->from);
	g_strfreev(a->to);
	filter_options_fini(&a->filter);
}

/* ---- the two sides ---- */

struct side {
	struct profile *profile; /* NULL of B where both are of one file */
	struct selection selection;
	bool selected;
	char *name;
};

static struct profile *
read_file(const struct arguments *a, const char *path)
{
	const struct open_options options = {.folded = a->values};
	g_autoptr(GError) error = NULL;
	g_autofree char *warning = NULL;
	struct profile *profile;

	progress_begin("reading", path);
	profile = profile_open(path, &options, &warning, &error);
	progress_end();
	if (warning)
		complain("%s", warning);
	if (!profile)
		complain("%s", error->message);
	return profile;
}

/* "reader,writer" -> what one side is restricted to. */
static const char *
part(GStrv *ret_parts, const char *option, unsigned side)
{
	if (!option)
		return NULL;
	if (!*ret_parts)
		*ret_parts = g_strsplit(option, ",", 2);
	return (*ret_parts)[g_strv_length(*ret_parts) > 1 ? side : 0];
}

static int
select_side(struct arguments *a, struct side *side, unsigned number, const struct profile *profile,
	const char *path)
{
	struct filter filter = a->filter.filter;
	g_autoptr(GError) error = NULL;
	int status = 0;

	if (!a->files[1]) {
		filter.thread = part(&a->threads, filter.thread, number);
		filter.process = part(&a->processes, filter.process, number);
	}
	set_times(a, number, &filter, NULL);
	if (!selection_init(&side->selection, profile, &filter, &error))
		status = complain("%s", error->message);
	side->selected = true;
	side->name = !status && *side->selection.description
			     ? g_strdup_printf("%s (%s)", path, side->selection.description)
			     : g_strdup(path);
	return status;
}

static bool
names_two(const struct arguments *a)
{
	const struct filter_options *filter = &a->filter;

	return (filter->thread && strchr(filter->thread, ',')) ||
	       (filter->process && strchr(filter->process, ',')) ||
	       (a->from && a->from[0] && a->from[1]) || (a->to && a->to[0] && a->to[1]);
}

static int
open_sides(struct arguments *a, struct side sides[DIFF_SIDES])
{
	int status;

	if (!a->files[1] && !names_two(a))
		return complain("one file alone is compared by two of its threads, processes or "
				"times: --thread A,B, --process A,B, --from A,B or --to A,B");
	for (unsigned i = 0; a->files[i]; i++) {
		sides[i].profile = read_file(a, a->files[i]);
		if (!sides[i].profile)
			return EXIT_FAILED;
	}
	status = select_side(a, &sides[DIFF_A], 0, sides[DIFF_A].profile, a->files[0]);
	if (!status)
		status = select_side(a, &sides[DIFF_B], 1,
			sides[a->files[1] ? DIFF_B : DIFF_A].profile,
			a->files[a->files[1] ? 1 : 0]);
	return status;
}

static void
close_sides(struct side sides[DIFF_SIDES])
{
	for (unsigned i = 0; i < DIFF_SIDES; i++) {
		if (sides[i].selected)
			selection_fini(&sides[i].selection);
		profile_free(sides[i].profile);
		g_free(sides[i].name);
	}
}

/* ---- what is printed ---- */

/* The metric that was asked for, or the first that both know of what each would show. */
static int
choose_metric(const struct arguments *a, const struct diff *diff, const struct side *sides)
{
	enum metric metric = metric_by_default(sides[DIFF_A].profile);
	int at;

	if (a->metric && !metric_parse(a->metric, &metric)) {
		complain("--sort: no metric '%s'; there are %s", a->metric, metric_keys());
		return -1;
	}
	at = diff_find_metric(diff, metric);
	if (at < 0 && a->metric)
		complain("--sort: '%s' is not known of both", a->metric);
	return at < 0 && !a->metric ? 0 : at;
}

static int
write_json(FILE *file, const struct diff *diff, const struct diff_names *names, unsigned metric,
	unsigned limit)
{
	json_t *json = diff_json(diff, names, metric, limit);

	errno = 0;
	json_dumpf(json, file, JSON_INDENT(2));
	fputc('\n', file);
	json_decref(json);
	return fflush(file) || ferror(file) ? -(errno ? errno : EIO) : 0;
}

static int
write_text(FILE *file, const struct diff *diff, const struct diff_names *names, unsigned metric,
	unsigned limit)
{
	struct text text;

	errno = 0;
	text_init(&text, file);
	diff_print(&text, diff, names, metric, limit);
	return fflush(file) || ferror(file) ? -(errno ? errno : EIO) : 0;
}

static int
write_to(FILE *file, const struct arguments *a, const struct diff *diff,
	const struct diff_names *names, unsigned metric)
{
	const struct diff_flame_options picture = {.title = a->title,
		.scheme = a->colours,
		.metric = metric,
		.normalised = a->normalise,
		.sides = a->sides};

	if (a->svg)
		return diff_write_svg(file, diff, names, &picture);
	if (a->folded)
		return diff_write_folded(file, diff, metric);
	if (a->json)
		return write_json(file, diff, names, metric, (unsigned)a->limit);
	return write_text(file, diff, names, metric, (unsigned)a->limit);
}

/* Whole or not at all, never in place of another file. */
static int
write_out(const struct arguments *a, const struct diff *diff, const struct diff_names *names,
	unsigned metric)
{
	const bool to_stdout = !a->output || g_str_equal(a->output, "-");
	const int fd = to_stdout ? STDOUT_FILENO
				 : open(a->output, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	FILE *file = to_stdout ? stdout : fd < 0 ? NULL : fdopen(fd, "w");
	int error;

	if (!file) {
		complain("%s: %s", a->output,
			errno == EEXIST ? "is there already; name another file, or remove it"
					: g_strerror(errno));
		return EXIT_FAILED;
	}
	error = write_to(file, a, diff, names, metric);
	if (!to_stdout && fclose(file) && !error)
		error = -errno;
	if (!error)
		return 0;
	if (!to_stdout)
		unlink(a->output);
	complain("%s: %s", to_stdout ? "standard output" : a->output, g_strerror(-error));
	return EXIT_FAILED;
}

static int
compare(struct arguments *a, const struct side *sides)
{
	const struct diff_names names = {sides[DIFF_A].name, sides[DIFF_B].name};
	g_autoptr(GError) error = NULL;
	struct diff *diff;
	int metric, status = EXIT_USAGE;

	/* A picture is normalised by its reader. */
	a->diff.normalise = a->normalise && !a->svg;
	diff = diff_new(&sides[DIFF_A].selection, &sides[DIFF_B].selection, &a->diff, &error);
	if (!diff) {
		complain("%s", error->message);
		return EXIT_FAILED;
	}
	metric = choose_metric(a, diff, sides);
	if (metric >= 0)
		status = write_out(a, diff, &names, (unsigned)metric);
	diff_free(diff);
	return status;
}

int
diff_main(int argc, char **argv)
{
	struct arguments arguments = {0};
	struct side sides[DIFF_SIDES] = {0};
	int status;

	setlocale(LC_CTYPE, "");
	status = parse(argc, argv, &arguments);
	if (!status)
		status = open_sides(&arguments, sides);
	if (!status)
		status = compare(&arguments, sides);
	close_sides(sides);
	free_arguments(&arguments);
	return status;
}
