/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The times of threads that have ended, summed up where there are too many to tell them apart.
 *
 * A program that starts a thread for each request has thousands of them with thousands of call
 * paths each. What is kept of threads one by one is bounded: when a thread ends its times stay its
 * own, or they are added to those of a thread of the process that stands for all such. Nothing but
 * the chart, and who of them it was, is lost.
 *
 *	rows kept     0 ............ half ............ ROWS_KEPT
 *	short thread  its own        added             added
 *	long thread   its own        its own           added
 *
 * The first ones of each process, and those that have not ended, are always kept.
 */
#include "timing.h"

#include <string.h>

enum {
	ROWS_KEPT = 1 << 17,
	ROWS_OF_THREAD = 32, /* what a thread takes without any call path */
	THREADS_ALWAYS = 16, /* of each process */
	/* A thread is long that had such a part of the run, and no less than that. */
	LONG_PART = 64,
	LONG_NS = 100000000,
};

/* ---- which ones ---- */

static bool
is_long(const struct model_thread *thread)
{
	const struct model *model = thread->model;
	const uint64_t lived = thread->end_ticks - MIN(thread->start_ticks, thread->end_ticks);
	const uint64_t run = model->ticks - MIN(model->clock.start_ticks, model->ticks);

	return lived >= run / LONG_PART && model_span_ns(&model->clock, lived) >= LONG_NS;
}

static uint64_t
rows_of(const struct timing_thread *thread)
{
	uint64_t rows = thread->tree.count;

	if (thread->tallies)
		rows += g_hash_table_size(thread->tallies);
	if (thread->samples)
		rows += g_hash_table_size(thread->samples);
	return rows;
}

static void
decide(struct timing_thread *thread)
{
	struct timing_process *process = thread->process;
	const uint64_t room = is_long(thread->thread) ? ROWS_KEPT : ROWS_KEPT / 2;
	const uint64_t rows = process->timing->kept_rows + rows_of(thread) + ROWS_OF_THREAD;

	if (process->kept_threads < THREADS_ALWAYS || rows <= room) {
		thread->thread->fate = THREAD_KEPT;
		process->kept_threads++;
		process->timing->kept_rows += ROWS_OF_THREAD;
	} else {
		thread->thread->fate = THREAD_SUMMED_UP;
	}
}

static bool
stack_has(const struct call_stack *stack, const struct timing_thread *thread)
{
	for (uint32_t i = 0; i < stack->depth; i++)
		if (stack->frames[i].thread == thread)
			return true;
	return false;
}

/* A coroutine may go on elsewhere with calls that the thread began. */
static bool
has_open_calls(const struct timing_thread *thread)
{
	GHashTableIter iter;
	gpointer stack;

	if (thread->own.depth)
		return true;
	if (!thread->process->stacks)
		return false;
	g_hash_table_iter_init(&iter, thread->process->stacks);
	while (g_hash_table_iter_next(&iter, NULL, &stack))
		if (stack_has(stack, thread))
			return true;
	return false;
}

/* Where a call ends in another table than it began in only all of a process mean something. */
static bool
has_open_tallies(const struct timing_thread *thread)
{
	GHashTableIter iter;
	gpointer sums;

	if (!thread->tallies)
		return false;
	g_hash_table_iter_init(&iter, thread->tallies);
	while (g_hash_table_iter_next(&iter, NULL, &sums))
		if (((const struct call_tally_sums *)sums)->open)
			return true;
	return false;
}

/* ---- the thread that stands for them ---- */

static struct timing_thread *
rest_of(struct timing_process *process)
{
	struct timing_thread *rest = process->rest;
	struct model_thread *thread;

	if (rest)
		return rest;
	thread = g_new0(struct model_thread, 1);
	thread->model = process->process->model;
	thread->process = process->process;
	thread->public = thread_new();
	thread->start_ticks = UINT64_MAX;
	g_ptr_array_add(process->process->public->threads, thread->public);
	rest = g_new0(struct timing_thread, 1);
	rest->thread = thread;
	rest->process = process;
	rest->stack = &rest->own;
	process->rest = rest;
	g_ptr_array_add(process->threads, rest);
	return rest;
}

static void
count_thread(struct timing_thread *rest, struct model_thread *from)
{
	struct model_thread *to = rest->thread;

	if (from->counted)
		return;
	from->counted = true;
	to->public->together++;
	to->start_ticks = MIN(to->start_ticks, from->start_ticks);
	to->end_ticks = MAX(to->end_ticks, from->end_ticks);
}

/* ---- calls ---- */

/* A path with a single call has no histogram: see struct call_path. */
static void
add_histogram(struct call_path *to, struct call_path *from)
{
	if (from->min == UINT64_MAX)
		return;
	if (to->min == UINT64_MAX) {
		to->histogram = from->histogram;
		from->histogram = (struct call_histogram){0};
		return;
	}
	if (call_histogram_is_empty(&to->histogram))
		call_histogram_add(&to->histogram, to->min);
	if (call_histogram_is_empty(&from->histogram))
		call_histogram_add(&to->histogram, from->min);
	else
		call_histogram_merge(&to->histogram, &from->histogram);
}

static void
add_path(struct call_path *to, struct call_path *from)
{
	add_histogram(to, from);
	to->calls += from->calls;
	to->unfinished += from->unfinished;
	to->below_cost += from->below_cost;
	to->total += from->total;
	to->self += from->self;
	to->inner += from->inner;
	to->direct += from->direct;
	to->taken += from->taken;
	to->taken_self += from->taken_self;
	to->min = MIN(to->min, from->min);
	to->max = MAX(to->max, from->max);
	to->early += from->early;
	to->told_calls += from->told_calls;
	to->told_self += from->told_self;
	to->peak_bytes = MAX(to->peak_bytes, from->peak_bytes);
}

static void
add_moments(GArray **to, const GArray *from, const uint32_t *number)
{
	if (!from)
		return;
	if (!*to)
		*to = g_array_new(FALSE, FALSE, sizeof(struct moment));
	for (guint i = 0; i < from->len; i++) {
		struct moment moment = g_array_index(from, struct moment, i);

		if (number)
			moment.of = number[moment.of];
		g_array_append_val(*to, moment);
	}
}

static void
add_calls(struct timing_thread *rest, struct timing_thread *from)
{
	g_autofree uint32_t *number = g_new0(uint32_t, from->tree.count);

	if (!from->tree.paths)
		return;
	if (!rest->tree.paths)
		call_tree_init(&rest->tree);
	for (uint32_t i = 1; i < from->tree.count; i++) {
		struct call_path *path = &from->tree.paths[i];

		number[i] = call_tree_child(&rest->tree, number[path->parent], path->function);
		add_path(&rest->tree.paths[number[i]], path);
	}
	add_moments(&rest->call_moments, from->call_moments, number);
}

static void
add_tallies(struct timing_thread *rest, struct timing_thread *from)
{
	GHashTableIter iter;
	gpointer value;

	if (!from->tallies)
		return;
	g_hash_table_iter_init(&iter, from->tallies);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct call_tally_sums *sums = value;
		const struct pool_call_tally tally = {
			.node = sums->node,
			.open = sums->open,
			.count = sums->calls,
			.total = sums->total,
			.min = sums->min,
			.max = sums->max,
		};

		call_tallies_add(rest, &tally);
	}
}

/* ---- samples ---- */

static void
add_sums(struct timing_thread *rest, const struct sample_sums *from)
{
	struct sample_sums *to = samples_find(rest, from->node);

	if (from->touched && !to->touched) {
		to->touched = true;
		g_ptr_array_add(rest->touched, to);
	}
	for (unsigned kind = 0; kind < SAMPLE_KINDS; kind++) {
		struct sample_tally *sums = &to->sums[kind];
		const struct sample_tally *more = &from->sums[kind];

		sums->samples += more->samples;
		sums->periods += more->periods;
		sums->time_ns += more->time_ns;
		sums->kernel_samples += more->kernel_samples;
		sums->kernel_periods += more->kernel_periods;
		sums->kernel_ns += more->kernel_ns;
		to->told_samples[kind] += from->told_samples[kind];
		to->told_ns[kind] += from->told_ns[kind];
	}
}

static void
add_samples(struct timing_thread *rest, const struct timing_thread *from)
{
	GHashTableIter iter;
	gpointer value;

	add_moments(&rest->sample_moments, from->sample_moments, NULL);
	if (!from->samples)
		return;
	g_hash_table_iter_init(&iter, from->samples);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		add_sums(rest, value);
}

/* ---- ends ---- */

static void
sum_up(struct timing_thread *thread)
{
	struct timing_process *process = thread->process;
	struct timing_thread *rest = rest_of(process);

	count_thread(rest, thread->thread);
	add_calls(rest, thread);
	add_tallies(rest, thread);
	add_samples(rest, thread);
	memcpy(rest->cost, process->cost, sizeof(rest->cost));
	timing_thread_drop(thread);
}

void
rest_take_ended(struct timing_thread *thread)
{
	struct model_thread *model_thread = thread->thread;

	/* What was put off refers to it, and is bounded anyway. */
	if (thread->process->timing->limits.ring || has_open_calls(thread) ||
		has_open_tallies(thread))
		return;
	/* It was announced, and did nothing. */
	if (!rows_of(thread)) {
		timing_thread_drop(thread);
		return;
	}
	if (model_thread->fate == THREAD_OPEN)
		decide(thread);
	if (model_thread->fate == THREAD_SUMMED_UP)
		sum_up(thread);
	else
		thread->process->timing->kept_rows += rows_of(thread);
}

void
rest_finish(struct timing_process *process)
{
	const struct model_clock *clock = &process->timing->model->clock;
	const struct model_thread *thread;

	if (!process->rest)
		return;
	thread = process->rest->thread;
	thread->public->name = g_strdup_printf("%u more threads", thread->public->together);
	thread->public->start_ns = model_ns(clock, thread->start_ticks);
	thread->public->end_ns = model_ns(clock, thread->end_ticks);
}

void
rest_fini(struct timing_process *process)
{
	if (process->rest)
		g_free(process->rest->thread);
}
