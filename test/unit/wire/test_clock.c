/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Ticks go on, and at the rate that two readings give. */
#include <criterion/criterion.h>
#include <time.h>

#include "clock.h"

static uint64_t
monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void
check(bool has_counter)
{
	uint64_t last = clock_ticks(has_counter, monotonic_ns);
	const uint64_t first = last;
	const struct timespec pause = {0, 1000 * 1000};

	for (unsigned i = 0; i < 1000; i++) {
		const uint64_t now = clock_ticks(has_counter, monotonic_ns);

		cr_assert_geq(now, last);
		last = now;
	}
	nanosleep(&pause, NULL);
	cr_assert_gt(clock_ticks(has_counter, monotonic_ns), first);
}

Test(clock, the_counter_goes_on)
{
	if (clock_has_counter())
		check(true);
}

Test(clock, without_a_counter_ticks_are_nanoseconds)
{
	check(false);
}
