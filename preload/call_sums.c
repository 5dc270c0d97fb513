/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "call_sums.h"
#include <stddef.h>
#include "forbid.h"

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
	*tally = (struct pool_call_tally){.node = node, .min = UINT64_MAX};
}

void
call_sums_take_over(struct thread *thread, struct calls_stack *stack)
{
	const uint64_t later = stack->taken - thread->call_sums->taken;

	for (uint32_t i = stack->depth; i > 0; i--) {
		struct calls_entry *entry = &stack->entries[i];

		entry->start += later;
		if (entry->node)
			call_sums_of(thread, entry->node)->total -= later;
	}
}
