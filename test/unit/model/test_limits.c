/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Traced calls that are left out by request: what is kept, and what is said of the rest. */
#include <criterion/criterion.h>

#include "one_thread.h"

#define F UINT64_C(0x2000)
#define G UINT64_C(0x3000)
#define H UINT64_C(0x4000)

enum {
	TICK = 256, /* of a tick, as costs are given */
};

TestSuite(limits, .init = set_up, .fini = tear_down);

struct asked {
	uint64_t min_duration, start_after, stop_after, max_calls, keep;
};

static void
ask(struct asked asked)
{
	struct record record = {.kind = RECORD_EXTENDED};

	record.extended = (struct record_extended){.type = RECORD_PROCESS,
		.number_count = PROCESS_NUMBERS,
		.number = {
			[PROCESS_PID] = 1001,
			[PROCESS_MIN_DURATION] = asked.min_duration,
			[PROCESS_START_AFTER] = asked.start_after,
			[PROCESS_STOP_AFTER] = asked.stop_after,
			[PROCESS_MAX_CALLS] = asked.max_calls,
			[PROCESS_KEEP] = asked.keep,
		}};
	model_extended(model, thread, &record);
}

static void
event_of(struct model_thread *of, enum record_kind kind, uint64_t ticks, uint64_t function)
{
	feed((struct model_event){
		.thread = of, .ticks = ticks, .address = function, .kind = (uint16_t)kind});
}

static void
call(uint64_t from, uint64_t to, uint64_t function)
{
	enter(from, function);
	leave(to);
}

static void
tell(enum record_type type, uint64_t ticks, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	feed_numbers(model, thread, type, ticks, a, b, c, d, 0);
}

/* The sums of a function's calls, wherever they were made from. */
static struct call_sums
sums(uint64_t function)
{
	const struct process *process = first();
	struct call_sums sum = {0};

	for (unsigned t = 0; t < process->threads->len; t++) {
		const struct thread *of = g_ptr_array_index(process->threads, t);

		for (unsigned i = 0; i < of->calls->len; i++) {
			const struct call_row *row = &g_array_index(of->calls, struct call_row, i);
			const struct node *node =
				&g_array_index(process->nodes, struct node, row->node);

			if (node->pc != (function | RECORD_PC_EXACT))
				continue;
			sum.calls += row->sums.calls;
			sum.total_ns += row->sums.total_ns;
			sum.self_ns += row->sums.self_ns;
			sum.unfinished += row->sums.unfinished;
		}
	}
	return sum;
}

/* ---- what the process left out ---- */

Test(limits, a_call_may_be_told_late)
{
	call(10, 20, F);
	tell(RECORD_LATE_ENTER, 60, F, 30, 0, 0);
	tell(RECORD_LATE_ENTER, 60, G, 40, 0, 0);
	leave(70);
	leave(80);
	finish(100);

	cr_assert_eq(sums(F).calls, 2);
	cr_assert_eq(sums(F).total_ns, 10 + 50);
	cr_assert_eq(sums(F).self_ns, 10 + 20);
	cr_assert_eq(sums(G).total_ns, 30);
}

Test(limits, what_calls_that_were_left_out_cost_is_taken_off_their_caller)
{
	tell(RECORD_COST, 0, 10 * TICK, 4 * TICK, 0, 0);
	tell(RECORD_COST, 0, 2 * TICK, TICK, 0, 3);
	enter(0, F);
	enter(100, G);
	tell(RECORD_CALLS_LEFT_OUT, 500, 100, 0, 0, 0);
	leave(500);
	leave(1000);
	finish(1000);

	/* 100 calls of 2 each, and the call's own 4. */
	cr_assert_eq(sums(G).total_ns, 400 - 200 - 4);
	cr_assert_eq(sums(G).self_ns, 400 - 200 - 4);
	cr_assert_eq(sums(F).total_ns, 1000 - 200 - 10 - 4);
	cr_assert_eq(sums(F).self_ns, 600 - 6 - 4);
}

Test(limits, how_many_were_left_out_is_known_of_all_threads)
{
	const uint64_t before[POOL_LEFT_OUT_REASONS] = {1, 2, 3}, one[] = {10, 20, 30};

	model_left_out(thread, before);
	model_left_out(thread, one);
	model_left_out(feeder_thread(model, 1, 2), one);
	finish(100);

	cr_assert_eq(run->left_out[LEFT_OUT_PATTERN], 20);
	cr_assert_eq(run->left_out[LEFT_OUT_SHORT], 40);
	cr_assert_eq(run->left_out[LEFT_OUT_DEEP], 60);
	cr_assert_eq(run->left_out[LEFT_OUT_MANY], 0);
}

/* ---- what is left out here ---- */

Test(limits, a_call_that_is_too_short_after_all_is_part_of_its_caller)
{
	ask((struct asked){.min_duration = 20});
	enter(0, F);
	enter(10, G);
	call(11, 15, H);
	leave(19);
	call(30, 50, G);
	leave(100);
	finish(100);

	cr_assert_eq(sums(F).calls, 1);
	cr_assert_eq(sums(F).self_ns, 80);
	cr_assert_eq(sums(G).calls, 1);
	cr_assert_eq(sums(H).calls, 0);
	cr_assert_eq(run->left_out[LEFT_OUT_SHORT], 2);
}

Test(limits, calls_and_samples_are_of_the_time_asked_for)
{
	const struct model_event sample = {
		.thread = thread, .ticks = 50, .size = 1, .kind = RECORD_SAMPLE};

	ask((struct asked){.start_after = 100, .stop_after = 200});
	model_apply(model, &sample, 1);
	enter(50, F);
	call(60, 90, G);
	call(110, 130, G);
	call(150, 250, H);
	call(260, 270, G);
	leave(300);
	finish(400);

	cr_assert_eq(sums(F).total_ns, 100);
	cr_assert_eq(sums(F).unfinished, 1);
	cr_assert_eq(sums(G).total_ns, 20);
	cr_assert_eq(sums(H).total_ns, 50);
	cr_assert_eq(run->traced_from_ns, 100);
	cr_assert_eq(run->traced_until_ns, 200);
	cr_assert_eq(((struct thread *)g_ptr_array_index(
			      ((struct process *)g_ptr_array_index(run->processes, 0))->threads, 0))
			     ->samples->len,
		0);
}

Test(limits, of_the_first_calls_the_next_one_is_the_end)
{
	struct model_thread *other = feeder_thread(model, 1, 2);

	ask((struct asked){.max_calls = 3});
	enter(0, F);
	event_of(other, RECORD_ENTER, 5, H);
	cr_assert(!model_has_calls_enough(model));
	call(10, 20, G);
	call(30, 40, G);
	cr_assert(model_has_calls_enough(model));
	leave(100);
	event_of(other, RECORD_EXIT, 110, 0);
	finish(200);

	cr_assert_eq(sums(F).total_ns, 30);
	cr_assert_eq(sums(G).calls, 1);
	cr_assert_eq(sums(H).total_ns, 25);
	cr_assert_eq(run->left_out[LEFT_OUT_MANY], 1);
	cr_assert_eq(run->traced_until_ns, 30);
}

Test(limits, the_last_calls_are_those_of_a_run_that_began_with_them)
{
	ask((struct asked){.max_calls = 2, .keep = OPTIONS_KEEP_LAST});
	enter(0, F);
	for (uint64_t at = 10; at < 1000; at += 10)
		call(at, at + 5, G);
	call(1000, 1008, H);
	leave(1100);
	finish(1200);

	cr_assert_eq(sums(G).calls, 1);
	cr_assert_eq(sums(H).calls, 1);
	cr_assert_eq(sums(H).total_ns, 8);
	/* From the first kept call on; F was open then. */
	cr_assert_eq(sums(F).calls, 1);
	cr_assert_eq(sums(F).total_ns, 110);
	cr_assert_eq(sums(F).self_ns, 110 - 8 - 5);
	cr_assert_eq(run->left_out[LEFT_OUT_MANY], 99);
	cr_assert_eq(run->traced_from_ns, 990);
}

Test(limits, the_last_calls_are_right_where_the_profiler_was_at_its_own_business)
{
	ask((struct asked){.max_calls = 2, .keep = OPTIONS_KEEP_LAST});
	enter(0, F);
	for (uint64_t at = 10; at < 1000; at += 10) {
		call(at, at + 5, G);
		tell(RECORD_CALL_PAUSE, at + 7, 1, 0, 0, 0);
	}
	tell(RECORD_CALL_DEPTH, 1000, 1, 0, 0, 0);
	call(1000, 1008, H);
	leave(1100);
	finish(1200);

	cr_assert_eq(sums(G).calls, 1);
	cr_assert_eq(sums(H).calls, 1);
	cr_assert_eq(sums(F).calls, 1);
	cr_assert_eq(sums(F).total_ns, 110 - 1);
}

Test(limits, the_last_calls_begin_when_the_first_of_them_does_though_they_be_told_late)
{
	ask((struct asked){.max_calls = 2, .keep = OPTIONS_KEEP_LAST});
	tell(RECORD_LATE_ENTER, 100, F, 10, 0, 0);
	call(200, 210, G);
	call(300, 310, G);
	tell(RECORD_CALL_PAUSE, 350, 20, 0, 0, 0);
	tell(RECORD_LATE_ENTER, 400, H, 50, 0, 0);
	leave(500);
	leave(600);
	finish(1000);

	cr_assert_eq(sums(H).total_ns, 180);
	cr_assert_eq(sums(F).total_ns, 280);
	cr_assert_eq(sums(F).self_ns, 280 - 180 - 10);
}

Test(limits, the_profilers_own_business_counts_while_calls_are_kept)
{
	ask((struct asked){.start_after = 100, .stop_after = 1000});
	enter(50, F);
	tell(RECORD_CALL_PAUSE, 120, 70, 0, 0, 0);
	tell(RECORD_CALL_PAUSE, 520, 5, 0, 0, 0);
	tell(RECORD_CALL_PAUSE, 1100, 150, 0, 0, 0);
	tell(RECORD_CALL_PAUSE, 1200, 50, 0, 0, 0);
	leave(1300);
	finish(2000);

	cr_assert_eq(sums(F).total_ns, 900 - 20 - 5 - 50);
}

Test(limits, the_last_calls_may_be_all)
{
	ask((struct asked){.max_calls = 100, .keep = OPTIONS_KEEP_LAST});
	enter(0, F);
	call(10, 20, G);
	leave(30);
	finish(100);

	cr_assert_eq(sums(F).self_ns, 20);
	cr_assert_eq(sums(G).total_ns, 10);
	cr_assert_eq(run->left_out[LEFT_OUT_MANY], 0);
	cr_assert_eq(run->traced_from_ns, 0);
}

Test(limits, a_section_that_is_open_when_the_last_calls_begin_is_still_one_at_its_end)
{
	const uint64_t section = RECORD_PC_NAMED | 1;

	ask((struct asked){.max_calls = 2, .keep = OPTIONS_KEEP_LAST});
	enter(0, section);
	call(10, 20, F);
	call(30, 40, G);
	call(50, 60, H);
	leave(70);
	finish(100);

	cr_assert_eq(sums(section).calls, 1);
	cr_assert_eq(sums(F).calls, 0);
}

Test(limits, the_last_calls_are_right_where_stacks_are_switched)
{
	ask((struct asked){.max_calls = 2, .keep = OPTIONS_KEEP_LAST});
	enter(0, F);
	tell(RECORD_CALL_STACK, 10, 7, 0, 0, 0);
	enter(20, G);
	tell(RECORD_CALL_STACK, 30, 0, 0, 0, 0);
	leave(40);
	tell(RECORD_CALL_STACK, 50, 7, 0, 0, 0);
	call(60, 64, H);
	leave(70);
	finish(100);

	cr_assert_eq(sums(F).calls, 1);
	cr_assert_eq(sums(G).calls, 1);
	cr_assert_eq(sums(H).total_ns, 4);
	cr_assert_eq(sums(G).self_ns, 10 + 20 - 4);
}
