/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Traced calls while the model is fed: see calls.h.
 *
 * Where a coroutine goes on in another thread its open frames get equals in that thread's tree,
 * below which it goes on.
 */
#include "calls.h"

#include <string.h>

#include "timing.h"

/* ---- time ---- */

/* A record may be of a time before the pause that was told last: what writing it took, mostly. */
static __attribute__((noinline)) uint64_t
paused_before(const struct call_stack *stack, uint64_t ticks)
{
	uint64_t paused = stack->paused;

	for (unsigned i = 0; i < MIN(stack->pause_count, CALL_PAUSES); i++) {
		const struct call_pause *pause = &stack->pauses[i];

		if (pause->end > ticks)
			paused -= MIN(pause->ticks, pause->end - ticks);
	}
	return paused;
}

/* How much was the profiler's until then. */
static inline uint64_t
paused_at(const struct call_stack *stack, uint64_t ticks)
{
	return likely(ticks >= stack->pause_end) ? stack->paused : paused_before(stack, ticks);
}

/* ---- call paths ---- */

/* The path of a frame in the tree of a thread that did not enter it. */
static __attribute__((noinline)) uint32_t
equal_path(struct timing_thread *thread, const struct call_frame *frame)
{
	const struct call_path *paths = frame->thread->tree.paths;
	g_autoptr(GArray) way = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	uint32_t path = 0;

	/* A coroutine's call may be all that it has had to do with calls. */
	if (unlikely(!thread->tree.paths))
		call_tree_init(&thread->tree);
	for (uint32_t at = frame->path; at; at = paths[at].parent)
		g_array_append_val(way, paths[at].function);
	for (guint i = way->len; i-- > 0;)
		path = call_tree_child(&thread->tree, path, g_array_index(way, uint64_t, i));
	return path;
}

static inline uint32_t
parent_path(struct timing_thread *thread, const struct call_stack *stack)
{
	const struct call_frame *top;

	if (!stack->depth)
		return call_tree_child(&thread->tree, 0, stack->base);
	top = &stack->frames[stack->depth - 1];
	if (likely(top->thread == thread))
		return top->path;
	return equal_path(thread, top);
}

/* ---- the chart ---- */

/* A frame's share of the piece of real time that ends now; outermost frames first. */
static inline void
draw(struct timing_thread *thread, const struct call_stack *stack, uint32_t depth, uint64_t ticks)
{
	const struct call_frame *frame = &stack->frames[depth];
	struct chart *chart = &thread->process->timing->chart;
	const uint64_t drawn = likely(!frame->section) ? 0 : frame->section->drawn;
	const uint64_t start = MAX(MAX(frame->start + stack->offset, stack->resumed_ticks), drawn);
	const uint64_t length = ticks > start ? ticks - start : 0;

	if (likely(length < chart->shortest)) {
		chart->hidden++;
		return;
	}
	chart_call(chart, &thread->lane,
		(struct chart_call){
			.start = start,
			.ticks = length,
			.path = likely(frame->thread == thread) ? frame->path
								: equal_path(thread, frame),
			.depth = depth,
		});
}

/* ---- calls ---- */

/* A call's total without what tracing added to it, in ticks. Negative: less than that. */
static inline int64_t
without_cost(uint64_t total, uint64_t taken)
{
	return ((int64_t)(total * COST_FRACTION - taken) + COST_FRACTION / 2) >> 8;
}

/* Of most call paths there is one call alone: no histogram is made before the second. */
static __attribute__((noinline)) void
add_first(struct call_path *path, uint64_t ticks)
{
	if (path->min == UINT64_MAX)
		return;
	call_histogram_add(&path->histogram, path->min);
	call_histogram_add(&path->histogram, ticks);
}

static inline void
add_one(struct call_path *path, uint64_t total, uint64_t taken, bool finished)
{
	const int64_t corrected = without_cost(total, taken);
	const uint64_t ticks = corrected > 0 ? (uint64_t)corrected : 0;

	path->below_cost += corrected < 0;
	if (ticks > path->max)
		path->max = ticks;
	if (unlikely(!finished)) {
		path->unfinished++;
		return;
	}
	if (unlikely(call_histogram_is_empty(&path->histogram)))
		add_first(path, ticks);
	else
		call_histogram_add(&path->histogram, ticks);
	if (ticks < path->min)
		path->min = ticks;
}

/* How much more than at its beginning was live in it. */
static uint64_t
end_section(struct call_frame *frame)
{
	struct call_section *section = g_steal_pointer(&frame->section);
	const uint64_t peak =
		process_peak_end(frame->thread->process->process, section->peak_number);
	const uint64_t more = peak - MIN(peak, section->live_bytes);

	g_free(section);
	return more;
}

static __attribute__((noinline)) void
close_section(struct call_frame *frame, struct call_path *path)
{
	const uint64_t more = end_section(frame);

	path->peak_bytes = MAX(path->peak_bytes, more);
}

/* The call is too short to be kept: it is part of its caller, as those are that were left out. */
static __attribute__((noinline)) void
leave_out_top(struct timing_thread *thread, struct call_stack *stack, uint64_t pair)
{
	const struct call_frame *frame = &stack->frames[--stack->depth];
	const uint64_t taken = frame->taken + pair;

	thread->process->timing->limits.left_out[LEFT_OUT_SHORT]++;
	if (!stack->depth)
		return;
	struct call_frame *caller = &stack->frames[stack->depth - 1];

	caller->inner += frame->inner + 1;
	caller->direct += frame->inner + 1;
	caller->taken += taken;
	caller->taken_self += taken;
}

/* Takes the top frame off. */
static inline void
close_top(struct timing_thread *thread, struct call_stack *stack, uint64_t ticks, bool finished,
	bool jumped)
{
	struct call_frame *frame = &stack->frames[stack->depth - 1];
	const struct call_cost *cost = &thread->cost[COST_OF_CALLS].now;
	const uint64_t pair = jumped ? cost->jumped : cost->pair;
	struct call_path *path = &frame->thread->tree.paths[frame->path];
	const uint64_t end = call_stack_time(stack, ticks);
	const uint64_t start = frame->start + (paused_at(stack, ticks) - frame->paused);
	const uint64_t total = end > start ? end - start : 0;

	/* What was given a name is never too short. */
	if (unlikely(total < thread->process->timing->limits.min_ticks) && !frame->section) {
		leave_out_top(thread, stack, pair);
		return;
	}
	path->calls++;
	path->total += total;
	path->self += total > frame->nested ? total - frame->nested : 0;
	path->early -= frame->told;
	path->inner += frame->inner;
	path->direct += frame->direct;
	path->taken += frame->taken + cost->inside;
	path->taken_self += frame->taken_self + cost->inside;
	add_one(path, total, frame->taken + cost->inside, finished);
	if (unlikely(frame->section != NULL))
		close_section(frame, path);
	if (likely(stack->depth > 1)) {
		struct call_frame *caller = &stack->frames[stack->depth - 2];

		caller->nested += total;
		caller->inner += frame->inner + 1;
		caller->direct++;
		caller->taken += frame->taken + pair;
		caller->taken_self += pair - cost->inside;
	}
	stack->depth--;
}

static struct call_section *
open_section(struct model_process *process)
{
	struct call_section *section = g_new(struct call_section, 1);

	*section = (struct call_section){
		.peak_number = process_peak_begin(process),
		.live_bytes = process->peak[PEAK_HEAP].live_bytes,
	};
	return section;
}

static inline uint32_t
path_of(struct timing_thread *thread, const struct call_stack *stack, uint64_t function,
	uint32_t from)
{
	const uint32_t parent = unlikely(from) ? call_tree_child(&thread->tree, 0, from)
					       : parent_path(thread, stack);

	return call_tree_child(&thread->tree, parent, function);
}

/* Field by field: clearing it as a whole takes a string instruction, as long as all the rest. */
static inline void
begin_frame(struct call_frame *frame, uint64_t start, uint64_t paused)
{
	frame->start = start;
	frame->nested = 0;
	frame->paused = paused;
	frame->inner = frame->direct = 0;
	frame->taken = frame->taken_self = 0;
	frame->told = 0;
	frame->section = NULL;
}

void
calls_enter(struct timing_thread *thread, uint64_t ticks, uint64_t function, uint32_t from)
{
	struct call_stack *stack = thread->stack;
	struct call_frame *frame;

	if (unlikely(!thread->tree.paths))
		call_tree_init(&thread->tree);
	if (unlikely(stack->depth == stack->room)) {
		if (stack->depth == CALL_DEPTH_MAX) {
			stack->excess++;
			thread->process->folded_calls++;
			return;
		}
		call_stack_grow(stack);
	}
	frame = &stack->frames[stack->depth];
	begin_frame(frame, call_stack_time(stack, ticks), paused_at(stack, ticks));
	frame->thread = thread;
	frame->path = path_of(thread, stack, function, from);
	if (unlikely(record_pc_number(function)))
		frame->section = open_section(thread->process->process);
	stack->depth++;
}

/* One that is not kept ends: it is part of the innermost one that is. */
static __attribute__((noinline)) void
leave_excess(struct timing_thread *thread, struct call_stack *stack)
{
	const uint64_t pair = thread->cost[COST_OF_CALLS].now.pair;
	struct call_frame *top;

	stack->excess--;
	if (!stack->depth)
		return;
	top = &stack->frames[stack->depth - 1];
	top->inner++;
	top->direct++;
	top->taken += pair;
	top->taken_self += pair;
}

void
calls_exit(struct timing_thread *thread, uint64_t ticks, bool jumped)
{
	struct call_stack *stack = thread->stack;

	if (unlikely(stack->excess)) {
		leave_excess(thread, stack);
		return;
	}
	if (unlikely(!stack->depth)) {
		thread->process->unmatched_exits++;
		return;
	}
	draw(thread, stack, stack->depth - 1, ticks);
	close_top(thread, stack, ticks, true, jumped);
}

/* ---- what is left with others open inside ---- */

static void
draw_so_far(struct timing_thread *thread, const struct call_stack *stack, uint32_t depth,
	uint64_t ticks)
{
	struct call_frame *frame = &stack->frames[depth];

	draw(thread, stack, depth, ticks);
	if (frame->section)
		frame->section->drawn = ticks;
}

static uint64_t
total_so_far(const struct call_stack *stack, const struct call_frame *frame, uint64_t ticks)
{
	const uint64_t end = call_stack_time(stack, ticks);
	const uint64_t start = frame->start + (paused_at(stack, ticks) - frame->paused);

	return end > start ? end - start : 0;
}

/*
 * Each moment is the self of the innermost call: of the one that is left this is what its first
 * callee did not have, and that one has the rest as a callee of the caller. So nothing counts
 * twice.
 */
static void
leave_between(struct timing_thread *thread, struct call_stack *stack, uint32_t at, uint64_t ticks)
{
	const struct call_cost *cost = &thread->cost[COST_OF_CALLS].now;
	struct call_frame left = stack->frames[at];
	const struct call_frame *callee = &stack->frames[at + 1];
	struct call_path *path = &left.thread->tree.paths[left.path];
	const uint64_t total = total_so_far(stack, &left, ticks);
	const uint64_t shared = MIN(total_so_far(stack, callee, ticks), total);
	const uint64_t nested = MIN(left.nested + shared, total);
	const uint64_t taken = left.taken + callee->taken + cost->inside;

	path->calls++;
	path->total += total;
	path->self += total - nested;
	path->early -= left.told;
	path->inner += left.inner + callee->inner;
	path->direct += left.direct;
	path->taken += taken;
	path->taken_self += left.taken_self + cost->inside;
	add_one(path, total, taken, true);
	if (at) {
		struct call_frame *caller = &stack->frames[at - 1];

		caller->nested += total - shared;
		caller->inner += left.inner + 1;
		caller->direct++;
		caller->taken += left.taken + cost->pair;
		caller->taken_self += cost->pair - cost->inside;
	}
	if (left.section)
		close_section(&left, path);
	memmove(&stack->frames[at], &stack->frames[at + 1],
		(stack->depth - at - 1) * sizeof(struct call_frame));
	stack->depth--;
}

void
calls_left(struct timing_thread *thread, uint64_t ticks, uint64_t inner)
{
	struct call_stack *stack = thread->stack;
	uint32_t at;

	if (!inner || inner >= stack->depth + stack->excess) {
		thread->process->unmatched_exits++;
		return;
	}
	/* The innermost one that is kept stands for those inside it, too: it stays. */
	if (inner <= stack->excess) {
		leave_excess(thread, stack);
		return;
	}
	at = (uint32_t)(stack->depth + stack->excess - 1 - inner);
	draw(thread, stack, at, ticks);
	for (uint32_t depth = at + 1; depth < stack->depth; depth++)
		draw_so_far(thread, stack, depth, ticks);
	leave_between(thread, stack, at, ticks);
}

void
calls_depth(struct timing_thread *thread, uint64_t ticks, uint64_t depth)
{
	while (thread->stack->depth + thread->stack->excess > depth)
		calls_exit(thread, ticks, false);
}

void
calls_left_out(struct timing_thread *thread, uint64_t count)
{
	struct call_stack *stack = thread->stack;

	if (!stack->depth || count > UINT32_MAX)
		return;
	struct call_frame *top = &stack->frames[stack->depth - 1];
	const uint64_t taken = count * thread->cost[COST_OF_LEFT_OUT].now.pair;

	top->inner += count;
	top->direct += count;
	top->taken += taken;
	top->taken_self += taken;
}

/* ---- for whole stacks ---- */

void
calls_draw(struct timing_thread *thread, const struct call_stack *stack, uint32_t depth,
	uint64_t ticks)
{
	draw(thread, stack, depth, ticks);
}

void
calls_close_top(struct timing_thread *thread, struct call_stack *stack, uint64_t ticks)
{
	close_top(thread, stack, ticks, false, false);
}

void
calls_forget_top(struct call_stack *stack)
{
	struct call_frame *frame = &stack->frames[--stack->depth];

	if (frame->section)
		end_section(frame);
}
