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
#include "folded_profile.h"
#include "profile_build.h"
#include "profile_write.h"

enum {
	STEMS_MAX = 10000, /* runs of one program that ended in the same second */
};

struct results {
	const struct results_run *about;
	const struct profile *profile;
	char *stem;	  /* with the directory */
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
	const char *stopped[] = {"ended by request, before the program was", NULL};
	const struct profile_context context = {
		.thag_version = THAG_VERSION,
		.command = (const char *const *)about->command,
		.incomplete = about->stopped ? stopped : NULL,
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

static void
add_file(struct results *results, char *path)
{
	g_ptr_array_add(results->files, path);
}

static void
fail(struct results *results, const char *path, const char *why)
{
	fprintf(stderr, "thag: %s: %s; results are incomplete\n", path, why);
	results->failed = true;
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
			add_file(results, path);
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

static int
write_picture(FILE *out, const struct profile *profile)
{
	return flame_profile_write(out, profile, NULL);
}

/* Makes a new file by `write`; one that cannot be finished is taken away. */
static int
write_file(const char *path, const struct profile *profile,
	int (*write)(FILE *out, const struct profile *profile))
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	int error;

	if (!file)
		return -errno;
	error = write(file, profile);
	if (fclose(file) && !error)
		error = -errno;
	if (error)
		unlink(path);
	return error;
}

static void
write_one(struct results *results, const char *ending,
	int (*write)(FILE *out, const struct profile *profile))
{
	const char *kind = results->profile->run.summary ? "summary" : "detail";
	char *path = g_strdup_printf("%s-memory-%s.%s", results->stem, kind, ending);
	const int error = write_file(path, results->profile, write);

	if (!error) {
		add_file(results, path);
		return;
	}
	fail(results, path, error == -ENOSPC ? "the disk is full" : g_strerror(-error));
	g_free(path);
}

/* ---- the end of a run ---- */

static void
print_files(const struct results *results)
{
	for (guint i = 0; i < results->files->len; i++)
		fprintf(stderr, "%s %s\n", i ? "     " : "files",
			(const char *)results->files->pdata[i]);
}

static void
say_nothing_recorded(const struct results_run *about)
{
	fprintf(stderr,
		"thag: nothing was recorded: %s never loaded libthag.so; did it end before it "
		"began, or clear LD_PRELOAD?\n",
		about->program ? about->program : "the program");
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

	if (write_profile(&results)) {
		write_one(&results, "folded", folded_profile_write);
		write_one(&results, "svg", write_picture);
		if (!about->quiet)
			print_files(&results);
	} else {
		results.failed = true;
	}
	g_ptr_array_unref(results.files);
	g_free(results.stem);
	profile_free(profile);
	return results.failed ? -1 : 0;
}
