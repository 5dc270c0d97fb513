/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See report_main.h. */
#include <errno.h>
#include <glib.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "filter_options.h"
#include "folded.h"
#include "open.h"
#include "progress.h"
#include "report.h"
#include "report_main.h"

enum {
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

struct arguments {
	struct filter_options filter;
	struct report_options report;
	gboolean json, tree, bottom_up, functions, paths, stacks, sizes, lifetimes, timeline;
	gboolean sections, tasks, marks;
	char *sort, *folded, *by, *values;
	gboolean inclusive;
	gint limit;
	GStrv files;
};

static void
parse_into(GOptionContext *context, struct arguments *a)
{
	const GOptionEntry entries[] = {
		{"json", 0, 0, G_OPTION_ARG_NONE, &a->json, "Print JSON", NULL},
		{"functions", 0, 0, G_OPTION_ARG_NONE, &a->functions,
			"Functions and modules: self and total, calls and times", NULL},
		{"paths", 0, 0, G_OPTION_ARG_NONE, &a->paths, "Call paths and their callers", NULL},
		{"stacks", 0, 0, G_OPTION_ARG_NONE, &a->stacks, "Call paths with full stacks",
			NULL},
		{"tree", 0, 0, G_OPTION_ARG_NONE, &a->tree, "Call tree from the root down", NULL},
		{"bottom-up", 0, 0, G_OPTION_ARG_NONE, &a->bottom_up,
			"What allocates, and its callers", NULL},
		{"sizes", 0, 0, G_OPTION_ARG_NONE, &a->sizes, "Distribution of sizes", NULL},
		{"lifetimes", 0, 0, G_OPTION_ARG_NONE, &a->lifetimes, "Distribution of lifetimes",
			NULL},
		{"timeline", 0, 0, G_OPTION_ARG_NONE, &a->timeline, "Memory over time", NULL},
		{"sections", 0, 0, G_OPTION_ARG_NONE, &a->sections,
			"Sections that the source names (thag.h)", NULL},
		{"tasks", 0, 0, G_OPTION_ARG_NONE, &a->tasks,
			"Tasks that the source names, and coroutines", NULL},
		{"marks", 0, 0, G_OPTION_ARG_NONE, &a->marks,
			"Marks, counters, and misuse of thag.h", NULL},
		{"folded", 0, 0, G_OPTION_ARG_STRING, &a->folded, "Folded stacks of a metric",
			"METRIC"},
		{"inclusive", 0, 0, G_OPTION_ARG_NONE, &a->inclusive,
			"Folded stacks have totals for values", NULL},
		{"by", 0, 0, G_OPTION_ARG_STRING, &a->by,
			"Times of --functions by function, file, module or thread", "WHAT"},
		{"sort", 0, 0, G_OPTION_ARG_STRING, &a->sort,
			"Order and value of tables and trees (default: peak, or the time where no "
			"memory was profiled)",
			"METRIC"},
		{"limit", 0, 0, G_OPTION_ARG_INT, &a->limit, "At most N rows", "N"},
		{"values", 0, 0, G_OPTION_ARG_STRING, &a->values,
			"What folded stacks count: bytes, samples ...", "NAME"},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &a->files, NULL, NULL},
		G_OPTION_ENTRY_NULL,
	};
	g_option_context_add_main_entries(context, entries, NULL);
	filter_options_add(&a->filter, context);
}

static void
free_arguments(struct arguments *a)
{
	g_free(a->sort);
	g_free(a->folded);
	g_free(a->values);
	g_free(a->by);
	filter_options_fini(&a->filter);
	g_strfreev(a->files);
}

/* Returns 0, or the exit status with the reason printed. */
static int
parse(int argc, char **argv, struct arguments *ret_arguments)
{
	g_autoptr(GOptionContext) context = g_option_context_new("FILE");
	g_autoptr(GError) error = NULL;
	struct arguments *a = ret_arguments;

	g_option_context_set_summary(context,
		"Prints what a profile (.thag, or folded stacks of any tool) holds; without an "
		"option, the one-screen summary.");
	g_option_context_set_description(context,
		"METRIC: bytes, allocations, peak, leaked, leaked-blocks, temporary, frees,\n"
		"        time and calls (traced), cpu, wall and kernel (sampled; kernel is part "
		"of\n"
		"        cpu), value (folded stacks)\n");
	parse_into(context, a);
	if (!g_option_context_parse(context, &argc, &argv, &error) ||
		!filter_options_finish(&a->filter, &error)) {
		fprintf(stderr, "thag report: %s (see thag report --help)\n", error->message);
		return EXIT_USAGE;
	}
	if (!a->files || !a->files[0] || a->files[1]) {
		fprintf(stderr, "thag report: give one profile, a .thag file or folded stacks"
				" (see thag report --help)\n");
		return EXIT_USAGE;
	}
	if (a->limit < 0) {
		fprintf(stderr, "thag report: --limit must not be negative\n");
		return EXIT_USAGE;
	}
	a->report.limit = (unsigned)a->limit;
	for (a->report.by = 0; a->by && a->report.by < TIME_BYS; a->report.by++)
		if (!strcmp(a->by, time_by_names[a->report.by]))
			break;
	if (a->report.by == TIME_BYS) {
		fprintf(stderr,
			"thag report: --by: '%s' is none of function, file, module, thread\n",
			a->by);
		return EXIT_USAGE;
	}
	return 0;
}

static bool
parse_metric(const char *option, const char *key, enum metric *ret_metric)
{
	if (metric_parse(key, ret_metric))
		return true;
	fprintf(stderr, "thag report: --%s: no metric '%s'; there are %s\n", option, key,
		metric_keys());
	return false;
}

/* The tables that were asked for, in one order whatever the options' was. */
static void
print_reports(const struct arguments *a, const struct selection *selection)
{
	struct text text;

	text_init(&text, stdout);
	if (!(a->functions || a->paths || a->stacks || a->tree || a->bottom_up || a->sizes ||
		    a->lifetimes || a->timeline || a->sections || a->tasks || a->marks))
		report_summary(&text, selection, &a->report);
	if (a->functions)
		report_functions(&text, selection, &a->report);
	if (a->sections)
		report_sections(&text, selection, &a->report);
	if (a->tasks)
		report_tasks(&text, selection, &a->report);
	if (a->marks)
		report_marks(&text, selection, &a->report);
	if (a->paths)
		report_paths(&text, selection, &a->report);
	if (a->stacks)
		report_stacks(&text, selection, &a->report);
	if (a->tree)
		report_tree(&text, selection, &a->report);
	if (a->bottom_up)
		report_bottom_up(&text, selection, &a->report);
	if (a->sizes)
		report_sizes(&text, selection);
	if (a->lifetimes)
		report_lifetimes(&text, selection);
	if (a->timeline)
		report_timeline(&text, selection);
}

static int
print_folded(const struct arguments *a, const struct selection *selection)
{
	enum metric metric;
	uint32_t depth;

	if (!parse_metric("folded", a->folded, &metric))
		return EXIT_USAGE;
	if (a->sections)
		folded_write_sections(stdout, selection, metric, FOLDED_BYTES_MAX, &depth);
	else if (a->inclusive)
		folded_write_inclusive(stdout, selection, metric, FOLDED_BYTES_MAX, &depth);
	else
		folded_write(stdout, selection, metric, FOLDED_BYTES_MAX, &depth);
	if (depth)
		fprintf(stderr,
			"thag report: frames deeper than %u were put together: the text"
			" would be too long\n",
			depth);
	return 0;
}

static void
print_json(const struct arguments *a, const struct selection *selection)
{
	json_t *json = report_json(selection, &a->report);

	json_dumpf(json, stdout, JSON_INDENT(2));
	fputc('\n', stdout);
	json_decref(json);
}

static int
print(const struct arguments *a, const struct selection *selection)
{
	int status = 0;

	if (a->folded)
		status = print_folded(a, selection);
	else if (a->json)
		print_json(a, selection);
	else
		print_reports(a, selection);
	if (!status && (fflush(stdout) != 0 || ferror(stdout))) {
		fprintf(stderr, "thag report: the output cannot be written: %s\n",
			g_strerror(errno));
		return EXIT_FAILED;
	}
	return status;
}

static struct profile *
read_profile(const struct arguments *a, GError **error)
{
	const struct open_options options = {.folded = a->values};
	g_autofree char *warning = NULL;
	struct profile *profile;

	progress_begin("reading", a->files[0]);
	profile = profile_open(a->files[0], &options, &warning, error);
	progress_end();
	if (warning)
		fprintf(stderr, "thag report: %s\n", warning);
	return profile;
}

static int
report(struct arguments *a)
{
	g_autoptr(GError) error = NULL;
	struct profile *profile = read_profile(a, &error);
	struct selection selection;
	int status = EXIT_USAGE;

	if (!profile) {
		fprintf(stderr, "thag report: %s\n", error->message);
		return EXIT_FAILED;
	}
	a->report.sort = metric_by_default(profile);
	a->report.sorted = a->sort != NULL;
	if (a->sort && !parse_metric("sort", a->sort, &a->report.sort)) {
		profile_free(profile);
		return EXIT_USAGE;
	}
	if (!selection_init(&selection, profile, &a->filter.filter, &error))
		fprintf(stderr, "thag report: %s\n", error->message);
	else
		status = print(a, &selection);
	selection_fini(&selection);
	profile_free(profile);
	return status;
}

int
report_main(int argc, char **argv)
{
	struct arguments arguments = {0};
	int status;

	setlocale(LC_CTYPE, "");
	status = parse(argc, argv, &arguments);
	if (!status)
		status = report(&arguments);
	free_arguments(&arguments);
	return status;
}
