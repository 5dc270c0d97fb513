/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Very many threads, and threads that are over. */
#include <criterion/criterion.h>

#include "collector_run.h"
#include "members.h"
#include "model/state.h"

TestSuite(collector_threads, .init = set_up, .fini = tear_down);

Test(collector_threads, thousands_of_threads_give_their_decoders_back)
{
	enum {
		THREADS = 3000
	};
	static struct fake_thread threads[THREADS];
	const uint64_t ticks = past();

	fake_run_fini(&fake);
	fake_run_init(&fake);
	collector_free(collector);
	collector = fake_collector(&fake);
	for (unsigned i = 0; i < THREADS; i++) {
		threads[i] = fake_thread_make(&fake, 1, self, i + 1);
		if (i % 200 == 0)
			poll_times(1); /* raises the limit */
		fake_alloc(&threads[i], ticks + i, 1, 100, A + i * (uint64_t)4096);
	}
	poll_times(1);
	cr_assert_leq(collector->source.decoders, 256);
	for (unsigned i = 0; i < THREADS; i++)
		fake_free(&threads[i], ticks + THREADS + i, A + i * (uint64_t)4096, 0);
	poll_times(1);
	struct run *run = collector_finish(collector);

	cr_assert_eq(run->peak_bytes, 100 * THREADS);
	cr_assert_eq(heap_of(run, 1)->leaked.count, 0);
	cr_assert_eq(run->broken_chunks, 0);
	run_free(run);
}

static void
end_thread(struct fake_thread *thread, uint64_t ticks)
{
	const uint64_t numbers[] = {ticks};

	fake_extended(thread, RECORD_THREAD_END, numbers, 1, NULL, 0);
	thread->chunk->last = 1;
	fake_retire(thread);
}

static const struct member *
member_of(uint32_t process)
{
	return g_hash_table_lookup(collector->members, GUINT_TO_POINTER(process));
}

Test(collector_threads, threads_that_are_over_leave_nothing_but_sums)
{
	enum {
		THREADS = 5000
	};
	struct fake_thread first = fake_thread_make(&fake, 1, self, 1);
	const uint64_t ticks = past();
	uint64_t threads = 0, allocated = 0;

	fake_alloc(&first, ticks, 1, 100, A);
	for (uint32_t i = 2; i < THREADS + 2; i++) {
		struct fake_thread thread = fake_thread_make(&fake, 1, self, i);

		fake_alloc(&thread, ticks + i, 1, 100, A + i * (uint64_t)4096);
		end_thread(&thread, ticks + i);
		if (i % 50 == 0)
			poll_times(1);
	}
	poll_times(3);
	cr_expect_eq(g_hash_table_size(member_of(1)->lanes), 1);
	cr_expect_eq(collector->ending->len, 0);
	struct run *run = collector_finish(collector);
	const struct process *process = find_process(run, 1);

	cr_expect_lt(process->threads->len, THREADS / 2);
	for (guint i = 0; i < process->threads->len; i++) {
		const struct thread *thread = g_ptr_array_index(process->threads, i);

		threads += thread->number ? 1 : thread->together;
		allocated += thread->memory[MEMORY_HEAP].allocated.count;
	}
	cr_expect_eq(threads, THREADS + 1);
	cr_expect_eq(allocated, THREADS + 1);
	cr_expect_eq(heap_of(run, 1)->at_peak.bytes, 100 * (THREADS + 1));
	run_free(run);
}

/* The scan has passed the first one when the thread goes on, and finds the second one after all. */
Test(collector_threads, a_chunk_that_was_seen_in_part_is_read_to_its_end_after_the_last_one)
{
	struct fake_thread thread = fake_thread_make(&fake, 1, self, 2), later;
	const uint64_t ticks = past();

	fake_alloc(&thread, ticks, 1, 100, A);
	later = thread;
	later.chunk = NULL;
	fake_alloc(&later, ticks + 100, 1, 100, B);
	end_thread(&later, ticks + 200);
	poll_times(1);
	fake_alloc(&thread, ticks + 50, 1, 100, A + 4096);
	fake_retire(&thread);
	poll_times(4);
	cr_expect_eq(g_hash_table_size(member_of(1)->lanes), 0);
	struct run *run = collector_finish(collector);

	cr_expect_eq(run->broken_chunks, 0);
	cr_expect_eq(heap_of(run, 1)->allocated.count, 3);
	run_free(run);
}

static void
run_thread(uint32_t number, uint64_t sequence, uint64_t ticks, uint64_t address)
{
	struct fake_thread thread = fake_thread_make(&fake, 1, self, number);

	thread.sequence = sequence;
	for (unsigned i = 0; i < 3; i++)
		fake_alloc(&thread, ticks, 1 + i, 100, address + (uint64_t)64 * i);
	end_thread(&thread, ticks);
}

/* Of a program that writes over its pool. */
Test(collector_threads, threads_that_go_on_after_their_last_chunk_do_no_harm)
{
	enum {
		THREADS = 5000
	};
	const uint64_t ticks = past();

	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 1; i <= THREADS; i++) {
			run_thread(i, round, ticks + i, A + (round * THREADS + i) * (uint64_t)4096);
			if (i % 50 == 0)
				poll_times(1);
		}
		poll_times(3);
	}
	struct run *run = collector_finish(collector);

	cr_expect_eq(run->peak_bytes, 3 * 3 * 100 * THREADS);
	run_free(run);
}

/* Its sums come in chunks of their own, that may be full a little later. */
Test(collector_threads, a_thread_is_not_over_before_its_sums_were_taken)
{
	struct fake_thread thread = fake_thread_make(&fake, 1, self, 1);
	struct fake_thread tally = fake_thread_make(&fake, 1, self, 1);
	struct pool_tally *entries;

	fake_bytes(&tally, (const uint8_t *)"", 0);
	tally.chunk->kind = POOL_TALLY;
	entries = (struct pool_tally *)(void *)pool_payload(tally.chunk);
	end_thread(&thread, past());
	poll_times(3);
	cr_expect_eq(g_hash_table_size(member_of(1)->lanes), 1);
	entries[0] = (struct pool_tally){.node = 0, .count = 3};
	fake_retire(&tally);
	poll_times(3);
	cr_expect_eq(g_hash_table_size(member_of(1)->lanes), 0);
	struct run *run = collector_finish(collector);

	cr_expect_eq(find_process(run, 1)->threads->len, 1);
	cr_expect_eq(heap_of(run, 1)->freed.count, 3);
	run_free(run);
}
