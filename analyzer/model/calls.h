/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Traced calls: they are entered and left on the call stack that their thread runs on, and added to
 * the sums of their call paths when they end. calls.c does that while the model is fed,
 * calls_finish.c makes of it what readers see.
 */
#ifndef THAG_CALLS_H
#define THAG_CALLS_H

#include "call_stacks.h"
#include "state.h"

/* Of an ENTER + EXIT pair, see record.h; in 256ths of a tick. */
struct call_cost {
	uint64_t pair, inside, uncertainty;
	uint64_t jumped; /* `pair` where the EXIT is JUMPED */
};

/* It is measured again and again. */
struct call_costs {
	struct call_cost now;
	uint64_t count, sum; /* of all pairs */
};

static inline struct call_cost
calls_average_cost(const struct call_costs *costs)
{
	struct call_cost average = costs->now;

	if (!costs->count || !average.pair)
		return average;
	average.pair = costs->sum / costs->count;
	average.inside = average.pair * costs->now.inside / costs->now.pair;
	return average;
}

static inline uint64_t
calls_fraction_ns(const struct model_clock *clock, uint64_t fractions)
{
	return (uint64_t)((double)fractions / COST_FRACTION * clock->ns_per_tick + 0.5);
}

/* Of what is left when costs are taken off: never less than none. */
static inline uint64_t
calls_net_ns(const struct model_clock *clock, int64_t fractions)
{
	return calls_fraction_ns(clock, fractions > 0 ? (uint64_t)fractions : 0);
}

/* calls.c */
void calls_enter(struct timing_thread *thread, uint64_t ticks, uint64_t function, uint32_t from);
void calls_exit(struct timing_thread *thread, uint64_t ticks, bool jumped);
/* One is left that has `inner` open ones inside it. */
void calls_left(struct timing_thread *thread, uint64_t ticks, uint64_t inner);
/* Ends the innermost ones, so that `depth` are open at most. */
void calls_depth(struct timing_thread *thread, uint64_t ticks, uint64_t depth);
void calls_left_out(struct timing_thread *thread, uint64_t count);

/* For call_stacks.c, of any stack: the thread draws a frame's time up to now; outermost first. */
void calls_draw(struct timing_thread *thread, const struct call_stack *stack, uint32_t depth,
	uint64_t ticks);
/* Takes the top off: as a call that did not return; as if it had never been. */
void calls_close_top(struct timing_thread *thread, struct call_stack *stack, uint64_t ticks);
void calls_forget_top(struct call_stack *stack);

/*
 * calls_finish.c: adds rows, boxes of the chart, and the nodes that these need, to the public
 * structures. `renumber` as in struct model_sink.
 */
void calls_finish(struct timing_process *process, uint32_t (*renumber)(void *marks, uint32_t node),
	void *marks);

#endif
