/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Times of a thread that become those of another one: of the same process (rest.c), or of the crowd
 * that its process joins (crowd.c).
 */
#include <string.h>

#include "common_tree.h"
#include "timing.h"

enum {
	MOMENTS_FEW = 1 << 12,
};

/* ---- what cannot be moved yet ---- */

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

bool
timing_may_move(const struct timing_thread *thread)
{
	return !thread->put_off && !has_open_calls(thread) && !has_open_tallies(thread);
}

/* ---- the names of things in another process: where `view` is NULL they are the same ---- */

static uint32_t
node_in(struct common_view *view, uint32_t node)
{
	return view ? common_node(view, node) : node;
}

static uint64_t
function_in(struct common_view *view, uint64_t key)
{
	return view ? common_function(view, key) : key;
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

/* Those of one interval are put together whenever there may be twice as many as before. */
static void
keep_few_moments(struct span_table *spans, GArray *moments, guint before)
{
	const guint count = moments->len;

	if (count < MOMENTS_FEW || g_bit_storage(count) == g_bit_storage(before))
		return;
	moments_sort(moments);
	spans->kept -= count - moments->len;
}

/* `view` and `number` say what they are moments of there; NULL: the same as here. */
static void
add_moments(struct timing_thread *rest, GArray **to, const GArray *from, const uint32_t *number,
	struct common_view *view)
{
	guint before;

	if (!from)
		return;
	if (!*to)
		*to = g_array_new(FALSE, FALSE, sizeof(struct moment));
	before = (*to)->len;
	for (guint i = 0; i < from->len; i++) {
		struct moment moment = g_array_index(from, struct moment, i);

		moment.of = number ? number[moment.of] : node_in(view, moment.of);
		g_array_append_val(*to, moment);
	}
	keep_few_moments(&rest->thread->model->spans, *to, before);
}

static void
add_calls(struct timing_thread *rest, struct timing_thread *from, struct common_view *view)
{
	g_autofree uint32_t *number = g_new0(uint32_t, from->tree.count);

	if (!from->tree.paths)
		return;
	if (!rest->tree.paths)
		call_tree_init(&rest->tree);
	for (uint32_t i = 1; i < from->tree.count; i++) {
		struct call_path *path = &from->tree.paths[i];

		number[i] = call_tree_child(&rest->tree, number[path->parent],
			path->parent ? function_in(view, path->function)
				     : node_in(view, (uint32_t)path->function));
		add_path(&rest->tree.paths[number[i]], path);
	}
	add_moments(rest, &rest->call_moments, from->call_moments, number, NULL);
}

static void
add_tallies(struct timing_thread *rest, struct timing_thread *from, struct common_view *view)
{
	GHashTableIter iter;
	gpointer value;

	if (!from->tallies)
		return;
	g_hash_table_iter_init(&iter, from->tallies);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct call_tally_sums sums = *(const struct call_tally_sums *)value;

		sums.node = node_in(view, sums.node);
		call_tallies_merge(rest, &sums);
	}
}

/* ---- samples ---- */

static void
add_sums(struct timing_thread *rest, const struct sample_sums *from, struct common_view *view)
{
	struct sample_sums *to = samples_find(rest, node_in(view, from->node));

	if (from->touched && !to->touched) {
		to->touched = true;
		g_ptr_array_add(rest->touched, to);
	}
	sample_sums_add(to->sums, from->sums);
	sample_sums_add(to->told, from->told);
}

static void
add_samples(struct timing_thread *rest, const struct timing_thread *from, struct common_view *view)
{
	GHashTableIter iter;
	gpointer value;

	add_moments(rest, &rest->sample_moments, from->sample_moments, NULL, view);
	if (!from->samples)
		return;
	g_hash_table_iter_init(&iter, from->samples);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		add_sums(rest, value, view);
}

/* ---- moving ---- */

static void
add_times(struct timing_thread *to, struct timing_thread *from, struct common_view *view)
{
	add_calls(to, from, view);
	add_tallies(to, from, view);
	add_samples(to, from, view);
}

void
timing_move_thread(struct timing_thread *from, struct model_thread *to)
{
	struct timing_thread *rest = timing_thread_get(to);

	add_times(rest, from, NULL);
	memcpy(rest->cost, rest->process->cost, sizeof(rest->cost));
	timing_thread_drop(from);
}

static void
add_facts(struct timing_process *to, const struct timing_process *from)
{
	for (unsigned i = 0; i < COST_KINDS; i++) {
		if (!from->cost[i].count)
			continue;
		to->cost[i].count += from->cost[i].count;
		to->cost[i].sum += from->cost[i].sum;
		to->cost[i].now = from->cost[i].now;
	}
	for (unsigned i = 0; i < SAMPLE_KINDS; i++) {
		if (!from->rate_hz[i])
			continue;
		to->rate_hz[i] = from->rate_hz[i];
		to->source[i] = from->source[i];
	}
	to->unmatched_exits += from->unmatched_exits;
	to->folded_calls += from->folded_calls;
	to->trace_stops += from->trace_stops;
	to->own_periods += from->own_periods;
	to->own_ns += from->own_ns;
	to->unsampled_ns += from->unsampled_ns;
}

void
timing_move_process(struct timing_process *from, struct model_thread *to, struct common_view *view)
{
	struct timing_thread *rest = timing_thread_get(to);

	add_facts(rest->process, from);
	memcpy(rest->cost, rest->process->cost, sizeof(rest->cost));
	call_tallies_settle(from);
	for (guint i = 0; i < from->threads->len; i++)
		add_times(rest, g_ptr_array_index(from->threads, i), view);
}
