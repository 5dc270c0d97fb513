/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Traced calls that are left out by request: shorter than options.min_duration_ns, deeper than
 * options.max_depth. They are followed like all others (calls.h), so that broken pairs are mended
 * in the same way, but make no records.
 *
 * Of a call nobody knows at its entry how long it will take. So with a least duration entries are
 * held back, and written (LATE_ENTER) when they are old enough:
 *
 *	entries   1      2      3 = pending   4      5 = depth
 *	          written       held back: younger than the least duration when last looked at
 *
 * at the next hook on that call stack after they became so, or at their own exit. One that exits
 * before is dropped and leaves nothing but a number: what it and the calls inside of it cost is in
 * its caller's time, and the reader takes it off (CALLS_LEFT_OUT).
 *
 * Where a call stack is left for another, what it holds back is written at once.
 */
#ifndef THAG_PRELOAD_CALL_LIMITS_H
#define THAG_PRELOAD_CALL_LIMITS_H

#include <stdbool.h>
#include <stdint.h>
#include "thread.h"

/* Sets the limits of a new call stack. */
void call_limits_init(struct calls_stack *stack);

/* A call that the filter left out. */
static inline void
call_limits_count(struct thread *thread, enum pool_left_out reason)
{
	struct writer *writer = &thread->writer;
	const uint64_t count = ++writer->left_out[reason];

	if (likely(writer->chunk))
		store_relaxed(&writer->chunk->left_out[reason], count);
}

/*
 * On a stack that is limited, before an entry is put on it, and before its top is taken off. Return
 * whether the call's own record is to be written now.
 */
bool call_limits_enter(struct thread *thread, struct calls_stack *stack, struct calls_entry *entry);
bool call_limits_leave(struct thread *thread, struct calls_stack *stack, uint64_t ticks);

/*
 * The entry just put on a limited stack is a section's. Sections are what somebody asked for: they
 * and what they are in are always recorded.
 */
void call_limits_enter_section(struct thread *thread, struct calls_stack *stack);

/* Entry `index`, a section's, is taken out from among others. */
void call_limits_move(struct calls_stack *stack, uint32_t index);

/* How many of the entries on the stack have records. */
uint32_t call_limits_recorded(const struct calls_stack *stack);

/* The thread turns to another stack. */
void call_limits_leave_stack(struct thread *thread, struct calls_stack *stack);

/* The thread, or the process, ends: what is held back and old enough is written. */
void call_limits_end(struct thread *thread);

#endif
