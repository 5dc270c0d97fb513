/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The program thag-instrument: one of its own, for only it needs libclang, which would be loaded at
 * each start of thag.
 *
 * All files are parsed first, several at once, and only then changed: none is parsed with a header
 * of which it is not certain whether it was changed already.
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include "deliver.h"
#include "flags.h"
#include "instrument.h"
#include "instrument_options.h"

struct job {
	char *path; /* as given */
	struct source source;
	GStrv flags;
	enum flags_origin origin;
	struct instrument_result result;
	char *why;    /* it cannot be done; NULL: it can */
	bool is_read; /* there is a source */
	bool is_done; /* there is a result */
};

struct session {
	struct instrument_options options;
	struct flags flags;
	struct deliver deliver;
	GPtrArray *jobs;
	unsigned functions, skipped;
};

static void
free_job(void *data)
{
	struct job *job = data;

	g_free(job->path);
	if (job->is_read)
		source_fini(&job->source);
	g_strfreev(job->flags);
	if (job->is_done)
		instrument_result_fini(&job->result);
	g_free(job->why);
	g_free(job);
}

/* How libclang is to call the source; the caller's. */
static char *
name_for_parser(const struct session *s, const struct job *job)
{
	const char *name = job->path;

	if (!strcmp(name, "-"))
		name = s->options.filename ? s->options.filename : "standard-input";
	return g_canonicalize_filename(name, NULL);
}

static struct job *
prepare(struct session *s, const char *path)
{
	struct job *job = g_new0(struct job, 1);

	job->path = g_strdup(path);
	job->is_read = !source_read(path, &job->source, &job->why);
	if (!job->is_read)
		return job;
	g_autofree char *name = name_for_parser(s, job);
	job->flags = flags_for(&s->flags, name, &job->origin, &job->why);
	return job;
}

static int
try_flags(const struct session *s, const struct job *job, GStrv flags,
	struct instrument_result *ret_result, char **ret_why)
{
	g_autofree char *name = name_for_parser(s, job);

	return instrument_source(name, job->source.bytes, job->source.length,
		(const char *const *)flags, &s->options.wishes, ret_result, ret_why);
}

/* The nearest database may be that of a project around this one. */
static void
try_without_guess(const struct session *s, struct job *job)
{
	g_auto(GStrv) flags = flags_without_database(&s->flags);
	struct instrument_result result;
	g_autofree char *why = NULL;

	if (try_flags(s, job, flags, &result, &why))
		return;
	if (!job->is_done || result.functions.errors < job->result.functions.errors) {
		if (job->is_done)
			instrument_result_fini(&job->result);
		g_clear_pointer(&job->why, g_free);
		job->result = result;
		job->is_done = true;
	} else {
		instrument_result_fini(&result);
	}
}

/* In a thread of the pool. */
static void
work(void *data, void *user_data)
{
	const struct session *s = user_data;
	struct job *job = data;

	job->is_done = !try_flags(s, job, job->flags, &job->result, &job->why);
	if (job->origin == FLAGS_GUESSED && (!job->is_done || job->result.functions.errors))
		try_without_guess(s, job);
}

static void
parse_all(struct session *s)
{
	GThreadPool *pool = g_thread_pool_new(work, s, s->options.jobs, FALSE, NULL);

	for (guint i = 0; i < s->jobs->len; i++) {
		const struct job *job = s->jobs->pdata[i];

		if (!job->why)
			g_thread_pool_push(pool, s->jobs->pdata[i], NULL);
	}
	g_thread_pool_free(pool, FALSE, TRUE);
}

static void
report_skipped(GString *text, const struct instrument_result *result)
{
	const char *before = "; skipped: ";

	for (enum skip skip = SKIP_NOT + 1; skip < SKIPS; skip++) {
		if (!result->counts[skip])
			continue;
		g_string_append_printf(
			text, "%s%u %s", before, result->counts[skip], skip_names[skip]);
		before = ", ";
	}
}

static void
report_errors(GString *text, const struct functions *functions)
{
	g_autofree char *errors = deliver_count(functions->errors, "error");

	if (!functions->errors)
		return;
	g_string_append_printf(
		text, "; parsed with %s, the first: %s", errors, functions->first_error);
	if (functions->may_miss_some)
		g_string_append(text, "; functions may have been missed");
}

static void
report_functions(const struct job *job)
{
	for (guint i = 0; i < job->result.functions.list->len; i++) {
		const struct function *f =
			&g_array_index(job->result.functions.list, struct function, i);

		fprintf(stderr, "%s:%u: %s: %s%s\n", job->path, f->line, f->qualified_name,
			f->skip ? "skipped: " : "", skip_names[f->skip]);
	}
}

static void
report(const struct session *s, const struct job *job)
{
	const unsigned count = job->result.counts[SKIP_NOT];
	g_autofree char *functions = deliver_count(count, "function");
	g_autoptr(GString) text = g_string_new(NULL);

	if (s->deliver.quiet)
		return;
	if (s->options.verbose)
		report_functions(job);
	g_string_printf(text, "%s: %s instrumented", job->path, functions);
	if (job->result.line_added)
		g_string_append(text, ", a line added for the #include");
	report_skipped(text, &job->result);
	report_errors(text, &job->result.functions);
	fprintf(stderr, "%s\n", text->str);
}

static void
finish(struct session *s, struct job *job)
{
	if (!job->is_done) {
		const bool flags_would_help = job->flags && (job->origin == FLAGS_UNKNOWN ||
								    job->origin == FLAGS_GUESSED);
		g_autofree char *why = g_strconcat(job->why,
			flags_would_help ? " (say how it is compiled: -p DIR, or -- FLAGS)" : "",
			NULL);

		deliver_problem(&s->deliver, job->is_read ? &job->source : NULL, job->path, why);
		return;
	}
	if (deliver(&s->deliver, &job->source, &job->result.edits))
		return;
	s->functions += job->result.counts[SKIP_NOT];
	for (enum skip skip = SKIP_NOT + 1; skip < SKIPS; skip++)
		s->skipped += job->result.counts[skip];
	report(s, job);
}

static void
report_all(const struct session *s)
{
	g_autofree char *functions = deliver_count(s->functions, "function");
	g_autofree char *files = deliver_count(s->deliver.changed_files, "file");
	g_autofree char *left = deliver_count(s->deliver.failed_files, "file");

	fprintf(stderr, "%s: %s in %s instrumented, %u skipped", s->deliver.command, functions,
		files, s->skipped);
	if (s->deliver.failed_files)
		fprintf(stderr, "; %s left as they are", left);
	fprintf(stderr, "%s\n",
		s->deliver.diff || s->deliver.dry_run ? " (nothing was written)" : "");
}

static void
run(struct session *s)
{
	const char *const input[] = {"-", NULL};
	const char *const *files = s->options.files ? (const char *const *)s->options.files : input;

	for (; *files; files++)
		g_ptr_array_add(s->jobs, prepare(s, *files));
	parse_all(s);
	for (guint i = 0; i < s->jobs->len; i++)
		finish(s, s->jobs->pdata[i]);
	if (!s->deliver.quiet)
		report_all(s);
}

int
main(int count, char **arguments)
{
	struct session s = {.jobs = g_ptr_array_new_with_free_func(free_job)};
	g_autofree char *command = g_path_get_basename(arguments[0]);
	int status = DELIVER_USAGE;

	arguments[0] = command;
	if (instrument_options_parse(count, arguments, &s.options))
		return DELIVER_USAGE;
	s.deliver = (struct deliver){
		.command = command,
		.dry_run = s.options.dry_run,
		.diff = s.options.diff,
		.quiet = s.options.quiet || (!s.options.files && !s.options.verbose),
	};
	flags_init(&s.flags, s.options.directory, (const char *const *)s.options.flags,
		s.options.language);
	if (s.options.files || !deliver_input_is_missing(command)) {
		run(&s);
		status = deliver_status(&s.deliver);
	}
	g_ptr_array_unref(s.jobs);
	flags_fini(&s.flags);
	instrument_options_fini(&s.options);
	return status;
}
