/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "session.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "analyzer.h"
#include "call_filter.h"
#include "recording.h"
#include "rules.h"
#include "thread.h"
#include "tree.h"
#include "window.h"
#include "forbid.h"

struct session session;

void *
session_map_wiped(size_t bytes)
{
	void *memory = system_map(bytes);

	if (!memory)
		return NULL;
	if (system_failed(system_advise(memory, bytes, MADV_WIPEONFORK))) {
		system_unmap(memory, bytes);
		return NULL;
	}
	return memory;
}

/* ---- the pool of a run that is under way ---- */

static bool
adopt(struct pool_header *pool, size_t bytes)
{
	if (!pool_is_valid(pool)) {
		system_unmap(pool, bytes);
		return false;
	}
	system_advise(pool, bytes, MADV_DONTDUMP);
	session.pool = pool;
	session.chunks_mapped = (uint32_t)((bytes - pool_header_bytes()) / POOL_CHUNK_BYTES);
	return true;
}

/* All of it, or as much as the limit on address space allows. */
static bool
map_pool(long fd)
{
	for (size_t bytes = pool_file_bytes(); bytes > pool_file_bytes() / 32; bytes /= 2) {
		struct pool_header *pool = system_map_file((int)fd, bytes);

		if (pool)
			return adopt(pool, bytes);
	}
	return false;
}

static bool
open_pool(const char *path)
{
	const long fd = system_open(path, O_RDWR, 0);

	if (system_failed(fd))
		return false;
	const bool mapped = map_pool(fd);

	system_close(fd);
	return mapped;
}

static void
close_pool(void)
{
	system_unmap(session.pool,
		pool_header_bytes() + (size_t)session.chunks_mapped * POOL_CHUNK_BYTES);
	session.pool = NULL;
	session.chunks_mapped = 0;
}

/* ---- starting ---- */

static void
complain(const char *message)
{
	static const char prefix[] = "libthag: ", suffix[] = "; not profiling\n";

	arch_syscall6(SYS_write, STDERR_FILENO, (long)prefix, sizeof(prefix) - 1, 0, 0, 0);
	arch_syscall6(SYS_write, STDERR_FILENO, (long)message, (long)strlen(message), 0, 0, 0);
	arch_syscall6(SYS_write, STDERR_FILENO, (long)suffix, sizeof(suffix) - 1, 0, 0, 0);
}

static const char *
get_variable(const char *name, void *context)
{
	return getenv(name);
}

/* Preloaded by hand: this process makes the pool and starts the analyzer. */
static bool
begin_run(void)
{
	static struct options options;
	static char message[OPTIONS_MESSAGE_BYTES];
	static char path[ANALYZER_PATH_BYTES];

	options_init(&options);
	if (options_from_environment(&options, get_variable, NULL, message) < 0 ||
		options_check(&options, message) < 0) {
		complain(message);
		return false;
	}
	if (options.profile == OPTIONS_NONE)
		return false;
	const char *problem = analyzer_make_pool(&options, path);

	if (problem) {
		complain(problem);
		return false;
	}
	problem = open_pool(path) ? analyzer_start(path, session.pool)
				  : "no room in the address space to pass events on";
	if (!problem)
		return true;
	analyzer_remove_pool(path);
	if (session.pool)
		close_pool();
	complain(problem);
	return false;
}

static bool
prepare(void)
{
	const char *path = getenv(POOL_VARIABLE);

	session.counter_clock = clock_has_counter();
	if (path && *path ? !open_pool(path) : !begin_run())
		return false;
	if (load_acquire(&session.pool->phase) == POOL_CLOSED)
		return false;
	session.process = session_map_wiped(SYSTEM_PAGE_BYTES);
	return session.process && tree_init() && rules_init() &&
	       call_filter_init(&session.pool->options);
}

void
session_start(void)
{
	if (!prepare()) {
		session_stop();
		return;
	}
	session.memory = session.pool->options.profile & OPTIONS_MEMORY;
	session.time = session.pool->options.profile & OPTIONS_TIME;
	recording_init();
	if (session.time && session.pool->options.sample_hz)
		sampler_init();
	window_init();
	threads_init();
	store_release(&session.phase, SESSION_ON);
}

void
session_stop(void)
{
	session.memory = session.time = false;
	session.untimed = true;
	store_release(&session.phase, SESSION_OFF);
}
