/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A tiny function (tiny.h) is called in a loop, once with the real hooks at its entry and exit and
 * once with none; the difference is what tracing adds. The hooks write into a scratch chunk,
 * onwards as in a real one, by way of a thread state made for this.
 *
 * The median of many short batches is taken, because the program's calls too meet the machine as it
 * mostly is. Half the distance between the quartiles is the uncertainty.
 *
 * The machine's speed changes with what else runs on it, within parts of a millisecond and by half.
 * So while a thread makes traced calls it goes on measuring, a hundredth of its time.
 *
 * Of memory profiling an allocation and its free are measured in the same way, without the
 * allocator: what the hooks do around it.
 */
#include "calibrate.h"
#include <stddef.h>
#include <string.h>
#include "calls.h"
#include "heap.h"
#include "modules.h"
#include "session.h"
#include "thread.h"
#include "tiny.h"
#include "forbid.h"

enum {
	BATCHES = 48,
	CALLS = 64,
	WARM_CALLS = 8,
	BATCH_SPANS = WARM_CALLS + CALLS,
	CALLS_AGAIN = 24,
	SHARE = 128,	 /* of the time is spent on measuring again */
	TOLD_EVERY = 64, /* measurements, in summary mode */
	MEMORY_BATCHES = 24,
	PAIRS = 32,
	FRAMES = 8,
	RECENT = 3, /* measurements of which the middle one counts */
};

__thread struct thread *calibrate_self __attribute__((tls_model("initial-exec")));

/* ---- a thread that writes nowhere ---- */

struct scratch {
	struct thread thread;
	struct calls_stack stack;
	struct calls_entry entries[4];
	struct pool_chunk chunk __attribute__((aligned(64)));
	uint8_t payload[POOL_PAYLOAD_BYTES];
	uint8_t tallies[POOL_PAYLOAD_BYTES], sums[POOL_PAYLOAD_BYTES];
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
	thread->calls.measure_ticks = UINT64_MAX;
	thread->writer.chunk = &scratch->chunk;
	thread->writer.at = scratch->payload;
	thread->writer.limit = scratch->payload + POOL_PAYLOAD_BYTES - RECORD_HOT_BYTES;
	record_state_init(&thread->writer.state, session_ticks());
}

/* Ticks that one batch of calls takes. */
static __attribute__((noinline)) uint64_t
run_batch(struct scratch *scratch, tiny *function, int calls)
{
	scratch->entries[1].sp = (uint64_t)__builtin_frame_address(0);
	for (int i = 0; i < WARM_CALLS; i++)
		function();
	const uint64_t start = session_ticks();

	for (int i = 0; i < calls; i++)
		function();
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
run_traced(struct scratch *scratch, bool jumping, uint64_t turn, int calls)
{
	/* As it was before a handler may have jumped out of the last one. */
	scratch->thread.gate = THREAD_READY;
	scratch->stack.depth = 1;
	calibrate_self = &scratch->thread;
	return run_batch(scratch, tiny_traced[jumping][turn % TINY_TURNS], calls);
}

/* Ticks between the two stamps of each call, by batch; sums of those that are not to warm up. */
struct spans {
	struct record_state state;
	int count;
	uint64_t ticks[BATCHES];
};

static void
add_span(struct spans *spans, uint64_t ticks)
{
	const int batch = spans->count / BATCH_SPANS, call = spans->count % BATCH_SPANS;

	spans->count++;
	if (batch < BATCHES && call >= WARM_CALLS)
		spans->ticks[batch] += ticks;
}

/* Takes the calls out of the scratch chunk, which begins anew. */
static void
take_spans(struct scratch *scratch, struct spans *spans)
{
	struct writer *writer = &scratch->thread.writer;
	const uint8_t *at = scratch->payload;
	struct record record;
	uint64_t entered = 0;

	record_state_init(&spans->state, 0);
	while (at && at < writer->at) {
		at = record_parse(&spans->state, at, writer->at, &record);
		if (at && record.kind == RECORD_ENTER)
			entered = record.ticks;
		else if (at && record.kind == RECORD_EXIT)
			add_span(spans, record.ticks - entered);
	}
	writer->at = scratch->payload;
	record_state_init(&writer->state, session_ticks());
}

/* Whether a batch's records fit, however long they get. */
static bool
has_room(const struct scratch *scratch)
{
	const struct writer *writer = &scratch->thread.writer;

	return writer->limit - writer->at > 2 * BATCH_SPANS * RECORD_HOT_BYTES;
}

static void
measure(struct scratch *scratch, bool jumping, uint64_t *numbers)
{
	static uint64_t traced[BATCHES], plain[BATCHES];
	static struct spans spans;

	memset(&spans, 0, sizeof(spans));
	for (int i = 0; i < BATCHES; i++) {
		if (!has_room(scratch))
			take_spans(scratch, &spans);
		plain[i] = run_batch(scratch, tiny_plain, CALLS) * COST_FRACTION / CALLS;
		traced[i] =
			run_traced(scratch, jumping, (uint64_t)i, CALLS) * COST_FRACTION / CALLS;
	}
	take_spans(scratch, &spans);
	sort(spans.ticks, BATCHES);
	sort(traced, BATCHES);
	sort(plain, BATCHES);
	const uint64_t usual = plain[BATCHES / 2];
	const uint64_t span = spans.ticks[BATCHES / 2] * COST_FRACTION / CALLS;

	numbers[COST_PAIR] = less(traced[BATCHES / 2], usual);
	numbers[COST_UNCERTAINTY] = (traced[BATCHES * 3 / 4] - traced[BATCHES / 4]) / 2;
	/* What the plain call takes is the program's, wherever the stamps fall. */
	numbers[COST_INSIDE] = span ? less(span, usual) : numbers[COST_PAIR] / 2;
	if (numbers[COST_INSIDE] > numbers[COST_PAIR])
		numbers[COST_INSIDE] = numbers[COST_PAIR];
}

/* What the first measurement found; inherited by forks. */
static uint64_t first_numbers[COST_NUMBERS];
static uint64_t first_left_out;

static void
tell(struct writer *writer, struct scratch *scratch, uint64_t kind)
{
	uint64_t numbers[COST_NUMBERS] = {[COST_SUMMARY] = kind};
	uint64_t jumping[COST_NUMBERS];

	measure(scratch, true, jumping);
	measure(scratch, false, numbers);
	numbers[COST_JUMPED] = jumping[COST_PAIR];
	if (kind <= 1)
		memcpy(first_numbers, numbers, sizeof(numbers));
	else
		first_left_out = numbers[COST_PAIR];
	writer_emit(writer, RECORD_COST, numbers, COST_NUMBERS, NULL, 0);
}

/* From here on calls on the scratch stack are left out, as options have it. */
static void
limit_scratch(struct scratch *scratch)
{
	scratch->stack.limited = true;
	scratch->stack.pending = 2;
	if (session.pool->options.min_duration_ns)
		scratch->stack.min_ticks = UINT64_MAX;
	else
		scratch->stack.max_depth = 1;
}

/* NULL: there is no memory for it. */
static struct scratch *
make_scratch(void)
{
	struct scratch *scratch = session_map_wiped(sizeof(*scratch));

	if (!scratch)
		return NULL;
	if (!session.pool->options.detail && unwind_init(&scratch->thread.unwinder))
		scratch->thread.call_sums = (struct pool_call_sums *)scratch->tallies;
	init_scratch(scratch);
	return scratch;
}

static void
measure_first(struct writer *writer)
{
	const struct options *options = &session.pool->options;

	if (exchange_acq_rel(&session.process->calibrated, 1))
		return;
	struct scratch *scratch = make_scratch();

	if (!scratch)
		return;
	run_traced(scratch, true, 0, CALLS);
	run_traced(scratch, false, 0, CALLS);
	/* What stacks lead through is told to the reader, not to the scratch chunk. */
	modules_announce(writer);
	tell(writer, scratch, !options->detail);
	if (options->min_duration_ns || options->max_depth) {
		limit_scratch(scratch);
		tell(writer, scratch, 3);
	}
	system_unmap(scratch, sizeof(*scratch));
}

/* ---- again ---- */

/* The last measurements, as parts of the first; and the sum of what they made known, not yet told.
 */
struct calibration {
	struct scratch *scratch;
	uint64_t recent[RECENT], count;
	uint64_t sum, summed;
};

/* NULL: there is no memory for it. */
static struct calibration *
calibration_of(struct thread *thread)
{
	struct calibration *calibration = thread->calls.calibration;

	if (calibration)
		return calibration;
	calibration = session_map_wiped(sizeof(*calibration));
	if (!calibration)
		return NULL;
	calibration->scratch = make_scratch();
	if (!calibration->scratch) {
		system_unmap(calibration, sizeof(*calibration));
		return NULL;
	}
	return thread->calls.calibration = calibration;
}

static void
start_with_first(struct calibration *calibration)
{
	for (int i = 0; i < RECENT; i++)
		calibration->recent[i] = COST_FRACTION;
}

/* The middle one of the last: a batch that was interrupted counts for nothing. */
static uint64_t
recent_part(const struct calibration *calibration)
{
	uint64_t values[RECENT];

	memcpy(values, calibration->recent, sizeof(values));
	sort(values, RECENT);
	return values[RECENT / 2];
}

/* All that a call costs grows and shrinks alike. */
static void
set_cost(struct calls *calls, uint64_t part)
{
	calls->cost = (struct calls_cost){
		.pair = {first_numbers[COST_PAIR] * part / COST_FRACTION,
			first_numbers[COST_JUMPED] * part / COST_FRACTION},
		.inside = first_numbers[COST_INSIDE] * part / COST_FRACTION,
		.left_out = first_left_out * part / COST_FRACTION,
	};
}

static void
set_next(struct calls *calls, uint64_t now)
{
	const uint64_t batch = CALLS_AGAIN * calls->cost.pair[false] / COST_FRACTION;

	calls->measure_ticks = now + SHARE * (batch ? batch : CALLS_AGAIN);
}

void
calibrate_again(struct thread *thread, uint64_t now)
{
	struct calibration *calibration = calibration_of(thread);

	thread->calls.measure_ticks = UINT64_MAX;
	if (!calibration)
		return;
	set_next(&thread->calls, now);
	/* Another thread is about to find the first. */
	if (!first_numbers[COST_PAIR])
		return;
	struct scratch *scratch = calibration->scratch;
	const uint64_t count = calibration->count++;

	if (!count)
		start_with_first(calibration);
	scratch->thread.writer.at = scratch->payload;
	/* The kind that the thread's last exit was of. */
	const bool jumping = thread->calls.jumped;
	const uint64_t first = first_numbers[jumping ? COST_JUMPED : COST_PAIR];
	const uint64_t plain = run_batch(scratch, tiny_plain, CALLS_AGAIN);
	const uint64_t traced = run_traced(scratch, jumping, count, CALLS_AGAIN);

	calibration->recent[count % RECENT] = less(traced, plain) * COST_FRACTION / CALLS_AGAIN *
					      COST_FRACTION / (first ? first : 1);
	set_cost(&thread->calls, recent_part(calibration));
	calibration->sum += recent_part(calibration);
	calibration->summed++;
}

void
calibrate_tell(struct thread *thread)
{
	struct calibration *calibration = thread->calls.calibration;
	uint64_t numbers[COST_NUMBERS];

	if (!calibration || calibration->summed < (thread->call_sums ? TOLD_EVERY : 1))
		return;
	memcpy(numbers, first_numbers, sizeof(numbers));
	for (int i = COST_PAIR; i <= COST_INSIDE; i++)
		numbers[i] = numbers[i] * calibration->sum / calibration->summed / COST_FRACTION;
	numbers[COST_JUMPED] =
		numbers[COST_JUMPED] * calibration->sum / calibration->summed / COST_FRACTION;
	calibration->sum = calibration->summed = 0;
	writer_emit(&thread->writer, RECORD_COST, numbers, COST_NUMBERS, NULL, 0);
}

void
calibrate_begin(struct thread *thread)
{
	if (!first_numbers[COST_PAIR])
		measure_first(&thread->writer);
	if (thread->calls.calibration)
		thread->calls.calibration->count = 0;
	set_cost(&thread->calls, COST_FRACTION);
	set_next(&thread->calls, session_ticks());
}

/* ---- memory ---- */

/* One allocation and its free, as the hooks record them; before that, whose call path is told. */
static __attribute__((noinline)) void
allocate(struct scratch *scratch, struct writer *announcer, unsigned place)
{
	const struct frame frame = arch_caller();
	void *block = &scratch->tallies[place % 64 * 16];
	const size_t size = 48 + session.min_size_bytes;

	if (announcer) {
		unwind_capture(&scratch->thread.unwinder, announcer, frame, false);
		return;
	}
	heap_allocated(frame, block, size);
	heap_released(frame, block, 0);
}

/* Some frames deep, as programs are where they allocate, and from two places in turn. */
static __attribute__((noinline)) void
allocate_deep(struct scratch *scratch, struct writer *announcer, unsigned frames)
{
	if (frames) {
		allocate_deep(scratch, announcer, frames - 1);
		__asm__ volatile("");
		return;
	}
	for (unsigned i = 0; i < PAIRS; i += 2) {
		allocate(scratch, announcer, i);
		allocate(scratch, announcer, i + 1);
	}
}

static uint64_t
run_memory_batch(struct scratch *scratch)
{
	struct thread *own = thread_self;

	thread_self = &scratch->thread;
	const uint64_t start = session_ticks();

	allocate_deep(scratch, NULL, FRAMES);
	const uint64_t ticks = session_ticks() - start;

	thread_self = own;
	return ticks;
}

static void
measure_memory(struct scratch *scratch, uint64_t *numbers)
{
	uint64_t ticks[MEMORY_BATCHES];

	for (int i = 0; i < MEMORY_BATCHES; i++) {
		scratch->thread.writer.at = scratch->payload;
		ticks[i] = run_memory_batch(scratch) * COST_FRACTION / PAIRS;
	}
	sort(ticks, MEMORY_BATCHES);
	numbers[COST_PAIR] = ticks[MEMORY_BATCHES / 2];
	numbers[COST_UNCERTAINTY] = (ticks[MEMORY_BATCHES * 3 / 4] - ticks[MEMORY_BATCHES / 4]) / 2;
}

void
calibrate_memory(struct writer *writer)
{
	uint64_t numbers[COST_NUMBERS] = {[COST_SUMMARY] = 2};
	struct scratch *scratch = session_map_wiped(sizeof(*scratch));

	if (!scratch)
		return;
	init_scratch(scratch);
	if (unwind_init(&scratch->thread.unwinder)) {
		/* Twice: the second time the modules are known, too. */
		allocate_deep(scratch, writer, FRAMES);
		modules_announce(writer);
		allocate_deep(scratch, writer, FRAMES);
		if (!session.pool->options.detail)
			scratch->thread.tallies = (struct pool_tally *)scratch->sums;
		measure_memory(scratch, numbers);
		writer_emit(writer, RECORD_COST, numbers, COST_NUMBERS, NULL, 0);
	}
	system_unmap(scratch, sizeof(*scratch));
}
