/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Samples: where each thread was, so often a second. One that stands for several periods (the
 * kernel counts those that could not be delivered) weighs as much.
 */
#include "timing.h"

enum {
	RATE_HZ_DEFAULT = OPTIONS_SAMPLE_HZ_DEFAULT, /* of a stream that does not say */
	PERIODS_MAX = 1 << 24,			     /* more than any pause: a broken number */
};

static uint64_t
rate_of(const struct timing_thread *thread, enum sample_kind kind)
{
	if (thread->rate_hz[kind])
		return thread->rate_hz[kind];
	return thread->process->rate_hz[kind] ? thread->process->rate_hz[kind] : RATE_HZ_DEFAULT;
}

struct sample_sums *
samples_find(struct timing_thread *thread, uint32_t node)
{
	struct sample_sums *sums;

	if (!thread->samples) {
		thread->samples = g_hash_table_new_full(NULL, NULL, NULL, g_free);
		thread->touched = g_ptr_array_new();
	}
	sums = g_hash_table_lookup(thread->samples, GUINT_TO_POINTER(node));
	if (!sums) {
		sums = g_new0(struct sample_sums, 1);
		sums->node = node;
		g_hash_table_insert(thread->samples, GUINT_TO_POINTER(node), sums);
	}
	return sums;
}

uint64_t
samples_ns(const struct timing_thread *thread, enum sample_kind kind, uint64_t periods)
{
	return MIN(periods, PERIODS_MAX) * 1000000000 / rate_of(thread, kind);
}

void
samples_add(struct timing_thread *thread, const struct model_event *event)
{
	const enum sample_kind kind = event->flags & RECORD_WALL ? SAMPLE_WALL : SAMPLE_CPU;
	const uint32_t node = event->node <= SITE_NODE_MAX ? event->node : 0;
	const uint64_t periods = MIN(event->size, PERIODS_MAX);
	const uint64_t time_ns = samples_ns(thread, kind, periods);
	const struct model_clock *clock = &thread->thread->model->clock;
	const uint64_t ticks = (uint64_t)((double)time_ns / clock->ns_per_tick);
	struct sample_sums *sums = samples_find(thread, node);

	if (!sums->touched) {
		sums->touched = true;
		g_ptr_array_add(thread->touched, sums);
	}
	sums->sums[kind].samples++;
	sums->sums[kind].periods += periods;
	sums->sums[kind].time_ns += time_ns;
	if (event->flags & RECORD_KERNEL) {
		sums->sums[kind].kernel_samples++;
		sums->sums[kind].kernel_periods += periods;
		sums->sums[kind].kernel_ns += time_ns;
	}
	/* What it stands for may have passed in other threads: see sampler.h. */
	const uint64_t own_ticks = event->ticks - MIN(thread->thread->start_ticks, event->ticks);

	chart_sample(&thread->process->timing->chart, &thread->lane,
		(struct chart_piece){
			.start = event->ticks - MIN(ticks, own_ticks),
			.end = event->ticks,
			.node = node,
			.kind = kind == SAMPLE_WALL ? CHART_WALL : CHART_CPU,
		});
}

/* ---- the end ---- */

static gint
by_node(gconstpointer a, gconstpointer b)
{
	const struct sample_row *left = a, *right = b;

	return left->node < right->node ? -1 : left->node > right->node;
}

static void
finish_rows(
	struct timing_thread *thread, uint32_t (*renumber)(void *marks, uint32_t node), void *marks)
{
	GArray *rows = thread->thread->public->samples;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, thread->samples);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct sample_sums *sums = value;
		struct sample_row row = {.node = renumber(marks, sums->node)};

		for (unsigned kind = 0; kind < SAMPLE_KINDS; kind++)
			row.sums[kind] = sums->sums[kind];
		g_array_append_val(rows, row);
	}
	g_array_sort(rows, by_node);
}

void
samples_finish(
	struct timing_thread *thread, uint32_t (*renumber)(void *marks, uint32_t node), void *marks)
{
	const struct model_clock *clock = &thread->thread->model->clock;
	const GArray *pieces = thread->lane.pieces;

	if (thread->samples) {
		finish_rows(thread, renumber, marks);
		moments_finish_samples(thread, renumber, marks);
	}
	for (unsigned i = 0; pieces && i < pieces->len; i++) {
		const struct chart_piece *piece = &g_array_index(pieces, struct chart_piece, i);
		const uint64_t start_ns = model_ns(clock, piece->start);
		const struct chart_box box = {
			.start_ns = start_ns,
			.duration_ns = model_ns(clock, piece->end) - start_ns,
			.node = renumber(marks, piece->node),
			.kind = piece->kind,
		};

		g_array_append_val(thread->thread->public->chart, box);
	}
}
