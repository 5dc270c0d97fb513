/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Summary mode of tracing: sums per call path, kept in the pool itself and with no record per call.
 *
 * A call is counted when it begins, and the time of its begin is taken off the total then, to which
 * its end is added later: of calls that are still open when the process ends, however it does, the
 * reader adds the end.
 *
 * Sums cannot be mended later by what a call cost at the time: machines change their speed within
 * parts of a millisecond. So time is the thread's own here, a clock that stands still for what
 * tracing takes: at each exit it is set back by what a call costs now (calibrate.h).
 */
#ifndef THAG_PRELOAD_CALL_SUMS_H
#define THAG_PRELOAD_CALL_SUMS_H

#include "thread.h"

/* Gives the place of another node's sums to `node`. */
void call_sums_replace(struct thread *thread, struct pool_call_tally *tally, uint32_t node);

static inline struct pool_call_tally *
call_sums_of(struct thread *thread, uint32_t node)
{
	struct pool_call_tally *tally = &thread->call_sums->tally[node % POOL_CALL_TALLIES];

	if (unlikely(tally->node != node))
		call_sums_replace(thread, tally, node);
	return tally;
}

/* The thread's own time, in 256ths of a tick. */
static inline uint64_t
call_sums_time(const struct thread *thread, uint64_t ticks)
{
	return ticks * COST_FRACTION - thread->call_sums->taken;
}

/* Takes so much out of the thread's own time, and of the stack that it runs on. */
static inline void
call_sums_take(struct thread *thread, struct calls_stack *stack, uint64_t fractions)
{
	stack->taken = thread->call_sums->taken += fractions;
}

/* Returns the begin by the thread's own time, for the end. */
static inline uint64_t
call_sums_enter(struct thread *thread, uint32_t node, uint64_t ticks)
{
	struct pool_call_tally *tally = call_sums_of(thread, node);
	const uint64_t start = call_sums_time(thread, ticks);

	tally->total -= start;
	tally->open++;
	tally->count++;
	return start;
}

static inline void
call_sums_leave(struct thread *thread, struct calls_stack *stack, const struct calls_entry *entry,
	uint64_t ticks, bool jumped)
{
	struct pool_call_tally *tally = call_sums_of(thread, entry->node);
	const uint64_t end = call_sums_time(thread, ticks) - thread->calls.cost.inside;
	/* As good as nothing, and as often below 0 as above: not a thing to predict a branch by. */
	const int64_t fractions = (int64_t)(end - entry->start);
	const uint64_t total = (uint64_t)(fractions & ~(fractions >> 63)) / COST_FRACTION;

	call_sums_take(thread, stack, thread->calls.cost.pair[jumped]);
	tally->total += end;
	tally->open--;
	if (total < tally->min)
		tally->min = total;
	if (total > tally->max)
		tally->max = total;
}

/* The thread goes on with a stack: calls that another one left open on it get this one's time. */
void call_sums_take_over(struct thread *thread, struct calls_stack *stack);

/*
 * A hook was left in the middle: of one call the begin or end may be in the sums only in part. What
 * is open is known from the stacks, unless begins and ends have got into different sums.
 */
void call_sums_mend(struct thread *thread);

#endif
