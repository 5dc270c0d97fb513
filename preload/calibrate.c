/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A tiny function is called in a loop, once with the real hooks at its entry and exit and once with
 * none; the difference is what tracing adds. The hooks write into a scratch chunk, onwards as in a
 * real one, by way of a thread state made for this.
 *
 * The median of many short batches is taken, because the program's calls too meet the machine as it
 * mostly is. Half the distance between the quartiles is the uncertainty.
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
tiny(hook *volatile *enter, hook *volatile *leave)
{
	(*enter)((void *)&tiny, __builtin_return_address(0));
	__asm__ volatile("");
	(*leave)((void *)&tiny, __builtin_return_address(0));
}

static __attribute__((noinline)) void
tiny_plain(void)
{
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

/* Nothing is traced but the caller of the batch, of which run_traced_batch() fills in the rest. */
static void
init_scratch(struct scratch *scratch)
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
run_traced_batch(struct scratch *scratch)
{
	hook *volatile enter = calls_enter, *volatile leave = calls_exit;

	scratch->entries[1].sp = (uint64_t)__builtin_frame_address(0);
	const uint64_t start = session_ticks();

	for (int i = 0; i < CALLS; i++)
		tiny(&enter, &leave);
	return session_ticks() - start;
}

static __attribute__((noinline)) uint64_t
run_plain_batch(void)
{
	const uint64_t start = session_ticks();

	for (int i = 0; i < CALLS; i++)
		tiny_plain();
	return session_ticks() - start;
}

/* ---- measuring ---- */

static void
sort(uint64_t *values, int count)
{
	for (int gap = count / 2; gap > 0; gap /= 2)
		for (int i = gap; i < count; i++)
			for (int j = i; j >= gap && values[j - gap] > values[j]; j -= gap) {
				const uint64_t swap = values[j];

				values[j] = values[j - gap];
				values[j - gap] = swap;
			}
}

static uint64_t
less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static uint64_t
run_traced(struct scratch *scratch)
{
	struct thread *own = thread_self;

	thread_self = &scratch->thread;
	const uint64_t ticks = run_traced_batch(scratch);

	thread_self = own;
	return ticks;
}

/* The median of the ticks between the two stamps of the calls in the chunk; 0: there are none. */
static uint64_t
median_span(const struct scratch *scratch)
{
	static struct record_state state;
	static uint64_t spans[BATCHES * CALLS];
	const uint8_t *at = scratch->payload, *end = scratch->thread.writer.at;
	struct record record;
	uint64_t entered = 0;
	int count = 0;

	record_state_init(&state, 0);
	while (at && at < end) {
		at = record_parse(&state, at, end, &record);
		if (at && record.kind == RECORD_ENTER)
			entered = record.ticks;
		else if (at && record.kind == RECORD_EXIT && count < BATCHES * CALLS)
			spans[count++] = record.ticks - entered;
	}
	sort(spans, count);
	return count ? spans[count / 2] : 0;
}

static void
measure(struct scratch *scratch, uint64_t *numbers)
{
	static uint64_t traced[BATCHES], plain[BATCHES];

	for (int i = 0; i < BATCHES; i++) {
		plain[i] = run_plain_batch() * FRACTION / CALLS;
		traced[i] = run_traced(scratch) * FRACTION / CALLS;
	}
	sort(traced, BATCHES);
	sort(plain, BATCHES);
	const uint64_t usual = plain[BATCHES / 2], span = median_span(scratch) * FRACTION;

	numbers[COST_PAIR] = less(traced[BATCHES / 2], usual);
	numbers[COST_UNCERTAINTY] = (traced[BATCHES * 3 / 4] - traced[BATCHES / 4]) / 2;
	/* What the plain call takes is the program's, wherever the stamps fall. */
	numbers[COST_INSIDE] = span ? less(span, usual) : numbers[COST_PAIR] / 2;
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
	init_scratch(scratch);
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
