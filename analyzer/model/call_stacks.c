/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See call_stacks.h. */
#include "call_stacks.h"

#include <string.h>

#include "timing.h"

enum {
	FIRST_FRAMES = 64
};

/* ---- one, and all of a process ---- */

void
call_stack_grow(struct call_stack *stack)
{
	stack->room = stack->room ? 2 * stack->room : FIRST_FRAMES;
	stack->frames = g_renew(struct call_frame, stack->frames, stack->room);
}

void
call_stack_fini(struct call_stack *stack)
{
	for (uint32_t i = 0; i < stack->depth; i++)
		g_free(stack->frames[i].section);
	g_free(stack->frames);
}

static void
stack_free(gpointer data)
{
	struct call_stack *stack = data;

	call_stack_fini(stack);
	g_free(stack);
}

static struct call_stack *
find_stack(struct timing_process *process, uint32_t number)
{
	struct call_stack *stack;

	if (!process->stacks)
		process->stacks = g_hash_table_new_full(NULL, NULL, NULL, stack_free);
	stack = g_hash_table_lookup(process->stacks, GUINT_TO_POINTER(number));
	if (!stack) {
		stack = g_new0(struct call_stack, 1);
		g_hash_table_insert(process->stacks, GUINT_TO_POINTER(number), stack);
	}
	return stack;
}

void
call_stacks_fini(struct timing_process *process)
{
	if (process->stacks)
		g_hash_table_unref(process->stacks);
}

/* ---- their clocks: switches and pauses ---- */

static void
suspend(struct timing_thread *thread, struct call_stack *stack, uint64_t ticks)
{
	if (stack->suspended)
		return;
	for (uint32_t depth = 0; depth < stack->depth; depth++)
		calls_draw(thread, stack, depth, ticks);
	stack->suspended = true;
	stack->suspended_ticks = ticks;
}

static void
resume(struct call_stack *stack, uint64_t ticks)
{
	if (stack->suspended && ticks > stack->suspended_ticks)
		stack->offset += ticks - stack->suspended_ticks;
	stack->suspended = false;
	stack->resumed_ticks = ticks;
}

void
call_stacks_switch(struct timing_thread *thread, uint64_t ticks, uint32_t number)
{
	struct call_stack *to = number ? find_stack(thread->process, number) : &thread->own;

	if (to == thread->stack)
		return;
	suspend(thread, thread->stack, ticks);
	resume(to, ticks);
	thread->stack = to;
}

void
call_stacks_pause(struct timing_thread *thread, uint64_t end, uint64_t ticks)
{
	struct call_stack *stack = thread->stack;

	if (ticks >= UINT32_MAX)
		return;
	stack->paused += ticks;
	stack->pause_end = MAX(stack->pause_end, end);
	stack->pauses[stack->pause_count++ % CALL_PAUSES] = (struct call_pause){end, ticks};
}

/* ---- what is open is closed ---- */

static void
close_stack(struct timing_thread *thread, struct call_stack *stack, uint64_t ticks)
{
	const uint64_t now = stack->suspended ? stack->suspended_ticks : ticks;

	stack->excess = 0;
	while (stack->depth) {
		if (!stack->suspended)
			calls_draw(thread, stack, stack->depth - 1, now);
		calls_close_top(thread, stack, now);
	}
}

void
call_stacks_close(struct timing_thread *thread, uint64_t ticks)
{
	close_stack(thread, thread->stack, ticks);
}

void
call_stacks_base(struct timing_thread *thread, uint64_t ticks, uint32_t node)
{
	call_stacks_close(thread, ticks);
	thread->stack->base = node;
}

void
call_stacks_close_process(struct timing_process *process, uint64_t ticks)
{
	GHashTableIter iter;
	gpointer stack;

	for (unsigned i = 0; i < process->threads->len; i++) {
		struct timing_thread *thread = g_ptr_array_index(process->threads, i);

		close_stack(thread, thread->stack, ticks);
		close_stack(thread, &thread->own, ticks);
	}
	if (!process->stacks || !process->threads->len)
		return;
	g_hash_table_iter_init(&iter, process->stacks);
	while (g_hash_table_iter_next(&iter, NULL, &stack))
		close_stack(g_ptr_array_index(process->threads, 0), stack, ticks);
}

/* ---- only the stacks follow ---- */

static void
forget_all(struct call_stack *stack)
{
	stack->excess = 0;
	while (stack->depth)
		calls_forget_top(stack);
}

void
call_stacks_forget_exit(struct timing_thread *thread)
{
	struct call_stack *stack = thread->stack;

	if (stack->excess)
		stack->excess--;
	else if (stack->depth)
		calls_forget_top(stack);
}

void
call_stacks_forget_left(struct timing_thread *thread, uint64_t inner)
{
	struct call_stack *stack = thread->stack;
	struct call_frame left;
	uint32_t at;

	if (!inner || inner >= stack->depth + stack->excess)
		return;
	if (inner <= stack->excess) {
		stack->excess--;
		return;
	}
	at = (uint32_t)(stack->depth + stack->excess - 1 - inner);
	left = stack->frames[at];
	memmove(&stack->frames[at], &stack->frames[at + 1], (stack->depth - at - 1) * sizeof(left));
	stack->frames[stack->depth - 1] = left;
	calls_forget_top(stack);
}

void
call_stacks_forget_depth(struct timing_thread *thread, uint64_t depth)
{
	while (thread->stack->depth + thread->stack->excess > depth)
		call_stacks_forget_exit(thread);
}

/* BASE, CLOSE or PROCESS_END: nothing is open there any more. */
void
call_stacks_forget_open(const struct call_event *event)
{
	struct timing_process *process = event->thread->process;
	GHashTableIter iter;
	gpointer value;

	forget_all(event->thread->stack);
	if (event->kind == CALL_EVENT_BASE)
		event->thread->stack->base = (uint32_t)event->number;
	if (event->kind != CALL_EVENT_PROCESS_END)
		return;
	for (unsigned i = 0; i < process->threads->len; i++)
		forget_all(&((struct timing_thread *)g_ptr_array_index(process->threads, i))->own);
	if (!process->stacks)
		return;
	g_hash_table_iter_init(&iter, process->stacks);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		forget_all(value);
}

static void
begin_anew(struct call_stack *stack, uint64_t ticks)
{
	const uint64_t now =
		call_stack_time(stack, stack->suspended ? stack->suspended_ticks : ticks);

	for (uint32_t i = 0; i < stack->depth; i++) {
		struct call_frame *frame = &stack->frames[i];

		*frame = (struct call_frame){.start = now,
			.paused = stack->paused,
			.thread = frame->thread,
			.section = frame->section,
			.path = frame->path};
	}
}

void
call_stacks_begin_with_caller(struct timing_thread *thread)
{
	const struct call_stack *stack = thread->stack;
	struct call_frame *top;

	if (stack->excess || stack->depth < 2)
		return;
	top = &stack->frames[stack->depth - 1];
	top->start = top[-1].start;
	top->paused = top[-1].paused;
}

void
call_stacks_begin_anew(struct timing_process *process, uint64_t ticks)
{
	GHashTableIter iter;
	gpointer stack;

	for (unsigned i = 0; i < process->threads->len; i++)
		begin_anew(&((struct timing_thread *)g_ptr_array_index(process->threads, i))->own,
			ticks);
	if (!process->stacks)
		return;
	g_hash_table_iter_init(&iter, process->stacks);
	while (g_hash_table_iter_next(&iter, NULL, &stack))
		begin_anew(stack, ticks);
}
