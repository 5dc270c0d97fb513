/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See timing.h. */
#include "timing.h"

#include <string.h>

#include "call_modules.h"

enum {
	ELSEWHERE_PERCENT = 20
};

/* ---- threads and processes ---- */

/* A forked child's calls cost what its parent's did, until it says otherwise. */
static void
inherit(struct timing_process *process)
{
	const uint32_t parent = process->process->public->parent;
	const struct model_process *from =
		parent ? g_hash_table_lookup(
				 process->timing->model->processes, GUINT_TO_POINTER(parent))
		       : NULL;

	if (from && from->crowd)
		from = from->crowd;
	if (!from || !from->timing)
		return;
	for (unsigned i = 0; i < COST_KINDS; i++)
		process->cost[i] = from->timing->cost[i];
	for (unsigned i = 0; i < SAMPLE_KINDS; i++) {
		process->rate_hz[i] = from->timing->rate_hz[i];
		process->source[i] = from->timing->source[i];
	}
}

static struct timing_process *
get_process(struct model_process *process)
{
	struct timing_process *timing = process->timing;

	if (timing)
		return timing;
	timing = g_new0(struct timing_process, 1);
	timing->process = process;
	timing->timing = process->model->timing;
	timing->threads = g_ptr_array_new();
	process->timing = timing;
	g_ptr_array_add(timing->timing->processes, timing);
	inherit(timing);
	call_modules_init(timing);
	return timing;
}

struct timing_thread *
timing_thread_get(struct model_thread *thread)
{
	struct timing_thread *timing = thread->timing;

	if (likely(timing != NULL))
		return timing;
	timing = g_new0(struct timing_thread, 1);
	timing->thread = thread;
	timing->process = get_process(thread->process);
	timing->stack = &timing->own;
	memcpy(timing->cost, timing->process->cost, sizeof(timing->cost));
	thread->timing = timing;
	g_ptr_array_add(timing->process->threads, timing);
	chart_add_lane(&timing->process->timing->chart, &timing->lane);
	return timing;
}

static void
free_thread(struct timing_thread *thread)
{
	call_tree_fini(&thread->tree);
	call_stack_fini(&thread->own);
	if (thread->tallies)
		g_hash_table_unref(thread->tallies);
	if (thread->samples)
		g_hash_table_unref(thread->samples);
	chart_lane_fini(&thread->lane);
	g_clear_pointer(&thread->touched, g_ptr_array_unref);
	g_clear_pointer(&thread->sample_moments, g_array_unref);
	g_clear_pointer(&thread->call_moments, g_array_unref);
	g_free(thread);
}

void
timing_thread_drop(struct timing_thread *thread)
{
	chart_remove_lane(&thread->process->timing->chart, &thread->lane);
	g_ptr_array_remove_fast(thread->process->threads, thread);
	thread->thread->timing = NULL;
	free_thread(thread);
}

uint64_t
timing_thread_rows(const struct timing_thread *thread)
{
	uint64_t rows = thread->tree.count;

	if (thread->tallies)
		rows += g_hash_table_size(thread->tallies);
	if (thread->samples)
		rows += g_hash_table_size(thread->samples);
	return rows;
}

uint64_t
timing_process_rows(const struct timing_process *process)
{
	uint64_t rows = 0;

	for (guint i = 0; process && i < process->threads->len; i++)
		rows += timing_thread_rows(g_ptr_array_index(process->threads, i));
	return rows;
}

/* ---- records ---- */

void
timing_apply_call(const struct call_event *event)
{
	struct timing_thread *thread = event->thread;

	thread->process->timing->called = true;
	switch (event->kind) {
	case CALL_EVENT_ENTER:
		calls_enter(thread, event->ticks, event->number, event->from);
		break;
	case CALL_EVENT_EXIT:
		calls_exit(thread, event->ticks, event->number);
		break;
	case CALL_EVENT_LEFT:
		calls_left(thread, event->ticks, event->number);
		break;
	case CALL_EVENT_BASE:
		call_stacks_base(thread, event->ticks, (uint32_t)event->number);
		break;
	case CALL_EVENT_STACK:
		call_stacks_switch(thread, event->ticks, (uint32_t)event->number);
		break;
	case CALL_EVENT_DEPTH:
		calls_depth(thread, event->ticks, event->number);
		break;
	case CALL_EVENT_LEFT_OUT:
		calls_left_out(thread, event->number);
		break;
	case CALL_EVENT_PAUSE:
		call_stacks_pause(thread, event->ticks, event->number);
		break;
	case CALL_EVENT_CLOSE:
		call_stacks_close(thread, event->ticks);
		break;
	case CALL_EVENT_PROCESS_END:
		call_stacks_close_process(thread->process, event->ticks);
		break;
	}
}

/* Hands it on; inlined, the switch is gone where the kind is known. */
static ALWAYS_INLINE void
apply_call(struct timing_thread *thread, enum call_event_kind kind, uint64_t ticks, uint64_t number)
{
	const struct call_event event = {thread, ticks, number, 0, kind};
	struct timing *timing = thread->process->timing;

	timing->called = true;
	if (unlikely(timing->limits.any))
		call_limits_apply_slow(timing, &event);
	else if (kind == CALL_EVENT_EXIT)
		calls_exit(thread, ticks, number);
	else
		timing_apply_call(&event);
}

static ALWAYS_INLINE void
apply_enter(struct timing_thread *thread, uint64_t ticks, uint64_t function, uint32_t from)
{
	const uint64_t key = call_modules_key(thread->process, function);
	const struct call_event event = {thread, ticks, key, from, CALL_EVENT_ENTER};
	struct timing *timing = thread->process->timing;

	timing->called = true;
	if (unlikely(timing->limits.any))
		call_limits_apply_slow(timing, &event);
	else
		calls_enter(thread, ticks, key, from);
}

static void
apply_event(void *context, const struct model_event *event)
{
	const struct timing *timing = context;
	struct timing_thread *thread = timing_thread_get(event->thread);

	if (unlikely(event->thread->process->ended))
		return;
	if (event->kind == RECORD_ENTER)
		apply_enter(thread, event->ticks, event->address,
			event->flags & RECORD_FROM ? MIN(event->node, (uint32_t)SITE_NODE_MAX) : 0);
	else if (event->kind == RECORD_EXIT)
		apply_call(thread, CALL_EVENT_EXIT, event->ticks,
			event->flags & RECORD_JUMPED ? 1 : 0);
	else if (event->ticks >= timing->limits.start_ticks &&
		 event->ticks < timing->limits.stop_ticks)
		samples_add(thread, event);
}

bool
timing_orders_calls(const struct model *model)
{
	return model->timing->limits.any;
}

void
timing_calls(struct model_thread *model_thread, const struct model_call *calls, unsigned count)
{
	struct timing_thread *thread = timing_thread_get(model_thread);
	struct timing_process *process = thread->process;

	process->timing->called = true;
	for (unsigned i = 0; i < count; i++) {
		const struct model_call *call = &calls[i];

		if (call->is_enter)
			calls_enter(
				thread, call->ticks, call_modules_key(process, call->function), 0);
		else
			calls_exit(thread, call->ticks, call->jumped);
	}
}

static void
apply_sampling(struct timing_thread *thread, const struct record *record)
{
	const uint64_t *number = record->extended.number;
	const enum sample_kind kind = number[3] ? SAMPLE_WALL : SAMPLE_CPU;

	if (!number[1] || number[1] > 1000000000)
		return;
	thread->rate_hz[kind] = thread->process->rate_hz[kind] = number[1];
	thread->process->source[kind] = number[2];
}

static void
add_cost(struct call_costs *costs, struct call_cost cost)
{
	costs->count++;
	costs->now = cost;
	costs->sum += cost.pair;
}

/*
 * What was measured is the spread in a loop that has the caches for itself. In a program that wants
 * them too a call costs more: by 3 to 6 of some 28 ns in Lua and sqlite.
 */
static uint64_t
uncertainty_of(const uint64_t number[])
{
	return number[COST_UNCERTAINTY] + number[COST_PAIR] * ELSEWHERE_PERCENT / 100;
}

static void
apply_cost(struct timing_thread *thread, const struct record *record)
{
	const uint64_t *number = record->extended.number;
	struct timing_process *process = thread->process;
	const uint64_t kind = number[COST_SUMMARY];
	const struct call_cost cost = {
		.pair = number[COST_PAIR],
		.inside = number[COST_INSIDE],
		.uncertainty = uncertainty_of(number),
		.jumped = MAX(number[COST_JUMPED], number[COST_INSIDE]),
	};

	if (kind >= COST_KINDS || cost.pair > UINT32_MAX || cost.inside > cost.pair ||
		cost.jumped > UINT32_MAX || cost.uncertainty > UINT32_MAX)
		return;
	add_cost(&thread->cost[kind], cost);
	add_cost(&process->cost[kind], cost);
	/* Of what is measured once in a process its first threads know nothing yet. */
	for (unsigned i = 0; i < process->threads->len; i++) {
		struct timing_thread *other = g_ptr_array_index(process->threads, i);

		if (!other->cost[kind].count)
			other->cost[kind] = process->cost[kind];
	}
}

static void
apply_call_tally(struct timing_thread *thread, const struct record *record)
{
	const uint64_t *number = record->extended.number;
	const struct pool_call_tally tally = {
		.node = number[CALL_TALLY_NODE] <= SITE_NODE_MAX ? (uint32_t)number[CALL_TALLY_NODE]
								 : 0,
		.count = number[CALL_TALLY_COUNT],
		.total = number[CALL_TALLY_TOTAL],
		.min = number[CALL_TALLY_MIN],
		.max = number[CALL_TALLY_MAX],
		.open = (uint32_t)number[CALL_TALLY_OPEN],
	};

	thread->thread->model->events += tally.count;
	call_tallies_add(thread, &tally);
}

static void
apply_base(struct timing_thread *thread, const struct record *record)
{
	const uint64_t node = record->extended.number[1];

	apply_call(thread, CALL_EVENT_BASE, record->ticks, node <= SITE_NODE_MAX ? node : 0);
}

static void
apply_stack(struct timing_thread *thread, const struct record *record)
{
	apply_call(thread, CALL_EVENT_STACK, record->ticks, record->extended.number[1]);
}

static void
apply_left(struct timing_thread *thread, const struct record *record)
{
	apply_call(thread, CALL_EVENT_LEFT, record->ticks, record->extended.number[1]);
}

static void
apply_depth(struct timing_thread *thread, const struct record *record)
{
	apply_call(thread, CALL_EVENT_DEPTH, record->ticks, record->extended.number[1]);
}

static void
apply_range(struct timing_thread *thread, const struct record *record)
{
	if (!record->extended.number[1])
		return;
	apply_call(thread, CALL_EVENT_CLOSE, record->ticks, 0);
	thread->process->trace_stops++;
}

/* What hit the profiler itself is no time of the program. */
static void
apply_lost(struct timing_thread *thread, const struct record *record)
{
	const uint64_t *number = record->extended.number;

	if (number[2] == RECORD_LOST_TIME)
		thread->process->unsampled_ns += number[1];
	if (number[2] != RECORD_LOST_OWN)
		return;
	thread->process->own_periods += number[1];
	thread->process->own_ns += samples_ns(thread, SAMPLE_CPU, number[1]);
}

static void
apply_thread_end(struct timing_thread *thread, const struct record *record)
{
	apply_call(thread, CALL_EVENT_CLOSE, record->ticks, 0);
}

/* It began before this record, but after all that this thread recorded before. */
static void
apply_late_enter(struct timing_thread *thread, const struct record *record)
{
	const uint64_t *number = record->extended.number;

	thread->thread->model->events++;
	apply_enter(thread, MIN(number[2], record->ticks), number[1], 0);
}

static void
apply_pause(struct timing_thread *thread, const struct record *record)
{
	apply_call(thread, CALL_EVENT_PAUSE, record->ticks, record->extended.number[1]);
}

static void
apply_left_out(struct timing_thread *thread, const struct record *record)
{
	apply_call(thread, CALL_EVENT_LEFT_OUT, record->ticks, record->extended.number[1]);
}

static void
apply_extended(void *context, struct model_thread *thread, const struct record *record)
{
	static void (*const appliers[])(struct timing_thread *, const struct record *) = {
		[RECORD_THREAD_END] = apply_thread_end,
		[RECORD_LOST] = apply_lost,
		[RECORD_SAMPLING] = apply_sampling,
		[RECORD_CALL_TALLY] = apply_call_tally,
		[RECORD_COST] = apply_cost,
		[RECORD_CALL_BASE] = apply_base,
		[RECORD_CALL_STACK] = apply_stack,
		[RECORD_CALL_RANGE] = apply_range,
		[RECORD_CALL_LEFT] = apply_left,
		[RECORD_CALL_DEPTH] = apply_depth,
		[RECORD_LATE_ENTER] = apply_late_enter,
		[RECORD_CALLS_LEFT_OUT] = apply_left_out,
		[RECORD_CALL_PAUSE] = apply_pause,
	};
	const uint32_t type = record->extended.type;

	if (type == RECORD_PROCESS)
		call_limits_read(context, record);
	if (type == RECORD_MODULE_GONE && thread->process->timing)
		call_modules_gone(thread->process->timing, record->extended.number[1]);
	if (type >= G_N_ELEMENTS(appliers) || !appliers[type] || thread->process->ended)
		return;
	/* Of a thread that did nothing of the kind these say nothing. */
	if ((type == RECORD_THREAD_END || type == RECORD_LOST || type == RECORD_CALL_PAUSE) &&
		!thread->timing)
		return;
	appliers[type](timing_thread_get(thread), record);
}

void
model_call_sums(struct model_thread *thread, const struct pool_call_sums *sums)
{
	struct timing_thread *timing = timing_thread_get(thread);

	timing->taken = sums->taken;
	for (unsigned i = 0; i < POOL_CALL_TALLIES; i++) {
		thread->model->events += sums->tally[i].count;
		call_tallies_add(timing, &sums->tally[i]);
	}
}

static void
end_process(void *context, struct model_process *process, uint64_t ticks)
{
	if (process->timing && process->timing->threads->len)
		apply_call(g_ptr_array_index(process->timing->threads, 0), CALL_EVENT_PROCESS_END,
			ticks, 0);
}

/* ---- the end ---- */

static void
mark_thread(
	const struct timing_thread *thread, void (*mark)(void *marks, uint32_t node), void *marks)
{
	const GArray *pieces = thread->lane.pieces;
	GHashTableIter iter;
	gpointer key;

	for (uint32_t i = 1; i < thread->tree.count; i++)
		if (!thread->tree.paths[i].parent)
			mark(marks, (uint32_t)thread->tree.paths[i].function);
	for (unsigned i = 0; pieces && i < pieces->len; i++)
		mark(marks, g_array_index(pieces, struct chart_piece, i).node);
	GHashTable *const tables[] = {thread->tallies, thread->samples};

	for (unsigned i = 0; i < G_N_ELEMENTS(tables); i++) {
		if (!tables[i])
			continue;
		g_hash_table_iter_init(&iter, tables[i]);
		while (g_hash_table_iter_next(&iter, &key, NULL))
			mark(marks, GPOINTER_TO_UINT(key));
	}
}

static void
mark_nodes(void *context, struct model_process *process, void (*mark)(void *marks, uint32_t node),
	void *marks)
{
	call_limits_drain(context);
	for (unsigned i = 0; process->timing && i < process->timing->threads->len; i++)
		mark_thread(g_ptr_array_index(process->timing->threads, i), mark, marks);
}

static uint64_t
fraction_ps(const struct model_clock *clock, uint64_t fractions)
{
	return (uint64_t)((double)fractions / COST_FRACTION * clock->ns_per_tick * 1000 + 0.5);
}

/* As it was on the average. */
static struct profiling_cost
public_cost(const struct model_clock *clock, const struct call_costs *costs)
{
	const struct call_cost average = calls_average_cost(costs);

	return (struct profiling_cost){fraction_ps(clock, average.pair),
		fraction_ps(clock, average.inside), fraction_ps(clock, average.uncertainty)};
}

static void
finish_facts(const struct timing_process *process, struct process *public)
{
	const struct model_clock *clock = &process->timing->model->clock;

	for (unsigned i = 0; i < COST_KINDS; i++)
	public->cost[i] = public_cost(clock, &process->cost[i]);
	for (unsigned i = 0; i < SAMPLE_KINDS; i++)
	public->sampling[i] = (struct sampling){process->rate_hz[i], process->source[i]};
	public->unmatched_exits = process->unmatched_exits;
	public->folded_calls = process->folded_calls;
	public->own_periods = process->own_periods;
	public->own_ns = process->own_ns;
	public->unsampled_ns = process->unsampled_ns;
	public->trace_stops = process->trace_stops;
}

static gint
by_time(gconstpointer a, gconstpointer b)
{
	const struct chart_box *left = a, *right = b;

	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (left->start_ns != right->start_ns)
		return left->start_ns < right->start_ns ? -1 : 1;
	return left->depth < right->depth ? -1 : left->depth > right->depth;
}

static void
finish(void *context, struct model_process *process, struct process *public,
	uint32_t (*renumber)(void *marks, uint32_t node), void *marks)
{
	struct timing_process *timing = process->timing;

	if (!timing)
		return;
	finish_facts(timing, public);
	calls_finish(timing, renumber, marks);
	for (unsigned i = 0; i < timing->threads->len; i++) {
		struct timing_thread *thread = g_ptr_array_index(timing->threads, i);

		samples_finish(thread, renumber, marks);
		g_array_sort(thread->thread->public->chart, by_time);
	}
}

/*
 * Of one process samples may stand for less than it took, and of another for more: its samples are
 * a few. What is not stood for is the sum.
 */
static void
settle_unsampled(const struct run *run)
{
	uint64_t excess_ns = 0;

	for (unsigned i = 0; i < run->processes->len; i++) {
		struct process *process = g_ptr_array_index(run->processes, i);

		if ((int64_t)process->unsampled_ns >= 0)
			continue;
		excess_ns -= process->unsampled_ns;
		process->unsampled_ns = 0;
	}
	for (unsigned i = 0; i < run->processes->len; i++) {
		struct process *process = g_ptr_array_index(run->processes, i);
		const uint64_t less_ns = MIN(process->unsampled_ns, excess_ns);

		process->unsampled_ns -= less_ns;
		excess_ns -= less_ns;
	}
}

void
timing_finish_run(const struct model *model, struct run *run)
{
	const struct chart *chart = &model->timing->chart;
	const struct call_limits *limits = &model->timing->limits;

	for (unsigned i = 0; i < LEFT_OUT_REASONS; i++)
		run->left_out[i] = limits->left_out[i];
	/* The pool's reasons are the first ones here. */
	for (unsigned i = 0; i < POOL_LEFT_OUT_REASONS; i++)
		run->left_out[i] += model->left_out[i];
	if (limits->calls_start_ticks)
		run->traced_from_ns = model_ns(&model->clock, limits->calls_start_ticks);
	if (limits->calls_stop_ticks != UINT64_MAX)
		run->traced_until_ns = model_ns(&model->clock, limits->calls_stop_ticks);
	settle_unsampled(run);
	run->chart_shortest_ns = model_span_ns(&model->clock, chart->shortest);
	run->chart_hidden = chart->hidden;
	run->chart_grain_ns = model_span_ns(&model->clock, chart->grain);
}

static void
free_process(struct timing_process *process)
{
	for (unsigned i = 0; i < process->threads->len; i++)
		free_thread(g_ptr_array_index(process->threads, i));
	g_ptr_array_unref(process->threads);
	call_stacks_fini(process);
	g_free(process);
}

void
timing_drop_processes(struct timing *timing)
{
	GPtrArray *processes = timing->processes;

	for (guint i = processes->len; i-- > 0;) {
		struct timing_process *process = g_ptr_array_index(processes, i);

		if (!process->process->crowd)
			continue;
		for (guint j = 0; j < process->threads->len; j++)
			chart_remove_lane(&timing->chart,
				&((struct timing_thread *)g_ptr_array_index(process->threads, j))
					 ->lane);
		process->process->timing = NULL;
		free_process(process);
		g_ptr_array_remove_index_fast(processes, i);
	}
}

static void
timing_free(void *context)
{
	struct timing *timing = context;

	for (unsigned i = 0; i < timing->processes->len; i++)
		free_process(g_ptr_array_index(timing->processes, i));
	g_ptr_array_unref(timing->processes);
	chart_fini(&timing->chart);
	call_limits_fini(&timing->limits);
	g_free(timing);
}

void
timing_attach(struct model *model)
{
	static const struct model_sink sink = {
		.kinds = 1u << RECORD_ENTER | 1u << RECORD_EXIT | 1u << RECORD_SAMPLE,
		.event = apply_event,
		.extended = apply_extended,
		.process_end = end_process,
		.mark_nodes = mark_nodes,
		.finish = finish,
		.free = timing_free,
	};
	struct timing *timing = g_new0(struct timing, 1);

	timing->model = model;
	timing->processes = g_ptr_array_new();
	chart_init(&timing->chart);
	call_limits_init(&timing->limits);
	model->timing = timing;
	moments_attach(timing);
	model_add_sink(model, &sink, timing);
}
