/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Threads that are over are put together where there are too many: no figure of theirs is lost. */
#include <criterion/criterion.h>

#include "feeder.h"
#include "model/call_histogram.h"
#include "model/state.h"

enum {
	MANY = 300,
	FUNCTIONS = 1000, /* call paths of each */
	NODES = 1000,	  /* the same in summary mode */
	CALL_NS = 10,
	SHORT_NS = 2 * FUNCTIONS * CALL_NS,
	LONG_NS = 200000000,
	ROWS_MOST = 1 << 17,
	SAMPLED_NODE = 7,
};

static struct model *model;
static struct run *run;
static uint64_t now;

static void
set_up(void)
{
	model = feeder_new();
	run = NULL;
	now = 0;
}

static void
tear_down(void)
{
	run_free(run);
}

TestSuite(rest, .init = set_up, .fini = tear_down);

static void
event(struct model_thread *thread, enum record_kind kind, uint64_t number)
{
	const struct model_event event = {.thread = thread,
		.ticks = now,
		.address = number,
		.node = kind == RECORD_SAMPLE ? SAMPLED_NODE : 0,
		.size = 1,
		.kind = (uint16_t)kind};

	model_apply(model, &event, 1);
}

static struct model_thread *
begin(uint32_t number)
{
	return model_thread(model_process(model, 1, 1001, 0), number, 1000 + number, now);
}

static void
end(struct model_thread *thread)
{
	feed_numbers(model, thread, RECORD_THREAD_END, now, 0, 0, 0, 0, 0);
	model_thread_over(thread);
}

/* Calls each function once, a nanosecond longer in each thread, and is sampled once. */
static void
work(struct model_thread *thread, uint32_t number, unsigned functions)
{
	for (unsigned i = 0; i < functions; i++) {
		event(thread, RECORD_ENTER, 0x1000 + 16 * i);
		now += CALL_NS + number;
		event(thread, RECORD_EXIT, 0);
	}
	event(thread, RECORD_SAMPLE, 0);
}

static void
run_threads(uint32_t first, unsigned count, unsigned functions)
{
	for (uint32_t number = first; number < first + count; number++) {
		struct model_thread *thread = begin(number);

		work(thread, number, functions);
		end(thread);
	}
}

static void
finish(void)
{
	run = feeder_finish(model, now);
}

static const GPtrArray *
threads(void)
{
	return ((const struct process *)g_ptr_array_index(run->processes, 0))->threads;
}

static const struct thread *
thread_of(uint32_t number)
{
	for (unsigned i = 0; i < threads()->len; i++) {
		const struct thread *thread = g_ptr_array_index(threads(), i);

		if (thread->number == number)
			return thread;
	}
	cr_assert_fail("no such thread");
	return NULL;
}

struct all {
	uint64_t rows, calls, total_ns, samples, moments, moment_calls, finished;
};

static struct all
add_up(void)
{
	struct all all = {0};

	for (unsigned i = 0; i < threads()->len; i++) {
		const struct thread *thread = g_ptr_array_index(threads(), i);

		all.rows += thread->calls->len + thread->samples->len;
		for (unsigned k = 0; k < thread->calls->len; k++) {
			const struct call_row *row =
				&g_array_index(thread->calls, struct call_row, k);
			struct call_distribution distribution = {0};

			all.calls += row->sums.calls;
			all.total_ns += row->sums.total_ns;
			cr_assert(call_distribution_add(
				&distribution, row->histogram, row->histogram_bytes));
			all.finished += distribution.count;
		}
		for (unsigned k = 0; k < thread->samples->len; k++)
			all.samples += g_array_index(thread->samples, struct sample_row, k)
					       .sums[SAMPLE_CPU]
					       .samples;
		for (unsigned k = 0; k < thread->moments->len; k++) {
			const struct moment_sums *sums =
				&g_array_index(thread->moments, struct moment_row, k).sums;

			all.moments += sums->samples[SAMPLE_CPU];
			all.moment_calls += sums->calls;
		}
	}
	return all;
}

Test(rest, of_many_short_threads_no_figure_is_lost)
{
	run_threads(1, MANY, FUNCTIONS);
	finish();
	const struct all all = add_up();

	cr_expect_eq(all.calls, MANY * FUNCTIONS);
	cr_expect_eq(all.finished, MANY * FUNCTIONS);
	cr_expect_eq(all.total_ns, FUNCTIONS * (MANY * CALL_NS + MANY * (MANY + 1) / 2));
	cr_expect_eq(all.samples, MANY);
	cr_expect_eq(all.moments, MANY);
	cr_expect_eq(all.moment_calls, MANY * FUNCTIONS);
	cr_expect_lt(all.rows, ROWS_MOST);
}

Test(rest, the_first_are_kept_and_the_others_are_one)
{
	run_threads(1, MANY, FUNCTIONS);
	finish();
	const struct thread *rest = g_ptr_array_index(threads(), threads()->len - 1);
	g_autofree char *name = g_strdup_printf("%u more threads", rest->together);
	const struct call_sums *sums = &g_array_index(rest->calls, struct call_row, 0).sums;
	const uint32_t kept = MANY - rest->together;

	cr_assert_eq(rest->number, 0);
	cr_expect_str_eq(rest->name, name);
	cr_expect_eq(threads()->len, kept + 1);
	cr_expect_eq(thread_of(kept)->calls->len, FUNCTIONS);
	cr_expect_eq(rest->calls->len, FUNCTIONS);
	cr_expect_eq(sums->calls, rest->together);
	cr_expect_eq(sums->min_ns, CALL_NS + kept + 1);
	cr_expect_eq(sums->max_ns, CALL_NS + MANY);
	cr_expect_eq(rest->start_ns, thread_of(kept)->end_ns);
	cr_expect_eq(rest->end_ns, now);
	cr_expect_eq(rest->chart->len, 0);
}

Test(rest, a_long_thread_among_short_ones_keeps_its_own)
{
	const uint32_t number = MANY + 1;
	struct model_thread *thread = begin(number);

	run_threads(1, MANY, FUNCTIONS);
	work(thread, number, FUNCTIONS);
	now += LONG_NS;
	end(thread);
	finish();
	cr_expect_eq(thread_of(number)->calls->len, FUNCTIONS);
	cr_expect_eq(add_up().calls, (MANY + 1) * FUNCTIONS);
}

Test(rest, threads_that_have_not_ended_keep_their_own)
{
	struct model_thread *thread = begin(MANY + 1);

	run_threads(1, MANY, FUNCTIONS);
	work(thread, MANY + 1, FUNCTIONS);
	finish();
	cr_expect_eq(thread_of(MANY + 1)->calls->len, FUNCTIONS);
}

Test(rest, few_threads_are_all_kept)
{
	run_threads(1, 100, 10);
	finish();
	for (uint32_t number = 1; number <= 100; number++)
		cr_expect_eq(thread_of(number)->calls->len, 10);
	cr_expect_eq(threads()->len, 100);
}

/* They come and go for days. */
Test(rest, threads_without_any_times_take_no_room)
{
	for (uint32_t number = 1; number <= 100000; number++) {
		struct model_thread *thread = begin(number);

		feed_numbers(model, thread, RECORD_CALL_BASE, now, 0, 0, 0, 0, 0);
		end(thread);
	}
	run_threads(100001, 100, 10);
	cr_expect_lt(g_hash_table_size(model_process(model, 1, 0, 0)->threads), 5000);
	finish();
	cr_expect_eq(threads()->len - 1 + thread_of(0)->together, 100100);
	cr_expect_eq(add_up().calls, 1000);
}

/* A coroutine took them along. */
Test(rest, a_thread_with_calls_that_go_on_elsewhere_keeps_its_own)
{
	struct model_thread *thread = begin(MANY + 1), *other = begin(MANY + 2);

	run_threads(1, MANY, FUNCTIONS);
	feed_numbers(model, thread, RECORD_CALL_STACK, now, 1, 0, 0, 0, 0);
	event(thread, RECORD_ENTER, 0x1000);
	feed_numbers(model, thread, RECORD_CALL_STACK, now, 0, 0, 0, 0, 0);
	end(thread);
	feed_numbers(model, other, RECORD_CALL_STACK, now, 1, 0, 0, 0, 0);
	now += CALL_NS;
	event(other, RECORD_EXIT, 0);
	end(other);
	finish();
	cr_expect_eq(add_up().calls, MANY * FUNCTIONS + 1);
}

/* Of NODES call paths; two calls of each took 100 ns. `open`: as many have not ended. */
static void
feed_sums(struct model_thread *thread, uint64_t min, uint32_t open)
{
	static struct pool_call_sums sums;

	for (uint32_t node = 1; node <= NODES;) {
		sums = (struct pool_call_sums){0};
		for (unsigned i = 0; i < POOL_CALL_TALLIES && node <= NODES; i++, node++)
			sums.tally[i] = (struct pool_call_tally){.node = node,
				.count = 2,
				.total = 100 * 256 - open * now * 256,
				.min = min,
				.max = 90,
				.open = open};
		model_call_sums(thread, &sums);
	}
}

static struct all
run_summed(unsigned count, uint32_t open)
{
	for (uint32_t number = 1; number <= count; number++) {
		struct model_thread *thread = begin(number);

		for (uint32_t node = 1; number == 1 && node <= NODES; node++)
			model_node(thread, node, 0, 0x1000 + node);
		feed_sums(thread, number, open);
		now += SHORT_NS;
		end(thread);
	}
	finish();
	return add_up();
}

Test(rest, sums_of_summary_mode_are_added)
{
	const struct all all = run_summed(MANY, 0);
	const struct thread *rest = thread_of(0);

	cr_expect_eq(all.calls, 2 * MANY * NODES);
	cr_expect_eq(all.total_ns, 100 * MANY * NODES);
	cr_expect_eq(rest->calls->len, NODES);
	cr_expect_eq(g_array_index(rest->calls, struct call_row, 0).sums.min_ns,
		MANY - rest->together + 1);
}

/* While the last calls are put off, what they are of waits for them. */
Test(rest, threads_whose_calls_were_put_off_join_when_these_are_left_out)
{
	const struct record process = {.kind = RECORD_EXTENDED,
		.extended = {.type = RECORD_PROCESS,
			.number_count = PROCESS_NUMBERS,
			.number = {[PROCESS_MAX_CALLS] = 100, [PROCESS_KEEP] = OPTIONS_KEEP_LAST},
			.string_count = 2}};

	model_extended(model, begin(1), &process);
	run_threads(2, 3000, 10);
	finish();
	cr_expect_lt(threads()->len, 2200);
	cr_expect_eq(threads()->len - 1 + thread_of(0)->together, 3001);
	cr_expect_eq(add_up().calls, 100);
	cr_expect_eq(add_up().samples, 3000);
	/* Those that the last calls are of have them. */
	cr_expect_eq(thread_of(3001)->calls->len, 10);
	cr_expect_eq(thread_of(2992)->calls->len, 10);
}

/* A stream that says of threads that they are over while something refers to them, and again. */
Test(rest, threads_that_wait_and_come_again_are_put_together_once)
{
	enum {
		FIRST = 20,
		THREADS = 50
	};

	run_threads(1, FIRST, 1);
	for (unsigned round = 0; round < 3; round++) {
		for (uint32_t number = FIRST + 1; number <= FIRST + THREADS; number++) {
			struct model_thread *thread = begin(number);
			const uint64_t address = 0x1000 + (uint64_t)number * 64;

			/* A realloc, of which its next event tells whether it succeeded. */
			feed_alloc(model, thread, ++now, 1, 10, address);
			feed_free(model, thread, now, address, RECORD_REALLOC);
			model_thread_over(thread);
		}
	}
	run_threads(1000, 3000, 10);
	/* Another thread gets the addresses. */
	for (uint32_t number = FIRST + 1; number <= FIRST + THREADS; number++)
		feed_alloc(model, begin(1), ++now, 1, 10, 0x1000 + (uint64_t)number * 64);
	run_threads(4000, 100, 10);
	finish();
	cr_expect_lt(threads()->len, 2300);
	cr_expect_eq(threads()->len - 1 + thread_of(0)->together, FIRST + THREADS + 3100);
}

/* It went by a system call, or its last words were lost. */
Test(rest, a_thread_that_ended_without_a_word_is_put_together_too)
{
	for (uint32_t number = 1; number <= 3000; number++) {
		struct model_thread *thread = begin(number);

		event(thread, RECORD_ENTER, 0x1000);
		now += CALL_NS;
		model_thread_over(thread);
	}
	finish();
	cr_expect_lt(threads()->len, 2200);
	cr_expect_eq(add_up().calls, 3000);
}

/* Those of one place and several threads are one series. */
Test(rest, marks_are_put_together)
{
	enum {
		THREADS = 6000,
		PLACE = 5
	};
	struct record named = {.kind = RECORD_EXTENDED,
		.extended = {.type = RECORD_NAMED,
			.number_count = NAMED_NUMBERS,
			.number = {[NAMED_NUMBER] = PLACE},
			.string_count = 3}};
	uint64_t marks = 0, points = 0;

	model_extended(model, begin(1), &named);
	for (uint32_t number = 2; number < THREADS + 2; number++) {
		struct model_thread *thread = begin(number);

		now += CALL_NS;
		feed_numbers(model, thread, RECORD_MARK, now, PLACE, 0, 0, 0, 0);
		end(thread);
	}
	finish();
	const struct named *names =
		((const struct process *)g_ptr_array_index(run->processes, 0))->named;

	cr_expect_eq(names->marks->len, threads()->len - 1);
	for (guint i = 0; i < names->marks->len; i++) {
		const struct named_series *series =
			&g_array_index(names->marks, struct named_series, i);
		uint64_t before = 0;

		marks += series->count;
		for (guint k = 0; k < series->points->len; k++) {
			const struct named_point *point =
				&g_array_index(series->points, struct named_point, k);

			cr_expect_geq(point->start_ns, before);
			before = point->end_ns;
			points += point->count;
		}
		if (!series->thread)
			cr_expect_eq(series->count, thread_of(0)->together);
	}
	cr_expect_eq(marks, THREADS);
	cr_expect_eq(points, THREADS);
}

/* When these would end is known by the thread's own time alone. */
Test(rest, threads_with_open_calls_in_summary_mode_keep_their_own)
{
	const struct all all = run_summed(MANY, 1);

	cr_expect_eq(all.rows, MANY * NODES);
	cr_expect_eq(threads()->len, MANY);
}

/* ---- heaps ---- */

enum {
	HEAP_THREADS = 8000,
	HEAP_NODES = 40,
	HEAP_STEPS = 30,
	HEAP_BLOCKS = 4000, /* addresses */
};

static uint64_t random_state;

static uint32_t
random_below(uint32_t limit)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % limit;
}

/* What the blocks of a node come to in all threads, whoever has them. */
struct heap {
	struct memory_sums sums[HEAP_NODES + 1][MEMORY_CATEGORIES];
	uint64_t spans[256][256], temporary;
	uint64_t peak, run_peak, threads;
};

/* Allocates, and frees what this thread or another one has allocated, as the table of sizes says.
 */
static void
step(struct model_thread *thread, uint32_t sizes[HEAP_BLOCKS])
{
	const uint32_t block = random_below(HEAP_BLOCKS), node = 1 + random_below(HEAP_NODES);
	const uint64_t address = 0x100000 + 64 * block, mapping = (uint64_t)(1 + block) << 32;

	now += 1 + random_below(20000);
	switch (random_below(8)) {
	case 0:
		feed_numbers(model, thread, RECORD_MAP, now, node, mapping,
			4096u << random_below(3), 0, 0);
		return;
	case 1:
		feed_numbers(model, thread, RECORD_UNMAP, now, mapping + 4096 * random_below(3),
			4096, 0, 0, 0);
		return;
	}
	if (sizes[block]) {
		feed_free(model, thread, now, address, 0);
		sizes[block] = 0;
		return;
	}
	sizes[block] = 1 + random_below(100);
	feed_alloc(model, thread, now, node, sizes[block], address);
	if (random_below(4))
		return;
	feed_free(model, thread, ++now, address, 0);
	sizes[block] = 0;
}

static void
add_site(struct heap *heap, const struct thread *thread, const struct site *site)
{
	const struct process *process = g_ptr_array_index(run->processes, 0);
	const uint64_t node = g_array_index(process->nodes, struct node, site->node).pc - 0x1000;
	struct memory_sums *sum = &heap->sums[node][site->category];
	const struct memory_sums *more = &site->memory;
	const struct tally *from[] = {&more->allocated, &more->freed, &more->temporary,
		&more->leaked, &more->at_run_peak, &more->at_peak};
	struct tally *to[] = {&sum->allocated, &sum->freed, &sum->temporary, &sum->leaked,
		&sum->at_run_peak, &sum->at_peak};

	cr_assert_leq(node, HEAP_NODES, "thread %u", thread->number);
	for (unsigned i = 0; i < G_N_ELEMENTS(to); i++) {
		to[i]->count += from[i]->count;
		to[i]->bytes += from[i]->bytes;
	}
	sum->largest_bytes = MAX(sum->largest_bytes, more->largest_bytes);
	sum->lifetime_ns += more->lifetime_ns;
	sum->lifetime_max_ns = MAX(sum->lifetime_max_ns, more->lifetime_max_ns);
}

/* The same whether the threads are over, or have but ended. */
static struct heap *
run_heaps(bool over)
{
	uint32_t sizes[HEAP_BLOCKS] = {0};
	struct heap *heap = g_new0(struct heap, 1);

	set_up();
	random_state = 1;
	for (uint32_t node = 1; node <= HEAP_NODES; node++)
		model_node(begin(1), node, 0, 0x1000 + node);
	for (uint32_t number = 2; number < HEAP_THREADS + 2; number++) {
		struct model_thread *thread = begin(number);
		const unsigned steps = random_below(HEAP_STEPS);

		for (unsigned i = 0; i < steps; i++)
			step(thread, sizes);
		feed_numbers(model, thread, RECORD_THREAD_END, now, 0, 0, 0, 0, 0);
		if (over)
			model_thread_over(thread);
		if (!random_below(4))
			step(begin(1), sizes);
	}
	finish();
	for (guint i = 0; i < threads()->len; i++) {
		const struct thread *thread = g_ptr_array_index(threads(), i);

		heap->threads += thread->together ? thread->together : 1;
		for (guint k = 0; k < thread->sites->len; k++)
			add_site(heap, thread, &g_array_index(thread->sites, struct site, k));
		for (guint k = 0; k < thread->spans->len; k++) {
			const struct span *span = &g_array_index(thread->spans, struct span, k);

			heap->spans[span->born][span->gone] += span->blocks.bytes;
			heap->temporary += span->temporary;
		}
	}
	heap->peak = ((const struct process *)g_ptr_array_index(run->processes, 0))->peak_bytes;
	heap->run_peak = run->peak_bytes;
	return heap;
}

Test(rest, of_heaps_no_figure_is_lost_whoever_frees_them)
{
	g_autofree struct heap *apart = run_heaps(false), *together;
	const guint rows = threads()->len;

	run_free(run);
	model = NULL;
	together = run_heaps(true);
	cr_expect_eq(rows, HEAP_THREADS + 1);
	cr_expect_lt(threads()->len, rows / 2);
	cr_expect_gt(apart->sums[1][MEMORY_HEAP].at_peak.bytes, 0);
	cr_expect_gt(apart->sums[1][MEMORY_MMAP].freed.bytes, 0);
	cr_expect_gt(apart->temporary, 0);
	cr_expect_eq(together->temporary, apart->temporary);
	cr_expect_eq(memcmp(together->sums, apart->sums, sizeof(apart->sums)), 0);
	cr_expect_eq(memcmp(together->spans, apart->spans, sizeof(apart->spans)), 0);
	cr_expect_arr_eq(together, apart, sizeof(*apart));
}
