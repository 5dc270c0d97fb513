/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What sections cost: prints nanoseconds of CPU time for each begin and end, beyond those of the
 * same loop without, the least of many rounds.
 *
 *	sections [DEPTH]	how many frames are around (default 8)
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "thag.h"

enum {
	ROUNDS = 40,
	SECTIONS = 100000,
};

static double
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

__attribute__((noinline)) static void
without(void)
{
	for (int i = 0; i < SECTIONS; i++)
		__asm__ volatile("");
}

__attribute__((noinline)) static void
one(void)
{
	for (int i = 0; i < SECTIONS; i++)
		THAG_SECTION("one") __asm__ volatile("");
}

/* Each in a function's own frame, as profiled functions are. */
__attribute__((noinline)) static void
function(void)
{
	THAG_PROFILED;
	__asm__ volatile("");
}

static void
called(void)
{
	for (int i = 0; i < SECTIONS; i++)
		function();
}

static void
nested(void)
{
	for (int i = 0; i < SECTIONS / 4; i++)
		THAG_SECTION("a")
	THAG_SECTION("b") THAG_SECTION("c") THAG_SECTION("d") __asm__ volatile("");
}

static double
least_ns(void (*run)(void))
{
	double least = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		const double start = now_ns();

		run();
		const double taken = (now_ns() - start) / SECTIONS;

		if (taken < least)
			least = taken;
	}
	return least;
}

__attribute__((noinline)) static int
measure(int depth)
{
	double base;

	if (depth > 1) {
		const int result = measure(depth - 1);

		__asm__ volatile("");
		return result;
	}
	base = least_ns(without);
	printf("%.1f %.1f %.1f\n", least_ns(one) - base, least_ns(called) - base,
		least_ns(nested) - base);
	return 0;
}

int
main(int count, char **arguments)
{
	return measure(count > 1 ? atoi(arguments[1]) : 8);
}
