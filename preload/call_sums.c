/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "call_sums.h"
#include <stddef.h>
#include "call_stacks.h"
#include "session.h"
#include "forbid.h"

/* Of some path a begin and its end are in different tables, or a table and a record. */
static bool is_split;

static void
push_out(struct thread *thread, const struct pool_call_tally *tally)
{
	uint64_t numbers[CALL_TALLY_NUMBERS] = {
		[CALL_TALLY_NODE] = tally->node,
		[CALL_TALLY_COUNT] = tally->count,
		[CALL_TALLY_TOTAL] = tally->total,
		[CALL_TALLY_MIN] = tally->min,
		[CALL_TALLY_MAX] = tally->max,
		[CALL_TALLY_OPEN] = tally->open,
	};

	writer_emit(&thread->writer, RECORD_CALL_TALLY, numbers, CALL_TALLY_NUMBERS, NULL, 0);
}

__attribute__((noinline)) void
call_sums_replace(struct thread *thread, struct pool_call_tally *tally, uint32_t node)
{
	if (tally->node && (tally->count || tally->open))
		push_out(thread, tally);
	if (tally->open)
		store_relaxed(&is_split, true);
	*tally = (struct pool_call_tally){.node = node, .min = UINT64_MAX};
}

void
call_sums_take_over(struct thread *thread, struct calls_stack *stack)
{
	const uint64_t later = stack->taken - thread->call_sums->taken;

	stack->taken = thread->call_sums->taken;
	if (load_relaxed(&stack->user) == thread || !stack->depth)
		return;
	store_relaxed(&is_split, true);
	for (uint32_t i = stack->depth; i > 0; i--) {
		struct calls_entry *entry = &stack->entries[i];

		entry->start += later;
		if (entry->node)
			call_sums_of(thread, entry->node)->total -= later;
	}
}

/* ---- hooks that were left in the middle ---- */

/* Whether the calls of a path took so long in a thread, the open ones until now. */
static bool
is_possible(uint64_t total, uint64_t most)
{
	return total + most < 2 * most;
}

/* By place in the thread's table: how many entries of the path are on its stacks. */
static void
count_open(const struct thread *thread, uint32_t *count)
{
	const struct pool_call_tally *tally = thread->call_sums->tally;

	for (const struct calls_stack *stack = call_stacks_first(); stack;
		stack = call_stacks_next(stack)) {
		const bool is_own = load_relaxed(&stack->user) == thread;

		for (uint32_t i = is_own ? stack->depth : 0; i > 0; i--) {
			const uint32_t node = stack->entries[i].node;

			/* 0: it is not recorded. */
			count[node % POOL_CALL_TALLIES] +=
				node && tally[node % POOL_CALL_TALLIES].node == node;
		}
	}
}

/* A call whose begin is in the total, and whose end is not, ends now. */
void
call_sums_mend(struct thread *thread)
{
	const struct pool_chunk *chunk = pool_chunk_at(session.pool, thread->call_sums_chunk);
	const uint64_t ticks = session_ticks(), now = call_sums_time(thread, ticks);
	/* Each stack can have one call of a path open at a time. */
	const uint64_t most =
		(ticks - chunk->base_ticks) * COST_FRACTION * (call_stacks_count() + 1);
	uint32_t count[POOL_CALL_TALLIES] = {0};

	/* In a run as long as the time since the clock began nothing can be told. */
	if (load_relaxed(&is_split) || most > now / 2)
		return;
	count_open(thread, count);
	for (uint32_t i = 0; i < POOL_CALL_TALLIES; i++) {
		struct pool_call_tally *tally = &thread->call_sums->tally[i];

		tally->open = count[i];
		if (!is_possible(tally->total + count[i] * now, most) &&
			is_possible(tally->total + now + count[i] * now, most))
			tally->total += now;
	}
}
