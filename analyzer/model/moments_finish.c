/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* From moments as they are kept to those that readers see. */
#include "timing.h"

void
moments_finish_samples(
	struct timing_thread *thread, uint32_t (*renumber)(void *marks, uint32_t node), void *marks)
{
	const GArray *moments = thread->sample_moments;

	for (guint i = 0; moments && i < moments->len; i++) {
		const struct moment *moment = &g_array_index(moments, struct moment, i);
		struct moment_row row = {.node = renumber(marks, moment->of), .span = moment->span};

		for (unsigned kind = 0; kind < SAMPLE_KINDS; kind++) {
			row.sums.samples[kind] = moment->value[2 * kind];
			row.sums.time_ns[kind] = moment->value[2 * kind + 1];
		}
		row.sums.kernel_samples = moment->value[2 * SAMPLE_KINDS];
		row.sums.kernel_ns = moment->value[2 * SAMPLE_KINDS + 1];
		g_array_append_val(thread->thread->public->moments, row);
	}
}

/*
 * What tracing cost is known of sums alone: each moment has its share of what is left, and all of a
 * call path come to its own time to the nanosecond.
 */
static void
finish_path(struct timing_thread *thread, const struct moment *moment, guint count, uint32_t node,
	uint64_t self_ns)
{
	uint64_t whole = 0, before = 0, told_ns = 0;

	for (guint i = 0; i < count; i++)
		whole += moment[i].value[1];
	for (guint i = 0; i < count; i++) {
		struct moment_row row = {.node = node,
			.span = moment[i].span,
			.sums = {.calls = moment[i].value[0]}};

		before += moment[i].value[1];
		/* Without any ticks it is the first's. */
		const uint64_t after_ns =
			whole ? (uint64_t)((unsigned __int128)self_ns * before / whole) : self_ns;

		row.sums.self_ns = after_ns - told_ns;
		told_ns = after_ns;
		g_array_append_val(thread->thread->public->moments, row);
	}
}

void
moments_finish_calls(struct timing_thread *thread, const uint32_t *number, const uint64_t *self_ns)
{
	GArray *moments = thread->call_moments;
	guint from = 0;

	if (!moments)
		return;
	moments_sort(moments);
	while (from < moments->len) {
		const struct moment *first = &g_array_index(moments, struct moment, from);
		guint count = 1;

		while (from + count < moments->len && first[count].of == first->of)
			count++;
		finish_path(thread, first, count, number[first->of], self_ns[first->of]);
		from += count;
	}
}
