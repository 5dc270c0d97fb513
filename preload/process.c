/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "process.h"
#include <stddef.h>
#include "session.h"
#include "thread.h"
#include "tree.h"
#include "os/system.h"
#include "forbid.h"

enum {
	PATH_BYTES_MAX = 4096,
	ARGUMENTS_BYTES_MAX = 2048
};

/* Node ids below this were made before the fork that this process comes from. */
static uint32_t inherited_nodes;

void
process_register(void)
{
	session.parent_number = session.image_number;
	if (session.parent_number) {
		threads_forget();
		inherited_nodes = load_relaxed(&tree.count);
	}
	session.process->pid = system_pid();
	session.process->number = add_relaxed(&session.pool->process_last, 1) + 1;
	session.image_number = session.process->number;
}

static uint32_t
read_file(const char *path, uint8_t *bytes, uint32_t size)
{
	const long fd = system_open(path, O_RDONLY, 0);
	uint32_t length = 0;
	long count;

	if (system_failed(fd))
		return 0;
	while (length < size && (count = system_read(fd, bytes + length, size - length)) > 0)
		length += (uint32_t)count;
	system_close(fd);
	return length;
}

void
process_announce(struct writer *writer)
{
	/* Static for want of stack; the first thread of a process is alone here. */
	static uint8_t path[PATH_BYTES_MAX], arguments[ARGUMENTS_BYTES_MAX];
	uint64_t numbers[PROCESS_NUMBERS] = {
		[PROCESS_PID] = session.process->pid,
		[PROCESS_PARENT_PID] = system_parent_pid(),
		[PROCESS_PARENT] = session.parent_number,
		[PROCESS_NODES] = inherited_nodes,
		[PROCESS_ORIGIN] = session.parent_number ? RECORD_FORK : RECORD_IMAGE,
		[PROCESS_SUMMARY] = !session.pool->options.detail,
		[PROCESS_MIN_DURATION] = session.pool->options.min_duration_ns,
		[PROCESS_START_AFTER] = session.pool->options.start_after_ns,
		[PROCESS_STOP_AFTER] = session.pool->options.stop_after_ns,
		[PROCESS_MAX_CALLS] = session.pool->options.max_calls,
		[PROCESS_KEEP] = session.pool->options.keep,
		[PROCESS_PROFILED] = session.pool->options.profile,
	};
	const long length = system_readlink("/proc/self/exe", (char *)path, sizeof(path));
	const struct record_string strings[PROCESS_STRINGS] = {
		[PROCESS_EXE] = {path, length > 0 ? (uint32_t)length : 0},
		[PROCESS_ARGUMENTS] = {arguments,
			read_file("/proc/self/cmdline", arguments, sizeof(arguments))},
	};

	writer_emit(writer, RECORD_PROCESS, numbers, PROCESS_NUMBERS, strings, PROCESS_STRINGS);
	uint64_t clocks[] = {0, system_clock_ns(CLOCK_MONOTONIC), system_clock_ns(CLOCK_REALTIME)};

	writer_emit(writer, RECORD_CLOCK, clocks, 3, NULL, 0);
}

bool
process_is_own(void)
{
	return load_acquire(&session.phase) == SESSION_ON && session.process->pid == system_pid();
}

void
process_end(struct frame frame)
{
	uint64_t numbers[1];

	/* Where a handler ends the process inside a hook nothing is missed. */
	if (load_acquire(&session.phase) != SESSION_ON || !session.process->number ||
		!thread_self || thread_self->gate != THREAD_READY)
		return;
	struct thread *thread = thread_enter(frame);

	if (!thread)
		return;
	writer_emit(&thread->writer, RECORD_PROCESS_END, numbers, 1, NULL, 0);
	thread_leave(thread);
}
