/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Recording the life of blocks. Called by the hooks with the frame of the hook's caller.
 *
 * Inlined into each hook: these are the hot paths of memory profiling. An allocation is about 3 ns
 * for the gate, 20 to 60 for the stack, 10 for the clock and 5 for the record; a release is the
 * same without the stack.
 */
#ifndef THAG_PRELOAD_HEAP_H
#define THAG_PRELOAD_HEAP_H

#include <stddef.h>
#include <stdint.h>
#include "paths_capture.h"
#include "recording.h"
#include "session.h"
#include "thread.h"

/* Summary mode: adds to the call path's sums instead of writing a record. */
void heap_tally(struct thread *thread, uint32_t node, size_t size);

/* Before the session has begun nobody knows: the first call of all starts it. */
static inline bool
heap_is_off(void)
{
	return unlikely(!session.memory) && load_acquire(&session.phase) != SESSION_UNKNOWN;
}

/* thread_enter(), unless it has just turned out that nobody asks for memory. */
static inline __attribute__((always_inline)) struct thread *
heap_enter(struct frame frame)
{
	struct thread *thread = thread_enter(frame);

	if (unlikely(!session.memory) && thread) {
		thread_leave(thread);
		return NULL;
	}
	return thread;
}

static inline __attribute__((always_inline)) void
heap_allocated(struct frame frame, void *block, size_t size)
{
	if (heap_is_off())
		return;
	if (unlikely(!block || size < session.min_size_bytes) &&
		(!block || !recording_wants_block(size)))
		return;
	struct thread *thread = heap_enter(frame);

	if (unlikely(!thread))
		return;
	struct writer *writer = &thread->writer;
	const uint32_t node = paths_capture(thread, frame, false);

	if (unlikely(thread->tallies != NULL)) {
		heap_tally(thread, node, size);
	} else if (writer_ready(writer)) {
		writer->at = record_emit_alloc(
			&writer->state, writer->at, session_ticks(), node, size, (uint64_t)block);
		writer_commit(writer);
	}
	thread_leave(thread);
}

/* `flags`: 0 or RECORD_REALLOC. */
static inline __attribute__((always_inline)) void
heap_released(struct frame frame, void *block, uint32_t flags)
{
	if (heap_is_off())
		return;
	if (unlikely(!block))
		return;
	struct thread *thread = heap_enter(frame);

	if (unlikely(!thread))
		return;
	struct writer *writer = &thread->writer;

	if (unlikely(thread->tallies != NULL)) {
		/* The first entry counts releases. */
		thread->tallies[0].count++;
	} else if (writer_ready(writer)) {
		writer->at = record_emit_free(
			&writer->state, writer->at, session_ticks(), (uint64_t)block, flags);
		writer_commit(writer);
	}
	thread_leave(thread);
}

/* A realloc failed after its release was recorded: the block is still there. */
void heap_kept(struct frame frame, void *block);

#endif
