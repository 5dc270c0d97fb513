/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The end of a job: everything is written where it was asked for. See job.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diff_flame.h"
#include "emit.h"
#include "history.h"
#include "job.h"

enum {
	TABLE_ROWS = 100, /* of a difference: what is left out is summed up there */
};

static bool
put_text(const struct job *job, const char *path, const char *mode, const char *text)
{
	FILE *file = fopen(path, mode);
	const bool written = file && fputs(text, file) >= 0;

	if ((file && fclose(file)) || !written) {
		fprintf(stderr, "%s: %s: %s\n", job->command, path, g_strerror(errno));
		return false;
	}
	return true;
}

/* A result that cannot be written is an error: the next step would not know. */
static bool
write_text(const struct job *job, const char *path, const char *text)
{
	g_autoptr(GError) error = NULL;

	if (!strcmp(path, "-"))
		return fputs(text, stdout) >= 0 && !fflush(stdout);
	/* A pipe or a device is written to, never replaced. */
	if (g_file_test(path, G_FILE_TEST_EXISTS) && !g_file_test(path, G_FILE_TEST_IS_REGULAR))
		return put_text(job, path, "we", text);
	if (g_file_set_contents(path, text, -1, &error))
		return true;
	fprintf(stderr, "%s: %s\n", job->command, error->message);
	return false;
}

/* ---- a directory of everything ---- */

/* A new file, or one in place of what an earlier call left there. */
static bool
write_diff(const struct job *job, const char *directory, const char *name, const struct diff *diff,
	unsigned column,
	int (*emit)(FILE *file, const struct job *job, const struct diff *diff, unsigned column))
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	FILE *file = fopen(path, "we");
	int error = file ? emit(file, job, diff, column) : -errno;

	if (file && fclose(file) && !error)
		error = -errno;
	if (error)
		fprintf(stderr, "%s: %s: %s\n", job->command, path, g_strerror(-error));
	return !error;
}

static int
emit_picture(FILE *file, const struct job *job, const struct diff *diff, unsigned column)
{
	const char *against = job->outcome.against ? job->outcome.against : "before";
	const struct diff_names names = {against, job->outcome.benchmark};
	const struct diff_flame_options options = {
		.title = job->outcome.benchmark, .metric = column};

	return diff_write_svg(file, diff, &names, &options);
}

static int
emit_folded(FILE *file, const struct job *job, const struct diff *diff, unsigned column)
{
	return diff_write_folded(file, diff, column);
}

static int
emit_table(FILE *file, const struct job *job, const struct diff *diff, unsigned column)
{
	const char *against = job->outcome.against ? job->outcome.against : "before";
	const struct diff_names names = {against, job->outcome.benchmark};
	struct text text;

	text_init(&text, file);
	diff_print(&text, diff, &names, column, TABLE_ROWS);
	return fflush(file) || ferror(file) ? -(errno ? errno : EIO) : 0;
}

/* The difference behind a finding: as a table, as folded stacks and as a picture. */
static bool
write_difference(struct job *job, const char *directory, const struct finding *finding)
{
	static const struct {
		const char *end;
		int (*emit)(FILE *file, const struct job *job, const struct diff *diff,
			unsigned column);
	} files[] = {{"-difference.txt", emit_table}, {"-difference.folded", emit_folded},
		{"-difference.svg", emit_picture}};
	const enum gate_metric metric = finding->attribution->metric;
	const struct comparison *comparison = job_comparison(job, account_kind_of(metric));
	bool done = true;

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *name =
			g_strconcat(gate_metrics[finding->metric].key, files[i].end, NULL);

		done = write_diff(job, directory, name, comparison->diff,
			       comparison_column(comparison, metric), files[i].emit) &&
		       done;
	}
	return done;
}

static bool
write_differences(struct job *job, const char *directory)
{
	bool done = true;

	for (guint i = 0; i < job->outcome.findings->len; i++) {
		const struct finding *finding = job->outcome.findings->pdata[i];

		if (finding->attribution && finding->verdict == VERDICT_REGRESSION)
			done = write_difference(job, directory, finding) && done;
	}
	return done;
}

static bool
copy_profile(const struct job *job, const char *directory, const char *name,
	const struct measurement *measurement)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autofree char *bytes = NULL;
	g_autoptr(GError) error = NULL;
	gsize length;

	if (!measurement || !measurement->profile)
		return true;
	if (g_file_get_contents(measurement->profile, &bytes, &length, &error) &&
		g_file_set_contents(path, bytes, (gssize)length, &error))
		return true;
	fprintf(stderr, "%s: %s\n", job->command, error->message);
	return false;
}

static const struct {
	const char *name;
	char *(*emit)(const struct outcome *outcome);
} artifacts[] = {
	{"result.json", emit_json},
	{"report.md", emit_markdown},
	{"junit.xml", emit_junit},
	{"gate.sarif", emit_sarif},
	{"code-quality.json", emit_code_quality},
};

static bool
write_artifacts(struct job *job)
{
	const char *directory = job->options->artifacts;
	bool done;

	if (!directory)
		return true;
	if (g_mkdir_with_parents(directory, 0777)) {
		fprintf(stderr, "%s: %s: %s\n", job->command, directory, g_strerror(errno));
		return false;
	}
	done = write_differences(job, directory) &&
	       copy_profile(job, directory, "base.thag", job->base) &&
	       copy_profile(job, directory, "new.thag", job->now);
	for (size_t i = 0; i < G_N_ELEMENTS(artifacts); i++) {
		g_autofree char *path = g_build_filename(directory, artifacts[i].name, NULL);
		g_autofree char *text = artifacts[i].emit(&job->outcome);

		done = write_text(job, path, text) && done;
	}
	return done;
}

/* ---- single files ---- */

static bool
write_files(const struct job *job)
{
	const struct gate_options *o = job->options;
	const struct {
		const char *path;
		char *(*emit)(const struct outcome *outcome);
	} files[] = {
		{o->json, emit_json},
		{o->markdown, emit_markdown},
		{o->junit, emit_junit},
		{o->sarif, emit_sarif},
		{o->code_quality, emit_code_quality},
	};
	bool done = true;

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		if (!files[i].path)
			continue;
		g_autofree char *text = files[i].emit(&job->outcome);

		done = write_text(job, files[i].path, text) && done;
	}
	return done;
}

static bool
write_for_github(const struct job *job)
{
	const char *summary = g_getenv("GITHUB_STEP_SUMMARY");
	const bool there = !g_strcmp0(g_getenv("GITHUB_ACTIONS"), "true");

	if (there || job->options->annotations) {
		g_autofree char *annotations = emit_annotations(&job->outcome);

		fputs(annotations, stdout);
	}
	if (!there || !summary || !*summary)
		return true;
	g_autofree char *markdown = emit_markdown(&job->outcome);

	return put_text(job, summary, "ae", markdown);
}

static bool
append_history(const struct job *job)
{
	g_autoptr(GError) error = NULL;

	if (!job->options->history || job->outcome.error ||
		history_append(job->options->history, &job->outcome, &error))
		return true;
	fprintf(stderr, "%s: %s\n", job->command, error->message);
	return false;
}

static bool
json_is_on_stdout(const struct gate_options *o)
{
	const char *const files[] = {o->json, o->markdown, o->junit, o->sarif, o->code_quality};

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		if (!g_strcmp0(files[i], "-"))
			return true;
	}
	return false;
}

static void
print_text(const struct job *job)
{
	const bool colour = isatty(STDOUT_FILENO) && !g_getenv("NO_COLOR");
	g_autofree char *text = emit_text(&job->outcome, colour);

	if (job->outcome.error)
		fprintf(stderr, "%s: %s\n", job->command, job->outcome.error);
	if (!job->options->quiet && !json_is_on_stdout(job->options))
		fputs(text, stdout);
}

/* ---- the end ---- */

static void
note_suppressed(struct job *job)
{
	const struct account *account = job->now ? job->now->accounts[ACCOUNT_EVENTS] : NULL;

	if (account && account->suppressed_blocks)
		outcome_note(&job->outcome,
			g_strdup_printf("%" G_GUINT64_FORMAT " leaked blocks (%" G_GUINT64_FORMAT
					" B) are suppressed",
				(guint64)account->suppressed_blocks,
				(guint64)account->suppressed_bytes));
}

int
job_finish(struct job *job)
{
	note_suppressed(job);
	outcome_settle(&job->outcome, job->counted);
	print_text(job);
	bool done = write_files(job);

	done = write_artifacts(job) && done;
	done = append_history(job) && done;
	done = write_for_github(job) && done;
	if (fflush(stdout) || ferror(stdout))
		done = false;
	return done ? (int)job->outcome.exit : GATE_STATUS_ERROR;
}

int
job_fail(struct job *job, GError *error)
{
	job->outcome.error = g_strdup(error->message);
	g_error_free(error);
	return job_finish(job);
}
