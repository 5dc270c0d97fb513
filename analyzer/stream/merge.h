/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The merge: records of all lanes in the order of their times.
 *
 * A binary heap of the lanes that have a record ready. The first lane is run, record after record,
 * until its next one is younger than that of the lane that comes after it, so that a program in
 * which one thread does most of the work costs hardly more than one lane. Frequent records go to
 * the model in batches. Traced calls run somewhat ahead of other lanes, where the model does not
 * mind: threads that run at the same time would have it take turns at every call.
 */
#ifndef THAG_MERGE_H
#define THAG_MERGE_H

#include <glib.h>

#include "lane.h"

enum {
	MERGE_BATCH = 256
};

struct merge_entry {
	uint64_t ticks; /* of lane->ticks: a copy, so that the heap is compact */
	struct lane *lane;
};

struct merge {
	struct merge_entry *heap;
	unsigned count, room;
	struct lane_source *source;
	GPtrArray *gaps;    /* borrowed: lanes that ran dry before a missing chunk go there */
	uint64_t end_ticks; /* no record is younger: one that says so has a broken time */
	unsigned batched;
	bool has_calls; /* the batch */
	struct model_event batch[MERGE_BATCH];
	struct model_call calls[MERGE_BATCH];
};

void merge_init(struct merge *merge, struct lane_source *source, GPtrArray *gaps);
void merge_fini(struct merge *merge);

/* The lane may have something new. Does nothing where it is in the heap already. */
void merge_add(struct merge *merge, struct lane *lane);

/* Takes a lane out that must give nothing more. */
void merge_remove(struct merge *merge, struct lane *lane);

/*
 * Gives the model all records whose time is before `limit_ticks`. Times beyond `end_ticks` (now)
 * are taken for that.
 */
void merge_run(struct merge *merge, uint64_t limit_ticks, uint64_t end_ticks);

#endif
