/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Reading the clock, and what its ticks are worth.
 *
 * Ticks run at one rate, so two readings of (ticks, CLOCK_MONOTONIC) some time apart give it; the
 * further apart the better: the first and the latest are kept. The analyzer reads on the same
 * machine and the same clock as the profiled processes, so it needs no CLOCK records of theirs.
 */
#ifndef THAG_CLOCK_LINE_H
#define THAG_CLOCK_LINE_H

#include <stdint.h>

#include "model/feed.h"

struct clock_reading {
	uint64_t ticks;
	uint64_t monotonic_ns;
	uint64_t realtime_ns;
};

struct clock_line {
	struct clock_reading first, latest;
	unsigned readings;
	double fallback_ns_per_tick; /* while there are not two readings apart */
};

/* Now, in ticks, as the profiled processes read it. */
uint64_t clock_line_now(void);

/* The two clocks read as close together as can be. */
struct clock_reading clock_line_read(void);

void clock_line_add(struct clock_line *line, const struct clock_reading *reading);

/* Rate so far; the run starts at the first reading. */
struct model_clock clock_line_get(const struct clock_line *line);

/* CLOCK_MONOTONIC of a tick. */
uint64_t clock_line_monotonic_ns(const struct clock_line *line, uint64_t ticks);

#endif
