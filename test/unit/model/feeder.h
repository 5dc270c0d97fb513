/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Feeds a model event by event; one tick is one nanosecond and the run starts at 0. */
#ifndef THAG_TEST_FEEDER_H
#define THAG_TEST_FEEDER_H

#include "model/feed.h"

static inline struct model *
feeder_new(void)
{
	return model_new(&(struct model_clock){.ns_per_tick = 1.0});
}

static inline struct model_thread *
feeder_thread(struct model *model, uint32_t process, uint32_t thread)
{
	return model_thread(
		model_process(model, process, 1000 + process, 0), thread, 1000 + thread, 0);
}

static inline void
feed_alloc(struct model *model, struct model_thread *thread, uint64_t ticks, uint32_t node,
	uint64_t size, uint64_t address)
{
	const struct model_event event = {.thread = thread,
		.ticks = ticks,
		.address = address,
		.size = size,
		.node = node,
		.kind = RECORD_ALLOC};

	model_apply(model, &event, 1);
}

static inline void
feed_free(struct model *model, struct model_thread *thread, uint64_t ticks, uint64_t address,
	uint16_t flags)
{
	const struct model_event event = {.thread = thread,
		.ticks = ticks,
		.address = address,
		.kind = RECORD_FREE,
		.flags = flags};

	model_apply(model, &event, 1);
}

static inline void
feed_numbers(struct model *model, struct model_thread *thread, enum record_type type,
	uint64_t ticks, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	struct record record = {.kind = RECORD_EXTENDED, .ticks = ticks};

	record.extended = (struct record_extended){
		.type = type, .number_count = 6, .number = {ticks, a, b, c, d, e}};
	model_extended(model, thread, &record);
}

static inline struct run *
feeder_finish(struct model *model, uint64_t ticks)
{
	return model_finish(model, &(struct model_clock){.ns_per_tick = 1.0}, ticks);
}

/* The sums of a site, by the pc of its node. NULL: there is none. */
static inline const struct memory_sums *
site_by_pc(const struct run *run, uint32_t process, uint32_t thread, uint64_t pc,
	enum memory_category category)
{
	const struct process *in = NULL;
	const struct thread *of = NULL;

	for (unsigned i = 0; i < run->processes->len; i++) {
		const struct process *found = g_ptr_array_index(run->processes, i);

		if (found->number == process)
			in = found;
	}
	for (unsigned i = 0; in && i < in->threads->len; i++) {
		const struct thread *found = g_ptr_array_index(in->threads, i);

		if (found->number == thread)
			of = found;
	}
	for (unsigned i = 0; of && i < of->sites->len; i++) {
		const struct site *site = &g_array_index(of->sites, struct site, i);

		if (site->category == category &&
			g_array_index(in->nodes, struct node, site->node).pc == pc)
			return &site->memory;
	}
	return NULL;
}

#endif
