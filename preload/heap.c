/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "heap.h"
#include "forbid.h"

static void
push_out(struct thread *thread, const struct pool_tally *tally)
{
	uint64_t numbers[] = {0, tally->node, tally->count, tally->bytes};

	writer_emit(&thread->writer, RECORD_TALLY, numbers, 4, NULL, 0);
}

void
heap_tally(struct thread *thread, uint32_t node, size_t size)
{
	struct pool_tally *tally = &thread->tallies[1 + node % (POOL_TALLIES - 1)];

	if (unlikely(tally->node != node)) {
		if (tally->node)
			push_out(thread, tally);
		/* Whoever reads between finds no count rather than a wrong one. */
		tally->count = tally->bytes = 0;
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		tally->node = node;
	}
	tally->bytes += size;
	tally->count++;
}

void
heap_kept(struct frame frame, void *block)
{
	struct thread *thread = session.memory ? thread_enter(frame) : NULL;
	uint64_t numbers[] = {0, (uint64_t)block};

	if (!thread)
		return;
	if (thread->tallies)
		thread->tallies[0].count--;
	else
		writer_emit(&thread->writer, RECORD_REALLOC_FAILED, numbers, 2, NULL, 0);
	thread_leave(thread);
}
