/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* One process with one thread, fed by a test event by event, and the run that comes of it. */
#ifndef THAG_TEST_ONE_THREAD_H
#define THAG_TEST_ONE_THREAD_H

#include "feeder.h"

static struct model *model;
static struct model_thread *thread;
static struct run *run; /* from finish() on */

static inline void
set_up(void)
{
	model = feeder_new();
	thread = feeder_thread(model, 1, 1);
	run = NULL;
}

static inline void
tear_down(void)
{
	run_free(run);
}

static inline void
feed(struct model_event event)
{
	if (!event.thread)
		event.thread = thread;
	model_apply(model, &event, 1);
}

static inline void
enter(uint64_t ticks, uint64_t function)
{
	feed((struct model_event){.ticks = ticks, .address = function, .kind = RECORD_ENTER});
}

static inline void
leave(uint64_t ticks)
{
	feed((struct model_event){.ticks = ticks, .kind = RECORD_EXIT});
}

static inline void
finish(uint64_t ticks)
{
	run = feeder_finish(model, ticks);
}

static inline const struct process *
first(void)
{
	return g_ptr_array_index(run->processes, 0);
}

static inline const struct thread *
thread_at(unsigned index)
{
	return g_ptr_array_index(first()->threads, index);
}

#endif
