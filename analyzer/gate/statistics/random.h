/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Random numbers that are the same on every machine and in every run: SplitMix64 (Steele, Lea and
 * Flood, "Fast splittable pseudorandom number generators", 2014). The state is the caller's.
 */
#ifndef THAG_GATE_RANDOM_H
#define THAG_GATE_RANDOM_H

#include <stdint.h>

static inline uint64_t
random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* In [0, limit); the bias is below limit / 2^64. */
static inline uint64_t
random_below(uint64_t *state, uint64_t limit)
{
	return (uint64_t)(((unsigned __int128)random_next(state) * limit) >> 64);
}

#endif
