/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Allocations and frees of the heap, block by block.
 *
 * Events come by their time stamps, and those of two threads may be off by about a hundred
 * nanoseconds: a block that one thread frees and another gets again at once can show its new
 * allocation first, and a block that one thread hands to another can be freed before it is seen
 * allocated. The address tells: an allocation of a live address is parked until that block's free
 * has come, a free of an unknown address until its allocation has. What stays alone for longer than
 * the clocks can disagree is what it seems to be: a block whose free was lost, and a free of a
 * block that was never seen.
 *
 * The release half of a realloc holds only if the realloc succeeds, which the thread's next event
 * tells; until then it is tentative and the block stays in the table.
 */
#include "state.h"

enum {
	/* Beyond this many the oldest is given up: no clock disagrees that much that often. */
	PARKED_MAX = 64
};

static inline uint32_t
site_of(struct model_thread *thread, uint32_t node)
{
	/* Numbers that no writer hands out are one unknown node. */
	return site_map_find_or_add(&thread->sites, &thread->model->sites,
		MIN(node, (uint32_t)SITE_NODE_MAX), MEMORY_HEAP);
}

static inline void
put_block(struct live_block *block, struct model_thread *thread, const struct model_event *event,
	uint32_t serial)
{
	struct model *model = thread->model;
	struct model_process *process = thread->process;
	const uint32_t site = site_of(thread, event->node);
	const uint64_t bytes = event->size;

	block->size = bytes;
	block->ticks = event->ticks;
	block->site = site;
	block->serial = serial;
	account_add(process, site_at(&model->sites, site), PEAK_HEAP, bytes, event->ticks);
	process->allocated.count++;
	process->allocated.bytes += bytes;
	if (process->peak[PEAK_HEAP].live_bytes > process->live_watch)
		process_live_rose(process);
	if (unlikely(process->tasks != NULL))
		tasks_block(process->tasks, thread, block->address, bytes);
	histogram_add(
		&process->public->sizes_allocated, histogram_bucket(bytes, SIZE_BUCKETS), bytes);
}

static inline void
take_block(struct model_thread *thread, struct live_block *block, uint64_t ticks)
{
	struct model *model = thread->model;
	struct model_process *process = thread->process;
	struct site_state *site = site_at(&model->sites, block->site);
	const uint64_t bytes = block->size;
	const uint64_t lifetime = ticks > block->ticks ? ticks - block->ticks : 0;

	account_remove(process, site, PEAK_HEAP, (struct tally){1, bytes});
	account_lifetime(site, lifetime);
	spans_gone(&model->spans, &model->sites, block->site, block->ticks, bytes);
	process->freed.count++;
	process->freed.bytes += bytes;
	if (block->serial == thread->serial[PEAK_HEAP] &&
		site->thread == (thread->public->number & SITE_THREAD_MASK)) {
		site->temporary.count++;
		site->temporary.bytes += bytes;
	}
	histogram_add(&process->public->sizes_freed, histogram_bucket(bytes, SIZE_BUCKETS), bytes);
	histogram_add(&process->public->lifetimes,
		histogram_bucket(model_lifetime_ns(model, lifetime), LIFETIME_BUCKETS), bytes);
	if (unlikely(process->tasks != NULL))
		tasks_block_gone(process->tasks, block->address);
	live_table_remove(&process->live, block);
}

/* ---- tentative releases ---- */

static void
clear_tentative(struct model_thread *thread)
{
	thread->tentative.address = 0;
	thread->process->tentative_count--;
}

/* The realloc succeeded. */
static void
settle_tentative_slow(struct model_thread *thread)
{
	struct live_block *block =
		live_table_find(&thread->process->live, thread->tentative.address);

	if (block)
		take_block(thread, block, thread->tentative.ticks);
	clear_tentative(thread);
}

static inline void
settle_tentative(struct model_thread *thread)
{
	if (unlikely(thread->tentative.address))
		settle_tentative_slow(thread);
}

void
heap_realloc_failed(struct model_thread *thread, uint64_t address)
{
	if (thread->tentative.address && thread->tentative.address == address)
		clear_tentative(thread);
}

/* Another thread was given the address, so the realloc that holds it in suspense did release it. */
static bool
settle_tentative_of_address(struct model_process *process, uint64_t address)
{
	GHashTableIter iter;
	gpointer value;

	if (!process->tentative_count)
		return false;
	g_hash_table_iter_init(&iter, process->threads);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct model_thread *thread = value;

		if (thread->tentative.address == address) {
			settle_tentative_slow(thread);
			return true;
		}
	}
	return false;
}

/* ---- parked events ---- */

static void
park(struct model *model, const struct model_event *event, uint32_t serial)
{
	struct model_event parked = *event;

	parked.flags = 0;
	if (event->kind == RECORD_ALLOC)
		parked.serial = serial;
	g_array_append_val(model->parked, parked);
}

/* The parked event of that kind and address whose clock could be off against `ticks`, or -1. */
static int
find_parked(const struct model *model, enum record_kind kind, const struct model_event *event)
{
	for (unsigned i = 0; i < model->parked->len; i++) {
		const struct model_event *parked =
			&g_array_index(model->parked, struct model_event, i);

		if (parked->kind == kind && parked->address == event->address &&
			parked->thread->process == event->thread->process &&
			parked->thread != event->thread)
			return (int)i;
	}
	return -1;
}

static struct model_event
take_parked(struct model *model, int index)
{
	const struct model_event event = g_array_index(model->parked, struct model_event, index);

	g_array_remove_index(model->parked, (guint)index);
	return event;
}

/* Nothing came that explains it: the block's free was lost, or the freed block never seen. */
static void
resolve_alone(struct model *model, const struct model_event *event)
{
	struct model_process *process = event->thread->process;
	struct live_block *block;
	bool existed;

	if (process->ended)
		return;
	if (event->kind == RECORD_FREE) {
		process->public->frees_unknown++;
		return;
	}
	block = live_table_find(&process->live, event->address);
	if (block) {
		take_block(event->thread, block, event->ticks);
		process->public->lost_events++;
	}
	block = live_table_insert(&process->live, event->address, &existed);
	put_block(block, event->thread, event, event->serial);
}

void
heap_expire_parked(struct model *model, uint64_t now_ticks)
{
	while (model->parked->len) {
		const struct model_event *oldest =
			&g_array_index(model->parked, struct model_event, 0);

		if (oldest->ticks + model->skew_ticks >= now_ticks &&
			model->parked->len <= PARKED_MAX)
			break;
		const struct model_event event = take_parked(model, 0);

		resolve_alone(model, &event);
	}
}

/* ---- the two events ---- */

/* The address is live, so far. */
static void
alloc_of_live_slow(struct model *model, const struct model_event *event, uint32_t serial)
{
	struct model_process *process = event->thread->process;
	struct model_event alone = *event;
	struct live_block *block;
	bool existed;

	if (settle_tentative_of_address(process, event->address)) {
		block = live_table_insert(&process->live, event->address, &existed);
		put_block(block, event->thread, event, serial);
	} else if (g_hash_table_size(process->threads) > 1) {
		park(model, event, serial);
	} else {
		alone.serial = serial;
		resolve_alone(model, &alone);
	}
}

/* A free of this new block that came before it, by a clock that is a little behind. */
static void
meet_parked_free(struct model *model, const struct model_event *event, struct live_block *block)
{
	const int index = find_parked(model, RECORD_FREE, event);

	if (index >= 0 &&
		event->ticks <= g_array_index(model->parked, struct model_event, index).ticks +
					model->skew_ticks) {
		const struct model_event release = take_parked(model, index);

		take_block(release.thread, block, release.ticks);
	}
}

void
heap_alloc(struct model *model, const struct model_event *event)
{
	struct model_thread *thread = event->thread;
	struct live_block *block;
	uint32_t serial;
	bool existed;

	settle_tentative(thread);
	serial = ++thread->serial[PEAK_HEAP];
	if (unlikely(!event->address))
		return;
	block = live_table_insert(&thread->process->live, event->address, &existed);
	if (unlikely(existed)) {
		alloc_of_live_slow(model, event, serial);
		return;
	}
	put_block(block, thread, event, serial);
	if (unlikely(model->parked->len))
		meet_parked_free(model, event, block);
}

static void
free_of_unknown_slow(struct model *model, const struct model_event *event)
{
	struct model_process *process = event->thread->process;

	if (!event->address)
		return;
	if (g_hash_table_size(process->threads) > 1)
		park(model, event, 0);
	else
		process->public->frees_unknown++;
}

/* The free that a parked allocation of the same address was waiting for has come. */
static void
meet_parked_alloc(struct model *model, const struct model_event *event)
{
	struct live_block *block;
	bool existed;

	for (unsigned i = 0; i < model->parked->len; i++) {
		const struct model_event *parked =
			&g_array_index(model->parked, struct model_event, i);

		if (parked->kind != RECORD_ALLOC || parked->address != event->address ||
			parked->thread->process != event->thread->process)
			continue;
		const struct model_event late = take_parked(model, (int)i);

		block = live_table_insert(&late.thread->process->live, late.address, &existed);
		put_block(block, late.thread, &late, late.serial);
		return;
	}
}

void
heap_free(struct model *model, const struct model_event *event)
{
	struct model_thread *thread = event->thread;
	struct model_process *process = thread->process;
	struct live_block *block;

	settle_tentative(thread);
	block = event->address ? live_table_find(&process->live, event->address) : NULL;
	if (unlikely(!block)) {
		free_of_unknown_slow(model, event);
		return;
	}
	if (event->flags & RECORD_REALLOC) {
		thread->tentative = (struct model_tentative){event->address, event->ticks};
		process->tentative_count++;
		return;
	}
	take_block(thread, block, event->ticks);
	if (unlikely(model->parked->len))
		meet_parked_alloc(model, event);
}

static void
keep_leaked_spans(struct model_process *process)
{
	const struct live_table *live = &process->live;
	struct model *model = process->model;

	for (uint64_t i = 0; live->slots && i <= live->mask; i++)
		if (live->slots[i].address)
			spans_never(&model->spans, &model->sites, live->slots[i].site,
				live->slots[i].ticks, live->slots[i].size);
}

/* What is parked is settled, a realloc that never returned released nothing. */
void
heap_process_end(struct model_process *process)
{
	struct model *model = process->model;

	for (unsigned i = 0; i < model->parked->len;) {
		if (g_array_index(model->parked, struct model_event, i).thread->process ==
			process) {
			const struct model_event event = take_parked(model, (int)i);

			resolve_alone(model, &event);
		} else {
			i++;
		}
	}
	keep_leaked_spans(process);
	live_table_fini(&process->live);
}
