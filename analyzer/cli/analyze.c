/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * See analyze.h. The run is over when the program that thag-run started has ended and no process
 * that has the pool mapped is left: a forked child keeps its parent's mapping, so nothing that
 * could still be recorded is missed.
 */
#include "analyze.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "channel.h"
#include "debug_log.h"
#include "launch.h"
#include "record_file.h"
#include "results.h"
#include "stream/collector.h"
#include "symbolizer.h"
#include "target.h"

enum {
	POLL_MS = 20,		     /* at most this late is an end noticed */
	GRACE_US = 500 * 1000,	     /* thag-run waits so long for what the program leaves behind */
	START_US = 10 * 1000 * 1000, /* a first process shows up within, or never */
};

struct analysis {
	const struct pool_file *file;
	const struct analyze_request *request;
	struct collector *collector;
	struct record_file recording;
	struct debug_log *log;
	int channel; /* -1: nobody listens */
	bool ended;  /* the program that thag-run started; there is none: true at once */
	bool abandoned;
	bool seen; /* something was recorded */
	int wait_status;
	gint64 start_us, ended_us;
};

static volatile sig_atomic_t stop_asked;

static void
ask_stop(int number)
{
	stop_asked = 1;
}

/* Its only use is to end a sleep. */
static void
wake(int number)
{
}

void
analyze_become(int channel)
{
	static const int ignored[] = {SIGHUP, SIGPIPE, SIGXFSZ, SIGIO, SIGTSTP, SIGTTIN, SIGTTOU};
	sigset_t none;

	setsid();
	prctl(PR_SET_NAME, "thag-analyzer");
	for (size_t i = 0; i < G_N_ELEMENTS(ignored); i++)
		signal(ignored[i], SIG_IGN);
	struct sigaction action = {.sa_handler = ask_stop};

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	action.sa_handler = wake;
	sigaction(ANALYZE_WAKE_SIGNAL, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	launch_release_descriptors(channel);
}

static int
make_path_absolute(char path[OPTIONS_DIRECTORY_BYTES])
{
	path[OPTIONS_DIRECTORY_BYTES - 1] = 0;
	g_autofree char *absolute = g_canonicalize_filename(path, NULL);

	if (strlen(absolute) >= OPTIONS_DIRECTORY_BYTES)
		return -ENAMETOOLONG;
	strcpy(path, absolute);
	return 0;
}

int
analyze_make_absolute(struct options *options)
{
	const int error = make_path_absolute(options->directory);

	if (error || !options->record[0])
		return error;
	return make_path_absolute(options->record);
}

/* Takes thag-run's messages. That it is gone means no more than that nobody waits for us. */
static void
read_channel(struct analysis *analysis)
{
	struct channel_message message;
	const int result =
		analysis->channel < 0 ? -EAGAIN : channel_poll(analysis->channel, &message);

	if (result == -EAGAIN)
		return;
	if (result == 1 && message.kind == CHANNEL_ABANDONED)
		analysis->abandoned = true;
	if (result == 1 && message.kind == CHANNEL_ENDED)
		analysis->wait_status = message.status;
	if (result == 0) {
		close(analysis->channel);
		analysis->channel = -1;
	}
	if (!analysis->ended) {
		debug_log_add(analysis->log,
			result ? "the program ended, wait status %d" : "thag-run is gone (%d)",
			analysis->wait_status);
		analysis->ended = true;
		analysis->ended_us = g_get_monotonic_time();
	}
}

static bool
is_over(struct analysis *analysis)
{
	const unsigned live = collector_live_processes(analysis->collector);

	analysis->seen = analysis->seen || collector_has_processes(analysis->collector);
	if (analysis->abandoned || stop_asked)
		return true;
	if (!analysis->ended || live)
		return false;
	const enum pool_file_users users = pool_file_users(analysis->file);

	if (users == POOL_FILE_USED)
		return false;
	/* Started by the preload where files do not tell their users: its process comes soon. */
	return users == POOL_FILE_UNUSED || analysis->request->channel >= 0 || analysis->seen ||
	       g_get_monotonic_time() - analysis->start_us > START_US;
}

/* thag-run returns; its standard error is no longer ours to write to, or to keep open. */
static void
detach(struct analysis *analysis)
{
	g_autofree char *text = g_strdup_printf(
		"processes of this run go on in the background, and are profiled until the last "
		"one ends; to end the profile earlier: kill %d",
		(int)getpid());

	channel_send(analysis->channel, CHANNEL_DETACHED, 0, text);
	debug_log_add(analysis->log, "goes on in the background");
	close(analysis->channel);
	analysis->channel = -1;
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDERR_FILENO);
		close(null);
	}
}

static void
collect(struct analysis *analysis)
{
	while (!is_over(analysis)) {
		const bool ended = analysis->ended;

		collector_poll(analysis->collector, POLL_MS);
		read_channel(analysis);
		/* The look may have been a little too early to see it. */
		if (analysis->ended && !ended)
			collector_poll(analysis->collector, 0);
		if (analysis->ended && analysis->channel >= 0 &&
			g_get_monotonic_time() - analysis->ended_us > GRACE_US &&
			!is_over(analysis))
			detach(analysis);
	}
}

static struct results_run
describe(const struct analysis *analysis)
{
	const int status = analysis->wait_status;

	return (struct results_run){
		.directory = analysis->file->pool->options.directory,
		.program = analysis->request->program,
		.command = analysis->request->command,
		.exit_status = status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		.exit_signal = status >= 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0,
		.incomplete = stop_asked ? "ended by request, before the program was" : NULL,
		.loaded = load_relaxed(&analysis->file->pool->process_last) > 0,
		.quiet = analysis->request->quiet,
		.json = analysis->request->json,
	};
}

static void
say_failure(const struct analysis *analysis, const char *why)
{
	if (analysis->channel >= 0)
		channel_send(analysis->channel, CHANNEL_FAILED, 0, why);
	else
		fprintf(stderr, "thag: %s\n", why);
}

/* thag-run refuses to start without the recording; a program that already runs goes on. */
static int
start_recording(struct analysis *analysis)
{
	g_autofree char *why = NULL;
	const int error = record_file_open(
		&analysis->file->pool->options, analysis->collector, &analysis->recording, &why);

	if (error)
		say_failure(analysis, why);
	return analysis->channel >= 0 ? error : 0;
}

/* Attaches and says so; the symbolizer and the collector are ready then. */
static int
start(struct analysis *analysis)
{
	int error = start_recording(analysis);

	if (error)
		return error;
	error = collector_attach(analysis->collector);
	if (!error) {
		if (analysis->channel >= 0)
			channel_send(analysis->channel, CHANNEL_READY, 0, analysis->file->path);
		return 0;
	}
	g_autofree char *why = g_strdup_printf(
		"the pool %s cannot be read: %s", analysis->file->path, g_strerror(-error));

	say_failure(analysis, why);
	return error;
}

/* What the collector has to say that a reader of a bug report would ask for. */
static void
log_run(struct debug_log *log, const struct run *run)
{
	debug_log_add(log,
		"%u processes, %" G_GUINT64_FORMAT " events in %" G_GUINT64_FORMAT
		" bytes, %" G_GUINT64_FORMAT " chunks (%" G_GUINT64_FORMAT
		" broken), %" G_GUINT64_FORMAT " events lost",
		run->processes->len, (guint64)run->events, (guint64)run->event_bytes,
		(guint64)run->chunks, (guint64)run->broken_chunks, (guint64)run->lost_events);
	for (guint i = 0; i < run->processes->len; i++) {
		const struct process *process = run->processes->pdata[i];

		debug_log_add(log, "process %u: pid %u, %s, %u threads, %u modules, %u call paths",
			process->number, process->pid, process->exe, process->threads->len,
			process->modules->len, process->nodes->len);
	}
}

static void
close_collector(struct analysis *analysis)
{
	if (stop_asked)
		collector_stop(analysis->collector);
	collector_close(analysis->collector);
}

static int
write_results(struct analysis *analysis, struct symbolizer *symbolizer)
{
	const struct results_run results = describe(analysis);

	close_collector(analysis);
	record_file_finish(&analysis->recording, analysis->collector);
	struct run *run = collector_finish(analysis->collector);

	analysis->collector = NULL;
	log_run(analysis->log, run);
	const int error = results_write(run, symbolizer, &results);

	debug_log_add(analysis->log, "results written: %s", error ? "not all" : "all");
	run_free(run);
	return error ? EXIT_OURS : 0;
}

/* What is to be said where there are no results. */
static int
finish_recording(struct analysis *analysis)
{
	const struct results_run about = describe(analysis);
	const char *path = analysis->recording.path;

	close_collector(analysis);
	const uint64_t bytes = record_file_finish(&analysis->recording, analysis->collector);

	debug_log_add(analysis->log, "recorded in %" G_GUINT64_FORMAT " bytes", (guint64)bytes);
	if (!about.loaded) {
		results_say_nothing_recorded(&about);
		return EXIT_OURS;
	}
	if (about.incomplete)
		fprintf(stderr, "thag: %s: the recording was %s\n", path, about.incomplete);
	g_autofree char *size = g_format_size_full(bytes, G_FORMAT_SIZE_IEC_UNITS);

	if (!about.quiet)
		fprintf(stderr, "thag: recorded in %s (%s); to see it: thag replay %s\n", path,
			size, path);
	return 0;
}

int
analyze_run(struct pool_file *file, const struct analyze_request *request)
{
	const struct symbolizer_options symbolizer_options = {.ahead = true};
	const struct options *options = &file->pool->options;
	struct symbolizer *symbolizer = symbolizer_new(&symbolizer_options);
	struct analysis analysis = {
		.file = file,
		.request = request,
		.collector = collector_new(file->pool, file->fd, symbolizer),
		.log = debug_log_open(
			options->debug, request->program ? request->program : "program"),
		.channel = request->channel,
		.ended = request->channel < 0,
		.recording = {.fd = -1},
		.wait_status = -1,
		.start_us = g_get_monotonic_time(),
	};
	int status = EXIT_OURS;

	debug_log_add(analysis.log,
		"thag %s, pool %s, profile %u, detail %u, at least %" G_GUINT64_FORMAT
		" bytes, on full %u, results in %s",
		THAG_VERSION, file->path, options->profile, options->detail,
		(guint64)options->min_size_bytes, options->on_full, options->directory);
	if (!start(&analysis)) {
		collect(&analysis);
		if (!analysis.abandoned)
			status = analysis.recording.only ? finish_recording(&analysis)
							 : write_results(&analysis, symbolizer);
	}
	collector_free(analysis.collector);
	record_file_abandon(&analysis.recording);
	symbolizer_free(symbolizer);
	debug_log_close(analysis.log);
	return status;
}
