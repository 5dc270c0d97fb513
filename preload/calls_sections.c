/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sections as entries of the call stack, between those of functions: see calls.h. What else they
 * are is in sections.h.
 *
 * Unlike functions they may overlap: an entry can be taken out from among others.
 */
#include <string.h>

#include "call_stacks.h"
#include "calls_entries.h"
#include "sections.h"
#include "session.h"
#include "forbid.h"

/*
 * Whether the innermost entry is still there, where the stack has just been walked from `sp` on. A
 * section leaves no frame without an end but by a jump.
 */
static bool
stands(const struct thread *thread, const struct calls_entry *top, uint64_t sp)
{
	if (record_pc_number(top->function) && !thread->calls.jump_ticks)
		return calls_seems_open(&thread->unwinder, top, sp);
	return calls_is_open(&thread->unwinder, top, sp);
}

void
calls_enter_section(struct thread *thread, const struct section *section)
{
	struct calls_stack *stack = thread->calls.stack;
	struct writer *writer = &thread->writer;
	struct calls_entry *entry;
	uint32_t from = section->from;

	while (stack->depth && !stands(thread, calls_top(stack), section->sp))
		calls_close_top(thread, stack,
			thread->calls.jump_ticks ? thread->calls.jump_ticks : session_ticks());
	thread->calls.jump_ticks = 0;
	if (stack->depth + 1 == stack->capacity && !call_stacks_grow(stack)) {
		writer->missed++;
		return;
	}
	entry = &stack->entries[stack->depth + 1];
	/* What the function of the innermost entry begins is its own, whatever its path. */
	if (stack->depth && entry[-1].slot == section->slot)
		from = 0;
	entry->sp = section->sp;
	entry->slot = section->slot;
	entry->word = section->word;
	entry->pc = section->pc;
	entry->function = section->function;
	entry->left_out = 0;
	stack->depth++;
	if (unlikely(stack->limited))
		call_limits_enter_section(thread, stack);
	if (unlikely(thread->call_sums != NULL)) {
		entry->node = tree_child(&thread->unwinder.cache, writer,
			from ? from : entry[-1].node, section->function);
		entry->start = call_sums_enter(thread, entry->node, session_ticks());
	} else if (writer_ready(writer)) {
		writer->at = record_emit_enter_from(
			&writer->state, writer->at, session_ticks(), section->function, from);
		writer_commit(writer);
	}
}

/* Closes an entry that has others inside it, which stay. */
static void
close_inner(struct thread *thread, struct calls_stack *stack, uint32_t depth, uint64_t ticks)
{
	const struct calls_entry *entry = &stack->entries[depth];
	uint64_t numbers[] = {0, stack->depth - depth};

	if (thread->call_sums)
		call_sums_leave(thread, stack, entry, ticks, false);
	else
		writer_emit(&thread->writer, RECORD_CALL_LEFT, numbers, 2, NULL, 0);
	memmove(&stack->entries[depth], &stack->entries[depth + 1],
		(stack->depth - depth) * sizeof(*entry));
	stack->depth--;
	call_limits_move(stack, depth);
}

static __attribute__((noinline)) void
leave_section_slow(struct thread *thread, struct calls_stack *stack, const uint64_t *slot,
	uint64_t function, uint64_t ticks)
{
	uint32_t depth = stack->depth;

	while (depth &&
		(stack->entries[depth].slot != slot || stack->entries[depth].function != function))
		depth--;
	if (!depth)
		return;
	/* Frames further in than the one that speaks are no more. */
	while (calls_top(stack)->slot < slot)
		calls_close_top(thread, stack, ticks);
	if (depth == stack->depth)
		calls_close_top(thread, stack, ticks);
	else
		close_inner(thread, stack, depth, ticks);
}

void
calls_leave_section(struct thread *thread, const uint64_t *slot, uint64_t function, uint64_t ticks)
{
	struct calls_stack *stack = thread->calls.stack;
	const struct calls_entry *top = calls_top(stack);

	if (likely(stack->depth && top->slot == slot && top->function == function))
		calls_close_top(thread, stack, ticks);
	else
		leave_section_slow(thread, stack, slot, function, ticks);
}
