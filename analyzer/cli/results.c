/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See results.h. The profile is written first: it refuses a name that is taken, and so settles the
 * stem of all files even where two runs end at once. */
#include "results.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "flame_profile.h"
#include "flame_time.h"
#include "folded.h"
#include "html.h"
#include "profile_build.h"
#include "profile_write.h"
#include "report.h"

enum {
	STEMS_MAX = 10000, /* runs of one program that ended in the same second */
};

struct results {
	const struct results_run *about;
	const struct profile *profile;
	struct selection selection; /* all of it */
	char *stem;		    /* with the directory */
	GPtrArray *files;	    /* char *: paths of what was written */
	bool failed;
};

/* ---- the profile ---- */

/* What the analyzer itself has used so far. */
static char *
describe_cost(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	const double seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;

	return g_strdup_printf("analyzer: %.2f s of CPU, %ld MiB", seconds, usage.ru_maxrss / 1024);
}

static struct profile *
build(const struct run *run, struct symbolizer *symbolizer, const struct results_run *about)
{
	g_autofree char *cost = describe_cost();
	const char *costs[] = {cost, NULL};
	const char *incomplete[] = {about->incomplete, NULL};
	const struct profile_context context = {
		.thag_version = THAG_VERSION,
		.command = (const char *const *)about->command,
		.incomplete = about->incomplete ? incomplete : NULL,
		.cost = costs,
		.exit_status = about->exit_status,
		.exit_signal = about->exit_signal,
	};

	return profile_build(run, symbolizer, &context);
}

/* ---- names ---- */

/* <directory>/<program>-<yyyymmdd>-<hhmmss>, in local time. */
static char *
first_stem(const struct results_run *about, const struct profile *profile)
{
	const char *program = about->program ? about->program : profile->run.program;
	g_autofree char *name = g_path_get_basename(*program ? program : "program");
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(
		(gint64)(profile->run.start_realtime_ns / 1000000000));
	g_autoptr(GDateTime) local = utc ? g_date_time_to_local(utc) : NULL;
	g_autofree char *when =
		local ? g_date_time_format(local, "%Y%m%d-%H%M%S") : g_strdup("00000000-000000");

	return g_strdup_printf("%s/%s-%s", about->directory, name, when);
}

/* Writes the profile under the first name that is free, and so finds the stem. */
static bool
write_profile(struct results *results)
{
	g_autofree char *first = first_stem(results->about, results->profile);

	for (unsigned i = 1; i <= STEMS_MAX; i++) {
		char *stem = i == 1 ? g_strdup(first) : g_strdup_printf("%s-%u", first, i);
		char *path = g_strconcat(stem, ".thag", NULL);
		g_autoptr(GError) error = NULL;

		if (profile_write(results->profile, path, &error)) {
			results->stem = stem;
			g_ptr_array_add(results->files, path);
			return true;
		}
		const bool taken = g_error_matches(error, PROFILE_ERROR, PROFILE_ERROR_EXISTS);

		g_free(stem);
		g_free(path);
		if (!taken) {
			fprintf(stderr, "thag: %s; the profile is lost\n", error->message);
			return false;
		}
	}
	fprintf(stderr, "thag: %s.thag and all other names are taken; the profile is lost\n",
		first);
	return false;
}

/* ---- folded stacks and pictures ---- */

typedef int folded_writer(const char *path, const struct selection *selection, enum metric metric,
	uint32_t *ret_depth);

/* A file of a run: folded stacks, a picture or the report. */
struct output {
	const char *name; /* after the stem; "%s": how memory was profiled */
	bool memory;	  /* of memory, else of time */
	folded_writer *folded;
	picture_writer *picture;
	bool always; /* whatever was profiled */
};

static int
write_report(FILE *out, const struct selection *selection, const char *title)
{
	const struct html_options options = {.title = title};

	return html_write(out, selection->profile, &options);
}

static const struct output outputs[] = {
	{"-memory-%s.folded", true, folded_write_file, NULL, false},
	{"-memory-%s.svg", true, NULL, flame_profile_write, false},
	{"-time.folded", false, folded_write_file, NULL, false},
	{"-time-inclusive.folded", false, folded_write_inclusive_file, NULL, false},
	{"-time.svg", false, NULL, flame_time_write, false},
	{"-time-chart.svg", false, NULL, flame_chart_write, false},
	{".html", false, NULL, write_report, true},
};

static int
write_folded(const struct results *results, const struct output *output, const char *path)
{
	const enum metric metric = output->memory ? METRIC_BYTES : metric_of_time(results->profile);
	uint32_t depth;
	const int error = output->folded(path, &results->selection, metric, &depth);

	if (!error && depth)
		fprintf(stderr,
			"thag: %s: frames deeper than %u were put together: the text would be too "
			"long\n",
			path, depth);
	return error;
}

/* A picture that cannot be finished is taken away. */
static int
write_picture(const struct results *results, const struct output *output, const char *path)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	int error;

	if (!file)
		return -errno;
	error = output->picture(file, &results->selection, NULL);
	if (fclose(file) && !error)
		error = -errno;
	if (error)
		unlink(path);
	return error;
}

static char *
path_of(const struct results *results, const struct output *output)
{
	g_auto(GStrv) parts = g_strsplit(output->name, "%s", 2);

	return g_strconcat(results->stem, parts[0],
		!parts[1]			? ""
		: results->profile->run.summary ? "summary"
						: "detail",
		parts[1], NULL);
}

static void
write_one(struct results *results, const struct output *output)
{
	char *path = path_of(results, output);
	const int error = output->folded ? write_folded(results, output, path)
					 : write_picture(results, output, path);

	if (!error) {
		g_ptr_array_add(results->files, path);
		return;
	}
	fprintf(stderr, "thag: %s: %s; results are incomplete\n", path,
		error == -ENOSPC ? "the disk is full" : g_strerror(-error));
	results->failed = true;
	g_free(path);
}

/* Memory where it was asked for, or nothing else was found; time where there is any. */
static bool
is_wanted(const struct results *results, const struct output *output)
{
	const bool time = metric_of_time(results->profile) != METRICS;

	if (output->always)
		return true;
	return output->memory ? results->about->memory || !time : time;
}

static void
write_outputs(struct results *results)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(outputs); i++)
		if (is_wanted(results, &outputs[i]))
			write_one(results, &outputs[i]);
}

/* ---- the end of a run ---- */

static void
print_summary(struct results *results)
{
	struct report_options options = {.limit = 0};
	struct text text;

	g_ptr_array_add(results->files, NULL);
	options.files = (const char *const *)results->files->pdata;
	if (results->about->json) {
		json_t *json = report_json(&results->selection, &options);

		json_dumpf(json, stderr, JSON_INDENT(2));
		fputc('\n', stderr);
		json_decref(json);
		return;
	}
	text_init(&text, stderr);
	report_summary(&text, &results->selection, &options);
}

static void
say_nothing_recorded(const struct results_run *about)
{
	const char *program = about->program ? about->program : "the program";

	if (about->loaded)
		fprintf(stderr, "thag: nothing was recorded: %s allocated nothing\n", program);
	else
		fprintf(stderr,
			"thag: nothing was recorded: %s allocated nothing, or never loaded "
			"libthag.so (a setuid or static program it became, LD_PRELOAD cleared)\n",
			program);
}

int
results_write(const struct run *run, struct symbolizer *symbolizer, const struct results_run *about)
{
	if (!run->processes->len) {
		say_nothing_recorded(about);
		return -1;
	}
	struct profile *profile = build(run, symbolizer, about);
	struct results results = {
		.about = about,
		.profile = profile,
		.files = g_ptr_array_new_with_free_func(g_free),
	};
	const struct filter everything = {.function = NULL};

	selection_init(&results.selection, profile, &everything, NULL);
	if (write_profile(&results)) {
		write_outputs(&results);
		if (!about->quiet)
			print_summary(&results);
	} else {
		results.failed = true;
	}
	selection_fini(&results.selection);
	g_ptr_array_unref(results.files);
	g_free(results.stem);
	profile_free(profile);
	return results.failed ? -1 : 0;
}
