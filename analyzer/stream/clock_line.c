/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See clock_line.h. */
#include "clock_line.h"

#include <time.h>

#include "clock.h"

enum {
	ATTEMPTS = 5,
	/* Readings closer than this say little about the rate. */
	APART_NS = 1000 * 1000,
};

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t
monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t
clock_line_now(void)
{
	static int has_counter = -1;

	if (has_counter < 0)
		has_counter = clock_has_counter();
	return clock_ticks(has_counter, monotonic_ns);
}

/* The attempt during which least time went by was interrupted least. */
struct clock_reading
clock_line_read(void)
{
	struct clock_reading best = {0};
	uint64_t shortest = UINT64_MAX;

	for (int i = 0; i < ATTEMPTS; i++) {
		const uint64_t before = clock_line_now();
		const uint64_t ns = monotonic_ns();
		const uint64_t realtime_ns = clock_ns(CLOCK_REALTIME);
		const uint64_t after = clock_line_now();

		if (after - before >= shortest)
			continue;
		shortest = after - before;
		best = (struct clock_reading){before + shortest / 3, ns, realtime_ns};
	}
	return best;
}

void
clock_line_add(struct clock_line *line, const struct clock_reading *reading)
{
	if (!line->readings || reading->ticks < line->first.ticks)
		line->first = *reading;
	if (!line->readings || reading->ticks > line->latest.ticks)
		line->latest = *reading;
	line->readings++;
}

static double
rate(const struct clock_line *line)
{
	const uint64_t ticks = line->latest.ticks - line->first.ticks;
	const uint64_t ns = line->latest.monotonic_ns - line->first.monotonic_ns;

	if (ticks && line->latest.monotonic_ns > line->first.monotonic_ns && ns >= APART_NS)
		return (double)ns / (double)ticks;
	return line->fallback_ns_per_tick > 0 ? line->fallback_ns_per_tick : 1.0;
}

struct model_clock
clock_line_get(const struct clock_line *line)
{
	return (struct model_clock){line->first.ticks, line->first.realtime_ns, rate(line)};
}

uint64_t
clock_line_monotonic_ns(const struct clock_line *line, uint64_t ticks)
{
	const double distance = ((double)ticks - (double)line->first.ticks) * rate(line);

	return (uint64_t)((double)line->first.monotonic_ns + distance);
}
