/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the source named, while the model is fed: naming.c deals out the records and keeps places,
 * spans, marks, counters and misuse; tasks.c tasks. Sections are calls (calls.c).
 *
 * Nothing of this exists for a process that has no such records.
 */
#ifndef THAG_NAMING_H
#define THAG_NAMING_H

#include "state.h"

struct tasks;

struct naming_process {
	struct model_process *process;
	GHashTable *places;   /* number -> struct named_place */
	GHashTable *spans;    /* number of the place -> struct span_sums */
	GHashTable *open;     /* instance -> struct open_span */
	GHashTable *counters; /* number -> struct series_of */
	GHashTable *marks;    /* thread << 32 | number -> struct series_of */
	GHashTable *misuses;  /* struct misuse_key -> struct named_misuse */
	struct tasks *tasks;  /* NULL: none */
};

/* naming.c */
void naming_attach(struct model *model);
/* The thread's marks become those of thread 0, that stands for several. */
void naming_move_thread(struct naming_process *naming, uint32_t thread);

/* tasks.c */
void tasks_apply(
	struct naming_process *naming, struct model_thread *thread, const struct record *record);
void tasks_thread_end(struct tasks *tasks, struct model_thread *thread, uint64_t ticks);
void tasks_process_end(struct tasks *tasks, uint64_t ticks);
void tasks_mark_nodes(
	const struct tasks *tasks, void (*mark)(void *marks, uint32_t node), void *marks);
void tasks_finish(struct tasks *tasks, struct named *named,
	uint32_t (*renumber)(void *marks, uint32_t node), void *marks);
void tasks_free(struct tasks *tasks);

#endif
