/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The program's own mmap, munmap, mremap, brk and sbrk. What the allocator maps for itself is not
 * recorded: its blocks are. (libc and the loader map by system calls that no hook sees.)
 */
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>
#include "heap.h"
#include "real.h"

#define EXPORT __attribute__((visibility("default")))

static bool
is_wanted(struct frame frame)
{
	return session.memory &&
	       (frame.pc < real_allocator_start || frame.pc >= real_allocator_end);
}

/* Records a change of mappings; `numbers[1]` becomes the node where `with_node` says so. */
static void
record(struct frame frame, enum record_type type, uint64_t *numbers, uint32_t count, bool with_node)
{
	const bool left_out =
		with_node && (session.paused || session.marked) && !recording_wants_block(SIZE_MAX);
	struct thread *thread = is_wanted(frame) && !left_out ? thread_enter(frame) : NULL;

	if (!thread)
		return;
	if (!thread->tallies) {
		if (with_node)
			numbers[1] = paths_capture(thread, frame, false);
		writer_emit(&thread->writer, type, numbers, count, NULL, 0);
	}
	thread_leave(thread);
}

static inline __attribute__((always_inline)) void *
map(struct frame frame, void *at, size_t length, int prot, int flags, int fd, off_t offset)
{
	void *result = real.mmap(at, length, prot, flags, fd, offset);
	uint64_t numbers[] = {0, 0, (uint64_t)result, length};

	if (result != MAP_FAILED)
		record(frame, RECORD_MAP, numbers, 4, true);
	return result;
}

EXPORT void *
mmap(void *at, size_t length, int prot, int flags, int fd, off_t offset)
{
	const struct frame frame = arch_caller();

	return map(frame, at, length, prot, flags, fd, offset);
}

#ifdef __GLIBC__
void *mmap64(void *at, size_t length, int prot, int flags, int fd, off64_t offset);

EXPORT void *
mmap64(void *at, size_t length, int prot, int flags, int fd, off64_t offset)
{
	const struct frame frame = arch_caller();

	return map(frame, at, length, prot, flags, fd, offset);
}
#endif

EXPORT int
munmap(void *at, size_t length)
{
	const struct frame frame = arch_caller();
	uint64_t numbers[] = {0, (uint64_t)at, length};

	/* Before the call: from then on the addresses may be anybody's. */
	record(frame, RECORD_UNMAP, numbers, 3, false);
	return real.munmap(at, length);
}

EXPORT void *
mremap(void *at, size_t old_length, size_t length, int flags, ...)
{
	const struct frame frame = arch_caller();
	va_list arguments;

	va_start(arguments, flags);
	void *to = flags & MREMAP_FIXED ? va_arg(arguments, void *) : NULL;
	va_end(arguments);
	void *result = real.mremap(at, old_length, length, flags, to);
	uint64_t numbers[] = {0, 0, (uint64_t)at, old_length, (uint64_t)result, length};

	if (result != MAP_FAILED)
		record(frame, RECORD_REMAP, numbers, 6, true);
	return result;
}

static void
record_break(struct frame frame, int64_t change)
{
	uint64_t numbers[] = {0, 0, 0, varint_zigzag(change)};

	if (change) {
		numbers[2] = (uint64_t)real.sbrk(0);
		record(frame, RECORD_BREAK, numbers, 4, true);
	}
}

EXPORT int
brk(void *to)
{
	const struct frame frame = arch_caller();
	const char *before = real.sbrk(0);
	const int result = real.brk(to);

	if (!result)
		record_break(frame, (char *)to - before);
	return result;
}

EXPORT void *
sbrk(intptr_t change)
{
	const struct frame frame = arch_caller();
	void *before = real.sbrk(change);

	if (before != (void *)-1)
		record_break(frame, change);
	return before;
}
