/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See pool_file.h. */
#include "pool_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A limit on file sizes would kill the analyzer (SIGXFSZ) where it makes the pool or writes a
 * profile. It is raised as far as it may be, and beyond that an error instead of a signal.
 */
static void
lift_file_size_limit(void)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_FSIZE, &limit);
	}
}

static uint64_t
backed_bytes(uint32_t chunk_limit)
{
	return pool_header_bytes() + (uint64_t)chunk_limit * POOL_CHUNK_BYTES;
}

static int
back_first_chunks(const struct pool_file *file)
{
	int error;

	do
		error = posix_fallocate(file->fd, 0, (off_t)backed_bytes(POOL_CHUNKS_INITIAL));
	while (error == EINTR);
	return -error;
}

static int
map(struct pool_file *file)
{
	void *memory = mmap(NULL, pool_file_bytes(), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_NORESERVE, file->fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	file->pool = memory;
	return 0;
}

/* Only closes: for an unfinished file, whose path may not even be ours. */
static void
release(struct pool_file *file)
{
	if (file->pool)
		munmap(file->pool, pool_file_bytes());
	if (file->fd >= 0)
		close(file->fd);
	g_free(file->path);
}

void
pool_file_fini(struct pool_file *file)
{
	if (file->path)
		unlink(file->path);
	release(file);
	*file = (struct pool_file){.fd = -1};
}

static int
create_in(const char *directory, struct pool_file *ret_file)
{
	struct pool_file file = {
		.path = g_strdup_printf("%s/thag-%07d-XXXXXX", directory, (int)getpid()),
	};
	int error;

	file.fd = mkostemp(file.path, O_CLOEXEC);
	if (file.fd < 0) {
		error = -errno;
		release(&file);
		return error;
	}
	error = ftruncate(file.fd, (off_t)pool_file_bytes()) ? -errno : 0;
	if (!error)
		error = back_first_chunks(&file);
	if (!error)
		error = map(&file);
	if (error)
		pool_file_fini(&file);
	else
		*ret_file = file;
	return error;
}

int
pool_file_create(const struct options *options, struct pool_file *ret_file, char **ret_why)
{
	const char *const directories[] = {"/dev/shm", g_getenv("TMPDIR"), "/tmp", "/var/tmp"};
	int error = -ENOENT;

	lift_file_size_limit();
	for (size_t i = 0; i < G_N_ELEMENTS(directories); i++) {
		if (!directories[i] || directories[i][0] != '/')
			continue;
		error = create_in(directories[i], ret_file);
		if (!error) {
			pool_format(ret_file->pool, options);
			store_release(&ret_file->pool->chunk_limit, POOL_CHUNKS_INITIAL);
			return 0;
		}
	}
	if (error == -EFBIG)
		*ret_why = g_strdup_printf("the limit on file sizes (ulimit -f) is too small: "
					   "raise it to at least %u MiB",
			(unsigned)((pool_file_bytes() >> 20) + 1));
	else
		*ret_why = g_strdup_printf(
			"no room for %u MiB of shared memory in /dev/shm, $TMPDIR, /tmp or "
			"/var/tmp (%s): make room in one of them",
			(unsigned)(backed_bytes(POOL_CHUNKS_INITIAL) >> 20) + 1,
			g_strerror(-error));
	return error;
}

int
pool_file_open(const char *path, struct pool_file *ret_file, char **ret_why)
{
	struct pool_file file = {
		.path = g_canonicalize_filename(path, NULL),
		.fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW),
	};
	struct stat status;
	int error = file.fd < 0 ? -errno : 0;

	lift_file_size_limit();
	if (!error && (fstat(file.fd, &status) || !S_ISREG(status.st_mode) ||
			      (uint64_t)status.st_size < pool_file_bytes()))
		error = -EPROTO;
	if (!error)
		error = map(&file);
	if (!error && !pool_is_valid(file.pool))
		error = -EPROTO;
	if (error) {
		*ret_why = g_strdup_printf("%s: %s", path,
			error == -EPROTO ? "not a pool of this version of thag"
					 : g_strerror(-error));
		release(&file);
		return error;
	}
	*ret_file = file;
	return 0;
}

/*
 * A write lease is only given to the sole user of a file, and a mapping is a use as well as a
 * descriptor. It is given back at once: an open in between merely waits for that.
 */
enum pool_file_users
pool_file_users(const struct pool_file *file)
{
	signal(SIGIO, SIG_IGN);
	if (!fcntl(file->fd, F_SETLEASE, F_WRLCK)) {
		fcntl(file->fd, F_SETLEASE, F_UNLCK);
		return POOL_FILE_UNUSED;
	}
	return errno == EAGAIN || errno == EBUSY ? POOL_FILE_USED : POOL_FILE_UNKNOWN;
}
