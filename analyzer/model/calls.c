/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Traced calls while the model is fed.
 *
 * Each call stack has its own frames and its own clock. What happens on a stack is of the thread
 * that runs on it at that moment: a frame remembers who entered it, and where a coroutine goes on
 * in another thread its open frames get equals in that thread's tree, below which it goes on.
 */
#include "timing.h"

#include <string.h>

enum {
	FIRST_FRAMES = 64
};

/* ---- call stacks ---- */

static void
free_frames(struct call_stack *stack)
{
	for (uint32_t i = 0; i < stack->depth; i++)
		g_free(stack->frames[i].section);
	g_free(stack->frames);
}

static void
stack_free(gpointer data)
{
	struct call_stack *stack = data;

	free_frames(stack);
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

static inline uint64_t
stack_time(const struct call_stack *stack, uint64_t ticks)
{
	return ticks > stack->offset ? ticks - stack->offset : 0;
}

static void
grow_frames(struct call_stack *stack)
{
	stack->room = stack->room ? 2 * stack->room : FIRST_FRAMES;
	stack->frames = g_renew(struct call_frame, stack->frames, stack->room);
}

/* ---- call paths ---- */

/* The path of a frame in the tree of a thread that did not enter it. */
static __attribute__((noinline)) uint32_t
equal_path(struct timing_thread *thread, const struct call_frame *frame)
{
	const struct call_path *paths = frame->thread->tree.paths;
	g_autoptr(GArray) way = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	uint32_t path = 0;

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
without_cost(const struct call_cost *cost, uint64_t total, uint64_t inner)
{
	const int64_t taken =
		(int64_t)(total * COST_FRACTION) - (int64_t)(cost->inside + inner * cost->pair);

	return (taken + COST_FRACTION / 2) >> 8;
}

static inline void
add_one(struct call_path *path, const struct call_cost *cost, uint64_t total, uint64_t inner,
	bool finished)
{
	const int64_t corrected = without_cost(cost, total, inner);
	const uint64_t ticks = corrected > 0 ? (uint64_t)corrected : 0;

	path->below_cost += corrected < 0;
	if (ticks > path->max)
		path->max = ticks;
	if (unlikely(!finished)) {
		path->unfinished++;
		return;
	}
	if (ticks < path->min)
		path->min = ticks;
	call_histogram_add(&path->histogram, ticks);
}

static __attribute__((noinline)) void
close_section(const struct call_frame *frame, struct call_path *path)
{
	struct model_process *process = frame->thread->process->process;
	const struct call_section *section = frame->section;
	const uint64_t peak = process_peak_end(process, section->peak_number);

	path->peak_bytes = MAX(path->peak_bytes, peak - MIN(peak, section->live_bytes));
	g_free(frame->section);
}

/* Takes the top frame off. */
static inline void
close_top(struct timing_thread *thread, struct call_stack *stack, uint64_t ticks, bool finished)
{
	const struct call_frame *frame = &stack->frames[stack->depth - 1];
	struct call_path *path = &frame->thread->tree.paths[frame->path];
	const uint64_t now = stack_time(stack, ticks);
	const uint64_t total = now > frame->start ? now - frame->start : 0;

	path->calls++;
	path->total += total;
	path->self += total > frame->nested ? total - frame->nested : 0;
	path->inner += frame->inner;
	path->direct += frame->direct;
	add_one(path, &thread->process->cost[COST_OF_CALLS], total, frame->inner, finished);
	if (unlikely(frame->section != NULL))
		close_section(frame, path);
	if (likely(stack->depth > 1)) {
		struct call_frame *caller = &stack->frames[stack->depth - 2];

		caller->nested += total;
		caller->inner += frame->inner + 1;
		caller->direct++;
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
path_of(struct timing_thread *thread, const struct call_stack *stack,
	const struct model_event *event)
{
	const uint32_t node = MIN(event->node, (uint32_t)SITE_NODE_MAX);
	uint32_t parent;

	if (unlikely(event->flags & RECORD_FROM))
		parent = call_tree_child(&thread->tree, 0, node);
	else
		parent = parent_path(thread, stack);
	return call_tree_child(&thread->tree, parent, event->address);
}

void
calls_enter(struct timing_thread *thread, const struct model_event *event)
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
		grow_frames(stack);
	}
	frame = &stack->frames[stack->depth];
	*frame = (struct call_frame){
		.start = stack_time(stack, event->ticks),
		.thread = thread,
		.path = path_of(thread, stack, event),
	};
	if (unlikely(record_pc_number(event->address)))
		frame->section = open_section(thread->process->process);
	stack->depth++;
}

void
calls_exit(struct timing_thread *thread, uint64_t ticks)
{
	struct call_stack *stack = thread->stack;

	if (unlikely(stack->excess)) {
		struct call_frame *top = &stack->frames[stack->depth - 1];

		stack->excess--;
		top->inner++;
		top->direct++;
		return;
	}
	if (unlikely(!stack->depth)) {
		thread->process->unmatched_exits++;
		return;
	}
	draw(thread, stack, stack->depth - 1, ticks);
	close_top(thread, stack, ticks, true);
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

/*
 * Each moment is the self of the innermost call: of the one that is left this is what its first
 * callee did not have, and that one has the rest as a callee of the caller. So nothing counts
 *twice.
 */
static void
leave_between(struct timing_thread *thread, struct call_stack *stack, uint32_t at, uint64_t ticks)
{
	const struct call_frame left = stack->frames[at];
	const struct call_frame *callee = &stack->frames[at + 1];
	struct call_path *path = &left.thread->tree.paths[left.path];
	const uint64_t now = stack_time(stack, ticks);
	const uint64_t total = now > left.start ? now - left.start : 0;
	const uint64_t shared = now > callee->start ? now - callee->start : 0;
	const uint64_t nested = MIN(left.nested + shared, total);

	path->calls++;
	path->total += total;
	path->self += total - nested;
	path->inner += left.inner + callee->inner;
	path->direct += left.direct;
	add_one(path, &thread->process->cost[COST_OF_CALLS], total, left.inner + callee->inner,
		true);
	if (left.section)
		close_section(&left, path);
	if (at) {
		struct call_frame *caller = &stack->frames[at - 1];

		caller->nested += total - MIN(shared, total);
		caller->inner += left.inner + 1;
		caller->direct++;
	}
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
	if (inner < stack->excess) {
		stack->excess--;
		return;
	}
	at = (uint32_t)(stack->depth + stack->excess - 1 - inner);
	draw(thread, stack, at, ticks);
	/* All inside it are beyond what is kept: it is the innermost one. */
	if (at == stack->depth - 1) {
		close_top(thread, stack, ticks, true);
		return;
	}
	for (uint32_t depth = at + 1; depth < stack->depth; depth++)
		draw_so_far(thread, stack, depth, ticks);
	leave_between(thread, stack, at, ticks);
}

static void
close_stack(struct timing_thread *thread, struct call_stack *stack, uint64_t ticks)
{
	const uint64_t now = stack->suspended ? stack->suspended_ticks : ticks;

	stack->excess = 0;
	while (stack->depth) {
		if (!stack->suspended)
			draw(thread, stack, stack->depth - 1, now);
		close_top(thread, stack, now, false);
	}
}

void
calls_close_all(struct timing_thread *thread, uint64_t ticks)
{
	close_stack(thread, thread->stack, ticks);
}

void
calls_base(struct timing_thread *thread, uint64_t ticks, uint32_t node)
{
	calls_close_all(thread, ticks);
	thread->stack->base = node;
}

/* ---- switches between stacks ---- */

static void
suspend(struct timing_thread *thread, struct call_stack *stack, uint64_t ticks)
{
	if (stack->suspended)
		return;
	for (uint32_t depth = 0; depth < stack->depth; depth++)
		draw(thread, stack, depth, ticks);
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
calls_switch(struct timing_thread *thread, uint64_t ticks, uint32_t number)
{
	struct call_stack *to = number ? find_stack(thread->process, number) : &thread->own;

	if (to == thread->stack)
		return;
	suspend(thread, thread->stack, ticks);
	resume(to, ticks);
	thread->stack = to;
}

/* ---- summary mode ---- */

void
calls_tally(struct timing_thread *thread, const struct pool_call_tally *tally)
{
	struct call_tally_sums *sums;

	if ((!tally->count && !tally->open) || !tally->node || tally->node > SITE_NODE_MAX)
		return;
	if (!thread->tallies)
		thread->tallies = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	sums = g_hash_table_lookup(thread->tallies, GUINT_TO_POINTER(tally->node));
	if (!sums) {
		sums = g_new0(struct call_tally_sums, 1);
		sums->node = tally->node;
		sums->min = UINT64_MAX;
		g_hash_table_insert(thread->tallies, GUINT_TO_POINTER(tally->node), sums);
	}
	sums->calls += tally->count;
	sums->total += tally->total;
	sums->open += tally->open;
	sums->min = MIN(sums->min, tally->min);
	sums->max = MAX(sums->max, tally->max);
}

/* ---- the end ---- */

void
calls_process_end(struct timing_process *process, uint64_t ticks)
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

void
calls_process_fini(struct timing_process *process)
{
	if (process->stacks)
		g_hash_table_unref(process->stacks);
}

void
calls_thread_fini(struct timing_thread *thread)
{
	call_tree_fini(&thread->tree);
	free_frames(&thread->own);
	if (thread->tallies)
		g_hash_table_unref(thread->tallies);
}
