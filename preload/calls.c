/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "calls.h"
#include <stddef.h>
#include <string.h>
#include "calibrate.h"
#include "session.h"
#include "thread.h"
#include "forbid.h"

/* All call stacks of the process, newest first; only added to (release, pairs with acquire). */
static struct calls_stack *all_stacks;
static uint32_t stack_count;

void
calls_forget(void)
{
	all_stacks = NULL;
	stack_count = 0;
}

/* ---- call stacks ---- */

static struct calls_stack *
make_stack(uint64_t base)
{
	struct calls_stack *stack =
		session_map_wiped(sizeof(*stack) + CALLS_DEPTH_FIRST * sizeof(struct calls_entry));

	if (!stack)
		return NULL;
	stack->base = base;
	stack->number = add_relaxed(&stack_count, 1) + 1;
	stack->capacity = CALLS_DEPTH_FIRST;
	stack->entries = (struct calls_entry *)(stack + 1);
	stack->next = load_acquire(&all_stacks);
	while (!cas_acq_rel(&all_stacks, &stack->next, stack))
		;
	return stack;
}

static struct calls_stack *
find_stack(uint64_t base)
{
	for (struct calls_stack *s = load_acquire(&all_stacks); s; s = s->next)
		if (s->base == base)
			return s;
	return make_stack(base);
}

/* Returns false where the stack is as deep as it may get, or there is no memory. */
static bool
grow(struct calls_stack *stack)
{
	const uint32_t capacity = stack->capacity * 2;
	struct calls_entry *entries = NULL;

	if (capacity <= CALLS_DEPTH_MAX)
		entries = session_map_wiped((size_t)capacity * sizeof(*entries));
	if (!entries)
		return false;
	memcpy(entries, stack->entries, stack->depth * sizeof(*entries));
	if (stack->capacity > CALLS_DEPTH_FIRST)
		system_unmap(stack->entries, stack->capacity * sizeof(*entries));
	stack->entries = entries;
	stack->capacity = capacity;
	return true;
}

static inline void
set_top(struct calls *calls)
{
	const struct calls_stack *stack = calls->stack;

	calls->top_sp = stack->depth ? stack->entries[stack->depth - 1].sp : 0;
}

/* ---- summary mode ---- */

static void
push_out(struct thread *thread, const struct pool_call_tally *tally)
{
	uint64_t numbers[CALL_TALLY_NUMBERS] = {
		[CALL_TALLY_NODE] = tally->node,
		[CALL_TALLY_COUNT] = tally->count,
		[CALL_TALLY_TOTAL] = tally->total,
		[CALL_TALLY_SELF] = tally->self,
		[CALL_TALLY_MIN] = tally->min,
		[CALL_TALLY_MAX] = tally->max,
	};

	writer_emit(&thread->writer, RECORD_CALL_TALLY, numbers, CALL_TALLY_NUMBERS, NULL, 0);
}

static __attribute__((noinline)) void
replace_tally(struct thread *thread, struct pool_call_tally *tally, uint32_t node)
{
	if (tally->node && tally->count)
		push_out(thread, tally);
	*tally = (struct pool_call_tally){.node = node, .min = UINT64_MAX};
}

static inline void
add_up(struct thread *thread, const struct calls_entry *entry, uint64_t total)
{
	struct pool_call_tally *tally = &thread->call_tallies[entry->node % POOL_CALL_TALLIES];

	if (unlikely(tally->node != entry->node))
		replace_tally(thread, tally, entry->node);
	tally->total += total;
	tally->self += total - entry->inner;
	if (total < tally->min)
		tally->min = total;
	if (total > tally->max)
		tally->max = total;
	tally->count++;
}

/* ---- entries ---- */

static inline __attribute__((always_inline)) void
close_top(struct thread *thread, struct calls_stack *stack, uint64_t ticks)
{
	const struct calls_entry *entry = &stack->entries[--stack->depth];
	struct writer *writer = &thread->writer;

	if (unlikely(thread->call_tallies != NULL)) {
		const uint64_t total = ticks > entry->start ? ticks - entry->start : 0;

		if (stack->depth)
			stack->entries[stack->depth - 1].inner += total;
		add_up(thread, entry, total);
	} else if (writer_ready(writer)) {
		writer->at = record_emit_exit(&writer->state, writer->at, ticks);
		writer_commit(writer);
	}
}

/* ---- when it is not plain ---- */

/* Whether an entry's frame is one of those that the last walk went through. */
static bool
is_on_stack(const struct unwinder *u, uint64_t sp)
{
	for (uint32_t k = u->top; k >= 1; k--) {
		const uint64_t end = k > 1 ? u->frames[k - 1].sp : u->frames[1].sp + 1;

		if (u->frames[k].sp <= sp && sp < end)
			return true;
	}
	return false;
}

static void
switch_stack(struct thread *thread, struct calls_stack *stack)
{
	uint64_t numbers[] = {0, stack->number};

	thread->calls.stack = stack;
	if (!thread->call_tallies)
		writer_emit(&thread->writer, RECORD_CALL_STACK, numbers, 2, NULL, 0);
}

static void
announce_base(struct thread *thread, struct calls_stack *stack, uint32_t node)
{
	uint64_t numbers[] = {0, node};

	stack->base_node = node;
	if (!thread->call_tallies)
		writer_emit(&thread->writer, RECORD_CALL_BASE, numbers, 2, NULL, 0);
}

static void
begin_tracing(struct thread *thread)
{
	calibrate_once(&thread->writer);
	if (!session.pool->options.detail)
		thread_open_call_tallies(thread);
}

/*
 * Finds out where the hook runs: walks the real stack, takes its call stack, and closes the entries
 * that are no more. Returns false where there is no memory to trace with.
 */
static __attribute__((noinline)) bool
look_around(struct thread *thread, struct frame frame)
{
	struct calls *calls = &thread->calls;
	struct unwinder *u = &thread->unwinder;

	if (!calls->stack)
		begin_tracing(thread);
	const uint32_t node = unwind_capture(u, &thread->writer, frame, false);
	const uint64_t base = u->top ? u->frames[1].sp : u->bounds.high;
	struct calls_stack *stack = calls->stack;

	calls->jumped = false;
	if (!stack || stack->base != base) {
		stack = find_stack(base);
		if (!stack)
			return false;
		switch_stack(thread, stack);
	}
	while (stack->depth && !is_on_stack(u, stack->entries[stack->depth - 1].sp))
		close_top(thread, stack, session_ticks());
	set_top(calls);
	if (!stack->depth)
		announce_base(thread, stack, tree.nodes[node].parent);
	return true;
}

/*
 * Entered where the top entry was: inlined into it, unless that one came from another call. The
 * same function again is taken for recursion inlined, or after a jump for a new call.
 */
static __attribute__((noinline)) void
enter_in_place(struct thread *thread, uint64_t function, uint64_t call_site, bool jumped)
{
	struct calls_stack *stack = thread->calls.stack;
	const struct calls_entry *top = &stack->entries[stack->depth - 1];

	if (top->call_site != call_site || (jumped && top->function == function)) {
		close_top(thread, stack, session_ticks());
		set_top(&thread->calls);
	}
}

/* ---- entry and exit ---- */

static inline __attribute__((always_inline)) void
enter(struct thread *thread, struct frame frame, uint64_t function, uint64_t call_site)
{
	struct calls *calls = &thread->calls;
	const uint64_t sp = frame.sp;
	const bool jumped = calls->jumped;

	if (unlikely(calls->top_sp - sp >= CALLS_NEAR_BYTES || jumped) &&
		!look_around(thread, frame))
		return;
	struct calls_stack *stack = calls->stack;

	if (unlikely(calls->top_sp == sp))
		enter_in_place(thread, function, call_site, jumped);
	if (unlikely(stack->depth == stack->capacity) && !grow(stack)) {
		thread->writer.missed++;
		return;
	}
	struct calls_entry *entry = &stack->entries[stack->depth++];

	entry->sp = calls->top_sp = sp;
	entry->function = function;
	entry->call_site = call_site;
	struct writer *writer = &thread->writer;

	if (unlikely(thread->call_tallies != NULL)) {
		const uint32_t parent = stack->depth > 1 ? entry[-1].node : stack->base_node;

		entry->node = tree_child(
			&thread->unwinder.cache, writer, parent, function | RECORD_PC_EXACT);
		entry->inner = 0;
		entry->start = session_ticks();
	} else if (writer_ready(writer)) {
		writer->at =
			record_emit_enter(&writer->state, writer->at, session_ticks(), function);
		writer_commit(writer);
	}
}

/* Closes the entry of `function` and what is open inside it; none where its entry was not seen. */
static __attribute__((noinline)) void
exit_slow(struct thread *thread, struct frame frame, uint64_t function, uint64_t ticks)
{
	struct calls *calls = &thread->calls;

	if (!look_around(thread, frame))
		return;
	struct calls_stack *stack = calls->stack;
	uint32_t depth = stack->depth;

	while (depth && stack->entries[depth - 1].function != function)
		depth--;
	while (depth && stack->depth >= depth)
		close_top(thread, stack, ticks);
	set_top(calls);
}

/*
 * At its exit a function may have a lower stack pointer than at its entry (alloca) or a higher one:
 * where the hook is called last of all, compilers jump to it when the frame is already gone.
 */
static inline __attribute__((always_inline)) void
leave(struct thread *thread, struct frame frame, uint64_t function)
{
	const uint64_t ticks = session_ticks();
	struct calls *calls = &thread->calls;
	struct calls_stack *stack = calls->stack;

	if (unlikely(!stack || !stack->depth ||
		     stack->entries[stack->depth - 1].function != function ||
		     calls->top_sp - frame.sp + CALLS_NEAR_BYTES >= 2 * CALLS_NEAR_BYTES)) {
		exit_slow(thread, frame, function, ticks);
		return;
	}
	close_top(thread, stack, ticks);
	set_top(calls);
}

void
calls_jumped(struct thread *thread)
{
	thread->calls.jumped = true;
}

/* ---- hooks ---- */

#define EXPORT __attribute__((visibility("default")))

static bool
is_off(void)
{
	return unlikely(!session.time) && load_acquire(&session.phase) != SESSION_UNKNOWN;
}

void
calls_enter(void *function, void *call_site)
{
	const struct frame frame = arch_caller();
	struct thread *thread = is_off() ? NULL : thread_enter(frame);

	if (unlikely(!thread))
		return;
	enter(thread, frame, (uint64_t)function, (uint64_t)call_site);
	thread_leave(thread);
}

void
calls_exit(void *function, void *call_site)
{
	const struct frame frame = arch_caller();
	struct thread *thread = is_off() ? NULL : thread_enter(frame);

	if (unlikely(!thread))
		return;
	leave(thread, frame, (uint64_t)function);
	thread_leave(thread);
}

void __cyg_profile_func_enter(void *function, void *call_site);
void __cyg_profile_func_exit(void *function, void *call_site);

EXPORT void __cyg_profile_func_enter(void *function, void *call_site)
	__attribute__((alias("calls_enter")));
EXPORT void __cyg_profile_func_exit(void *function, void *call_site)
	__attribute__((alias("calls_exit")));
