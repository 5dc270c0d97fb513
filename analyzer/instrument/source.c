/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See source.h. */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads to the end; 0 or an errno. */
static int
read_all(int fd, GByteArray *bytes)
{
	guint8 buffer[65536];
	ssize_t length;

	while ((length = read(fd, buffer, sizeof(buffer)))) {
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return errno;
		if (bytes->len + (size_t)length > SOURCE_BYTES_MAX)
			return EFBIG;
		g_byte_array_append(bytes, buffer, (guint)length);
	}
	return 0;
}

static int
read_descriptor(int fd, struct source *source)
{
	GByteArray *bytes = g_byte_array_new();
	int error = fstat(fd, &source->status) ? errno : 0;

	if (!error)
		error = S_ISDIR(source->status.st_mode) ? EISDIR : read_all(fd, bytes);
	source->length = bytes->len;
	g_byte_array_append(bytes, (const guint8 *)"", 1);
	source->bytes = (char *)g_byte_array_free(bytes, FALSE);
	return error;
}

int
source_read(const char *path, struct source *ret_source, char **ret_why)
{
	struct source source = {.path = g_strdup(path)};
	const bool is_input = !strcmp(path, "-");
	const int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	const int error = fd < 0 ? errno : read_descriptor(fd, &source);

	if (fd >= 0 && !is_input)
		close(fd);
	if (error) {
		*ret_why = g_strdup_printf("cannot be read: %s", g_strerror(error));
		source_fini(&source);
		return -1;
	}
	*ret_source = source;
	return 0;
}

void
source_fini(struct source *source)
{
	g_clear_pointer(&source->path, g_free);
	g_clear_pointer(&source->bytes, g_free);
}

static int
write_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		const ssize_t written = write(fd, bytes, length);

		if (written < 0 && errno != EINTR)
			return errno;
		if (written > 0) {
			bytes += written;
			length -= (size_t)written;
		}
	}
	return 0;
}

/* Makes the new file what the old one is to others. Its group may be one we cannot give. */
static int
take_over(int fd, const struct stat *status)
{
	struct stat own;

	if (fstat(fd, &own))
		return errno;
	if ((own.st_uid != status->st_uid && fchown(fd, status->st_uid, (gid_t)-1)) ||
		(own.st_gid != status->st_gid && fchown(fd, (uid_t)-1, status->st_gid)))
		return errno;
	return fchmod(fd, status->st_mode & 07777) ? errno : 0;
}

static int
write_temporary(char *name, const struct source *source, const char *bytes, size_t length)
{
	const int fd = g_mkstemp_full(name, O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	int error = write_all(fd, bytes, length);

	if (!error)
		error = take_over(fd, &source->status);
	if (close(fd) && !error)
		error = errno;
	if (error)
		unlink(name);
	return error;
}

static bool
is_unchanged(const char *path, const struct stat *before)
{
	struct stat now;

	return !stat(path, &now) && now.st_dev == before->st_dev && now.st_ino == before->st_ino &&
	       now.st_size == before->st_size && now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
}

static int
replace(const char *path, const struct source *source, const char *bytes, size_t length)
{
	g_autofree char *directory = g_path_get_dirname(path);
	g_autofree char *temporary = g_build_filename(directory, ".thag-instrument-XXXXXX", NULL);

	if (access(path, W_OK))
		return errno;
	int error = write_temporary(temporary, source, bytes, length);

	if (!error && !is_unchanged(path, &source->status)) {
		error = ESTALE;
		unlink(temporary);
	}
	if (!error && rename(temporary, path)) {
		error = errno;
		unlink(temporary);
	}
	return error;
}

int
source_replace(const struct source *source, const char *bytes, size_t length, char **ret_why)
{
	g_autofree char *path = realpath(source->path, NULL);
	const int error = path ? replace(path, source, bytes, length) : errno;

	if (error == ESTALE)
		*ret_why = g_strdup("was changed by somebody else just now");
	else if (error)
		*ret_why = g_strdup_printf("cannot be written: %s", g_strerror(error));
	return error ? -1 : 0;
}
