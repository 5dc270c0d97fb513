/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See merge.h. */
#include "merge.h"

void
merge_init(struct merge *merge, struct lane_source *source, GPtrArray *gaps)
{
	*merge = (struct merge){.source = source, .gaps = gaps};
}

void
merge_fini(struct merge *merge)
{
	g_free(merge->heap);
	merge->heap = NULL;
	merge->count = merge->room = 0;
}

/* ---- the heap ---- */

static void
sift_down(struct merge *merge, unsigned hole, struct merge_entry entry)
{
	struct merge_entry *heap = merge->heap;

	for (;;) {
		unsigned child = 2 * hole + 1;

		if (child >= merge->count)
			break;
		if (child + 1 < merge->count && heap[child + 1].ticks < heap[child].ticks)
			child++;
		if (heap[child].ticks >= entry.ticks)
			break;
		heap[hole] = heap[child];
		hole = child;
	}
	heap[hole] = entry;
}

static void
sift_up(struct merge *merge, unsigned hole, struct merge_entry entry)
{
	while (hole) {
		const unsigned parent = (hole - 1) / 2;

		if (merge->heap[parent].ticks <= entry.ticks)
			break;
		merge->heap[hole] = merge->heap[parent];
		hole = parent;
	}
	merge->heap[hole] = entry;
}

void
merge_add(struct merge *merge, struct lane *lane)
{
	if (lane->ready || !lane_next(lane, merge->source))
		return;
	if (merge->count == merge->room) {
		merge->room = merge->room ? 2 * merge->room : 64;
		merge->heap = g_renew(struct merge_entry, merge->heap, merge->room);
	}
	merge->count++;
	sift_up(merge, merge->count - 1, (struct merge_entry){lane->ticks, lane});
}

static void
remove_first(struct merge *merge)
{
	merge->count--;
	if (merge->count)
		sift_down(merge, 0, merge->heap[merge->count]);
}

/* Rare, so it may cost: the heap is made anew without the lane. */
void
merge_remove(struct merge *merge, struct lane *lane)
{
	const unsigned count = merge->count;
	unsigned kept = 0;

	for (unsigned i = 0; i < count; i++)
		if (merge->heap[i].lane != lane)
			merge->heap[kept++] = merge->heap[i];
	merge->count = 0;
	for (unsigned i = 0; i < kept; i++)
		sift_up(merge, merge->count++, merge->heap[i]);
	lane->ready = false;
}

/* The time of the lane after the first one. */
static uint64_t
second_ticks(const struct merge *merge)
{
	uint64_t ticks = UINT64_MAX;

	if (merge->count > 1)
		ticks = merge->heap[1].ticks;
	if (merge->count > 2)
		ticks = MIN(ticks, merge->heap[2].ticks);
	return ticks;
}

/* ---- records to the model ---- */

static void
flush(struct merge *merge)
{
	model_apply(merge->source->model, merge->batch, merge->batched);
	merge->batched = 0;
	merge->has_calls = false;
}

static inline bool
is_call(const struct record *record)
{
	return record->kind == RECORD_ENTER || record->kind == RECORD_EXIT;
}

static void
give_extended(struct merge *merge, struct lane *lane)
{
	struct record *record = &lane->decoder->record;

	flush(merge);
	record->ticks = MIN(record->ticks, merge->end_ticks);
	model_extended(merge->source->model, lane->thread, record);
}

static inline void
give(struct merge *merge, struct lane *lane)
{
	const struct record *record = &lane->decoder->record;

	if (unlikely(record->kind == RECORD_EXTENDED)) {
		give_extended(merge, lane);
		return;
	}
	merge->batch[merge->batched] = (struct model_event){
		.thread = lane->thread,
		.ticks = MIN(record->ticks, merge->end_ticks),
		.address = record->address,
		.size = record->size,
		.node = record->node,
		.kind = (uint16_t)record->kind,
		.flags = (uint16_t)record->flags,
	};
	merge->has_calls |= is_call(record);
	if (++merge->batched == MERGE_BATCH)
		flush(merge);
}

/* ---- calls ---- */

/* Until when calls of the lane, the next of which is the first of all records, need no order. */
static inline uint64_t
calls_until(struct merge *merge, const struct lane *lane, uint64_t bound)
{
	uint64_t until;

	if (!is_call(&lane->decoder->record) || !model_takes_call(&lane->decoder->record))
		return 0;
	until = model_calls_until(lane->thread, bound);
	/* Those that wait in the batch come first. While they do, a 0 may be out of date. */
	if (unlikely(until && merge->has_calls)) {
		flush(merge);
		until = model_calls_until(lane->thread, bound);
	}
	return MIN(until, merge->end_ticks);
}

/* Gives the calls of a lane until then, or until it has something else. False: it runs dry. */
static bool
give_calls(struct merge *merge, struct lane *lane, uint64_t until)
{
	const struct record *record = &lane->decoder->record;
	unsigned count = 0;
	bool more;

	do {
		merge->calls[count++] = (struct model_call){
			.ticks = record->ticks,
			.function = record->address,
			.is_enter = record->kind == RECORD_ENTER,
			.jumped = record->flags & RECORD_JUMPED,
		};
		more = lane_next_call(lane);
	} while (likely(more) && lane->ticks < until && count < MERGE_BATCH &&
		 likely(model_takes_call(record)));
	model_calls(lane->thread, merge->calls, count);
	return more || lane_next(lane, merge->source);
}

void
merge_run(struct merge *merge, uint64_t limit_ticks, uint64_t end_ticks)
{
	merge->end_ticks = end_ticks;
	while (merge->count && merge->heap[0].ticks < limit_ticks) {
		struct lane *lane = merge->heap[0].lane;
		const uint64_t bound = MIN(limit_ticks, second_ticks(merge));
		bool more;

		do {
			const uint64_t until = MIN(calls_until(merge, lane, bound), limit_ticks);

			if (lane->ticks < until) {
				more = give_calls(merge, lane, until);
				continue;
			}
			give(merge, lane);
			more = lane_next(lane, merge->source);
		} while (more && lane->ticks < bound);
		if (more) {
			sift_down(merge, 0, (struct merge_entry){lane->ticks, lane});
			continue;
		}
		remove_first(merge);
		if (lane_has_gap(lane)) {
			lane->gap = true;
			g_ptr_array_add(merge->gaps, lane);
		}
	}
	flush(merge);
}
