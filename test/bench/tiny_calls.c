/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Two functions: one makes 1000 tiny calls, which take next to no time where nobody traces them;
 * the other computes for several times as long without a call. Prints what each takes, in
 * nanoseconds: the least of many times. Built with and without -finstrument-functions.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum {
	TINY_CALLS = 1000,
	STEPS = 8000,
	ROUNDS = 300,
};

#define UNTRACED __attribute__((no_instrument_function))

static volatile unsigned sink;

__attribute__((noinline)) static void
tiny(void)
{
	__asm__ volatile("");
}

__attribute__((noinline)) static void
makes_calls(void)
{
	for (unsigned i = 0; i < TINY_CALLS; i++)
		tiny();
}

/* A chain of dependent steps, which no compiler shortens. */
__attribute__((noinline)) static void
computes(void)
{
	unsigned value = sink;

	for (unsigned i = 0; i < STEPS; i++) {
		value = value * 1664525 + 1013904223;
		__asm__ volatile("" : "+r"(value));
	}
	sink = value;
}

UNTRACED static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

UNTRACED static uint64_t
least_of(void (*function)(void))
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < ROUNDS; i++) {
		const uint64_t start = now_ns();

		function();
		const uint64_t took = now_ns() - start;

		if (took < least)
			least = took;
	}
	return least;
}

UNTRACED int
main(void)
{
	const uint64_t calls = least_of(makes_calls), computing = least_of(computes);

	printf("%lu %lu\n", (unsigned long)calls, (unsigned long)computing);
	return 0;
}
