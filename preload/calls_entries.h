/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Entries of call stacks: what calls.c and calls_sections.c both do to them. Inlined where the
 * hooks are to be fast. For the thread that runs on the stack.
 */
#ifndef THAG_PRELOAD_CALLS_ENTRIES_H
#define THAG_PRELOAD_CALLS_ENTRIES_H

#include "call_limits.h"
#include "call_sums.h"
#include "calls.h"
#include "record.h"
#include "thread.h"
#include "writer.h"

/* The innermost; entry 0, which is no frame's, where nothing is open. */
static inline struct calls_entry *
calls_top(const struct calls_stack *stack)
{
	return &stack->entries[stack->depth];
}

/* Takes the top off and records its end, unless it is left out. */
static inline __attribute__((always_inline)) void
calls_close_top_by(struct thread *thread, struct calls_stack *stack, uint64_t ticks, bool jumped)
{
	const struct calls_entry *entry = &stack->entries[stack->depth];
	struct writer *writer = &thread->writer;
	const bool recorded = likely(!stack->limited) || call_limits_leave(thread, stack, ticks);

	stack->depth--;
	if (unlikely(!recorded))
		return;
	if (unlikely(thread->call_sums != NULL)) {
		call_sums_leave(thread, stack, entry, ticks, jumped);
	} else if (writer_ready(writer)) {
		writer->at = record_emit_exit(
			&writer->state, writer->at, ticks, jumped ? RECORD_JUMPED : 0);
		writer_commit(writer);
	}
}

static inline void
calls_close_top(struct thread *thread, struct calls_stack *stack, uint64_t ticks)
{
	calls_close_top_by(thread, stack, ticks, false);
}

/* Whether a frame further out than `sp` is there as far as its slot tells. */
static inline bool
calls_seems_open(const struct unwinder *u, const struct calls_entry *entry, uint64_t sp)
{
	const uint64_t slot = (uint64_t)entry->slot;

	return slot > sp && slot < stack_view_end(&u->view, sp) &&
	       unwind_holds(u, sp, entry->slot, entry->word);
}

/*
 * Whether the last walk, from `sp` on, met the entry's frame. Where it did not reach the end of the
 * stack, a frame further out is taken to be there while its slot holds what it did.
 */
bool calls_is_open(const struct unwinder *u, const struct calls_entry *entry, uint64_t sp);

#endif
