/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "calls.h"
#include <stddef.h>
#include "calibrate.h"
#include "call_filter.h"
#include "call_limits.h"
#include "calls_entries.h"
#include "calls_slot.h"
#include "call_stacks.h"
#include "call_sums.h"
#include "modules.h"
#include "paths_capture.h"
#include "recording.h"
#include "rule.h"
#include "rules.h"
#include "session.h"
#include "thread.h"
#include "window.h"
#include "forbid.h"

/* ---- frames ---- */

const uint64_t *
calls_slot_slow(struct thread *thread, struct frame frame)
{
	struct unwinder *u = &thread->unwinder;

	unwind_capture(u, &thread->writer, frame, false);
	return u->slot[u->top ? u->top - 1 : 0];
}

bool
calls_is_open(const struct unwinder *u, const struct calls_entry *entry, uint64_t sp)
{
	for (uint32_t k = u->top; k-- > 0;)
		if (u->slot[k] == entry->slot)
			return true;
	if (!u->top)
		return calls_seems_open(u, entry, sp);
	return tree.nodes[u->frames[0].node].pc == RECORD_PC_TRUNCATED &&
	       (uint64_t)entry->slot > u->frames[1].sp && calls_seems_open(u, entry, sp);
}

/* ---- when it is not plain ---- */

static void
use_stack(struct thread *thread, struct calls_stack *stack)
{
	uint64_t numbers[] = {0, stack->number};
	struct calls_stack *before = thread->calls.stack;

	if (thread->call_sums)
		call_sums_take_over(thread, stack);
	if (before && load_relaxed(&before->user) == thread)
		call_limits_leave_stack(thread, before);
	thread->calls.stack = stack;
	store_relaxed(&stack->user, thread);
	if (session.time && !thread->call_sums)
		writer_emit(&thread->writer, RECORD_CALL_STACK, numbers, 2, NULL, 0);
}

static void
announce_base(struct thread *thread, struct calls_stack *stack, uint32_t node)
{
	uint64_t numbers[] = {0, node};

	stack->base_node = node;
	if (!thread->call_sums)
		writer_emit(&thread->writer, RECORD_CALL_BASE, numbers, 2, NULL, 0);
}

static void
begin_tracing(struct thread *thread)
{
	if (!session.pool->options.detail)
		thread_open_call_sums(thread);
	calibrate_begin(thread);
}

/* The call stack of the real stack just walked from `sp` on; NULL: there is no memory for it. */
static struct calls_stack *
stack_walked(struct thread *thread, uint64_t sp)
{
	const struct unwinder *u = &thread->unwinder;
	struct calls_stack *last = thread->calls.stack;

	if (u->top)
		return call_stacks_get(u->frames[1].sp);
	/* Too deep to be walked: it is what it was. */
	if (last && load_relaxed(&last->user) == thread && last->depth &&
		calls_seems_open(u, &last->entries[1], sp))
		return last;
	return call_stacks_get(u->view.limit);
}

struct calls_stack *
calls_walked(struct thread *thread, uint64_t sp)
{
	if (session.time && !thread->calls.stack)
		begin_tracing(thread);
	struct calls_stack *stack = stack_walked(thread, sp);

	if (stack && (stack != thread->calls.stack || load_relaxed(&stack->user) != thread))
		use_stack(thread, stack);
	return stack;
}

/*
 * Finds out where the hook runs: walks the real stack, takes its call stack, and closes the entries
 * that are no more. Returns false where there is no memory to trace with.
 */
static __attribute__((noinline)) bool
look_around(struct thread *thread, struct frame frame, uint64_t ticks)
{
	struct calls *calls = &thread->calls;
	struct unwinder *u = &thread->unwinder;

	const uint32_t node = unwind_capture(u, &thread->writer, frame, false);
	struct calls_stack *stack = calls_walked(thread, frame.sp);

	if (!stack)
		return false;
	while (stack->depth && !calls_is_open(u, calls_top(stack), frame.sp))
		calls_close_top(thread, stack, calls->jump_ticks ? calls->jump_ticks : ticks);
	calls->jump_ticks = 0;
	if (!stack->depth)
		announce_base(thread, stack, tree.nodes[paths_of(thread, node, frame.sp)].parent);
	return true;
}

/*
 * A function is entered in the frame of the top: inlined into it, or the frame is a new one. It is
 * where the slot has another word, where this very call of the hook has been seen in the frame, or
 * where it is the beginning of a function that is not open in it.
 */
static __attribute__((noinline)) void
enter_in_place(struct thread *thread, struct calls_stack *stack, const struct calls_entry *entry,
	uint64_t ticks)
{
	uint32_t first = stack->depth + 1, kept = stack->depth;
	bool begins = entry->pc - entry->function < CALLS_PROLOGUE_BYTES;

	while (first > 1 && stack->entries[first - 1].slot == entry->slot) {
		const struct calls_entry *open = &stack->entries[--first];

		if (open->word != entry->word || open->pc == entry->pc)
			kept = first - 1;
		else if (open->function == entry->function)
			begins = false;
	}
	if (begins && kept >= first)
		kept = first - 1;
	while (stack->depth > kept)
		calls_close_top(thread, stack, ticks);
}

/* Returns the call stack to enter the function on, NULL if it cannot be recorded. */
static __attribute__((noinline)) struct calls_stack *
enter_slow(struct thread *thread, struct frame frame, const uint64_t *slot, uint64_t function)
{
	const struct calls_entry entry = {
		.slot = slot, .word = *slot, .pc = frame.pc, .function = function};
	struct calls *calls = &thread->calls;
	struct calls_stack *stack = calls->stack;
	const uint64_t ticks = session_ticks();
	const bool in_place = stack && load_relaxed(&stack->user) == thread && !calls->jump_ticks &&
			      calls_top(stack)->slot == slot &&
			      calls_top(stack)->word == entry.word;

	if (!in_place && !look_around(thread, frame, ticks))
		return NULL;
	stack = calls->stack;
	if (calls_top(stack)->slot == slot) {
		enter_in_place(thread, stack, &entry, ticks);
		if (!stack->depth)
			look_around(thread, frame, ticks);
	}
	if (stack->depth + 1 == stack->capacity && !call_stacks_grow(stack)) {
		thread->writer.missed++;
		return NULL;
	}
	return stack;
}

/* ---- what a call costs ---- */

/* Time that was ours is nobody's: calls that are open began so much later. */
static void
take_off(struct thread *thread, struct calls_stack *stack, uint64_t ticks)
{
	uint64_t numbers[] = {0, ticks};

	if (thread->call_sums) {
		call_sums_take(thread, stack, ticks * COST_FRACTION);
		return;
	}
	writer_emit(&thread->writer, RECORD_CALL_PAUSE, numbers, 2, NULL, 0);
}

/*
 * Machines change their speed: what a call costs is measured again and again. Returns the time,
 * which has gone on.
 */
static __attribute__((noinline)) uint64_t
measure_again(struct thread *thread, struct calls_stack *stack, uint64_t ticks)
{
	calibrate_again(thread, ticks);
	take_off(thread, stack, session_ticks() - ticks);
	/* Afterwards: where it needs a new chunk, that is a pause of its own. */
	calibrate_tell(thread);
	return session_ticks();
}

/* When a call begins. */
static inline __attribute__((always_inline)) uint64_t
begin_ticks(struct thread *thread, struct calls_stack *stack)
{
	const uint64_t ticks = session_ticks();

	if (likely(ticks < thread->calls.measure_ticks))
		return ticks;
	return measure_again(thread, stack, ticks);
}

/* ---- entry and exit ---- */

static __attribute__((noinline)) bool
enter_limited(struct thread *thread, struct calls_stack *stack, struct calls_entry *entry)
{
	entry->start = begin_ticks(thread, stack);
	return call_limits_enter(thread, stack, entry);
}

/* Whether the frame with this slot is one that the top of the stack may have called. */
static inline bool
is_plain(const struct thread *thread, const uint64_t *slot)
{
	const struct calls_stack *stack = thread->calls.stack;

	if (unlikely(!stack || load_relaxed(&stack->user) != thread || thread->calls.jump_ticks ||
		     stack->depth + 1 == stack->capacity))
		return false;
	const struct calls_entry *top = calls_top(stack);

	return top->sp - (uint64_t)slot < CALLS_NEAR_BYTES && *top->slot == top->word;
}

static inline __attribute__((always_inline)) void
enter(struct thread *thread, struct frame frame, uint64_t function)
{
	const uint64_t *slot = calls_slot(thread, frame);
	struct writer *writer = &thread->writer;
	struct calls_stack *stack = thread->calls.stack;

	modules_announce(writer);
	if (unlikely(!is_plain(thread, slot))) {
		stack = enter_slow(thread, frame, slot, function);
		if (!stack)
			return;
	}
	const struct calls_entry *caller = calls_top(stack);
	/* Word by word where it stays: a copy would wait for the stores before it. */
	struct calls_entry *entry = &stack->entries[stack->depth + 1];

	entry->sp = frame.sp;
	entry->slot = slot;
	entry->word = *slot;
	entry->pc = frame.pc;
	entry->function = function;
	entry->node = entry->left_out = 0;
	if (unlikely(stack->limited) && !enter_limited(thread, stack, entry)) {
		/* Not to be recorded, or not yet. */
	} else if (unlikely(thread->call_sums != NULL)) {
		const uint32_t parent = stack->depth ? caller->node : stack->base_node;

		entry->node = tree_child(
			&thread->unwinder.cache, writer, parent, function | RECORD_PC_EXACT);
		entry->start = call_sums_enter(thread, entry->node, begin_ticks(thread, stack));
	} else {
		const uint64_t ticks = begin_ticks(thread, stack);

		if (writer_ready(writer)) {
			writer->at = record_emit_enter(&writer->state, writer->at, ticks, function);
			writer_commit(writer);
		}
	}
	stack->depth++;
}

/* Closes the entry and what is open inside it; nothing where its entry was not seen. */
static __attribute__((noinline)) void
leave_slow(struct thread *thread, struct frame frame, const uint64_t *slot, uint64_t function,
	uint64_t ticks)
{
	if (!look_around(thread, frame, ticks))
		return;
	struct calls_stack *stack = thread->calls.stack;
	uint32_t depth = stack->depth;

	while (depth &&
		(stack->entries[depth].slot != slot || stack->entries[depth].function != function))
		depth--;
	while (depth && stack->depth >= depth)
		calls_close_top(thread, stack, ticks);
}

/*
 * Where the hook is called last of all, compilers jump to it when the frame is already gone: it
 * then returns to the function's own call site, and the return address was right below its sp.
 */
static inline __attribute__((always_inline)) void
leave(struct thread *thread, struct frame frame, uint64_t function, uint64_t call_site)
{
	const uint64_t ticks = session_ticks();
	struct calls_stack *stack = thread->calls.stack;
	const bool jumped = thread->calls.jumped = frame.pc == call_site;
	const uint64_t *slot = jumped ? (const uint64_t *)(frame.sp + (uint64_t)ARCH_RETURN_OFFSET)
				      : calls_slot(thread, frame);

	if (likely(stack && load_relaxed(&stack->user) == thread && !thread->calls.jump_ticks &&
		    calls_top(stack)->slot == slot && calls_top(stack)->function == function))
		calls_close_top_by(thread, stack, ticks, jumped);
	/* While entries are left out, most exits have none. */
	else if (recording_wants_time(thread))
		leave_slow(thread, frame, slot, function, ticks);
}

/* ---- jumps and ends ---- */

void
calls_jumped(struct thread *thread)
{
	if (thread->calls.stack)
		thread->calls.jump_ticks = session_ticks();
}

/*
 * An entry is recorded before it is on the stack, and taken off before its exit is recorded: the
 * reader has at most more of them.
 */
static void
tell_depth(struct thread *thread, const struct calls_stack *stack)
{
	uint64_t number[] = {0, stack->number}, depth[] = {0, call_limits_recorded(stack)};

	writer_emit(&thread->writer, RECORD_CALL_STACK, number, 2, NULL, 0);
	writer_emit(&thread->writer, RECORD_CALL_DEPTH, depth, 2, NULL, 0);
}

void
calls_mend(struct thread *thread)
{
	struct calls_stack *stack = thread->calls.stack;
	calls_jumped(thread);
	if (thread->call_sums)
		call_sums_mend(thread);
	else if (stack && load_relaxed(&stack->user) == thread)
		tell_depth(thread, stack);
}

void
calls_end(struct thread *thread, struct frame frame)
{
	const uint64_t ticks = session_ticks();

	if (!thread->calls.stack || !look_around(thread, frame, ticks))
		return;
	struct calls_stack *stack = thread->calls.stack;

	/* This runs where the thread's own frames were. */
	while (stack->depth)
		calls_close_top(thread, stack, ticks);
	call_limits_end(thread);
}

/* ---- hooks ---- */

#define EXPORT __attribute__((visibility("default")))

/* Nothing is traced, so far. */
static bool
begins_now(void)
{
	return load_acquire(&session.phase) == SESSION_UNKNOWN || window_opens_slow();
}

/*
 * The function is left out by name. After a jump its frame may lie where that of an entry was, and
 * have been called from the same place: the entry is no more, which cannot be seen later.
 */
static __attribute__((noinline)) void
leave_out(struct thread *thread, struct frame frame, uint64_t function)
{
	call_limits_count(thread, POOL_LEFT_OUT_PATTERN);
	if (unlikely(thread->calls.jump_ticks))
		enter_slow(thread, frame, calls_slot(thread, frame), function);
}

/* Whether nothing that begins here is recorded. */
static inline __attribute__((always_inline)) bool
is_left_out(void)
{
	return unlikely(!session.everywhere) && thread_self && !recording_wants_time(thread_self);
}

static inline __attribute__((always_inline)) void
on_enter(struct thread *self, struct frame frame, void *function)
{
	struct thread *thread = is_left_out() ? NULL : thread_enter_as(self, frame);

	if (unlikely(!thread))
		return;
	if (likely(call_filter_wants((uint64_t)function)))
		enter(thread, frame, (uint64_t)function);
	else
		leave_out(thread, frame, (uint64_t)function);
	thread_leave(thread);
}

static inline __attribute__((always_inline)) void
on_exit_of(struct thread *self, struct frame frame, void *function, void *call_site)
{
	struct thread *thread = thread_enter_as(self, frame);

	if (unlikely(!thread))
		return;
	if (likely(call_filter_wants((uint64_t)function)))
		leave(thread, frame, (uint64_t)function, (uint64_t)call_site);
	thread_leave(thread);
}

/*
 * A hook that is off is a test and a return, without a frame. One that is on goes on as another
 * function in its place, by a jump (-O2), so that both have the same caller.
 */
#define HOOK(name, on)                                                                             \
	static __attribute__((noinline)) void name##_on(void *function, void *call_site)           \
	{                                                                                          \
		on;                                                                                \
	}                                                                                          \
                                                                                                   \
	static __attribute__((noinline)) void name##_slow(void *function, void *call_site)         \
	{                                                                                          \
		if (begins_now())                                                                  \
			name##_on(function, call_site);                                            \
	}                                                                                          \
                                                                                                   \
	void name(void *function, void *call_site)                                                 \
	{                                                                                          \
		if (likely(session.time))                                                          \
			name##_on(function, call_site);                                            \
		else if (!session.untimed)                                                         \
			name##_slow(function, call_site);                                          \
	}

HOOK(calls_enter, on_enter(thread_self, arch_caller(), function))
HOOK(calls_exit, on_exit_of(thread_self, arch_caller(), function, call_site))
HOOK(calls_enter_calibrated, on_enter(calibrate_self, arch_caller(), function))
HOOK(calls_exit_calibrated, on_exit_of(calibrate_self, arch_caller(), function, call_site))

void __cyg_profile_func_enter(void *function, void *call_site);
void __cyg_profile_func_exit(void *function, void *call_site);

EXPORT void __cyg_profile_func_enter(void *function, void *call_site)
	__attribute__((alias("calls_enter")));
EXPORT void __cyg_profile_func_exit(void *function, void *call_site)
	__attribute__((alias("calls_exit")));
