/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Ticks: the time of every record, read alike by the profiled processes and the analyzer.
 *
 * Where the machine has a counter that runs at one rate on all cores whatever they do (x86-64: the
 * time stamp counter, if cpuid says that it is invariant; aarch64: the generic timer), a tick comes
 * of reading it: a few nanoseconds, no call. Elsewhere a tick is a nanosecond of CLOCK_MONOTONIC,
 * which the caller reads in its own way. CLOCK records convert ticks to nanoseconds.
 */
#ifndef THAG_WIRE_CLOCK_H
#define THAG_WIRE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Counter steps per tick, as a shift: time distances are mostly one byte shorter so. */
enum {
	CLOCK_TICK_SHIFT = 3
};

#if defined(__x86_64__)

#include <cpuid.h>

/* Whether clock_counter() may be used. Slow (cpuid): ask once. */
static inline bool
clock_has_counter(void)
{
	enum {
		LEAF_ADVANCED_POWER = (int)0x80000007,
		EDX_INVARIANT_TSC = 1 << 8
	};
	unsigned a, b, c, d;

	return __get_cpuid((unsigned)LEAF_ADVANCED_POWER, &a, &b, &c, &d) &&
	       (d & EDX_INVARIANT_TSC);
}

static inline uint64_t
clock_counter(void)
{
	return __builtin_ia32_rdtsc() >> CLOCK_TICK_SHIFT;
}

#elif defined(__aarch64__)

static inline bool
clock_has_counter(void)
{
	return true;
}

/* Already slow (24 MHz to 1 GHz): its steps are ticks. */
static inline uint64_t
clock_counter(void)
{
	uint64_t count;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
	return count;
}

#else

static inline bool
clock_has_counter(void)
{
	return false;
}

static inline uint64_t
clock_counter(void)
{
	return 0;
}

#endif

/*
 * Now. `has_counter` is what clock_has_counter() said; `monotonic_ns` reads CLOCK_MONOTONIC, and is
 * called only where there is no counter.
 */
static inline uint64_t
clock_ticks(bool has_counter, uint64_t (*monotonic_ns)(void))
{
	return has_counter ? clock_counter() : monotonic_ns();
}

#endif
