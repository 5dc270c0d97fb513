/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * See results.h. The name of the profile is claimed first: that settles the stem of all files, even
 * where two runs end at once. Then all files are written at the same time, by as many threads as
 * there are processors: each only reads the profile.
 */
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
#include "record.h"

enum {
	STEMS_MAX = 10000, /* runs of one program that ended in the same second */
	PROFILE = 0,	   /* the first of `outputs` */
	SECTION_KINDS = 1 << NAMED_SECTION | 1 << NAMED_PROFILED,
	TASK_KINDS = 1 << NAMED_TASK,
};

struct results {
	const struct results_run *about;
	const struct profile *profile;
	struct selection selection; /* all of it */
	char *stem;		    /* with the directory */
	struct profile_claim claim;
	GPtrArray *files; /* char *: paths of what was written */
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

/* Finds the stem: the first of which no other run has the profile. */
static bool
claim_stem(struct results *results)
{
	g_autofree char *first = first_stem(results->about, results->profile);

	for (unsigned i = 1; i <= STEMS_MAX; i++) {
		char *stem = i == 1 ? g_strdup(first) : g_strdup_printf("%s-%u", first, i);
		g_autofree char *path = g_strconcat(stem, ".thag", NULL);
		g_autoptr(GError) error = NULL;

		if (profile_claim(path, &results->claim, &error)) {
			results->stem = stem;
			return true;
		}
		g_free(stem);
		if (!g_error_matches(error, PROFILE_ERROR, PROFILE_ERROR_EXISTS)) {
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

/* A file of a run: folded stacks, a picture, the report, or (neither) the profile. */
struct output {
	const char *name; /* after the stem; "%s": how memory was profiled */
	bool memory;	  /* of memory, else of time */
	folded_writer *folded;
	picture_writer *picture;
	bool always;   /* whatever was profiled */
	bool sections; /* where the source named some */
};

static int
write_report(FILE *out, const struct selection *selection, const char *title)
{
	const struct html_options options = {.title = title};

	return html_write(out, selection->profile, &options);
}

/* In the order in which they are named to the user. */
static const struct output outputs[] = {
	{".thag", false, NULL, NULL, true, false},
	{"-memory-%s.folded", true, folded_write_file, NULL, false, false},
	{"-memory-%s.svg", true, NULL, flame_profile_write, false, false},
	{"-time.folded", false, folded_write_file, NULL, false, false},
	{"-time-inclusive.folded", false, folded_write_inclusive_file, NULL, false, false},
	{"-time.svg", false, NULL, flame_time_write, false, false},
	{"-time-chart.svg", false, NULL, flame_chart_write, false, false},
	{"-sections.folded", false, folded_write_sections_file, NULL, false, true},
	{".html", false, NULL, write_report, true, false},
};

/* One file to be written. A single thread has it at a time. */
struct task {
	const struct results *results;
	const struct output *output;
	char *path;
	int error;	 /* negative errno */
	char *complaint; /* instead of what the error means */
	uint32_t depth;	 /* of folded stacks: where they were cut, or 0 */
};

static bool
has_frames_of(const struct profile *profile, uint32_t kinds)
{
	const GArray *places = profile->named.places;

	for (guint i = 1; i < places->len; i++) {
		const struct profile_place *place = &g_array_index(places, struct profile_place, i);

		if (place->function && kinds & UINT32_C(1) << place->kind)
			return true;
	}
	return false;
}

/* Time as it was measured; that of tasks always is, that of sections only in a run of time. */
static enum metric
metric_of_sections(const struct results *results)
{
	const struct profile *profile = results->profile;
	const enum metric time = metric_of_time(profile);

	if (time == METRICS && has_frames_of(profile, SECTION_KINDS) && metric_has_memory(profile))
		return METRIC_BYTES;
	return time == METRICS || profile->named.tasks->len ? METRIC_TIME : time;
}

static int
write_folded(struct task *task)
{
	const struct results *results = task->results;
	const enum metric metric = task->output->sections ? metric_of_sections(results)
				   : task->output->memory ? METRIC_BYTES
							  : metric_of_time(results->profile);

	return task->output->folded(task->path, &results->selection, metric, &task->depth);
}

static int
write_profile(struct task *task)
{
	struct profile_claim claim = task->results->claim;
	g_autoptr(GError) error = NULL;

	if (profile_write_claimed(task->results->profile, &claim, &error))
		return 0;
	task->complaint = g_strdup_printf("%s; the profile is lost", error->message);
	return -EIO;
}

/* A picture that cannot be finished is taken away. */
static int
write_picture(struct task *task)
{
	const int fd = open(task->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	int error;

	if (!file)
		return -errno;
	error = task->output->picture(file, &task->results->selection, NULL);
	if (fclose(file) && !error)
		error = -errno;
	if (error)
		unlink(task->path);
	return error;
}

static void
write_one(struct task *task)
{
	task->error = task->output->folded    ? write_folded(task)
		      : task->output->picture ? write_picture(task)
					      : write_profile(task);
}

/* Tasks that several threads share, each taking the next one. */
struct work {
	struct task *tasks;
	int count;
	int next; /* atomic */
};

static gpointer
take_tasks(gpointer data)
{
	struct work *work = data;

	for (int i; (i = g_atomic_int_add(&work->next, 1)) < work->count;)
		write_one(&work->tasks[i]);
	return NULL;
}

/* Where no more threads can be had, this one does it all. */
static void
do_tasks(struct work *work)
{
	const int most = MIN(work->count, (int)g_get_num_processors());
	g_autoptr(GPtrArray) threads = g_ptr_array_new();

	while ((int)threads->len + 1 < most) {
		GThread *thread = g_thread_try_new("thag-write", take_tasks, work, NULL);

		if (!thread)
			break;
		g_ptr_array_add(threads, thread);
	}
	take_tasks(work);
	for (guint i = 0; i < threads->len; i++)
		g_thread_join(g_ptr_array_index(threads, i));
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

/* Memory where it was asked for; time where there is any. */
static bool
is_wanted(const struct results *results, const struct output *output)
{
	const bool time = metric_of_time(results->profile) != METRICS;

	if (output->always)
		return true;
	if (output->picture == flame_chart_write && flame_chart_is_there(results->profile))
		return true;
	if (output->sections)
		return has_frames_of(results->profile, SECTION_KINDS | TASK_KINDS);
	return output->memory ? metric_has_memory(results->profile) : time;
}

static void
say_error(const struct task *task)
{
	if (task->complaint)
		fprintf(stderr, "thag: %s\n", task->complaint);
	else
		fprintf(stderr, "thag: %s: %s; results are incomplete\n", task->path,
			task->error == -ENOSPC ? "the disk is full" : g_strerror(-task->error));
}

/* Says what went wrong; keeps the path of what was written. */
static void
finish_task(struct results *results, struct task *task)
{
	if (task->error) {
		say_error(task);
		results->failed = true;
		return;
	}
	if (task->depth)
		fprintf(stderr,
			"thag: %s: frames deeper than %u were put together: the text would be too "
			"long\n",
			task->path, task->depth);
	g_ptr_array_add(results->files, g_steal_pointer(&task->path));
}

/* Without its profile a run leaves nothing: the profile's own complaint says it all. */
static void
give_up(struct results *results, const struct work *work)
{
	say_error(&work->tasks[PROFILE]);
	for (int i = 0; i < work->count; i++)
		if (i != PROFILE && !work->tasks[i].error)
			unlink(work->tasks[i].path);
	results->failed = true;
}

static void
write_outputs(struct results *results)
{
	struct task tasks[G_N_ELEMENTS(outputs)];
	struct work work = {.tasks = tasks};

	for (unsigned i = 0; i < G_N_ELEMENTS(outputs); i++) {
		if (is_wanted(results, &outputs[i]))
			tasks[work.count++] = (struct task){.results = results,
				.output = &outputs[i],
				.path = path_of(results, &outputs[i])};
	}
	do_tasks(&work);
	if (tasks[PROFILE].error)
		give_up(results, &work);
	for (int i = 0; i < work.count && !tasks[PROFILE].error; i++)
		finish_task(results, &tasks[i]);
	for (int i = 0; i < work.count; i++) {
		g_free(tasks[i].complaint);
		g_free(tasks[i].path);
	}
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

void
results_say_nothing_recorded(const struct results_run *about)
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
		results_say_nothing_recorded(about);
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
	if (claim_stem(&results)) {
		write_outputs(&results);
		if (!about->quiet && results.files->len)
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
