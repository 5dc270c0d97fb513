/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "recording.h"
#include <stddef.h>
#include "forbid.h"

/* What is wanted everywhere, as the hot paths ask for it. */
static void
apply(void)
{
	session.everywhere = !session.paused && !session.marked;
	session.min_size_bytes =
		session.everywhere ? session.pool->options.min_size_bytes : UINT64_MAX;
}

void
recording_init(void)
{
	session.marked = session.pool->options.marked;
	apply();
}

void
recording_pause(struct writer *writer, bool paused)
{
	uint64_t numbers[] = {0, paused};

	if (session.paused == paused)
		return;
	session.paused = paused;
	apply();
	writer_emit(writer, RECORD_PAUSED, numbers, 2, NULL, 0);
}

void
recording_unmark(void)
{
	session.marked = false;
	apply();
}

/* The stack that the thread runs on, as far as is known without looking. */
static const struct calls_stack *
stack_of(const struct thread *thread)
{
	const struct calls_stack *stack = thread ? thread->calls.stack : NULL;

	return stack && load_relaxed(&stack->user) == thread ? stack : NULL;
}

bool
recording_wants_block(size_t size)
{
	const struct calls_stack *stack;

	if (!session.marked || session.paused || size < session.pool->options.min_size_bytes)
		return false;
	stack = stack_of(thread_self);
	return stack && stack->marked_memory;
}

bool
recording_wants_time(const struct thread *thread)
{
	const struct calls_stack *stack;

	if (session.everywhere)
		return true;
	if (session.paused)
		return false;
	stack = stack_of(thread);
	return stack && stack->marked_time;
}

bool
recording_is_active(const struct thread *thread)
{
	const struct calls_stack *stack = stack_of(thread);

	if (session.paused || (!session.memory && !session.time))
		return false;
	return !session.marked || (stack && stack->section_count);
}
