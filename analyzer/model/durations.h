/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Sums of durations while the model is fed, in ticks. */
#ifndef THAG_DURATIONS_H
#define THAG_DURATIONS_H

#include "call_histogram.h"
#include "state.h"

struct durations {
	uint64_t count, unfinished, total, min, max; /* min: UINT64_MAX: none has ended */
	struct call_histogram histogram;
};

static inline void
durations_init(struct durations *durations)
{
	*durations = (struct durations){.min = UINT64_MAX};
}

static inline void
durations_add(struct durations *durations, uint64_t ticks, bool finished)
{
	durations->count++;
	durations->total += ticks;
	durations->max = MAX(durations->max, ticks);
	if (!finished) {
		durations->unfinished++;
		return;
	}
	durations->min = MIN(durations->min, ticks);
	call_histogram_add(&durations->histogram, ticks);
}

static inline struct named_durations
durations_finish(struct durations *durations, const struct model_clock *clock)
{
	struct named_durations named = {
		.count = durations->count,
		.unfinished = durations->unfinished,
		.total_ns = model_span_ns(clock, durations->total),
		.min_ns = durations->min == UINT64_MAX ? 0 : model_span_ns(clock, durations->min),
		.max_ns = model_span_ns(clock, durations->max),
	};

	named.histogram = call_histogram_pack(
		&durations->histogram, clock->ns_per_tick, &named.histogram_bytes);
	return named;
}

#endif
