/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Traced calls: sums, corrections, call stacks, what is closed when. */
#include <criterion/criterion.h>

#include "model/call_histogram.h"
#include "model/chart.h"
#include "model/timing.h"
#include "one_thread.h"

#define MAIN UINT64_C(0x1000)
#define F    UINT64_C(0x2000)
#define G    UINT64_C(0x3000)

enum {
	TICK = 256, /* of a tick, as costs are given */
	/* Ticks that a call of 30 is not known by, where the spread is 1: a fifth of it more. */
	UNCERTAIN = 1 + 30 / 5,
};

TestSuite(calls, .init = set_up, .fini = tear_down);

static void
event_of(struct model_thread *of, enum record_kind kind, uint64_t ticks, uint64_t function)
{
	feed((struct model_event){
		.thread = of, .ticks = ticks, .address = function, .kind = (uint16_t)kind});
}

static void
tell(enum record_type type, uint64_t ticks, uint64_t number)
{
	feed_numbers(model, thread, type, ticks, number, 0, 0, 0, 0);
}

static void
cost(uint64_t pair, uint64_t inside, uint64_t uncertainty)
{
	feed_numbers(model, thread, RECORD_COST, 0, pair, inside, uncertainty, 0, 0);
}

/* Is the node the end of these functions, the innermost first, 0 after the last? */
static bool
is_path(uint32_t node, const uint64_t *functions)
{
	for (; *functions; functions++) {
		const struct node *at = &g_array_index(first()->nodes, struct node, node);

		if (!node || at->pc != (*functions | RECORD_PC_EXACT) || !at->traced)
			return false;
		node = at->parent;
	}
	return !node || !g_array_index(first()->nodes, struct node, node).traced;
}

static const struct call_row *
row_of(unsigned of, const uint64_t *functions)
{
	const GArray *rows = thread_at(of)->calls;

	for (unsigned i = 0; i < rows->len; i++) {
		const struct call_row *row = &g_array_index(rows, struct call_row, i);

		if (is_path(row->node, functions))
			return row;
	}
	cr_assert_fail("no such call path");
	return NULL;
}

#define SUMS_OF(thread, ...) (&row_of(thread, (const uint64_t[]){__VA_ARGS__, 0})->sums)
#define SUMS(...)	     SUMS_OF(0, __VA_ARGS__)

/* ---- sums ---- */

Test(calls, total_is_from_entry_to_exit_and_self_what_no_callee_had)
{
	enter(10, MAIN);
	enter(20, F);
	leave(50);
	enter(60, F);
	leave(70);
	leave(100);
	finish(200);

	cr_assert_eq(SUMS(MAIN)->calls, 1);
	cr_assert_eq(SUMS(MAIN)->total_ns, 90);
	cr_assert_eq(SUMS(MAIN)->self_ns, 50);
	cr_assert_eq(SUMS(F, MAIN)->calls, 2);
	cr_assert_eq(SUMS(F, MAIN)->total_ns, 40);
	cr_assert_eq(SUMS(F, MAIN)->min_ns, 10);
	cr_assert_eq(SUMS(F, MAIN)->max_ns, 30);
	cr_assert_eq(SUMS(F, MAIN)->unfinished, 0);
}

Test(calls, paths_hang_below_the_call_path_that_was_not_traced)
{
	model_node(thread, 1, 0, 0x555);
	model_node(thread, 2, 1, 0x777);
	tell(RECORD_CALL_BASE, 5, 2);
	enter(10, F);
	leave(20);
	finish(100);

	const struct call_row *row = row_of(0, (const uint64_t[]){F, 0});
	const GArray *nodes = first()->nodes;
	const uint32_t base = g_array_index(nodes, struct node, row->node).parent;

	cr_assert_eq(g_array_index(nodes, struct node, base).pc, 0x777);
	cr_assert_lt(base, row->node);
}

Test(calls, recursion_is_a_call_path_of_its_own_at_each_depth)
{
	for (unsigned i = 0; i < 5; i++)
		enter(10 + i, F);
	for (unsigned i = 0; i < 5; i++)
		leave(20 + i);
	finish(100);

	cr_assert_eq(thread_at(0)->calls->len, 5);
	cr_assert_eq(SUMS(F)->total_ns, 14);
	cr_assert_eq(SUMS(F, F)->total_ns, 12);
	cr_assert_eq(SUMS(F)->self_ns, 2);
}

Test(calls, threads_have_rows_of_their_own_for_one_call_path)
{
	struct model_thread *second = feeder_thread(model, 1, 2);

	enter(10, F);
	event_of(second, RECORD_ENTER, 15, F);
	leave(20);
	event_of(second, RECORD_EXIT, 45, 0);
	finish(100);

	cr_assert_eq(SUMS_OF(0, F)->total_ns, 10);
	cr_assert_eq(SUMS_OF(1, F)->total_ns, 30);
	cr_assert_eq(row_of(0, (const uint64_t[]){F, 0})->node,
		row_of(1, (const uint64_t[]){F, 0})->node);
}

/* ---- calls that do not return ---- */

Test(calls, calls_open_at_a_threads_end_are_unfinished)
{
	enter(10, MAIN);
	enter(20, F);
	tell(RECORD_THREAD_END, 50, 0);
	finish(100);

	cr_assert_eq(SUMS(MAIN)->total_ns, 40);
	cr_assert_eq(SUMS(MAIN)->unfinished, 1);
	cr_assert_eq(SUMS(F, MAIN)->self_ns, 30);
	cr_assert_eq(SUMS(F, MAIN)->min_ns, 0);
	cr_assert_null(row_of(0, (const uint64_t[]){F, MAIN, 0})->histogram);
}

Test(calls, calls_open_at_the_end_of_the_process_are_unfinished)
{
	enter(10, MAIN);
	finish(100);

	cr_assert_eq(SUMS(MAIN)->total_ns, 90);
	cr_assert_eq(SUMS(MAIN)->unfinished, 1);
}

Test(calls, frames_left_by_an_exception_end_where_their_exits_say)
{
	enter(10, MAIN);
	enter(20, F);
	enter(30, G);
	leave(40); /* G and F, left by the exception and caught in MAIN */
	leave(40);
	enter(50, G);
	leave(60);
	leave(70);
	finish(100);

	cr_assert_eq(SUMS(G, F, MAIN)->total_ns, 10);
	cr_assert_eq(SUMS(F, MAIN)->total_ns, 20);
	cr_assert_eq(SUMS(G, MAIN)->calls, 1);
	cr_assert_eq(SUMS(MAIN)->self_ns, 30);
}

Test(calls, entries_that_a_hook_left_in_the_middle_told_in_vain_are_closed)
{
	enter(10, MAIN);
	enter(20, F);
	enter(30, G);
	tell(RECORD_CALL_DEPTH, 40, 1);
	enter(50, G);
	leave(60);
	tell(RECORD_CALL_DEPTH, 65, 5);
	leave(70);
	finish(100);

	cr_assert_eq(SUMS(F, MAIN)->total_ns, 20);
	cr_assert_eq(SUMS(G, MAIN)->calls, 1);
	cr_assert_eq(SUMS(MAIN)->total_ns, 60);
	cr_assert_eq(first()->unmatched_exits, 0);
}

Test(calls, an_exit_without_an_entry_is_counted_and_no_more)
{
	leave(10);
	enter(20, F);
	leave(30);
	finish(100);

	cr_assert_eq(first()->unmatched_exits, 1);
	cr_assert_eq(SUMS(F)->total_ns, 10);
}

Test(calls, what_is_open_when_tracing_stops_ends_there)
{
	enter(10, F);
	tell(RECORD_CALL_RANGE, 30, 1);
	tell(RECORD_CALL_RANGE, 60, 0);
	enter(70, G);
	leave(80);
	finish(100);

	cr_assert_eq(first()->trace_stops, 1);
	cr_assert_eq(SUMS(F)->total_ns, 20);
	cr_assert_eq(SUMS(G)->total_ns, 10);
}

Test(calls, depth_without_end_is_folded)
{
	const unsigned depth = (1 << 18) + 10;

	for (unsigned i = 0; i < depth; i++)
		enter(10 + i, F);
	for (unsigned i = 0; i < depth; i++)
		leave(1000000 + i);
	finish(2000000);

	cr_assert_eq(first()->folded_calls, 10);
	cr_assert_eq(first()->unmatched_exits, 0);
	cr_assert_eq(thread_at(0)->calls->len, 1 << 18);
	cr_assert_eq(SUMS(F)->total_ns, 1000000 + depth - 1 - 10);
}

/* Calls left in a stack deeper than what is kept: none is closed twice, and the first one stays. */
Test(calls, what_is_left_below_folded_calls_leaves_the_innermost_kept_one_open)
{
	for (uint64_t i = 0; i <= CALL_DEPTH_MAX; i++)
		enter(10, F);
	for (uint64_t i = 0; i < CALL_DEPTH_MAX; i++)
		tell(RECORD_CALL_LEFT, 20, 1);
	cr_assert_eq(thread->timing->stack->excess, 0);
	cr_assert_eq(thread->timing->stack->depth, 1);
	leave(50);
	cr_assert_eq(thread->timing->stack->depth, 0);
	leave(60);
	tell(RECORD_CALL_DEPTH, 70, 0);
	finish(100);

	cr_assert_eq(first()->unmatched_exits, 1);
	cr_assert_eq(SUMS(F)->calls, 1);
}

/* ---- call stacks ---- */

Test(calls, a_stack_that_is_switched_away_costs_nobody_time)
{
	enter(0, MAIN);
	tell(RECORD_CALL_STACK, 100, 1); /* a coroutine */
	tell(RECORD_CALL_BASE, 100, 0);
	enter(110, G);
	tell(RECORD_CALL_STACK, 150, 0);
	enter(160, F);
	leave(180);
	tell(RECORD_CALL_STACK, 200, 1);
	leave(230); /* G: 40 + 30 */
	tell(RECORD_CALL_STACK, 240, 0);
	leave(300);
	finish(1000);

	cr_assert_eq(SUMS(G)->total_ns, 70);
	cr_assert_eq(SUMS(MAIN)->total_ns, 100 + 50 + 60);
	cr_assert_eq(SUMS(MAIN)->self_ns, 100 + 30 + 60);
	cr_assert_eq(SUMS(F, MAIN)->total_ns, 20);
}

Test(calls, a_coroutine_that_moves_to_another_thread_goes_on_below_its_calls)
{
	struct model_thread *second = feeder_thread(model, 1, 2);

	tell(RECORD_CALL_STACK, 0, 7);
	enter(10, F);
	tell(RECORD_CALL_STACK, 20, 0);
	feed_numbers(model, second, RECORD_CALL_STACK, 50, 7, 0, 0, 0, 0);
	event_of(second, RECORD_ENTER, 55, G);
	event_of(second, RECORD_EXIT, 65, 0);
	event_of(second, RECORD_EXIT, 70, 0);
	finish(100);

	cr_assert_eq(SUMS_OF(0, F)->total_ns, 30);
	cr_assert_eq(SUMS_OF(0, F)->self_ns, 20);
	cr_assert_eq(SUMS_OF(1, G, F)->total_ns, 10);
}

Test(calls, a_pause_is_taken_off_the_calls_that_were_open_then_whenever_they_are_told)
{
	enter(100, MAIN);
	tell(RECORD_CALL_PAUSE, 200, 50);
	enter(145, F); /* writing it took the pause */
	tell(RECORD_CALL_PAUSE, 300, 60);
	leave(235); /* likewise */
	enter(310, G);
	leave(330);
	leave(400);
	finish(500);

	cr_assert_eq(SUMS(F, MAIN)->total_ns, 90 - 50);
	cr_assert_eq(SUMS(G, MAIN)->total_ns, 20);
	cr_assert_eq(SUMS(MAIN)->total_ns, 300 - 50 - 60);
	cr_assert_eq(SUMS(MAIN)->self_ns, 300 - 50 - 60 - 40 - 20);
}

Test(calls, a_coroutine_may_end_in_a_thread_that_entered_nothing)
{
	struct model_thread *second = feeder_thread(model, 1, 2);

	tell(RECORD_CALL_STACK, 0, 7);
	enter(10, F);
	tell(RECORD_CALL_STACK, 20, 0);
	feed_numbers(model, second, RECORD_CALL_STACK, 50, 7, 0, 0, 0, 0);
	event_of(second, RECORD_EXIT, 70, 0);
	finish(100);

	cr_assert_eq(SUMS_OF(0, F)->total_ns, 30);
	cr_assert_eq(first()->unmatched_exits, 0);
}

/* ---- libraries that come and go ---- */

static void
load(uint64_t ticks, uint64_t number, uint64_t start)
{
	feed_numbers(model, thread, RECORD_MODULE, ticks, number, start, start, start + 0x1000, 0);
}

/* The rows of calls of the function at `address`, by when its module came. */
static unsigned
rows_of(uint64_t address, uint64_t seen_ns)
{
	unsigned count = 0;

	for (unsigned i = 0; i < thread_at(0)->calls->len; i++) {
		const struct call_row *row =
			&g_array_index(thread_at(0)->calls, struct call_row, i);
		const struct node *node = &g_array_index(first()->nodes, struct node, row->node);

		count += node->pc == (address | RECORD_PC_EXACT) && node->seen_ns == seen_ns;
	}
	return count;
}

Test(calls, a_function_is_of_the_library_that_was_at_its_address_when_it_was_called)
{
	load(1, 1, MAIN);
	load(2, 2, 0x8000);
	enter(10, MAIN);
	enter(20, 0x8800);
	leave(30);
	tell(RECORD_MODULE_GONE, 40, 2);
	load(50, 3, 0x7800);
	enter(60, 0x8200);
	leave(70);
	tell(RECORD_MODULE_GONE, 80, 3);
	load(90, 4, 0x8000);
	enter(100, 0x8200);
	leave(110);
	enter(120, 0x8200);
	leave(130);
	leave(140);
	finish(200);

	cr_assert_eq(rows_of(MAIN, 0), 1);
	cr_assert_eq(rows_of(0x8800, 0), 1);
	cr_assert_eq(rows_of(0x8200, 50), 1);
	cr_assert_eq(rows_of(0x8200, 90), 1);
}

/* ---- what tracing costs ---- */

Test(calls, tracings_own_cost_is_taken_off_exactly)
{
	uint64_t now = 1000;

	/* 30 ticks a pair, 12 of them between the stamps. TINY takes 2, the busy one 11000. */
	cost(30 * TICK, 12 * TICK, 1 * TICK);
	enter(now, F);
	for (unsigned i = 0; i < 1000; i++) {
		enter(now += 9, MAIN);
		leave(now += 2 + 12);
		now += 9;
	}
	leave(now += 100 + 12);
	enter(now += 18, G);
	leave(now += 11000 + 12);
	finish(now);

	cr_assert_eq(SUMS(MAIN, F)->total_ns, 2000);
	cr_assert_eq(SUMS(MAIN, F)->self_ns, 2000);
	cr_assert_eq(SUMS(MAIN, F)->min_ns, 2);
	cr_assert_eq(SUMS(MAIN, F)->max_ns, 2);
	cr_assert_eq(SUMS(F)->total_ns, 2100);
	cr_assert_eq(SUMS(F)->self_ns, 100);
	cr_assert_eq(SUMS(F)->self_error_ns, 1001 * UNCERTAIN);
	cr_assert_eq(SUMS(G)->total_ns, 11000);
	cr_assert_eq(SUMS(G)->total_error_ns, UNCERTAIN);
	cr_assert_eq(first()->cost[COST_OF_CALLS].pair_ps, 30000);
}

Test(calls, no_time_is_negative_and_totals_stay_what_they_are)
{
	cost(30 * TICK, 12 * TICK, 0);
	enter(0, MAIN);
	for (unsigned i = 0; i < 10; i++) {
		enter(100 + i * 100, F);
		leave(100 + i * 100 + 5); /* less than the cost: the call took 0 */
	}
	leave(2012);
	finish(3000);

	cr_assert_eq(SUMS(F, MAIN)->total_ns, 0);
	cr_assert_eq(SUMS(F, MAIN)->self_ns, 0);
	cr_assert_eq(SUMS(F, MAIN)->below_cost, 10);
	cr_assert_eq(SUMS(MAIN)->total_ns, 2000 - 300);
	cr_assert_eq(SUMS(MAIN)->self_ns, SUMS(MAIN)->total_ns);
}

Test(calls, a_total_is_what_the_selfs_below_add_up_to_where_one_of_them_would_be_negative)
{
	cost(30 * TICK, 12 * TICK, 0);
	enter(0, MAIN);
	enter(100, G);
	for (unsigned i = 0; i < 10; i++) {
		enter(100 + i * 20, F);
		leave(100 + i * 20 + 18);
	}
	leave(300); /* takes less than what its calls cost outside of themselves */
	leave(2012);
	finish(3000);

	cr_assert_eq(SUMS(F, G, MAIN)->total_ns, 10 * (18 - 12));
	cr_assert_eq(SUMS(G, MAIN)->self_ns, 0);
	cr_assert_eq(SUMS(G, MAIN)->total_ns, SUMS(F, G, MAIN)->total_ns);
	cr_assert_eq(SUMS(MAIN)->total_ns, 2000 - 11 * 30);
	cr_assert_eq(SUMS(MAIN)->self_ns, SUMS(MAIN)->total_ns - SUMS(G, MAIN)->total_ns);
}

Test(calls, an_exit_that_was_jumped_to_costs_its_caller_what_such_ones_do)
{
	const struct record cost = {.kind = RECORD_EXTENDED,
		.extended = {.type = RECORD_COST,
			.number_count = COST_NUMBERS,
			.number = {[COST_PAIR] = 30 * TICK,
				[COST_INSIDE] = 12 * TICK,
				[COST_JUMPED] = 20 * TICK}}};
	struct model_event jumped = {.thread = thread, .kind = RECORD_EXIT, .flags = RECORD_JUMPED};

	model_extended(model, thread, &cost);
	enter(0, MAIN);
	enter(100, F);
	leave(200);
	enter(300, F);
	jumped.ticks = 400;
	model_apply(model, &jumped, 1);
	leave(1000);
	finish(3000);

	cr_assert_eq(SUMS(F, MAIN)->total_ns, 2 * (100 - 12));
	cr_assert_eq(SUMS(MAIN)->total_ns, 1000 - 12 - 30 - 20);
	cr_assert_eq(SUMS(MAIN)->self_ns, 800 - 12 - (30 - 12) - (20 - 12));
}

static void
feed_sums(const struct pool_call_tally *parts, unsigned count, uint64_t taken)
{
	static struct pool_call_sums sums;

	sums = (struct pool_call_sums){.taken = taken};
	memcpy(sums.tally, parts, count * sizeof(*parts));
	model_call_sums(thread, &sums);
}

Test(calls,
	sums_of_summary_mode_have_selfs_by_the_tree_and_what_was_measured_too_much_is_the_callers)
{
	model_node(thread, 1, 0, 0x555);
	model_node(thread, 2, 1, MAIN | RECORD_PC_EXACT);
	model_node(thread, 3, 2, F | RECORD_PC_EXACT);
	model_node(thread, 4, 2, G | RECORD_PC_EXACT);
	feed_numbers(model, thread, RECORD_COST, 0, 30 * TICK, 12 * TICK, TICK, 1, 0);
	const struct pool_call_tally parts[] = {
		{.node = 3, .count = 4, .total = 32 * TICK, .min = 7, .max = 11},
		{.node = 3, .count = 6, .total = 60 * TICK, .min = 2, .max = 18},
		{.node = 4, .count = 8, .total = -(uint64_t)5 * TICK, .min = 0, .max = 1},
		{.node = 2, .count = 1, .total = 700 * TICK, .min = 700, .max = 700},
	};

	feed_sums(parts, G_N_ELEMENTS(parts), 0);
	finish(3000);

	cr_assert_eq(SUMS(F, MAIN)->calls, 10);
	cr_assert_eq(SUMS(F, MAIN)->total_ns, 92);
	cr_assert_eq(SUMS(F, MAIN)->total_error_ns, 10 * UNCERTAIN);
	cr_assert_eq(SUMS(F, MAIN)->min_ns, 2);
	cr_assert_eq(SUMS(F, MAIN)->max_ns, 18);
	cr_assert_eq(SUMS(G, MAIN)->total_ns, 0);
	cr_assert_eq(SUMS(MAIN)->total_ns, 700);
	cr_assert_eq(SUMS(MAIN)->total_error_ns, 19 * UNCERTAIN);
	cr_assert_eq(SUMS(MAIN)->self_ns, 700 - 92);
}

Test(calls, sums_of_summary_mode_have_totals_that_the_selfs_below_add_up_to)
{
	model_node(thread, 1, 0, 0x555);
	model_node(thread, 2, 1, MAIN | RECORD_PC_EXACT);
	model_node(thread, 3, 2, G | RECORD_PC_EXACT);
	model_node(thread, 4, 3, F | RECORD_PC_EXACT);
	const struct pool_call_tally parts[] = {
		{.node = 4, .count = 10, .total = 60 * TICK, .min = 6, .max = 6},
		{.node = 3, .count = 1, .total = 50 * TICK, .min = 50, .max = 50},
		{.node = 2, .count = 1, .total = 700 * TICK, .min = 700, .max = 700},
	};

	feed_sums(parts, G_N_ELEMENTS(parts), 0);
	finish(3000);

	cr_assert_eq(SUMS(F, G, MAIN)->total_ns, 60);
	cr_assert_eq(SUMS(G, MAIN)->self_ns, 0);
	cr_assert_eq(SUMS(G, MAIN)->total_ns, 60);
	cr_assert_eq(SUMS(MAIN)->total_ns, 700);
	cr_assert_eq(SUMS(MAIN)->self_ns, 700 - 60);
}

Test(calls, sums_of_summary_mode_have_calls_end_with_their_process_by_the_threads_own_time)
{
	model_node(thread, 1, 0, 0x555);
	model_node(thread, 2, 1, MAIN | RECORD_PC_EXACT);
	model_node(thread, 3, 2, F | RECORD_PC_EXACT);
	const struct pool_call_tally parts[] = {
		{.node = 3,
			.count = 4,
			.total = 400 * TICK - (uint64_t)2500 * TICK,
			.open = 1,
			.min = 90},
		{.node = 2,
			.count = 1,
			.total = -(uint64_t)1000 * TICK,
			.open = 1,
			.min = UINT64_MAX},
	};

	feed_sums(parts, G_N_ELEMENTS(parts), 100 * TICK);
	finish(3000);

	cr_assert_eq(SUMS(F, MAIN)->calls, 4);
	cr_assert_eq(SUMS(F, MAIN)->total_ns, 400 + 500 - 100);
	cr_assert_eq(SUMS(F, MAIN)->unfinished, 1);
	cr_assert_eq(SUMS(MAIN)->total_ns, 2000 - 100);
	cr_assert_eq(SUMS(MAIN)->self_ns, 1900 - 800);
}

/* ---- percentiles ---- */

static int
compare(const void *a, const void *b)
{
	const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

Test(calls, percentiles_are_those_of_the_sorted_calls_within_two_percent)
{
	enum {
		CALLS = 5000
	};
	static uint64_t took[CALLS];
	static struct call_distribution distribution;
	static const unsigned percents[] = {1, 50, 90, 99, 100};
	g_autoptr(GRand) random = g_rand_new_with_seed(4711);
	uint64_t now = 0;

	for (unsigned i = 0; i < CALLS; i++) {
		const unsigned bits = (unsigned)g_rand_int_range(random, 2, 30);

		took[i] = g_rand_int(random) & ((UINT32_C(1) << bits) - 1);
		enter(now, F);
		leave(now += took[i]);
	}
	finish(now);
	qsort(took, CALLS, sizeof(*took), compare);
	const struct call_row *row = row_of(0, (const uint64_t[]){F, 0});
	const struct call_bounds bounds = {row->sums.min_ns, row->sums.max_ns};

	cr_assert(call_distribution_add(&distribution, row->histogram, row->histogram_bytes));
	cr_assert_eq(distribution.count, CALLS);
	for (unsigned i = 0; i < G_N_ELEMENTS(percents); i++) {
		const double exact = (double)took[CALLS * percents[i] / 100 - 1];
		const double got =
			(double)call_distribution_percentile(&distribution, bounds, percents[i]);

		cr_assert_float_eq(
			got, exact, exact * 0.02 + 0.5, "p%u: %g, not %g", percents[i], got, exact);
	}
}

/* The middle of a bucket may be beyond all that is in it. */
Test(calls, percentiles_are_between_the_shortest_and_the_longest)
{
	static const double percents[] = {0, 50, 90, 99, 100};
	struct call_distribution *distribution = g_new(struct call_distribution, 1);

	for (uint64_t value = 1; value < UINT64_C(1) << 40; value += 1 + value / 7) {
		const struct call_bounds bounds = {value, value};
		uint32_t bytes;
		g_autofree uint8_t *packed = call_histogram_pack_one(value, 1, &bytes);

		memset(distribution, 0, sizeof(*distribution));
		call_distribution_add(distribution, packed, bytes);
		for (unsigned i = 0; i < G_N_ELEMENTS(percents); i++) {
			cr_assert_eq(
				call_packed_percentile(packed, bytes, bounds, percents[i]), value);
			cr_assert_eq(
				call_distribution_percentile(distribution, bounds, percents[i]),
				value);
		}
	}
	g_free(distribution);
}

Test(calls, merged_histograms_have_all_calls_of_both)
{
	static const unsigned counts[] = {0, 1, 15, 16, 70, 1000};

	for (unsigned i = 0; i < G_N_ELEMENTS(counts) * G_N_ELEMENTS(counts); i++) {
		const unsigned few = counts[i / G_N_ELEMENTS(counts)];
		const unsigned more = counts[i % G_N_ELEMENTS(counts)];
		struct call_histogram to = {0}, from = {0}, both = {0};
		uint32_t bytes[5];

		for (unsigned k = 0; k < few + more; k++) {
			call_histogram_add(k < few ? &to : &from, 1000 + k * 37 % 20000);
			call_histogram_add(&both, 1000 + k * 37 % 20000);
		}
		g_autofree uint8_t *left = call_histogram_pack(&to, 1, &bytes[0]);
		g_autofree uint8_t *right = call_histogram_pack(&from, 1, &bytes[1]);
		g_autofree uint8_t *wanted = call_histogram_pack(&both, 1, &bytes[2]);
		g_autofree uint8_t *packed =
			call_packed_merge(left, bytes[0], right, bytes[1], &bytes[3]);
		call_histogram_merge(&to, &from);
		g_autofree uint8_t *merged = call_histogram_pack(&to, 1, &bytes[4]);

		cr_expect_eq(bytes[3], bytes[2]);
		cr_expect_eq(bytes[4], bytes[2]);
		cr_expect(!bytes[2] || !memcmp(packed, wanted, bytes[2]));
		cr_expect(!bytes[2] || !memcmp(merged, wanted, bytes[2]));
		call_histogram_fini(&to);
		call_histogram_fini(&from);
		call_histogram_fini(&both);
	}
}

Test(calls, every_value_is_in_a_bucket_whose_middle_is_near)
{
	for (unsigned shift = 0; shift < 64; shift++) {
		for (unsigned i = 0; i < 200; i++) {
			const uint64_t value = (UINT64_C(1) << shift) + (i << shift) / 200;
			const unsigned bucket = call_histogram_bucket(value);
			const uint64_t middle = call_histogram_value(bucket);
			const uint64_t off = middle > value ? middle - value : value - middle;

			cr_assert_lt(bucket, CALL_HISTOGRAM_BUCKETS);
			cr_assert_leq(off, value / 100);
			cr_assert_eq(call_histogram_bucket(middle), bucket);
		}
	}
}

Test(calls, packed_histograms_that_are_broken_are_refused)
{
	static struct call_distribution distribution;
	static const uint8_t cut[] = {5, 3, 4}, far[] = {0xff, 0x7f, 1};

	cr_assert_not(call_distribution_add(&distribution, cut, sizeof(cut)));
	cr_assert_eq(distribution.count, 3);
	cr_assert_not(call_distribution_add(&distribution, far, sizeof(far)));
	cr_assert(call_distribution_add(&distribution, NULL, 0));
}

/* ---- the chart ---- */

Test(calls, the_chart_has_each_call_at_its_time)
{
	enter(10, MAIN);
	enter(20, F);
	leave(50);
	leave(100);
	finish(200);

	const GArray *chart = thread_at(0)->chart;
	const struct chart_box *outer = &g_array_index(chart, struct chart_box, 0);
	const struct chart_box *inner = &g_array_index(chart, struct chart_box, 1);

	cr_assert_eq(chart->len, 2);
	cr_assert_eq(outer->start_ns, 10);
	cr_assert_eq(outer->duration_ns, 90);
	cr_assert_eq(outer->depth, 0);
	cr_assert_eq(inner->start_ns, 20);
	cr_assert_eq(inner->duration_ns, 30);
	cr_assert_eq(inner->depth, 1);
	cr_assert_eq(inner->kind, CHART_CALL);
	cr_assert_eq(run->chart_hidden, 0);
}

Test(calls, a_suspended_call_is_in_the_chart_in_pieces)
{
	tell(RECORD_CALL_STACK, 0, 1);
	enter(10, F);
	tell(RECORD_CALL_STACK, 30, 2);
	tell(RECORD_CALL_STACK, 50, 1);
	leave(60);
	finish(100);

	const GArray *chart = thread_at(0)->chart;

	cr_assert_eq(chart->len, 2);
	cr_assert_eq(g_array_index(chart, struct chart_box, 0).duration_ns, 20);
	cr_assert_eq(g_array_index(chart, struct chart_box, 1).start_ns, 50);
	cr_assert_eq(g_array_index(chart, struct chart_box, 1).duration_ns, 10);
	cr_assert_eq(SUMS(F)->total_ns, 30);
}

Test(calls, a_chart_that_is_full_leaves_short_calls_to_their_callers)
{
	struct chart_lane lane = {0};
	struct chart chart;

	chart_init(&chart);
	chart.most = 100;
	chart_add_lane(&chart, &lane);
	for (unsigned i = 0; i < 10000; i++)
		chart_call(&chart, &lane, (struct chart_call){.start = i, .ticks = i % 1000});

	cr_assert_leq(chart.calls, 100);
	cr_assert_eq(chart.calls, lane.calls->len);
	cr_assert_eq(chart.calls + chart.hidden, 10000);
	for (unsigned i = 0; i < lane.calls->len; i++)
		cr_assert_geq(
			g_array_index(lane.calls, struct chart_call, i).ticks, chart.shortest);
	chart_lane_fini(&lane);
	chart_fini(&chart);
}

/* ---- histograms ---- */

Test(calls, percentiles_are_right_of_few_values_and_of_many)
{
	static const unsigned counts[] = {1, 2, 3, 15, 16, 17, 63, 64, 65, 1000};

	static const struct call_bounds all = {0, UINT64_MAX};

	for (unsigned i = 0; i < G_N_ELEMENTS(counts); i++) {
		struct call_histogram histogram = {0};
		struct call_distribution *sum = g_new0(struct call_distribution, 1);
		uint32_t bytes = 0;
		uint8_t *packed;

		/* Out of order, and one of them again and again. */
		for (unsigned k = 0; k < counts[i]; k++) {
			call_histogram_add(&histogram, 1000 + (k * 7919ull) % counts[i] * 100);
			call_histogram_add(&histogram, 1000);
		}
		packed = call_histogram_pack(&histogram, 1, &bytes);
		cr_assert(call_distribution_add(sum, packed, bytes));
		cr_expect_eq(sum->count, 2 * counts[i]);
		cr_expect_float_eq((double)call_distribution_percentile(sum, all, 40), 1000, 10);
		cr_expect_float_eq((double)call_distribution_percentile(sum, all, 100),
			1000 + (counts[i] - 1) * 100.0, 10 + counts[i]);
		g_free(packed);
		g_free(sum);
		call_histogram_fini(&histogram);
	}
}
