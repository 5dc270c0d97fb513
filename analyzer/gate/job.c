/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See job.h: what the options say. */
#include "job.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fingerprint.h"

G_GNUC_PRINTF(2, 3)
static bool
complain(const struct job *job, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);

	va_end(arguments);
	fprintf(stderr, "%s: %s\n", job->command, text);
	return false;
}

char *
job_commit(void)
{
	const char *known = g_getenv("GITHUB_SHA");
	const char *const command[] = {"git", "rev-parse", "HEAD", NULL};
	g_autofree char *out = NULL;
	int status;

	if (!known)
		known = g_getenv("CI_COMMIT_SHA");
	if (known)
		return g_strdup(known);
	if (!g_spawn_sync(NULL, (char **)(uintptr_t)command, NULL,
		    G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out, NULL,
		    &status, NULL) ||
		status)
		return NULL;
	return g_strdup(g_strstrip(out));
}

/* ---- reading what options name ---- */

static bool
read_suppressions(struct job *job)
{
	g_autofree char *text = NULL, *why = NULL;
	g_autoptr(GError) error = NULL;

	if (!job->options->suppressions)
		return true;
	if (!g_file_get_contents(job->options->suppressions, &text, NULL, &error))
		return complain(job, "%s", error->message);
	job->suppressions = suppressions_parse(text, &why);
	return job->suppressions || complain(job, "%s: %s", job->options->suppressions, why);
}

/* On GitHub and GitLab a pull request says itself what it is compared with. */
static char *
usual_revision(void)
{
	const char *github = g_getenv("GITHUB_BASE_REF");
	const char *gitlab = g_getenv("CI_MERGE_REQUEST_DIFF_BASE_SHA");

	if (github && *github)
		return g_strconcat("origin/", github, NULL);
	return g_strdup(gitlab && *gitlab ? gitlab : NULL);
}

static bool
read_review(struct job *job)
{
	const struct gate_options *o = job->options;
	g_autofree char *usual = o->since || o->changed_files ? NULL : usual_revision();
	const char *since = o->since ? o->since : usual;
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	job->review = review_new();
	if (o->changed_files && !g_file_get_contents(o->changed_files, &text, NULL, &error))
		return complain(job, "%s", error->message);
	if (text)
		review_add(job->review, text);
	if (since && !review_add_git(job->review, since, &error)) {
		if (o->since)
			return complain(job, "--since: %s", error->message);
		outcome_note(&job->outcome,
			g_strdup_printf("what is under review is not known: %s", error->message));
	}
	return true;
}

static bool
read_limits(struct job *job)
{
	job->limits = g_ptr_array_new_with_free_func((GDestroyNotify)limit_free);
	for (char **text = job->options->limits; text && *text; text++) {
		g_autofree char *why = NULL;
		struct limit *limit = limit_parse(*text, &why);

		if (!limit)
			return complain(job, "%s", why);
		g_ptr_array_add(job->limits, limit);
	}
	return true;
}

bool
job_apply_tolerances(struct job *job)
{
	for (char **text = job->options->tolerances; text && *text; text++) {
		g_auto(GStrv) parts = g_strsplit(*text, "=", 2);
		enum gate_metric metric;
		char *end;
		const double percent = parts[1] ? g_ascii_strtod(parts[1], &end) : -1;

		if (!parts[1] || !gate_metric_parse(parts[0], &metric) || end == parts[1] ||
			(*end && strcmp(end, "%") != 0) || !(percent >= 0))
			return complain(
				job, "--tolerance %s: write METRIC=PERCENT, as in cpu=5", *text);
		job->settings.tolerance[metric] = percent / 100;
	}
	return true;
}

static bool
read_fail_on(struct job *job)
{
	g_auto(GStrv) words = NULL;

	job->counted = job->options->warn_only ? 0 : (1u << GATE_STATUSES) - 1;
	if (!job->options->fail_on)
		return true;
	job->counted = 0;
	words = g_strsplit(job->options->fail_on, ",", -1);
	for (char **word = words; *word; word++) {
		unsigned status = GATE_STATUS_REGRESSION;

		while (status < GATE_STATUSES && strcmp(gate_status_names[status], *word) != 0)
			status++;
		if (status == GATE_STATUSES)
			return complain(job,
				"--fail-on: '%s' is none of regression, limit, no-baseline, "
				"inconclusive",
				*word);
		job->counted |= 1u << status;
	}
	return true;
}

static bool
read_metrics(struct job *job)
{
	g_autofree char *why =
		job->options->metrics ? gate_set_parse(job->options->metrics, &job->set) : NULL;

	return !why || complain(job, "--metrics: %s", why);
}

static bool
read_counter(struct job *job)
{
	const char *counter = job->options->instructions;

	job->callgrind = !g_strcmp0(counter, measure_counter_names[MEASURE_CALLGRIND]);
	if (job->callgrind)
		job->settings.tolerance[GATE_INSTRUCTIONS] = GATE_TOLERANCE_COUNTED;
	return !counter || job->callgrind ||
	       !strcmp(counter, measure_counter_names[MEASURE_HARDWARE]) ||
	       complain(job, "--instructions: '%s' is neither hardware nor callgrind", counter);
}

static bool
make_directory(struct job *job)
{
	g_autoptr(GError) error = NULL;

	job->directory = g_dir_make_tmp("thag-gate-XXXXXX", &error);
	return job->directory || complain(job, "%s", error->message);
}

int
job_init(struct job *job, const char *command, const struct gate_options *options)
{
	*job = (struct job){.command = command, .options = options};
	outcome_init(&job->outcome, options->name ? options->name : "");
	judge_settings_init(&job->settings);
	job->settings.alpha = options->alpha;
	job->settings.seed = (uint64_t)options->seed;
	job->outcome.top = (unsigned)options->top;
	job->outcome.fingerprint = fingerprint_here();
	job->outcome.commit = job_commit();
	if (!read_metrics(job) || !read_limits(job) || !read_counter(job) ||
		!job_apply_tolerances(job) || !read_fail_on(job) || !read_suppressions(job))
		return GATE_STATUS_USAGE;
	if (!read_review(job))
		return GATE_STATUS_USAGE;
	return make_directory(job) ? 0 : GATE_STATUS_ERROR;
}

bool
job_set_workload(struct job *job)
{
	const struct gate_options *o = job->options;

	if (!o->rest || !o->rest[0])
		return complain(job, "which program? (see %s --help)", job->command);
	job->workload = (struct workload){
		.command = o->rest,
		.environment = o->environment,
		.input = o->input,
		.expected_status = o->expected_status,
		.timeout_s = o->timeout_s,
		.pin = o->pin,
		.keep_aslr = o->keep_aslr,
		.pass_environment = o->pass_environment,
	};
	g_autofree char *line = workload_command_line(&job->workload);

	job->outcome.command = g_utf8_make_valid(line, -1);
	if (!*job->outcome.benchmark) {
		g_free(job->outcome.benchmark);
		job->outcome.benchmark = g_path_get_basename(o->rest[0]);
	}
	return true;
}

static void
remove_directory(const char *path)
{
	g_autoptr(GDir) entries = g_dir_open(path, 0, NULL);
	const char *name;

	while (entries && (name = g_dir_read_name(entries))) {
		g_autofree char *entry = g_build_filename(path, name, NULL);

		g_unlink(entry);
	}
	g_rmdir(path);
}

void
job_fini(struct job *job)
{
	outcome_fini(&job->outcome);
	for (unsigned i = 0; i < ACCOUNT_KINDS; i++)
		comparison_free(job->comparisons[i]);
	suppressions_free(job->suppressions);
	review_free(job->review);
	if (job->limits)
		g_ptr_array_unref(job->limits);
	if (job->directory)
		remove_directory(job->directory);
	g_free(job->directory);
	measurement_free(job->base);
	measurement_free(job->now);
}
