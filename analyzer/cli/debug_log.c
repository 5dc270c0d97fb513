/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See debug_log.h. Each line is written at once, so that a crash loses none. */
#include "debug_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "options.h"

struct debug_log {
	int fd;
	gint64 start_us;
};

static char *
log_path(const char *program)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *when = g_date_time_format(now, "%Y%m%d-%H%M%S");
	g_autofree char *name = g_strdup_printf("%s-%s-debug.log", program, when);

	return g_build_filename(g_get_tmp_dir(), "thag_profiler", name, NULL);
}

/* The directory is shared by all users; a file in it is followed by nobody's link. */
static int
open_private(const char *path)
{
	g_autofree char *directory = g_path_get_dirname(path);

	if (!mkdir(directory, 01777))
		chmod(directory, 01777);
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

struct debug_log *
debug_log_open(unsigned mode, const char *program)
{
	if (mode == OPTIONS_DEBUG_NONE)
		return NULL;
	g_autofree char *path = log_path(program);
	const int fd = open_private(path);

	if (fd < 0) {
		fprintf(stderr, "thag: %s: no debug log: %s\n", path, g_strerror(errno));
		return NULL;
	}
	if (mode == OPTIONS_DEBUG_ANNOUNCE)
		fprintf(stderr, "thag: debug log: %s\n", path);
	struct debug_log *log = g_new(struct debug_log, 1);

	*log = (struct debug_log){.fd = fd, .start_us = g_get_monotonic_time()};
	return log;
}

void
debug_log_close(struct debug_log *log)
{
	if (log)
		close(log->fd);
	g_free(log);
}

void
debug_log_add(struct debug_log *log, const char *format, ...)
{
	if (!log)
		return;
	g_autoptr(GString) line = g_string_new(NULL);
	va_list arguments;

	g_string_printf(line, "%10.6f ", (double)(g_get_monotonic_time() - log->start_us) / 1e6);
	va_start(arguments, format);
	g_string_append_vprintf(line, format, arguments);
	va_end(arguments);
	g_string_append_c(line, '\n');
	if (write(log->fd, line->str, line->len) < 0)
		return;
}
