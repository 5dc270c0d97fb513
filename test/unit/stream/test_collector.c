/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* From records in a pool to the finished run. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collector_run.h"
#include "fake_symbolizer.h"
#include "members.h"
#include "model/state.h"
#include "reader.h"

TestSuite(collector, .init = set_up, .fini = tear_down);

Test(collector, events_of_two_threads_are_taken_in_the_order_of_their_times)
{
	struct fake_thread one = fake_thread_make(&fake, 1, self, 1);
	struct fake_thread two = fake_thread_make(&fake, 1, self, 2);
	const uint64_t ticks = past();

	/* Each block lives for a moment on one thread and is freed on the other. */
	for (unsigned i = 0; i < 5000; i++) {
		fake_alloc(&one, ticks + 10 * i, 1, 100, A + 16 * (uint64_t)i);
		fake_free(&two, ticks + 10 * i + 5, A + 16 * (uint64_t)i, 0);
	}
	poll_times(2);
	struct run *run = collector_finish(collector);

	cr_assert_eq(run->peak_bytes, 100);
	cr_assert_eq(run->events, 10000);
	cr_assert_eq(find_process(run, 1)->frees_unknown, 0);
	cr_assert_eq(heap_of(run, 1)->leaked.count, 0);
	run_free(run);
}

static const struct call_row *
find_calls(const struct run *run, uint32_t thread, uint64_t function)
{
	const struct process *process = find_process(run, 1);

	for (unsigned i = 0; i < process->threads->len; i++) {
		const struct thread *of = g_ptr_array_index(process->threads, i);

		for (unsigned r = 0; of->number == thread && r < of->calls->len; r++) {
			const struct call_row *row = &g_array_index(of->calls, struct call_row, r);

			if (g_array_index(process->nodes, struct node, row->node).pc == function)
				return row;
		}
	}
	return NULL;
}

/* Calls may run ahead of what other threads do, and what needs the order has it. */
Test(collector, calls_run_ahead_but_not_of_a_section_that_watches_the_heap)
{
	enum {
		CALLS = 20000,
		SECTION_CALLS = 100,
	};
	const uint64_t section = RECORD_PC_NAMED | 1, pc = RECORD_PC_EXACT | MAIN_PC;
	struct fake_thread one = fake_thread_make(&fake, 1, self, 1);
	struct fake_thread two = fake_thread_make(&fake, 1, self, 2);
	const uint64_t ticks = fake_run_now() - 100 * CALLS - 1000 * 1000;

	for (uint64_t i = 0; i < CALLS; i++) {
		const uint64_t now = ticks + 100 * i;

		fake_enter(&one, now, MAIN_PC);
		fake_exit(&one, now + 50);
		/* The sections watch 5 and the blocks between them 1000 bytes. */
		if (i % SECTION_CALLS == 0)
			fake_enter(&two, now + 10, section);
		if (i % SECTION_CALLS == 1)
			fake_alloc(&one, now + 60, 1, 5, A);
		if (i % SECTION_CALLS == 2)
			fake_free(&one, now + 60, A, 0);
		if (i % SECTION_CALLS == 3)
			fake_exit(&two, now + 10);
		if (i % SECTION_CALLS == 4)
			fake_alloc(&one, now + 60, 1, 1000, B);
		if (i % SECTION_CALLS == 5)
			fake_free(&one, now + 60, B, 0);
		fake_enter(&two, now + 20, MAIN_PC);
		fake_exit(&two, now + 70);
		if (i % 1000 == 0)
			poll_times(1);
	}
	poll_times(2);
	struct run *run = collector_finish(collector);

	for (uint32_t thread = 1; thread <= 2; thread++) {
		const struct call_row *row = find_calls(run, thread, pc);

		cr_assert(row);
		cr_assert_gt(row->sums.calls, CALLS - 4 * CALLS / SECTION_CALLS);
		cr_assert_eq(row->sums.unfinished, 0);
	}
	cr_assert_eq(find_calls(run, 2, section)->sums.calls, CALLS / SECTION_CALLS);
	cr_assert_eq(find_calls(run, 2, section)->sums.peak_bytes, 5);
	cr_assert_eq(run->events, 4 * CALLS + 6 * (CALLS / SECTION_CALLS));
	run_free(run);
}

static void
count_alone(void *context, const struct model_event *event)
{
	unsigned *alone = context;

	(void)event;
	*alone += collector->merge.batched == 1;
}

/* While their order matters they come as events, many at a time. */
Test(collector, calls_within_a_section_do_not_come_one_by_one)
{
	enum {
		CALLS = 5000
	};
	static const struct model_sink sink = {
		.kinds = 1u << RECORD_ENTER | 1u << RECORD_EXIT, .event = count_alone};
	struct fake_thread one = fake_thread_make(&fake, 1, self, 1);
	struct fake_thread two = fake_thread_make(&fake, 1, self, 2);
	const uint64_t ticks = past();
	unsigned alone = 0;

	fake_enter(&one, ticks, RECORD_PC_NAMED | 1);
	poll_times(2);
	model_add_sink(collector->model, &sink, &alone);
	for (uint64_t i = 0; i < CALLS; i++) {
		fake_enter(&one, ticks + 40 * i + 10, MAIN_PC);
		fake_enter(&two, ticks + 40 * i + 20, MAIN_PC);
		fake_exit(&one, ticks + 40 * i + 30);
		fake_exit(&two, ticks + 40 * i + 40);
	}
	poll_times(2);
	struct run *run = collector_finish(collector);

	cr_expect_lt(alone, CALLS / 100);
	for (uint32_t thread = 1; thread <= 2; thread++)
		cr_expect_eq(find_calls(run, thread, RECORD_PC_EXACT | MAIN_PC)->sums.calls, CALLS);
	run_free(run);
}

Test(collector, a_poll_leaves_events_that_are_too_young)
{
	struct fake_thread thread = fake_thread_make(&fake, 1, self, 1);

	fake_alloc(&thread, past(), 1, 100, A);
	fake_alloc(&thread, fake_run_now() + (UINT64_C(1) << 36), 1, 50, B);
	poll_times(1);
	cr_assert_eq(model_events(collector->model), 1);
	cr_assert_eq(model_live_bytes(collector->model), 100);
	struct run *run = collector_finish(collector);

	/* At the end it counts, at the latest possible time. */
	cr_assert_eq(run->events, 2);
	cr_assert_leq(run->peak_ns, run->duration_ns);
	run_free(run);
}

Test(collector, an_event_that_shows_up_late_is_taken)
{
	struct fake_thread one = fake_thread_make(&fake, 1, self, 1);
	struct fake_thread two = fake_thread_make(&fake, 1, self, 2);
	const uint64_t ticks = past();

	fake_alloc(&one, ticks, 1, 100, A);
	fake_alloc(&two, ticks + 10, 1, 30, A + 64);
	poll_times(1);
	fake_alloc(&two, ticks + 20, 1, 50, B);
	fake_free(&one, ticks + 5000, A, 0);
	poll_times(1);
	fake_free(&two, ticks + 4000, B, 0);
	struct run *run = collector_finish(collector);

	cr_assert_eq(run->events, 5);
	cr_assert_eq(heap_of(run, 1)->leaked.bytes, 30);
	run_free(run);
}

Test(collector, chunks_go_by_sequence_whatever_their_place)
{
	struct fake_thread filler = fake_thread_make(&fake, 1, self, 9);
	struct fake_thread thread = fake_thread_make(&fake, 1, self, 1);
	const uint64_t ticks = past();

	/* Chunk 0 is taken, so the first of the thread lies behind the second. */
	fake_alloc(&filler, ticks, 1, 1, A + 0x10000);
	fake_alloc(&thread, ticks, 1, 100, A);
	fake_retire(&filler);
	poll_times(1);
	fake_retire(&thread);
	fake_free(&thread, ticks + 10000, A, 0);
	cr_assert_eq(thread.index, 0);
	struct run *run = collector_finish(collector);

	cr_assert_eq(find_process(run, 1)->frees_unknown, 0);
	cr_assert_eq(run->broken_chunks, 0);
	run_free(run);
}

Test(collector, a_chunk_that_never_comes_is_counted_and_the_rest_used)
{
	struct fake_thread thread = fake_thread_make(&fake, 1, self, 1);

	fake_alloc(&thread, past(), 1, 100, A);
	fake_retire(&thread);
	thread.sequence++;
	fake_alloc(&thread, past(), 1, 50, B);
	poll_times(3);
	struct run *run = collector_finish(collector);

	cr_assert_eq(run->broken_chunks, 1);
	cr_assert_eq(heap_of(run, 1)->leaked.bytes, 150);
	run_free(run);
}

Test(collector, a_broken_chunk_is_used_up_to_the_bad_byte)
{
	struct fake_thread thread = fake_thread_make(&fake, 1, self, 1);
	const uint8_t bad[] = {0x07};

	fake_alloc(&thread, past(), 1, 100, A);
	fake_bytes(&thread, bad, sizeof(bad));
	poll_times(1);
	fake_alloc(&thread, past(), 1, 1000, A + 64);
	poll_times(1);
	fake_retire(&thread);
	fake_alloc(&thread, past(), 1, 50, B);
	struct run *run = collector_finish(collector);

	cr_assert_eq(run->broken_chunks, 1);
	cr_assert_eq(heap_of(run, 1)->leaked.bytes, 150);
	run_free(run);
}

Test(collector, a_full_chunk_with_a_senseless_header_is_dropped_and_free_again)
{
	struct fake_thread good = fake_thread_make(&fake, 1, self, 1);
	struct fake_thread bad = fake_thread_make(&fake, 1, self, 2);

	fake_alloc(&good, past(), 1, 100, A);
	fake_alloc(&bad, past(), 1, 100, B);
	bad.chunk->kind = 77;
	fake_retire(&bad);
	poll_times(1);
	cr_assert_eq(pool_states(fake.pool)[bad.index], POOL_FREE);
	struct run *run = collector_finish(collector);

	cr_assert_eq(run->broken_chunks, 1);
	cr_assert_eq(heap_of(run, 1)->leaked.bytes, 100);
	run_free(run);
}

Test(collector, a_length_that_is_none_is_not_believed)
{
	struct fake_thread thread = fake_thread_make(&fake, 1, self, 1);

	fake_alloc(&thread, past(), 1, 100, A);
	poll_times(1);
	thread.chunk->length = UINT32_MAX;
	poll_times(1);
	struct run *run = collector_finish(collector);

	cr_assert_eq(heap_of(run, 1)->leaked.bytes, 100);
	run_free(run);
}

Test(collector, a_node_was_seen_when_it_was_first_used)
{
	struct fake_thread thread = fake_thread_make(&fake, 1, self, 1);
	const uint64_t ticks = fake_run_now();
	const struct process *process;

	fake_alloc(&thread, ticks, 1, 1, A);
	fake_node(&thread, 2, 0, MAIN_PC);
	collector_poll(collector, 1);
	collector_poll(collector, 1);
	fake_alloc(&thread, ticks + 100 * 1000, 2, 1, B);
	struct run *run = collector_finish(collector);

	process = find_process(run, 1);
	for (unsigned i = 1; i < process->nodes->len; i++) {
		const struct node *node = &g_array_index(process->nodes, struct node, i);

		if (node->pc == MAIN_PC)
			cr_assert_eq(node->seen_ns, run->peak_ns);
	}
	run_free(run);
}

/* ---- the pool's other rules ---- */

Test(collector, the_limit_rises_before_the_pool_is_exhausted)
{
	struct fake_thread threads[600];

	cr_assert_eq(load_relaxed(&fake.pool->chunk_limit), POOL_CHUNKS_INITIAL);
	for (unsigned i = 0; i < 600; i++) {
		threads[i] = fake_thread_make(&fake, 1, self, i + 1);
		fake_alloc(&threads[i], past(), 1, 1, A + i * (uint64_t)64);
		if (i % 100 == 0)
			poll_times(1);
	}
	poll_times(1);
	cr_assert_geq(load_relaxed(&fake.pool->chunk_limit), 600 * 4);
	collector_free(collector);
}

/* Fills that many chunks; the highest one. */
static uint32_t
fill_chunks(struct fake_thread *thread, unsigned count)
{
	uint32_t highest = 0;

	for (unsigned i = 0; i < count; i++) {
		fake_alloc(thread, past(), 1, 1, A + i * (uint64_t)64);
		highest = MAX(highest, thread->index);
		fake_retire(thread);
	}
	return highest;
}

Test(collector, while_a_writer_waits_the_pool_grows_with_each_chunk_that_is_freed)
{
	struct fake_thread thread = fake_thread_make(&fake, 1, self, 1);

	fill_chunks(&thread, 8);
	poll_times(2);
	const uint32_t limit = load_relaxed(&fake.pool->chunk_limit);

	store_relaxed(&fake.pool->writers_waiting, 1);
	fill_chunks(&thread, 8);
	poll_times(2);
	cr_assert_geq(load_relaxed(&fake.pool->chunk_limit), limit + 8 * POOL_CHUNKS_INITIAL);
	fill_chunks(&thread, 100);
	poll_times(2);
	cr_assert_lt(load_relaxed(&fake.pool->chunk_limit), POOL_CHUNKS_MAX / 2);
	collector_free(collector);
}

Test(collector, writers_search_from_the_lowest_chunk_that_was_freed)
{
	struct fake_thread thread = fake_thread_make(&fake, 1, self, 1);

	store_relaxed(&fake.pool->search_from, fill_chunks(&thread, 20) + 1);
	poll_times(2);
	cr_assert_eq(load_relaxed(&fake.pool->search_from), 0);
	collector_free(collector);
}

Test(collector, sums_of_summary_mode_are_read_where_they_are)
{
	struct fake_thread thread = fake_thread_make(&fake, 1, self, 1);
	struct fake_thread tally = fake_thread_make(&fake, 1, self, 1);
	const uint64_t numbers[PROCESS_NUMBERS] = {[PROCESS_TIME] = past(), [PROCESS_SUMMARY] = 1};
	const char *const strings[] = {"/bin/true", "true"};
	struct pool_tally *entries;

	fake_extended(&thread, RECORD_PROCESS, numbers, PROCESS_NUMBERS, strings, 2);
	fake_node(&thread, 1, 0, MAIN_PC);
	fake_bytes(&tally, (const uint8_t *)"", 0);
	tally.chunk->kind = POOL_TALLY;
	entries = (struct pool_tally *)(void *)pool_payload(tally.chunk);
	entries[0] = (struct pool_tally){.node = 0, .count = 3};
	entries[1] = (struct pool_tally){.node = 1, .count = 4, .bytes = 400};
	poll_times(2);
	struct run *run = collector_finish(collector);

	cr_assert(find_process(run, 1)->summary);
	cr_assert_eq(find_site(find_process(run, 1), 1, MAIN_PC)->allocated.bytes, 400);
	cr_assert_eq(heap_of(run, 1)->freed.count, 3);
	run_free(run);
}

Test(collector, resident_memory_is_measured)
{
	struct fake_thread thread = fake_thread_make(&fake, 1, self, 1);

	fake_alloc(&thread, past(), 1, 1, A);
	for (unsigned i = 0; i < 40; i++)
		collector_poll(collector, 2);
	struct run *run = collector_finish(collector);

	cr_assert_gt(find_process(run, 1)->rss_peak_bytes, 100000);
	run_free(run);
}

Test(collector, modules_are_opened_by_way_of_the_process)
{
	struct fake_thread thread = fake_thread_make(&fake, 1, self, 1);
	const uint64_t numbers[MODULE_NUMBERS] = {past(), 1, 0x1000, 0x2000, 0x3000};
	const char *const strings[] = {"/lib/x.so", "abcd"};
	char expected[64];

	collector_free(collector);
	collector = collector_new(fake.pool, fake.fd, (struct symbolizer *)&fake_symbolizer);
	fake_extended(&thread, RECORD_MODULE, numbers, MODULE_NUMBERS, strings, 2);
	poll_times(1);
	snprintf(expected, sizeof(expected), "/proc/%u/root/lib/x.so", self);
	cr_assert_str_eq(fake_symbolizer.open_path, expected);
	cr_assert_eq(fake_symbolizer.build_id_bytes, 4);
	struct run *run = collector_finish(collector);
	const struct module *module = g_ptr_array_index(find_process(run, 1)->modules, 0);

	cr_assert_str_eq(module->path, "/lib/x.so");
	cr_assert_eq(module->end_ns, UINT64_MAX);
	run_free(run);
}

Test(collector, the_kernel_says_when_the_reader_died)
{
	const pid_t pid = fork();
	int status;

	if (!pid) {
		if (collector_attach(collector))
			_exit(1);
		raise(SIGKILL);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFSIGNALED(status));
	cr_assert(load_acquire(&fake.pool->reader) & POOL_READER_DIED);
	/* Another one may take its place. */
	cr_assert_eq(collector_attach(collector), 0);
	cr_assert_eq(
		load_acquire(&fake.pool->reader) & POOL_READER_TID, (uint32_t)syscall(SYS_gettid));
	collector_free(collector);
	cr_assert(load_acquire(&fake.pool->reader) & POOL_READER_DIED);
}

Test(collector, a_pool_has_one_reader)
{
	const pid_t pid = fork();

	if (!pid) {
		collector_attach(collector);
		pause();
	}
	while (!load_acquire(&fake.pool->reader))
		usleep(1000);
	cr_assert_eq(collector_attach(collector), -EBUSY);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	collector_free(collector);
}

Test(collector, a_ring_ends_the_sleep)
{
	const pid_t pid = fork();
	const uint32_t seen = load_acquire(&fake.pool->doorbell);
	const uint64_t before = fake_run_now();

	if (!pid) {
		while (!load_acquire(&fake.pool->reader_waiting))
			usleep(100);
		add_release(&fake.pool->doorbell, 1);
		syscall(SYS_futex, &fake.pool->doorbell, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0);
		_exit(0);
	}
	reader_sleep(fake.pool, seen, 10 * 1000 * 1000);
	waitpid(pid, NULL, 0);
	cr_assert_lt(
		(double)(fake_run_now() - before) * clock_line_get(&collector->clock).ns_per_tick,
		5e9);
	collector_free(collector);
}

Test(collector, looks_get_rare_where_they_find_little)
{
	struct fake_thread thread = fake_thread_make(&fake, 1, self, 1);
	unsigned before;

	poll_times(1);
	before = collector->sleep_us;
	for (unsigned i = 0; i < 20; i++) {
		fake_alloc(&thread, past(), 1, 1, A);
		poll_times(1);
	}
	cr_assert_geq(collector->sleep_us, 20 * before);
	for (unsigned i = 0; i < 10000; i++)
		fake_alloc(&thread, past(), 1, i, A + 16 * UINT64_C(1000) * i);
	poll_times(1);
	cr_assert_leq(collector->sleep_us, before);
	run_free(collector_finish(collector));
}

Test(collector, a_full_chunk_is_fetched_from_a_long_sleep)
{
	struct fake_thread thread = fake_thread_make(&fake, 1, self, 1);

	for (unsigned i = 0; i < 20; i++)
		poll_times(1);
	const uint64_t before = fake_run_now();

	fake_alloc(&thread, past(), 1, 1, A);
	/* What a writer does with it. */
	fake_retire(&thread);
	add_release(&fake.pool->doorbell, 1);
	collector->sleep_us = 10 * 1000 * 1000;
	collector_poll(collector, 10 * 1000);
	cr_assert_lt(
		(double)(fake_run_now() - before) * clock_line_get(&collector->clock).ns_per_tick,
		5e9);
	run_free(collector_finish(collector));
}
