/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * thag run: profiles a program from its start to its end.
 *
 *	thag-run ----fork----> analyzer		makes the pool, says where it is
 *	    |  ^------READY------|
 *	    +---fork, exec---> program		with LD_PRELOAD and THAG_POOL
 *	    |<-----wait-------- |
 *	    +------ENDED-------> |		reads what is left, writes the results
 *	    |<----(gone)---------+
 *	    exit with the program's status
 *
 * Whatever can be refused is refused before the first fork.
 */
#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include "analyze.h"
#include "arguments.h"
#include "channel.h"
#include "command.h"
#include "launch.h"
#include "library.h"
#include "target.h"
#include "version.h"

struct run_state {
	const char *name; /* of this command, for messages */
	struct arguments arguments;
	struct target target;
	char *library;
	char *pool_path;
	int channel;
	pid_t analyzer;
};

G_GNUC_PRINTF(2, 3)
static void
complain(const struct run_state *run, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);

	va_end(arguments);
	fprintf(stderr, "%s: %s\n", run->name, text);
}

/* ---- refusals ---- */

/* Results go to an absolute path: the analyzer does not stay in this directory. */
static char *
check_directory(struct options *options)
{
	const char *path = options->directory;
	struct statvfs volume;

	if (analyze_make_absolute(options))
		return g_strdup_printf("%s: too long a path; name another directory with -o, or "
				       "another file with --record",
			path);
	/* The recording says for itself whether it can be made. */
	if (options->record_only)
		return NULL;
	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return g_strdup_printf("%s: no such directory for the results; make it, or name "
				       "another with -o",
			path);
	if (!g_file_test(path, G_FILE_TEST_IS_DIR))
		return g_strdup_printf(
			"%s is no directory; name one for the results with -o", path);
	if (access(path, W_OK | X_OK))
		return g_strdup_printf("%s: results cannot be written there (%s); name another "
				       "directory with -o",
			path, g_strerror(errno));
	if (!statvfs(path, &volume) && volume.f_blocks && !volume.f_bavail)
		return g_strdup_printf("%s: the disk is full; make room, or name another "
				       "directory with -o",
			path);
	return NULL;
}

static bool
is_nested(void)
{
	const char *pool = g_getenv(POOL_VARIABLE);

	return pool && *pool && !access(pool, F_OK);
}

/* Returns 0, or the exit status; what is wrong has been said then. */
static int
check(struct run_state *run)
{
	g_autofree char *why = NULL;
	int status = target_find(run->arguments.command[0], &run->target, &why);

	if (!status) {
		why = check_directory(&run->arguments.options);
		if (!why)
			run->library = library_find(&why);
		status = why ? EXIT_OURS : 0;
	}
	if (!status && is_nested()) {
		status = EXIT_OURS;
		why = g_strdup_printf("already under thag, which follows all programs that this "
				      "one starts; leave the inner thag-run out, or unset %s",
			POOL_VARIABLE);
	}
	if (status)
		complain(run, "%s", why);
	else if (run->target.warning)
		complain(run, "%s", run->target.warning);
	return status;
}

static void
warn_of_variables(const struct run_state *run)
{
	g_auto(GStrv) environment = g_get_environ();
	g_auto(GStrv) warnings = arguments_unknown_variables(environment);

	for (char **warning = warnings; *warning; warning++)
		complain(run, "%s", *warning);
}

/* ---- the analyzer's side ---- */

static int
be_analyzer(const struct run_state *run, int channel)
{
	g_autofree char *program = g_path_get_basename(run->target.path);
	const struct analyze_request request = {
		.program = program,
		.command = run->arguments.command,
		.channel = channel,
		.quiet = run->arguments.quiet,
		.json = run->arguments.json,
	};
	g_autofree char *why = NULL;
	struct pool_file file;

	analyze_become(channel);
	if (pool_file_create(&run->arguments.options, &file, &why)) {
		channel_send(channel, CHANNEL_FAILED, 0, why);
		return EXIT_OURS;
	}
	const int status = analyze_run(&file, &request);

	pool_file_fini(&file);
	return status;
}

/* ---- thag-run's side ---- */

/* Returns 0 when the analyzer reads; its complaint has been passed on otherwise. */
static int
start_analyzer(struct run_state *run)
{
	struct channel_message message;
	int ends[2];
	int error = channel_open(ends);

	if (!error) {
		run->analyzer = fork();
		error = run->analyzer < 0 ? -errno : 0;
	}
	if (error) {
		complain(run, "the analyzer could not be started: %s", g_strerror(-error));
		return EXIT_OURS;
	}
	if (!run->analyzer) {
		close(ends[0]);
		_exit(be_analyzer(run, ends[1]));
	}
	close(ends[1]);
	run->channel = ends[0];
	if (channel_receive(run->channel, &message) && message.kind == CHANNEL_READY) {
		run->pool_path = g_strdup(message.text);
		return 0;
	}
	complain(run, "%s",
		message.kind == CHANNEL_FAILED ? message.text : "the analyzer ended at once");
	return EXIT_OURS;
}

static char **
profiled_environment(const struct run_state *run)
{
	char **environment = g_get_environ();
	const char *preload = g_environ_getenv(environment, "LD_PRELOAD");
	char *jemalloc = run->target.jemalloc ? library_for_jemalloc(run->library) : NULL;
	g_autoptr(GPtrArray) libraries = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(libraries, g_strdup(run->library));
	if (jemalloc)
		g_ptr_array_add(libraries, jemalloc);
	if (preload && *preload)
		g_ptr_array_add(libraries, g_strdup(preload));
	g_ptr_array_add(libraries, NULL);
	g_autofree char *preloads = g_strjoinv(":", (char **)libraries->pdata);

	environment = g_environ_setenv(environment, "LD_PRELOAD", preloads, TRUE);
	return g_environ_setenv(environment, POOL_VARIABLE, run->pool_path, TRUE);
}

static int
exit_status_of(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

/* Returns the exit status of a program that could not be executed, as a shell has it. */
static int
complain_of_exec(const struct run_state *run, int error)
{
	complain(run, "%s: %s", run->target.path, g_strerror(-error));
	return error == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

/* Until it has written the results, or goes on alone because others of the run still live. */
static void
wait_for_analyzer(const struct run_state *run)
{
	struct channel_message message;
	int status;

	while (channel_receive(run->channel, &message)) {
		if (message.kind == CHANNEL_DETACHED) {
			complain(run, "%s", message.text);
			return;
		}
	}
	if (waitpid(run->analyzer, &status, 0) == run->analyzer && WIFSIGNALED(status)) {
		complain(run, "the analyzer was killed (%s): there is no profile of this run%s",
			strsignal(WTERMSIG(status)),
			run->arguments.options.record[0] ? ", but thag replay makes one of what "
							   "was recorded until then"
							 : "");
		unlink(run->pool_path);
	}
}

static int
run_profiled(struct run_state *run)
{
	int status = start_analyzer(run);

	if (status)
		return status;
	g_auto(GStrv) environment = profiled_environment(run);
	const struct launch launch = {
		.path = run->target.path,
		.arguments = run->arguments.command,
		.environment = environment,
		.keep_fd = run->channel,
	};
	const int error = launch_and_wait(&launch, &status);

	channel_send(run->channel, error ? CHANNEL_ABANDONED : CHANNEL_ENDED, status, NULL);
	kill(run->analyzer, ANALYZE_WAKE_SIGNAL);
	wait_for_analyzer(run);
	return error ? complain_of_exec(run, error) : exit_status_of(status);
}

/* THAG_PROFILER=none: as if it had been called without us. */
static int
run_unprofiled(const struct run_state *run)
{
	execvp(run->target.path, run->arguments.command);
	return complain_of_exec(run, -errno);
}

static int
run_checked(struct run_state *run)
{
	int status;

	warn_of_variables(run);
	status = check(run);
	if (status)
		return status;
	if (run->arguments.options.profile == OPTIONS_NONE)
		status = run_unprofiled(run);
	else
		status = run_profiled(run);
	target_fini(&run->target);
	g_free(run->library);
	g_free(run->pool_path);
	return status;
}

int
run_main(int count, char **arguments)
{
	struct run_state run = {.name = arguments[0], .channel = -1};
	g_autofree char *why = NULL;

	if (arguments_parse(arguments, &run.arguments, &why)) {
		complain(&run, "%s", why);
		return EXIT_OURS;
	}
	if (run.arguments.help) {
		arguments_print_help(stdout);
		return 0;
	}
	if (run.arguments.version) {
		version_print();
		return 0;
	}
	return run_checked(&run);
}
