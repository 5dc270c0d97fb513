/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "sections.h"
#include <stddef.h>
#include <string.h>
#include "call_stacks.h"
#include "calls_slot.h"
#include "names.h"
#include "paths_capture.h"
#include "recording.h"
#include "session.h"
#include "source.h"
#include "forbid.h"

/* ---- the list ---- */

static __attribute__((noinline)) bool
grow(struct calls_stack *stack)
{
	const uint32_t capacity =
		stack->section_capacity ? stack->section_capacity * 2 : SECTIONS_FIRST;
	struct section *sections = NULL;

	if (capacity <= SECTIONS_MAX)
		sections = session_map_wiped(capacity * sizeof(*sections));
	if (!sections)
		return false;
	if (stack->sections) {
		memcpy(sections, stack->sections, stack->section_count * sizeof(*sections));
		system_unmap(stack->sections, stack->section_capacity * sizeof(*sections));
	}
	stack->sections = sections;
	stack->section_capacity = capacity;
	return true;
}

/* Of all sections that are open. */
static inline uint64_t
context_now(const struct calls_stack *stack)
{
	return stack->section_count ? sections_top(stack)->context : 0;
}

/* Fills in the contexts of the section at `index`, of which all else is known. */
static void
set_context(struct calls_stack *stack, uint32_t index)
{
	struct section *section = &stack->sections[index];

	section->outside = index ? section[-1].context : 0;
	section->context = paths_mix(paths_mix(section->outside, section->function),
		(uint64_t)section->depth << 32 | section->parent);
}

static void
push(struct calls_stack *stack, const struct section *section)
{
	stack->sections[stack->section_count] = *section;
	set_context(stack, stack->section_count);
	stack->section_count++;
	recording_enter(stack, section->options);
}

/* Takes a section out, wherever it is. */
static inline void
take_out(struct calls_stack *stack, uint32_t index)
{
	recording_leave(stack, stack->sections[index].options);
	stack->section_count--;
	if (likely(index == stack->section_count))
		return;
	memmove(&stack->sections[index], &stack->sections[index + 1],
		(stack->section_count - index) * sizeof(struct section));
	for (; index < stack->section_count; index++)
		set_context(stack, index);
}

/* The top's frame has gone: of a pair, somebody has forgotten the end. */
static __attribute__((noinline)) void
drop_top(struct thread *thread, struct calls_stack *stack)
{
	const struct section *top = sections_top(stack);

	if (top->options & THAG_PAIR_)
		names_misuse(&thread->writer, record_pc_number(top->function), MISUSE_NOT_ENDED,
			top->from);
	take_out(stack, stack->section_count - 1);
}

void
sections_drop(struct thread *thread, struct calls_stack *stack, uint64_t sp)
{
	while (stack->section_count) {
		const struct section *top = sections_top(stack);

		if (likely((uint64_t)top->slot > sp &&
			    unwind_holds(&thread->unwinder, sp, top->slot, top->word)))
			break;
		drop_top(thread, stack);
	}
}

void
sections_forgotten(struct thread *thread)
{
	struct calls_stack *stack = thread->calls.stack;

	while (stack && load_relaxed(&stack->user) == thread && stack->section_count) {
		const struct section *top = sections_top(stack);

		if (session.time)
			calls_leave_section(thread, top->slot, top->function, session_ticks());
		drop_top(thread, stack);
	}
}

/* ---- beginning ---- */

/* Whether the thread is known to run on `stack`, and the last section is of the frame of `slot`. */
static inline bool
is_of_top(const struct thread *thread, const struct calls_stack *stack, const uint64_t *slot)
{
	if (!stack || load_relaxed(&stack->user) != thread || thread->calls.jump_ticks ||
		!stack->section_count)
		return false;
	const struct section *top = sections_top(stack);

	return top->slot == slot && top->word == *slot;
}

/* Where the memo has the frame that begins at the end of this one; 0: nowhere near the top. */
static uint32_t
find_outer(const struct unwinder *u, const uint64_t *slot)
{
	enum {
		TRIES = 4
	};
	const uint64_t cfa = (uint64_t)slot - (uint64_t)(int64_t)ARCH_RETURN_OFFSET;

	for (uint32_t k = u->matchable, tries = 0; k && tries < TRIES; k--, tries++)
		if (u->frames[k].sp == cfa)
			return u->slot[k] == slot && !u->frames[k].live ? k : 0;
	return 0;
}

/* Finds out where the stack is, and fills in what a section knows of its frame. */
static struct calls_stack *
look_around(struct thread *thread, struct frame frame, struct section *section)
{
	const uint32_t node = unwind_capture(&thread->unwinder, &thread->writer, frame, false);
	struct calls_stack *stack = calls_walked(thread, frame.sp);

	if (!stack)
		return NULL;
	sections_drop(thread, stack, frame.sp);
	section->depth = tree.nodes[node].depth;
	section->parent = tree.nodes[node].parent;
	section->from = paths_of(thread, node, frame.sp);
	section->outer = find_outer(&thread->unwinder, section->slot);
	return stack;
}

/* The same begin once more in a frame: that one is a new frame, or the end was forgotten. */
static void
end_again(struct thread *thread, struct calls_stack *stack, struct section *section)
{
	while (stack->section_count) {
		const struct section *top = sections_top(stack);
		uint32_t same = stack->section_count;

		if (top->slot != section->slot)
			return;
		while (same && stack->sections[same - 1].slot == section->slot &&
			stack->sections[same - 1].pc != section->pc)
			same--;
		if (!same || stack->sections[same - 1].slot != section->slot)
			return;
		if (session.time)
			calls_leave_section(thread, top->slot, top->function, session_ticks());
		section->from = top->from;
		drop_top(thread, stack);
	}
}

/*
 * Whether the section that was last at this place of the list is begun once more: by the same call
 * in the same frame, all else being as it was. Mostly it is, in a loop.
 */
static inline bool
is_again(struct thread *thread, const struct calls_stack *stack, struct frame frame,
	const struct thag_place_ *place)
{
	if (!stack || load_relaxed(&stack->user) != thread || thread->calls.jump_ticks ||
		stack->section_count == stack->section_capacity || thread->paths.task_count)
		return false;
	const struct section *last = &stack->sections[stack->section_count];

	if (last->sp != frame.sp || last->pc != frame.pc || last->bp != frame.bp ||
		record_pc_number(last->function) != place->number ||
		last->outside != context_now(stack) || *last->slot != last->word)
		return false;
	if (stack->section_count && sections_top(stack)->slot == last->slot)
		return sections_top(stack)->word == last->word;
	return last->outer && stack->base == thread->unwinder.frames[1].sp &&
	       thread->unwinder.slot[last->outer] == last->slot &&
	       unwind_stands(&thread->unwinder, last->outer, last->parent);
}

static __attribute__((noinline)) void
enter_slow(struct thread *thread, struct frame frame, struct thag_place_ *place)
{
	struct calls_stack *stack = thread->calls.stack;
	struct section section = {
		.slot = calls_slot(thread, frame),
		.sp = frame.sp,
		.bp = frame.bp,
		.pc = frame.pc,
		.function = names_pc(&thread->writer, place),
		.name = place->name,
		.options = place->options,
	};

	session.naming = true;
	section.word = *section.slot;
	modules_announce(&thread->writer);
	if (is_of_top(thread, stack, section.slot)) {
		const struct section *top = sections_top(stack);

		section.depth = top->depth;
		section.parent = top->parent;
		section.from = tree_child(
			&thread->unwinder.cache, &thread->writer, top->from, top->function);
	} else {
		stack = look_around(thread, frame, &section);
	}
	if (stack)
		end_again(thread, stack, &section);
	if (!stack || (stack->section_count == stack->section_capacity && !grow(stack))) {
		thread->writer.missed++;
		return;
	}
	push(stack, &section);
	if (recording_times(stack))
		calls_enter_section(thread, sections_top(stack));
}

static inline __attribute__((always_inline)) void
enter(struct thread *thread, struct frame frame, struct thag_place_ *place)
{
	struct calls_stack *stack = thread->calls.stack;

	if (unlikely(!is_again(thread, stack, frame, place))) {
		enter_slow(thread, frame, place);
		return;
	}
	stack->section_count++;
	recording_enter(stack, place->options);
	if (recording_times(stack))
		calls_enter_section(thread, sections_top(stack));
}

/* ---- ending ---- */

/* The section that `fits`, of those of the frame; -1: none. Looks around where it has to. */
static int64_t
find(const struct calls_stack *stack, const uint64_t *slot, const struct thag_place_ *place,
	bool fits(const struct section *, const struct thag_place_ *))
{
	for (uint32_t i = stack->section_count; i-- > 0;) {
		const struct section *section = &stack->sections[i];

		if (section->slot == slot && fits(section, place))
			return i;
		if (section->slot > slot)
			break;
	}
	return -1;
}

static bool
is_place(const struct section *section, const struct thag_place_ *place)
{
	return record_pc_number(section->function) == load_relaxed(&place->number);
}

static bool
has_name(const struct section *section, const struct thag_place_ *place)
{
	return section->options & THAG_PAIR_ &&
	       (section->name == place->name || strcmp(section->name, place->name) == 0);
}

static struct calls_stack *
stack_here(struct thread *thread, struct frame frame)
{
	unwind_capture(&thread->unwinder, &thread->writer, frame, false);
	return calls_walked(thread, frame.sp);
}

/* Returns false where no such section is open in the frame. */
static __attribute__((noinline)) bool
leave_slow(struct thread *thread, struct frame frame, const struct thag_place_ *place,
	bool fits(const struct section *, const struct thag_place_ *))
{
	const uint64_t ticks = session_ticks();
	const uint64_t *slot = calls_slot(thread, frame);
	struct calls_stack *stack = thread->calls.stack;

	if (unlikely(!is_of_top(thread, stack, slot)))
		stack = stack_here(thread, frame);
	const int64_t index = stack ? find(stack, slot, place, fits) : -1;

	if (index < 0)
		return false;
	const uint64_t function = stack->sections[index].function;

	take_out(stack, (uint32_t)index);
	if (session.time)
		calls_leave_section(thread, slot, function, ticks);
	return true;
}

/* Whether the last section is of this place and this very frame. */
static inline bool
is_last(const struct thread *thread, const struct calls_stack *stack, struct frame frame,
	const struct thag_place_ *place)
{
	if (!stack || load_relaxed(&stack->user) != thread || thread->calls.jump_ticks ||
		!stack->section_count)
		return false;
	const struct section *top = sections_top(stack);

	return top->sp == frame.sp && is_place(top, place) && *top->slot == top->word;
}

static inline __attribute__((always_inline)) void
leave(struct thread *thread, struct frame frame, const struct thag_place_ *place)
{
	struct calls_stack *stack = thread->calls.stack;

	if (unlikely(!is_last(thread, stack, frame, place))) {
		/* Without a number it was never entered while anything was recorded. */
		if (load_relaxed(&place->number))
			leave_slow(thread, frame, place, is_place);
		return;
	}
	const struct section *top = sections_top(stack);

	recording_leave(stack, top->options);
	stack->section_count--;
	if (likely(session.time))
		calls_leave_section(thread, top->slot, top->function, session_ticks());
}

static void
end(struct thread *thread, struct frame frame, struct thag_place_ *place)
{
	if (leave_slow(thread, frame, place, has_name))
		return;
	/* What a fork's parent has begun, its child does not know. */
	if (!session.parent_number)
		names_misuse(&thread->writer, names_number(&thread->writer, place),
			MISUSE_NOT_BEGUN, paths_capture(thread, frame, false));
}

/* ---- hooks ---- */

#define HOOK(action)                                                                               \
	void sections_##action(struct thag_place_ *place)                                          \
	{                                                                                          \
		const struct frame frame = arch_caller();                                          \
		struct thread *thread = source_enter(frame);                                       \
                                                                                                   \
		if (unlikely(!thread))                                                             \
			return;                                                                    \
		action(thread, frame, place);                                                      \
		thread_leave(thread);                                                              \
	}

HOOK(enter)
HOOK(leave)
HOOK(end)
