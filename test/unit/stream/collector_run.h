/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What tests of the collector have in common: a run, its collector, this process as its only one.
 */
#ifndef THAG_TEST_COLLECTOR_RUN_H
#define THAG_TEST_COLLECTOR_RUN_H

#include <unistd.h>

#include "fake_run.h"

#define A	UINT64_C(0x1000)
#define B	UINT64_C(0x2000)
#define MAIN_PC UINT64_C(0x401000)

static struct fake_run fake;
static struct collector *collector;
static uint32_t self;

static inline void
set_up(void)
{
	fake_run_init(&fake);
	collector = fake_collector(&fake);
	self = (uint32_t)getpid();
}

static inline void
tear_down(void)
{
	fake_run_fini(&fake);
}

static inline const struct memory_sums *
heap_of(const struct run *run, uint32_t process)
{
	return &find_process(run, process)->memory[MEMORY_HEAP];
}

static inline void
poll_times(unsigned count)
{
	while (count--)
		collector_poll(collector, 0);
}

/* Old enough that a poll takes it. */
static inline uint64_t
past(void)
{
	return fake_run_now() - 1000 * 1000;
}

#endif
