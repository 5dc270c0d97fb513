/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Whether anything is recorded: a program can say stop and start (thag.h), and a run can be asked
 * to record only what the source marked (--marked): what happens inside sections and profiled
 * functions.
 *
 * The hot paths know nothing of it. Where not everything is wanted the session says of each
 * allocation that it is too small, and of calls that they are not asked for: what is looked at then
 * is here, and costs those that are left out a few nanoseconds. Releases are always recorded.
 */
#ifndef THAG_PRELOAD_RECORDING_H
#define THAG_PRELOAD_RECORDING_H

#include "session.h"
#include "thag.h"
#include "thread.h"

/* Called by session start, when all else is set. */
void recording_init(void);

/* Of the whole process. */
void recording_pause(struct writer *writer, bool paused);

/* Everything is wanted from now on, marked or not. */
void recording_unmark(void);

/* Whether an allocation that seemed too small is wanted here, and not too small. */
bool recording_wants_block(size_t size);

/* Whether calls are wanted here, where they are not everywhere; whether samples are. */
bool recording_wants_time(const struct thread *thread);

/* Whether anything is recorded here and now. */
bool recording_is_active(const struct thread *thread);

/* What a section asks for: a plain one everything. */
static inline bool
recording_asks_time(uint32_t options)
{
	return !(options & (THAG_MEM_SUMMARY | THAG_MEM_DETAIL)) || options & THAG_TIME;
}

static inline bool
recording_asks_memory(uint32_t options)
{
	return !(options & THAG_TIME) || options & (THAG_MEM_SUMMARY | THAG_MEM_DETAIL);
}

/* A section is opened on the stack, or is no more. */
static inline void
recording_enter(struct calls_stack *stack, uint32_t options)
{
	if (likely(!session.marked))
		return;
	stack->marked_time += recording_asks_time(options);
	stack->marked_memory += recording_asks_memory(options);
	if (options & THAG_GLOBAL)
		recording_unmark();
}

static inline void
recording_leave(struct calls_stack *stack, uint32_t options)
{
	if (likely(!session.marked))
		return;
	stack->marked_time -= recording_asks_time(options);
	stack->marked_memory -= recording_asks_memory(options);
}

/* Whether a section on the stack is to be timed. */
static inline bool
recording_times(const struct calls_stack *stack)
{
	return session.time && (likely(session.everywhere) ||
				       (!session.paused && session.marked && stack->marked_time));
}

#endif
