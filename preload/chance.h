/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Numbers at random, so that nothing that comes again and again can keep in step with samples. */
#ifndef THAG_PRELOAD_CHANCE_H
#define THAG_PRELOAD_CHANCE_H

#include <stdint.h>

/* One of [0, limit), limit at most 2^32; any state will do. */
static inline uint64_t
chance_below(uint64_t *state, uint64_t limit)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (*state >> 32) * limit >> 32;
}

#endif
