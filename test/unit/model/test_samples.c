/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Samples: what they weigh, and their pieces of the chart. */
#include <criterion/criterion.h>

#include "model/chart.h"
#include "one_thread.h"

static void
set_up_nodes(void)
{
	set_up();
	model_node(thread, 1, 0, 0x100);
	model_node(thread, 2, 1, 0x200 | RECORD_PC_EXACT);
}

TestSuite(samples, .init = set_up_nodes, .fini = tear_down);

static void
sample(uint64_t ticks, uint32_t node, uint64_t periods, unsigned flags)
{
	feed((struct model_event){.ticks = ticks,
		.node = node,
		.size = periods,
		.kind = RECORD_SAMPLE,
		.flags = (uint16_t)flags});
}

static void
rate(struct model_thread *of, uint64_t hz, bool wall)
{
	feed_numbers(model, of, RECORD_SAMPLING, 0, hz, RECORD_SAMPLING_PERF, wall, 0, 0);
}

static const struct sample_row *
row_at(unsigned index)
{
	return &g_array_index(thread_at(0)->samples, struct sample_row, index);
}

Test(samples, a_sample_weighs_the_periods_it_stands_for)
{
	rate(thread, 10000, false);
	sample(100000, 2, 1, 0);
	sample(400000, 2, 3, 0);
	finish(1000000);

	cr_assert_eq(thread_at(0)->samples->len, 1);
	cr_assert_eq(row_at(0)->sums[SAMPLE_CPU].samples, 2);
	cr_assert_eq(row_at(0)->sums[SAMPLE_CPU].periods, 4);
	cr_assert_eq(row_at(0)->sums[SAMPLE_CPU].time_ns, 400000);
	cr_assert_eq(row_at(0)->sums[SAMPLE_WALL].samples, 0);
}

Test(samples, time_in_the_kernel_is_a_part_of_cpu_time)
{
	rate(thread, 1000, false);
	sample(1000000, 1, 1, 0);
	sample(5000000, 1, 4, RECORD_KERNEL);
	finish(20000000);

	cr_assert_eq(row_at(0)->sums[SAMPLE_CPU].samples, 2);
	cr_assert_eq(row_at(0)->sums[SAMPLE_CPU].time_ns, 5000000);
	cr_assert_eq(row_at(0)->sums[SAMPLE_CPU].kernel_samples, 1);
	cr_assert_eq(row_at(0)->sums[SAMPLE_CPU].kernel_periods, 4);
	cr_assert_eq(row_at(0)->sums[SAMPLE_CPU].kernel_ns, 4000000);
}

Test(samples, time_that_no_sample_stands_for_is_known)
{
	rate(thread, 1000, false);
	feed_numbers(model, thread, RECORD_LOST, 0, 1234567, RECORD_LOST_TIME, 0, 0, 0);
	finish(20000000);

	cr_assert_eq(first()->unsampled_ns, 1234567);
}

Test(samples, what_stands_for_too_much_in_one_process_is_less_left_of_another)
{
	struct model_thread *other = feeder_thread(model, 2, 1);

	rate(thread, 1000, false);
	rate(other, 1000, false);
	feed_numbers(model, thread, RECORD_LOST, 0, (uint64_t)-300, RECORD_LOST_TIME, 0, 0, 0);
	feed_numbers(model, thread, RECORD_LOST, 0, 100, RECORD_LOST_TIME, 0, 0, 0);
	feed_numbers(model, other, RECORD_LOST, 0, 500, RECORD_LOST_TIME, 0, 0, 0);
	finish(20000000);

	uint64_t left_ns = 0;

	for (unsigned i = 0; i < run->processes->len; i++)
		left_ns += ((struct process *)g_ptr_array_index(run->processes, i))->unsampled_ns;
	cr_assert_eq(first()->unsampled_ns, 0);
	cr_assert_eq(left_ns, 500 - 200);
}

Test(samples, wall_time_and_cpu_time_are_kept_apart)
{
	rate(thread, 1000, false);
	rate(thread, 100, true);
	sample(1000000, 1, 1, 0);
	sample(10000000, 1, 1, RECORD_WALL);
	finish(20000000);

	cr_assert_eq(row_at(0)->sums[SAMPLE_CPU].time_ns, 1000000);
	cr_assert_eq(row_at(0)->sums[SAMPLE_WALL].time_ns, 10000000);
}

Test(samples, a_thread_that_says_nothing_has_the_rate_of_its_process)
{
	rate(feeder_thread(model, 1, 2), 500, false);
	sample(4000000, 1, 1, 0);
	finish(10000000);

	cr_assert_eq(row_at(0)->sums[SAMPLE_CPU].time_ns, 2000000);
	cr_assert_eq(first()->sampling[SAMPLE_CPU].rate_hz, 500);
}

Test(samples, the_same_call_path_again_is_one_piece_of_the_chart)
{
	rate(thread, 1000, false);
	for (uint64_t ms = 1; ms <= 5; ms++)
		sample(ms * 1000000, 2, 1, 0);
	sample(6000000, 1, 1, 0);
	sample(9000000, 1, 1, 0); /* two periods later: it was not running in between */
	finish(10000000);

	const GArray *chart = thread_at(0)->chart;

	cr_assert_eq(chart->len, 3);
	cr_assert_eq(g_array_index(chart, struct chart_box, 0).start_ns, 0);
	cr_assert_eq(g_array_index(chart, struct chart_box, 0).duration_ns, 5000000);
	cr_assert_eq(g_array_index(chart, struct chart_box, 1).duration_ns, 1000000);
	cr_assert_eq(g_array_index(chart, struct chart_box, 2).start_ns, 8000000);
}

Test(samples, no_piece_of_the_chart_is_older_than_its_thread)
{
	struct model_thread *late =
		model_thread(model_process(model, 1, 1001, 0), 2, 1002, 10000000);
	const struct model_event event = {
		.thread = late, .ticks = 10400000, .node = 1, .size = 1, .kind = RECORD_SAMPLE};

	rate(late, 1000, false);
	model_apply(model, &event, 1);
	finish(20000000);

	const GArray *chart = thread_at(1)->chart;

	cr_assert_eq(chart->len, 1);
	cr_assert_eq(g_array_index(chart, struct chart_box, 0).start_ns, 10000000);
	cr_assert_eq(g_array_index(chart, struct chart_box, 0).duration_ns, 400000);
}

Test(samples, a_chart_of_many_pieces_gets_coarser)
{
	struct chart_lane lane = {0};
	struct chart chart;

	chart_init(&chart);
	chart.most = 100;
	chart_add_lane(&chart, &lane);
	for (uint64_t i = 0; i < 10000; i++)
		chart_sample(&chart, &lane,
			(struct chart_piece){10 * i, 10 * i + 10, (uint32_t)i % 7, CHART_CPU});

	cr_assert_leq(chart.pieces, 100);
	cr_assert_eq(chart.pieces, lane.pieces->len);
	cr_assert_gt(chart.grain, 10);
	for (unsigned i = 1; i < lane.pieces->len; i++)
		cr_assert_geq(g_array_index(lane.pieces, struct chart_piece, i).start,
			g_array_index(lane.pieces, struct chart_piece, i - 1).end);
	chart_lane_fini(&lane);
	chart_fini(&chart);
}
