/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See workload.h. All runs go through gate-launch (programs/launch_report.h). */
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "programs/launch_report.h"

enum {
	COMPLAINT_BYTES_MAX = 2000, /* of the program's standard error in a message */
	REPORT_FD = 3,
};

G_DEFINE_QUARK(thag - gate - workload, workload_error)

/* ---- where things are ---- */

static char *
own_directory(void)
{
	g_autofree char *path = g_file_read_link("/proc/self/exe", NULL);

	return path ? g_path_get_dirname(path) : NULL;
}

char *
workload_own_program(const char *name)
{
	g_autofree char *directory = own_directory();
	const char *const places[] = {"gate", "analyzer/gate", LIBEXEC_FROM_BINDIR};

	for (size_t i = 0; directory && i < G_N_ELEMENTS(places); i++) {
		g_autofree char *path = g_build_filename(directory, places[i], name, NULL);

		if (!access(path, X_OK))
			return g_canonicalize_filename(path, NULL);
	}
	return NULL;
}

char *
workload_command_line(const struct workload *workload)
{
	GString *text = g_string_new(NULL);

	for (char **word = workload->command; *word; word++) {
		const bool plain = **word && !strpbrk(*word, " \t\n\"'\\$`*?[](){}<>|&;#~!");
		g_autofree char *quoted = plain ? g_strdup(*word) : g_shell_quote(*word);

		g_string_append_printf(text, "%s%s", text->len ? " " : "", quoted);
	}
	return g_string_free(text, FALSE);
}

/* ---- the environment ---- */

/* Passed on because programs do not work without them. */
static const char *const passed_on[] = {
	"PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LD_LIBRARY_PATH", "THAG_LIBRARY", "SHELL"};

/* What makes runs differ, nailed down. */
static const char *const fixed[][2] = {
	{"LC_ALL", "C.UTF-8"},
	{"TZ", "UTC"},
	{"PERL_HASH_SEED", "0"},
	{"PERL_PERTURB_KEYS", "0"},
	{"PYTHONHASHSEED", "0"},
};

static char **
fixed_environment(void)
{
	char **environment = g_new0(char *, 1);

	for (size_t i = 0; i < G_N_ELEMENTS(passed_on); i++) {
		const char *value = g_getenv(passed_on[i]);

		if (value)
			environment = g_environ_setenv(environment, passed_on[i], value, TRUE);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++)
		environment = g_environ_setenv(environment, fixed[i][0], fixed[i][1], TRUE);
	return environment;
}

/* Without what would make the profiler see less than all. */
static char **
caller_environment(void)
{
	g_auto(GStrv) names = g_listenv();
	char **environment = g_get_environ();

	for (char **name = names; *name; name++) {
		const bool ours = g_str_has_prefix(*name, "THAG_") ||
				  !strcmp(*name, "SIZE_TRACKING_THRESHOLD");

		if (ours && strcmp(*name, "THAG_LIBRARY") != 0)
			environment = g_environ_unsetenv(environment, *name);
	}
	return environment;
}

static char **
make_environment(const struct workload *workload)
{
	char **environment =
		workload->pass_environment ? caller_environment() : fixed_environment();

	for (char **addition = workload->environment; addition && *addition; addition++) {
		g_auto(GStrv) parts = g_strsplit(*addition, "=", 2);
		const char *value = parts[1] ? parts[1] : g_getenv(parts[0]);

		if (value)
			environment = g_environ_setenv(environment, parts[0], value, TRUE);
	}
	return environment;
}

/* ---- one start ---- */

struct start {
	const struct workload *workload;
	const char *const *prefix; /* put before the command, or NULL */
	int flags;
};

static GPtrArray *
make_arguments(const struct start *start, const char *launcher)
{
	const struct workload *workload = start->workload;
	GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(arguments, g_strdup(launcher));
	g_ptr_array_add(arguments, g_strdup_printf("%d", REPORT_FD));
	g_ptr_array_add(arguments, g_strdup_printf("%d", start->flags));
	g_ptr_array_add(arguments, g_strdup_printf("%.0f", workload->timeout_s * 1000));
	for (const char *const *word = start->prefix; word && *word; word++)
		g_ptr_array_add(arguments, g_strdup(*word));
	for (char **word = workload->command; *word; word++)
		g_ptr_array_add(arguments, g_strdup(*word));
	g_ptr_array_add(arguments, NULL);
	return arguments;
}

/* In the child; only calls that are safe after fork(). */
static void
become_launcher(char **arguments, char **environment, const int *descriptors, int report)
{
	for (int i = 0; i < 3; i++)
		dup2(descriptors[i], i);
	dup2(report, REPORT_FD);
	fcntl(REPORT_FD, F_SETFD, 0);
	close_range(REPORT_FD + 1, ~0u, 0);
	execve(arguments[0], arguments, environment);
	_exit(125);
}

static bool
read_report(int fd, struct launch_report *ret_report)
{
	ssize_t length;

	do
		length = read(fd, ret_report, sizeof(*ret_report));
	while (length < 0 && errno == EINTR);
	return length == (ssize_t)sizeof(*ret_report) && ret_report->magic == LAUNCH_MAGIC;
}

/* Descriptors that might be below 4 would be overwritten by dup2(): all are moved up. */
static int
move_up(int fd)
{
	const int moved = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 10);

	if (fd >= 0)
		close(fd);
	return moved;
}

static bool
start_and_wait(
	const struct start *start, int errors, struct launch_report *ret_report, GError **error)
{
	const struct workload *workload = start->workload;
	g_autofree char *launcher = workload_own_program("gate-launch");
	const char *input = workload->input ? workload->input : "/dev/null";
	const int descriptors[3] = {move_up(open(input, O_RDONLY | O_CLOEXEC)),
		move_up(open("/dev/null", O_WRONLY | O_CLOEXEC)), errors};
	int report[2] = {-1, -1};
	bool done = false;

	if (!launcher) {
		g_set_error(error, WORKLOAD_ERROR, 0,
			"gate-launch is not beside this thag; install or build it again");
	} else if (descriptors[0] < 0) {
		g_set_error(error, WORKLOAD_ERROR, 0, "%s: %s", input, g_strerror(errno));
	} else if (pipe2(report, O_CLOEXEC)) {
		g_set_error(error, WORKLOAD_ERROR, 0, "%s", g_strerror(errno));
	} else {
		g_autoptr(GPtrArray) arguments = make_arguments(start, launcher);
		g_auto(GStrv) environment = make_environment(workload);
		const int report_end = move_up(report[1]);
		const pid_t pid = fork();

		if (!pid)
			become_launcher(
				(char **)arguments->pdata, environment, descriptors, report_end);
		close(report_end);
		done = pid > 0 && read_report(report[0], ret_report);
		if (!done)
			g_set_error(error, WORKLOAD_ERROR, 0, "gate-launch was stopped");
		while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		close(report[0]);
	}
	close(descriptors[1]);
	if (descriptors[0] >= 0)
		close(descriptors[0]);
	return done;
}

/* ---- how it ended ---- */

/* The end of what was written to standard error, for a message. The caller's. */
static char *
last_words(int fd)
{
	char buffer[COMPLAINT_BYTES_MAX + 1];
	const off_t end = lseek(fd, 0, SEEK_END);
	const off_t from = end > COMPLAINT_BYTES_MAX ? end - COMPLAINT_BYTES_MAX : 0;
	const ssize_t length = pread(fd, buffer, COMPLAINT_BYTES_MAX, from);

	buffer[length > 0 ? length : 0] = 0;
	g_autofree char *valid = g_utf8_make_valid(g_strstrip(buffer), -1);

	return *valid ? g_strconcat(":\n", valid, NULL) : g_strdup("");
}

static bool
check_end(const struct workload *workload, const struct launch_report *report, int errors,
	GError **error)
{
	const int status = report->wait_status;
	g_autofree char *words = last_words(errors);
	const char *program = workload->command[0];

	if (report->error)
		g_set_error(error, WORKLOAD_ERROR, 0, "%s: %s", program, g_strerror(report->error));
	else if (report->timed_out)
		g_set_error(error, WORKLOAD_ERROR, 0,
			"%s did not end within %g s; give it more with --timeout%s", program,
			workload->timeout_s, words);
	else if (WIFSIGNALED(status))
		g_set_error(error, WORKLOAD_ERROR, 0, "%s was killed (%s)%s", program,
			strsignal(WTERMSIG(status)), words);
	else if (WEXITSTATUS(status) != workload->expected_status)
		g_set_error(error, WORKLOAD_ERROR, 0,
			"%s ended with status %d, %d was expected (--expect-status)%s", program,
			WEXITSTATUS(status), workload->expected_status, words);
	else
		return true;
	return false;
}

/* The profile in a directory; without one, what was said of the loss is in the error. */
static char *
find_profile(const char *directory, int errors, GError **error)
{
	g_autoptr(GDir) entries = g_dir_open(directory, 0, error);
	const char *name;

	if (!entries)
		return NULL;
	while ((name = g_dir_read_name(entries))) {
		if (g_str_has_suffix(name, ".thag"))
			return g_build_filename(directory, name, NULL);
	}
	g_autofree char *words = last_words(errors);

	g_set_error(error, WORKLOAD_ERROR, 0, "the run left no profile%s", words);
	return NULL;
}

/* `directory`: where the profile must be then, whose path is returned; NULL: none is wanted. */
static bool
run_to_end(const struct start *start, const char *directory, struct launch_report *ret_report,
	char **ret_profile, GError **error)
{
	g_autofree char *name = NULL;
	const int opened = g_file_open_tmp("thag-gate-XXXXXX", &name, error);
	bool done;

	if (opened < 0)
		return false;
	unlink(name);
	const int errors = move_up(opened);

	done = start_and_wait(start, errors, ret_report, error) &&
	       check_end(start->workload, ret_report, errors, error);
	if (done && directory) {
		*ret_profile = find_profile(directory, errors, error);
		done = *ret_profile != NULL;
	}
	close(errors);
	return done;
}

static int
flags_of(const struct workload *workload)
{
	return (workload->keep_aslr ? 0 : LAUNCH_NO_ASLR) | (workload->pin ? LAUNCH_PIN : 0);
}

bool
workload_run(const struct workload *workload, struct workload_usage *ret_usage, GError **error)
{
	const struct start start = {
		.workload = workload, .flags = flags_of(workload) | LAUNCH_COUNT};
	struct launch_report report;

	if (!run_to_end(&start, NULL, &report, NULL, error))
		return false;
	*ret_usage = (struct workload_usage){
		.wall_ns = (double)report.wall_ns,
		.cpu_ns = (double)report.cpu_ns,
		.max_rss_bytes = (double)report.max_rss_bytes,
		.instructions = (double)report.instructions,
		.count_error = report.count_error,
		.aids = (report.aslr_off ? WORKLOAD_ASLR_OFF : 0) |
			(report.pinned ? WORKLOAD_PINNED : 0) |
			(workload->pass_environment ? 0 : WORKLOAD_FIXED_ENVIRONMENT),
	};
	return true;
}

/* ---- profiled ---- */

/* The rate is fast enough for programs that run for milliseconds, and still cheap. */
static const char *const profiling_options[][4] = {
	[WORKLOAD_EVENTS] = {"--both", "--rate", "0", "--quiet"},
	[WORKLOAD_CPU] = {"--time", "--rate", "4000", "--quiet"},
	[WORKLOAD_WALL] = {"--time", "--wall", "--rate=4000", "--quiet"},
};

char *
workload_profile(const struct workload *workload, enum workload_profiling profiling,
	const char *directory, GError **error)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", error);
	const char *const *how = profiling_options[profiling];
	const char *prefix[] = {
		self, "run", how[0], how[1], how[2], how[3], "-o", directory, "--", NULL};
	const struct start start = {
		.workload = workload, .prefix = prefix, .flags = flags_of(workload)};
	struct launch_report report;
	char *profile = NULL;

	if (self)
		run_to_end(&start, directory, &report, &profile, error);
	return profile;
}

/* ---- counted ---- */

bool
workload_count(const struct workload *workload, const char *const *options, const char *directory,
	GError **error)
{
	g_autofree char *valgrind = g_find_program_in_path("valgrind");
	g_autofree char *output =
		g_strdup_printf("--callgrind-out-file=%s/callgrind.%%p", directory);
	g_autoptr(GPtrArray) prefix = g_ptr_array_new();
	struct launch_report report;

	if (!valgrind) {
		g_set_error(error, WORKLOAD_ERROR, 0,
			"--instructions=callgrind needs valgrind, which is not in PATH; install "
			"it, or leave instructions out");
		return false;
	}
	g_ptr_array_add(prefix, valgrind);
	for (; *options; options++)
		g_ptr_array_add(prefix, (gpointer)(uintptr_t)*options);
	g_ptr_array_add(prefix, output);
	g_ptr_array_add(prefix, (gpointer)(uintptr_t) "--");
	g_ptr_array_add(prefix, NULL);
	const struct start start = {.workload = workload,
		.prefix = (const char *const *)(const void *)prefix->pdata,
		.flags = flags_of(workload)};

	return run_to_end(&start, NULL, &report, NULL, error);
}
