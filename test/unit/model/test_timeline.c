/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The timeline against the same sums taken interval by interval. */
#include <criterion/criterion.h>

#include "feeder.h"

#define MS UINT64_C(1000000)

static const struct timeline_bin *
bin_at(const struct run *run, unsigned process, uint64_t ns)
{
	const struct process *of = g_ptr_array_index(run->processes, process);
	const uint64_t bin = ns / run->bin_ns;

	cr_assert_geq(bin, of->timeline_first);
	cr_assert_lt(bin - of->timeline_first, of->timeline->len);
	return &g_array_index(of->timeline, struct timeline_bin, bin - of->timeline_first);
}

Test(timeline, an_interval_knows_its_end_its_maximum_and_what_happened)
{
	struct model *model = feeder_new();
	struct model_thread *thread = feeder_thread(model, 1, 1);

	feed_alloc(model, thread, MS / 2, 1, 100, 0x1000);
	feed_alloc(model, thread, MS + 10, 1, 50, 0x2000);
	feed_free(model, thread, MS + 20, 0x1000, 0);
	model_rss(model_process(model, 1, 0, 0), MS + 30, 4096, 0);
	struct run *run = feeder_finish(model, 4 * MS);

	cr_assert_eq(run->bin_ns, MS);
	cr_assert_eq(bin_at(run, 0, 0)->live_bytes, 100);
	cr_assert_eq(bin_at(run, 0, MS)->live_bytes, 50);
	cr_assert_eq(bin_at(run, 0, MS)->live_max_bytes, 150);
	cr_assert_eq(bin_at(run, 0, MS)->allocated.bytes, 50);
	cr_assert_eq(bin_at(run, 0, MS)->freed.count, 1);
	cr_assert_eq(bin_at(run, 0, MS)->rss_bytes, 4096);
	cr_assert_eq(bin_at(run, 0, 3 * MS)->live_bytes, 50);
	cr_assert_eq(bin_at(run, 0, 3 * MS)->allocated.count, 0);
	run_free(run);
}

Test(timeline, a_process_starts_with_its_own_interval)
{
	struct model *model = feeder_new();

	feeder_thread(model, 1, 1);
	model_process(model, 2, 2, 7 * MS);
	model_process_end(model_process(model, 2, 0, 0), 8 * MS);
	struct run *run = feeder_finish(model, 20 * MS);
	const struct process *late = g_ptr_array_index(run->processes, 1);

	cr_assert_eq(late->timeline_first, 7);
	cr_assert_eq(late->timeline->len, 2);
	run_free(run);
}

/* Whatever the width became, sums over all intervals and the maximum stay. */
static void
check_long_run(uint64_t step_ns, unsigned steps)
{
	struct model *model = feeder_new();
	struct model_thread *thread = feeder_thread(model, 1, 1);
	struct model_process *other = NULL;
	uint64_t allocated = 0, highest = 0;

	for (unsigned i = 1; i <= steps; i++) {
		feed_alloc(model, thread, i * step_ns, 1, i, 0x1000 + (uint64_t)(i % 7) * 64);
		if (i == steps / 3)
			other = model_process(model, 2, 2, i * step_ns);
		if (i == steps / 2)
			model_process_end(other, i * step_ns);
		feed_free(model, thread, i * step_ns + 1, 0x1000 + (uint64_t)(i % 7) * 64, 0);
	}
	struct run *run = feeder_finish(model, steps * step_ns + 10);
	const struct process *process = g_ptr_array_index(run->processes, 0);

	cr_assert_leq(process->timeline->len, 2000);
	cr_assert_geq(process->timeline->len * run->bin_ns, run->duration_ns);
	for (unsigned i = 0; i < process->timeline->len; i++) {
		const struct timeline_bin *bin =
			&g_array_index(process->timeline, struct timeline_bin, i);

		allocated += bin->allocated.count;
		highest = MAX(highest, bin->live_max_bytes);
	}
	cr_assert_eq(allocated, steps);
	cr_assert_eq(highest, process->peak_bytes);
	run_free(run);
}

Test(timeline, intervals_double_and_lose_nothing)
{
	const uint64_t steps_ns[] = {1000, MS, 3 * MS + 7, 40 * MS, 100000 * MS};

	for (unsigned i = 0; i < G_N_ELEMENTS(steps_ns); i++)
		check_long_run(steps_ns[i], 1000);
}

Test(timeline, cpu_time_is_spread_between_measurements)
{
	struct model *model = feeder_new();
	struct model_process *process = model_process(model, 1, 1001, 0);

	feeder_thread(model, 1, 1);
	model_cpu(process, 4 * MS, 2 * MS);
	model_cpu(process, 6 * MS, 4 * MS);
	model_cpu(process, 8 * MS, 4 * MS);
	struct run *run = feeder_finish(model, 10 * MS);

	for (unsigned bin = 0; bin < 10; bin++)
		cr_expect_eq(bin_at(run, 0, bin * MS)->cpu_ns,
			bin < 4	  ? MS / 2
			: bin < 6 ? MS
				  : 0,
			"bin %u is %lu", bin, (unsigned long)bin_at(run, 0, bin * MS)->cpu_ns);
	run_free(run);
}

Test(timeline, cpu_time_survives_that_intervals_double)
{
	struct model *model = feeder_new();
	struct model_process *process = model_process(model, 1, 1001, 0);
	uint64_t sum = 0;

	feeder_thread(model, 1, 1);
	for (unsigned i = 1; i <= 1000; i++)
		model_cpu(process, i * 17 * MS, i * 5 * MS + i % 3);
	struct run *run = feeder_finish(model, 20000 * MS);
	const struct process *of = g_ptr_array_index(run->processes, 0);

	for (unsigned i = 0; i < of->timeline->len; i++)
		sum += g_array_index(of->timeline, struct timeline_bin, i).cpu_ns;
	cr_expect_eq(sum, 5000 * MS + 1);
	run_free(run);
}
