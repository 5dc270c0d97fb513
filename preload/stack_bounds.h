/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The mapped region that a stack lies in, at the time when it is asked for. A walk had better not
 * go on beyond it; what may be read of it is another question (stack_view.h).
 */
#ifndef THAG_PRELOAD_STACK_BOUNDS_H
#define THAG_PRELOAD_STACK_BOUNDS_H

#include <stdbool.h>
#include <stdint.h>

struct stack_bounds {
	uint64_t low, high; /* [low, high) */
};

/* Whether an aligned word at `address` lies inside. */
static inline bool
stack_bounds_hold(const struct stack_bounds *bounds, uint64_t address)
{
	return address >= bounds->low && address + 8 <= bounds->high && address + 8 > address &&
	       address % 8 == 0;
}

/*
 * Finds the mapping around `sp`: asks the kernel (PROCMAP_QUERY, Linux 6.11), reads /proc/self/maps
 * where it is older, probes with mincore() where there is no /proc. Takes 2 to 50 us.
 */
struct stack_bounds stack_bounds_find(uint64_t sp);

#endif
