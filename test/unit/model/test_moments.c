/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What samples and traced calls say of each interval of the run. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "one_thread.h"

#define MS UINT64_C(1000000)
#define F  UINT64_C(0x2000)
#define G  UINT64_C(0x3000)

static void
set_up_node(void)
{
	set_up();
	model_node(thread, 1, 0, 0x1000);
}

TestSuite(moments, .init = set_up_node, .fini = tear_down);

static void
event(enum record_kind kind, uint64_t ticks, uint64_t address, uint64_t size)
{
	feed((struct model_event){.ticks = ticks,
		.address = address,
		.size = size,
		.node = 1,
		.kind = (uint16_t)kind});
}

static void
kernel_sample(uint64_t ticks, uint64_t periods)
{
	feed((struct model_event){.ticks = ticks,
		.size = periods,
		.node = 1,
		.kind = RECORD_SAMPLE,
		.flags = RECORD_KERNEL});
}

static const GArray *
moments(void)
{
	return thread_at(0)->moments;
}

/* Of all call paths, or of the function at `pc`. */
static struct moment_sums
sum(uint64_t pc, unsigned from, unsigned to)
{
	const struct process *process = first();
	struct moment_sums sums = {0};

	for (guint i = 0; i < moments()->len; i++) {
		const struct moment_row *row = &g_array_index(moments(), struct moment_row, i);
		const struct node *node = &g_array_index(process->nodes, struct node, row->node);

		if (row->span < from || row->span > to ||
			(pc && node->pc != (pc | RECORD_PC_EXACT)))
			continue;
		sums.calls += row->sums.calls;
		sums.self_ns += row->sums.self_ns;
		sums.samples[SAMPLE_CPU] += row->sums.samples[SAMPLE_CPU];
		sums.time_ns[SAMPLE_CPU] += row->sums.time_ns[SAMPLE_CPU];
		sums.kernel_samples += row->sums.kernel_samples;
		sums.kernel_ns += row->sums.kernel_ns;
	}
	return sums;
}

Test(moments, a_sample_is_in_the_interval_in_which_it_was_taken)
{
	feed_numbers(model, thread, RECORD_SAMPLING, 0, 1000, 1, 0, 0, 0);
	event(RECORD_SAMPLE, MS / 2, 0, 1);
	event(RECORD_SAMPLE, 3 * MS + 1, 0, 2);
	event(RECORD_SAMPLE, 3 * MS + 2, 0, 1);
	finish(5 * MS);
	cr_expect_eq(sum(0, 0, 0).samples[SAMPLE_CPU], 1);
	cr_expect_eq(sum(0, 1, 2).samples[SAMPLE_CPU], 0);
	cr_expect_eq(sum(0, 3, 3).samples[SAMPLE_CPU], 2);
	cr_expect_eq(sum(0, 3, 3).time_ns[SAMPLE_CPU], 3 * MS);
}

Test(moments, time_in_the_kernel_is_known_of_each_interval)
{
	feed_numbers(model, thread, RECORD_SAMPLING, 0, 1000, 1, 0, 0, 0);
	event(RECORD_SAMPLE, MS / 2, 0, 1);
	kernel_sample(MS / 2 + 1, 4);
	event(RECORD_SAMPLE, 3 * MS + 1, 0, 2);
	kernel_sample(4 * MS + 1, 2);
	finish(5 * MS);
	cr_expect_eq(sum(0, 0, 0).kernel_samples, 1);
	cr_expect_eq(sum(0, 0, 0).kernel_ns, 4 * MS);
	cr_expect_eq(sum(0, 0, 0).time_ns[SAMPLE_CPU], 5 * MS);
	cr_expect_eq(sum(0, 3, 3).kernel_ns, 0);
	cr_expect_eq(sum(0, 4, 4).kernel_ns, 2 * MS);
}

Test(moments, a_long_call_is_in_all_intervals_that_it_lasts)
{
	event(RECORD_ENTER, MS / 2, F, 0);
	event(RECORD_ENTER, 4 * MS, G, 0);
	event(RECORD_EXIT, 6 * MS + MS / 4, G, 0);
	event(RECORD_EXIT, 9 * MS + MS / 2, F, 0);
	finish(10 * MS);
	cr_expect_eq(sum(F, 0, 0).self_ns, MS / 2);
	for (unsigned span = 1; span < 4; span++)
		cr_expect_eq(sum(F, span, span).self_ns, MS);
	cr_expect_eq(sum(F, 4, 5).self_ns, 0);
	cr_expect_eq(sum(G, 4, 4).self_ns, MS);
	cr_expect_eq(sum(G, 5, 5).self_ns, MS);
	cr_expect_eq(sum(G, 6, 6).self_ns, MS / 4);
	cr_expect_eq(sum(F, 6, 6).self_ns, MS - MS / 4);
	cr_expect_eq(sum(F, 9, 9).self_ns, MS / 2);
	cr_expect_eq(sum(F, 0, 8).calls, 0);
	cr_expect_eq(sum(F, 9, 9).calls, 1);
	cr_expect_eq(sum(G, 6, 6).calls, 1);
}

Test(moments, all_intervals_together_are_the_whole_however_often_they_double)
{
	static const uint64_t steps[] = {300, 40000, 3000000};

	for (unsigned s = 0; s < G_N_ELEMENTS(steps); s++) {
		uint64_t now = 1000, calls = 0, self_ns = 0;
		unsigned depth = 0;

		if (s) {
			run_free(run);
			set_up_node();
		}
		srand(s);
		for (unsigned i = 0; i < 20000; i++) {
			now += (uint64_t)rand() % steps[s];
			if (depth && (depth == 40 || rand() % 2)) {
				event(RECORD_EXIT, now, 0, 0);
				depth--;
			} else {
				event(RECORD_ENTER, now, 0x4000 + (uint64_t)(rand() % 3) * 16, 0);
				depth++;
			}
		}
		finish(now);
		for (guint i = 0; i < thread_at(0)->calls->len; i++) {
			const struct call_row *row =
				&g_array_index(thread_at(0)->calls, struct call_row, i);

			calls += row->sums.calls;
			self_ns += row->sums.self_ns;
		}
		cr_expect_gt(moments()->len, thread_at(0)->calls->len);
		cr_expect_eq(sum(0, 0, SPANS_MAX - 1).calls, calls);
		cr_expect_eq(sum(0, 0, SPANS_MAX - 1).self_ns, self_ns);
	}
}
