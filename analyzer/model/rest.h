/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Threads that are over, put together where there are too many to tell them apart.
 *
 * A program that starts a thread for each request has thousands of them with thousands of call
 * paths each. What is kept of threads one by one is bounded: one that is over stays by itself, or
 * becomes a part of the thread of its process that stands for all such, the rest. Nothing but the
 * chart, and who of them it was, is lost.
 *
 *	rows kept     0 ............ half ............ ROWS_KEPT
 *	short thread  by itself      joins            joins
 *	long thread   by itself      by itself        joins
 *
 * The first ones of each process, and those that are not over, are always kept.
 *
 * One that something still refers to (calls that were put off, a realloc that may not have been)
 * waits until that is over.
 *
 * Times join at once. Sites of the heap are named by live blocks, mappings and cells of intervals,
 * which are not found by their site: so the heaps of many threads join in one go.
 */
#ifndef THAG_MODEL_REST_H
#define THAG_MODEL_REST_H

#include <glib.h>
#include <stdint.h>

struct model_process;
struct model_thread;

/* Of a process. */
struct rest {
	struct model_thread *thread; /* NULL: there is none */
	GQueue waiting;		     /* struct model_thread */
	GPtrArray *joining;	     /* struct model_thread, owned: their heaps are yet to join */
	uint64_t joining_sites;	     /* of these */
	uint32_t kept_threads;	     /* that are over, by themselves */
	uint64_t kept_rows;	     /* of these */
};

/* The thread is over, and may be gone after this. */
void rest_take(struct model_thread *thread);

/* All heaps that are joining join. */
void rest_join(struct model_process *process);

/* Names it. */
void rest_finish(struct model_process *process);
void rest_fini(struct rest *rest);

#endif
