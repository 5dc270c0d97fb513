/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "call_limits.h"
#include "call_sums.h"
#include <stddef.h>
#include "session.h"
#include "window.h"
#include "forbid.h"

void
call_limits_init(struct calls_stack *stack)
{
	const struct options *options = &session.pool->options;

	stack->max_depth = options->max_depth;
	/* Sums are not made smaller by leaving out what is short. */
	if (options->detail && options->min_duration_ns)
		stack->min_ticks = window_ticks_of_ns(options->min_duration_ns);
	stack->pending = 1;
	stack->limited = stack->max_depth || stack->min_ticks || options->stop_after_ns;
}

static bool
is_too_deep(const struct calls_stack *stack, uint32_t index)
{
	return stack->max_depth && index > stack->max_depth;
}

static void
write_late(struct thread *thread, const struct calls_entry *entry)
{
	uint64_t numbers[] = {0, entry->function, entry->start};

	writer_emit(&thread->writer, RECORD_LATE_ENTER, numbers, 3, NULL, 0);
}

/* Writes what is held back up to entry `last`. */
static void
write_held(struct thread *thread, struct calls_stack *stack, uint32_t last)
{
	for (; stack->pending <= last; stack->pending++)
		if (!is_too_deep(stack, stack->pending))
			write_late(thread, &stack->entries[stack->pending]);
}

static void
write_aged(struct thread *thread, struct calls_stack *stack, uint64_t ticks)
{
	uint32_t last = stack->pending - 1;

	while (last < stack->depth && ticks - stack->entries[last + 1].start >= stack->min_ticks)
		last++;
	write_held(thread, stack, last);
}

bool
call_limits_enter(struct thread *thread, struct calls_stack *stack, struct calls_entry *entry)
{
	window_look();
	if (is_too_deep(stack, stack->depth + 1)) {
		call_limits_count(thread, POOL_LEFT_OUT_DEEP);
		return false;
	}
	if (!stack->min_ticks)
		return true;
	write_aged(thread, stack, entry->start);
	return false;
}

void
call_limits_enter_section(struct thread *thread, struct calls_stack *stack)
{
	if (stack->min_ticks)
		write_held(thread, stack, stack->depth - 1);
	stack->pending = stack->depth + 1;
}

void
call_limits_move(struct calls_stack *stack, uint32_t index)
{
	if (stack->pending > index)
		stack->pending--;
}

/* The top and all that was left out inside of it is its caller's. */
static bool
leave_out(struct thread *thread, struct calls_stack *stack)
{
	const uint32_t inside = stack->entries[stack->depth].left_out;
	uint32_t *sum = &stack->entries[stack->depth - 1].left_out;

	if (__builtin_add_overflow(*sum, inside, sum) || __builtin_add_overflow(*sum, 1, sum))
		*sum = UINT32_MAX;
	if (thread->call_sums)
		call_sums_take(thread, stack, thread->calls.cost.left_out);
	return false;
}

static void
tell_left_out(struct thread *thread, const struct calls_entry *entry)
{
	uint64_t numbers[] = {0, entry->left_out};

	if (entry->left_out && !thread->call_sums)
		writer_emit(&thread->writer, RECORD_CALLS_LEFT_OUT, numbers, 2, NULL, 0);
}

bool
call_limits_leave(struct thread *thread, struct calls_stack *stack, uint64_t ticks)
{
	const uint32_t index = stack->depth;
	const struct calls_entry *entry = &stack->entries[index];

	if (record_pc_number(entry->function)) {
		stack->pending = index;
		tell_left_out(thread, entry);
		return true;
	}
	if (is_too_deep(stack, index))
		return leave_out(thread, stack);
	if (stack->min_ticks) {
		if (index >= stack->pending && ticks - entry->start < stack->min_ticks) {
			call_limits_count(thread, POOL_LEFT_OUT_SHORT);
			return leave_out(thread, stack);
		}
		write_held(thread, stack, index);
		stack->pending = index;
	}
	tell_left_out(thread, entry);
	return true;
}

uint32_t
call_limits_recorded(const struct calls_stack *stack)
{
	uint32_t count = 0;

	for (uint32_t i = 1; i <= stack->depth; i++) {
		const bool is_held = stack->min_ticks && i >= stack->pending;

		count += record_pc_number(stack->entries[i].function) ||
			 (!is_held && !is_too_deep(stack, i));
	}
	return count;
}

void
call_limits_leave_stack(struct thread *thread, struct calls_stack *stack)
{
	if (stack->min_ticks)
		write_held(thread, stack, stack->depth);
}

void
call_limits_end(struct thread *thread)
{
	struct calls_stack *stack = thread->calls.stack;

	if (!stack || load_relaxed(&stack->user) != thread || !stack->min_ticks)
		return;
	write_aged(thread, stack, session_ticks());
	for (; stack->pending <= stack->depth; stack->pending++)
		if (!is_too_deep(stack, stack->pending))
			call_limits_count(thread, POOL_LEFT_OUT_SHORT);
}

/* Of the process's last thread; the others are lost with what they held back. */
__attribute__((destructor)) static void
end_process(void)
{
	struct thread *thread;

	if (load_acquire(&session.phase) != SESSION_ON || !session.time || !thread_self)
		return;
	thread = thread_enter(arch_caller());
	if (!thread)
		return;
	call_limits_end(thread);
	thread_leave(thread);
}
