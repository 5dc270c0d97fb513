/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See record_file.h. */
#include "record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <unistd.h>
#include "stream/collector.h"

static char *
explain(const char *path, int error)
{
	if (error == -EEXIST)
		return g_strdup_printf("%s is there already and is not written over; name another "
				       "file for the recording",
			path);
	return g_strdup_printf("%s: the recording cannot be written (%s); name another file", path,
		g_strerror(-error));
}

int
record_file_open(const struct options *options, struct collector *collector,
	struct record_file *ret_file, char **ret_why)
{
	const char *path = options->record;
	int fd, error;

	*ret_file = (struct record_file){.fd = -1};
	if (!*path)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	error = fd < 0 ? -errno : collector_record_to(collector, fd, options->record_max_bytes);
	if (error) {
		if (fd >= 0) {
			unlink(path);
			close(fd);
		}
		*ret_why = explain(path, error);
		return error;
	}
	if (options->record_only)
		collector_record_only(collector);
	*ret_file = (struct record_file){.path = path, .fd = fd, .only = options->record_only};
	return 0;
}

uint64_t
record_file_finish(struct record_file *file, const struct collector *collector)
{
	const char *rest = file->only ? "what came later is lost" : "the profile has all";
	uint64_t bytes = 0;
	int error;

	if (file->fd < 0)
		return 0;
	error = collector_record_status(collector, &bytes);
	if (close(file->fd) && !error)
		error = -errno;
	file->fd = -1;
	if (error == -EFBIG)
		fprintf(stderr, "thag: %s: the recording stops at its size limit; %s\n", file->path,
			rest);
	else if (error)
		fprintf(stderr,
			"thag: %s: the recording stops after %" G_GUINT64_FORMAT " bytes: %s; %s\n",
			file->path, (guint64)bytes,
			error == -ENOSPC ? "the disk is full" : g_strerror(-error), rest);
	return bytes;
}

void
record_file_abandon(struct record_file *file)
{
	if (file->fd < 0)
		return;
	unlink(file->path);
	close(file->fd);
	file->fd = -1;
}
