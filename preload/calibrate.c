/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A tiny function is called in a loop, once with the real hooks at its entry and exit and once with
 * hooks that do nothing, as libc's own do where nobody profiles; the difference is what tracing
 * adds. The hooks write into a scratch chunk, by way of a thread state made for this.
 *
 * The least of many batches is taken: whatever else ran made a batch longer, never shorter. Half
 * the distance from there to the median is the uncertainty.
 */
#include "calibrate.h"
#include <stddef.h>
#include "calls.h"
#include "modules.h"
#include "session.h"
#include "thread.h"
#include "forbid.h"

enum {
	BATCHES = 48,
	CALLS = 64,
	FRACTION = 256
};

typedef void hook(void *function, void *call_site);

static __attribute__((noinline)) void
hook_nothing(void *function, void *call_site)
{
	__asm__ volatile("");
}

static __attribute__((noinline)) void
tiny(hook *volatile *enter, hook *volatile *leave)
{
	(*enter)((void *)&tiny, __builtin_return_address(0));
	(*leave)((void *)&tiny, __builtin_return_address(0));
	__asm__ volatile("");
}

/* ---- a thread that writes nowhere ---- */

struct scratch {
	struct thread thread;
	struct calls_stack stack;
	struct calls_entry entries[4];
	struct pool_chunk chunk __attribute__((aligned(64)));
	uint8_t payload[POOL_PAYLOAD_BYTES];
	uint8_t tallies[POOL_PAYLOAD_BYTES];
};

/* Nothing traced but the caller of the batch, of which run_batch() fills in the rest. */
static void
rewind_scratch(struct scratch *scratch)
{
	struct thread *thread = &scratch->thread;

	scratch->stack = (struct calls_stack){
		.base = UINT64_MAX,
		.user = thread,
		.capacity = 4,
		.depth = 1,
		.entries = scratch->entries,
	};
	scratch->entries[1].slot = &scratch->entries[1].word;
	thread->gate = THREAD_READY;
	thread->calls.stack = &scratch->stack;
	thread->writer.chunk = &scratch->chunk;
	thread->writer.at = scratch->payload;
	thread->writer.limit = scratch->payload + POOL_PAYLOAD_BYTES - RECORD_HOT_BYTES;
	record_state_init(&thread->writer.state, session_ticks());
}

/* Ticks that one batch of calls takes. */
static __attribute__((noinline)) uint64_t
run_batch(struct scratch *scratch, hook *enter, hook *leave)
{
	hook *volatile e = enter, *volatile l = leave;

	scratch->entries[1].sp = (uint64_t)__builtin_frame_address(0);
	const uint64_t start = session_ticks();

	for (int i = 0; i < CALLS; i++)
		tiny(&e, &l);
	return session_ticks() - start;
}

/* Mean ticks between the two stamps of the calls just traced, in 256ths. */
static uint64_t
mean_span(const struct scratch *scratch)
{
	static struct record_state state;
	struct record record;
	const uint8_t *at = scratch->payload, *end = scratch->thread.writer.at;
	uint64_t entered = 0, sum = 0;

	record_state_init(&state, 0);
	while (at && at < end) {
		at = record_parse(&state, at, end, &record);
		if (at && record.kind == RECORD_ENTER)
			entered = record.ticks;
		else if (at && record.kind == RECORD_EXIT)
			sum += record.ticks - entered;
	}
	return sum * FRACTION / CALLS;
}

/* ---- measuring ---- */

static void
sort(uint64_t *values)
{
	for (int i = 1; i < BATCHES; i++)
		for (int j = i; j > 0 && values[j - 1] > values[j]; j--) {
			const uint64_t swap = values[j];

			values[j] = values[j - 1];
			values[j - 1] = swap;
		}
}

static uint64_t
less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* In 256ths of a tick for a call, in the scratch thread. */
static uint64_t
run_traced(struct scratch *scratch)
{
	struct thread *own = thread_self;

	rewind_scratch(scratch);
	thread_self = &scratch->thread;
	const uint64_t ticks = run_batch(scratch, calls_enter, calls_exit);

	thread_self = own;
	return ticks * FRACTION / CALLS;
}

static void
measure(struct scratch *scratch, uint64_t *numbers)
{
	static uint64_t traced[BATCHES], plain[BATCHES];
	uint64_t span = UINT64_MAX;

	for (int i = 0; i < BATCHES; i++) {
		plain[i] = run_batch(scratch, hook_nothing, hook_nothing) * FRACTION / CALLS;
		traced[i] = run_traced(scratch);
		const uint64_t one = mean_span(scratch);

		if (!scratch->thread.call_tallies && one && one < span)
			span = one;
	}
	sort(traced);
	sort(plain);
	numbers[COST_PAIR] = less(traced[0], plain[0]);
	numbers[COST_UNCERTAINTY] = less(traced[BATCHES / 2], traced[0]) / 2;
	/* What the plain call takes is the program's, wherever the stamps fall. */
	numbers[COST_INSIDE] = span == UINT64_MAX ? numbers[COST_PAIR] / 2 : less(span, plain[0]);
	if (numbers[COST_INSIDE] > numbers[COST_PAIR])
		numbers[COST_INSIDE] = numbers[COST_PAIR];
}

static void
hold_announcements(void)
{
	while (exchange_acq_rel(&session.process->announcing, 1))
		;
}

static void
release_announcements(void)
{
	store_release(&session.process->announcing, 0);
}

void
calibrate_once(struct writer *writer)
{
	uint64_t numbers[COST_NUMBERS] = {[COST_SUMMARY] = !session.pool->options.detail};

	if (exchange_acq_rel(&session.process->calibrated, 1))
		return;
	struct scratch *scratch = session_map_wiped(sizeof(*scratch));

	if (!scratch)
		return;
	if (!session.pool->options.detail && unwind_init(&scratch->thread.unwinder))
		scratch->thread.call_tallies = (struct pool_call_tally *)scratch->tallies;
	/* What stacks lead through is told to the reader, not to the scratch chunk. */
	hold_announcements();
	run_traced(scratch);
	release_announcements();
	modules_announce(writer);
	hold_announcements();
	measure(scratch, numbers);
	release_announcements();
	system_unmap(scratch, sizeof(*scratch));
	writer_emit(writer, RECORD_COST, numbers, COST_NUMBERS, NULL, 0);
}
