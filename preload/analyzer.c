/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "analyzer.h"
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "loader.h"
#include "pool.h"
#include "os/system.h"
#include "forbid.h"

enum {
	PROGRAM_BYTES = 4096,
	READER_TIMEOUT_MS = 5000,
	WAIT_ALL_CHILDREN = 0x40000000, /* __WALL: also those that end without a signal */
};

/* ---- the pool's file ---- */

static char *
append(char *at, const char *end, const char *text)
{
	while (*text && at + 1 < end)
		*at++ = *text++;
	*at = '\0';
	return at;
}

static char *
append_hex(char *at, const char *end, uint64_t value)
{
	char digits[17];
	int i = 16;

	digits[16] = '\0';
	do
		digits[--i] = "0123456789abcdef"[value & 15];
	while ((value >>= 4) && i);
	return append(at, end, digits + i);
}

static void
name_pool(char path[ANALYZER_PATH_BYTES], const char *directory)
{
	const char *end = path + ANALYZER_PATH_BYTES;
	char *at = append(path, end, directory);

	at = append(at, end, "/thag-");
	at = append_hex(at, end, system_pid());
	at = append(at, end, "-");
	append_hex(at, end, system_clock_ns(CLOCK_REALTIME));
}

/* Storage is promised before anything is touched (I2 of the pool). */
static bool
reserve(long fd)
{
	const uint64_t first =
		pool_header_bytes() + (uint64_t)POOL_CHUNKS_INITIAL * POOL_CHUNK_BYTES;

	return !system_failed(
		       arch_syscall6(SYS_ftruncate, fd, (long)pool_file_bytes(), 0, 0, 0, 0)) &&
	       !system_failed(arch_syscall6(SYS_fallocate, fd, 0, 0, (long)first, 0, 0));
}

static bool
format(long fd, const struct options *options)
{
	struct pool_header *pool = system_map_file((int)fd, pool_header_bytes());

	if (!pool)
		return false;
	pool_format(pool, options);
	store_release(&pool->chunk_limit, POOL_CHUNKS_INITIAL);
	system_unmap(pool, pool_header_bytes());
	return true;
}

static bool
make_pool(const struct options *options, const char *directory, char path[ANALYZER_PATH_BYTES])
{
	name_pool(path, directory);
	const long fd = system_open(path, O_RDWR | O_CREAT | O_EXCL, 0600);

	if (system_failed(fd))
		return false;
	const bool made = reserve(fd) && format(fd, options);

	system_close(fd);
	if (!made)
		analyzer_remove_pool(path);
	return made;
}

/* A file beyond the limit would not only fail but raise SIGXFSZ. */
static bool
file_may_be_made(void)
{
	struct rlimit limit;

	if (system_failed(arch_syscall6(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, (long)&limit, 0, 0)))
		return true;
	return limit.rlim_cur >= pool_file_bytes();
}

/* ---- the analyzer's program ---- */

static bool
is_executable(const char *path)
{
	return !system_failed(arch_syscall6(SYS_faccessat, AT_FDCWD, (long)path, X_OK, 0, 0, 0));
}

/* Beside the library: in the build directory, or as installed. */
static bool
find_program(char path[PROGRAM_BYTES])
{
	static const char *const places[] = {
		"/../analyzer/thag", "/../../bin/thag", "/../../../bin/thag", "/thag"};
	const char *chosen = getenv("THAG_ANALYZER");
	const char *end = path + PROGRAM_BYTES;
	struct loader_object self;

	if (chosen && *chosen) {
		append(path, end, chosen);
		return is_executable(path);
	}
	if (!loader_find((uint64_t)&find_program, &self))
		return false;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		append(path, end, self.map->l_name);
		char *slash = strrchr(path, '/');

		if (!slash)
			return false;
		append(slash, end, places[i]);
		if (is_executable(path))
			return true;
	}
	return false;
}

/* The environment without what would have the analyzer profiled. Borrowed from a mapping. */
static char **
analyzer_environment(void)
{
	size_t count = 0, kept = 0;

	while (environ[count])
		count++;
	char **result = system_map((count + 1) * sizeof(char *));

	if (!result)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (strncmp(environ[i], "LD_PRELOAD=", strlen("LD_PRELOAD=")) != 0)
			result[kept++] = environ[i];
	return result;
}

static long
raw_fork(void)
{
	/* No exit signal: the program never hears of this child. */
	return arch_syscall6(SYS_clone, 0, 0, 0, 0, 0, 0);
}

static void __attribute__((noreturn)) leave(void)
{
	for (;;)
		arch_syscall6(SYS_exit_group, 127, 0, 0, 0, 0, 0);
}

/* Twice forked and in a session of its own, so that it outlives the program and its terminal. */
static bool
spawn(const char *program, const char *pool)
{
	const char *const arguments[] = {program, "collect", pool, NULL};
	char **environment = analyzer_environment();

	if (!environment)
		return false;
	const long child = raw_fork();

	if (child == 0) {
		arch_syscall6(SYS_setsid, 0, 0, 0, 0, 0, 0);
		if (raw_fork() == 0)
			arch_syscall6(SYS_execve, (long)program, (long)arguments, (long)environment,
				0, 0, 0);
		leave();
	}
	if (system_failed(child))
		return false;
	while (arch_syscall6(SYS_wait4, child, 0, WAIT_ALL_CHILDREN, 0, 0, 0) == -4 /* EINTR */)
		;
	return true;
}

static bool
wait_for_reader(struct pool_header *pool)
{
	bool there = false;

	for (int waited = 0; waited < READER_TIMEOUT_MS && !there; waited += 10) {
		system_futex_wait(&pool->reader, 0, 10);
		there = load_acquire(&pool->reader) != 0;
	}
	return there;
}

/* Adds the pool to the environment. The program's own array stays as it is. */
static bool
export_pool(const char *path)
{
	static char variable[sizeof(POOL_VARIABLE) + ANALYZER_PATH_BYTES];
	const char *end = variable + sizeof(variable);
	size_t count = 0;

	append(append(append(variable, end, POOL_VARIABLE), end, "="), end, path);
	while (environ[count])
		count++;
	char **larger = system_map((count + 2) * sizeof(char *));

	if (!larger)
		return false;
	memcpy(larger, environ, count * sizeof(char *));
	larger[count] = variable;
	environ = larger;
	return true;
}

const char *
analyzer_make_pool(const struct options *options, char ret_path[ANALYZER_PATH_BYTES])
{
	if (!file_may_be_made())
		return "the limit on file size (ulimit -f) leaves no room to pass events on";
	if (!make_pool(options, "/dev/shm", ret_path) && !make_pool(options, "/tmp", ret_path))
		return "no room in /dev/shm nor /tmp to pass events on";
	return NULL;
}

const char *
analyzer_start(const char *path, struct pool_header *pool)
{
	static char program[PROGRAM_BYTES];

	if (!find_program(program))
		return "the analyzer 'thag' is not beside libthag.so (set THAG_ANALYZER to its "
		       "path)";
	if (!spawn(program, path) || !wait_for_reader(pool))
		return "the analyzer did not start";
	export_pool(path);
	return NULL;
}

void
analyzer_remove_pool(const char *path)
{
	arch_syscall6(SYS_unlinkat, AT_FDCWD, (long)path, 0, 0, 0, 0);
}
