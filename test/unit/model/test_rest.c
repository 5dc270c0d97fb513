/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Threads that have ended are summed up where there are too many: no time of theirs is lost. */
#include <criterion/criterion.h>

#include "feeder.h"
#include "model/call_histogram.h"

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
	cr_expect_eq(threads()->len, MANY + 1);
	cr_expect_eq(thread_of(kept)->calls->len, FUNCTIONS);
	cr_expect_eq(thread_of(kept + 1)->calls->len, 0);
	cr_expect_eq(rest->calls->len, FUNCTIONS);
	cr_expect_eq(sums->calls, rest->together);
	cr_expect_eq(sums->min_ns, CALL_NS + kept + 1);
	cr_expect_eq(sums->max_ns, CALL_NS + MANY);
	cr_expect_eq(rest->start_ns, thread_of(kept + 1)->start_ns);
	cr_expect_eq(rest->end_ns, thread_of(MANY)->end_ns);
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

Test(rest, threads_without_any_times_take_no_room)
{
	for (uint32_t number = 1; number <= 100000; number++) {
		struct model_thread *thread = begin(number);

		feed_numbers(model, thread, RECORD_CALL_BASE, now, 0, 0, 0, 0, 0);
		end(thread);
	}
	run_threads(100001, 100, 10);
	finish();
	cr_expect_eq(threads()->len, 100100);
	cr_expect_eq(thread_of(100100)->calls->len, 10);
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

/* When these would end is known by the thread's own time alone. */
Test(rest, threads_with_open_calls_in_summary_mode_keep_their_own)
{
	const struct all all = run_summed(MANY, 1);

	cr_expect_eq(all.rows, MANY * NODES);
	cr_expect_eq(threads()->len, MANY);
}
