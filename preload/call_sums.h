/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Summary mode of tracing: sums per call path, kept in the pool itself and with no record per call.
 *
 * A call is counted when it begins, and the time of its begin is taken off the total then, to which
 * its end is added later: of calls that are still open when the process ends, however it does, the
 * reader adds the end.
 */
#ifndef THAG_PRELOAD_CALL_SUMS_H
#define THAG_PRELOAD_CALL_SUMS_H

#include "thread.h"

/* Gives the place of another node's sums to `node`. */
void call_sums_replace(struct thread *thread, struct pool_call_tally *tally, uint32_t node);

static inline struct pool_call_tally *
call_sums_of(struct thread *thread, uint32_t node)
{
	struct pool_call_tally *tally = &thread->call_tallies[node % POOL_CALL_TALLIES];

	if (unlikely(tally->node != node))
		call_sums_replace(thread, tally, node);
	return tally;
}

static inline void
call_sums_enter(struct thread *thread, uint32_t node, uint64_t ticks)
{
	struct pool_call_tally *tally = call_sums_of(thread, node);

	tally->total -= ticks;
	tally->open++;
	tally->count++;
}

static inline void
call_sums_leave(struct thread *thread, uint32_t node, uint64_t start, uint64_t ticks)
{
	struct pool_call_tally *tally = call_sums_of(thread, node);
	const uint64_t total = ticks > start ? ticks - start : 0;

	tally->total += start + total;
	tally->open--;
	if (total < tally->min)
		tally->min = total;
	if (total > tally->max)
		tally->max = total;
}

#endif
