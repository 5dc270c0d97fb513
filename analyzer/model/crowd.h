/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Processes that have ended, summed up where there are too many to tell them apart.
 *
 * A build starts ten thousand compilers with thousands of call paths each. What is kept of ended
 * processes one by one is bounded: when it becomes too much, the lightest ones are added to the
 * crowd of their executable, a process that stands for all of them. Nothing is lost of what they
 * did at which call path, and when; but which of them it was, their names and charts.
 *
 *	weight      light ............................ heavy
 *	kept rows   |<------ to the crowds ------>|<- each by itself ->|
 *
 * Call paths are put together by common_tree.h. A crowd's peak is that of the one process of them
 * that had the highest, at whose call paths it was.
 *
 * What is left of a process then is that it was there: a child that it forked may still turn up,
 * and goes on from its modules and call paths. Those of the latest ones are kept for that.
 */
#ifndef THAG_CROWD_H
#define THAG_CROWD_H

#include <glib.h>
#include <stdint.h>

struct model;
struct model_process;
struct model_thread;

struct crowds {
	uint64_t rows_most;	      /* at least; ROWS_KEPT, or less for tests */
	uint64_t rows;		      /* of processes that have ended and are by themselves */
	GPtrArray *ended;	      /* struct model_process: these */
	GHashTable *crowds;	      /* executable -> struct crowd */
	GPtrArray *gone;	      /* struct model_process: in a crowd, the latest ones last */
	guint forgotten;	      /* so many of these have neither modules nor nodes any more */
	uint64_t nodes;		      /* that the others have */
	struct model_process *nobody; /* of model_nobody(); NULL: none yet */
};

void crowds_init(struct crowds *crowds);
/* `free_process` frees what is left of one that is in a crowd. */
void crowds_fini(struct crowds *crowds, void (*free_process)(void *process));

/* It has ended, and may be in a crowd after this: its threads are gone then. */
void crowds_take_ended(struct model *model, struct model_process *process);

/* Nothing more comes: says what the crowds are. */
void crowds_finish(struct model *model);

#endif
