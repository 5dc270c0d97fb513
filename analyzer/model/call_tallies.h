/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Summary mode: of traced calls come only sums, each of a node of the process's tree. Here they are
 * added up by thread while the model is fed, and made rows of the finished run at the end.
 *
 * A sum is of ends less begins, by the thread's own time: where calls are open, or a coroutine went
 * on in another thread, it means nothing until it is settled with all of its process.
 */
#ifndef THAG_CALL_TALLIES_H
#define THAG_CALL_TALLIES_H

#include <glib.h>
#include <stdint.h>

struct pool_call_tally;
struct timing_process;
struct timing_thread;

/* What is known of a node: units as in struct pool_call_tally. */
struct call_tally_sums {
	uint32_t node, open;
	uint64_t calls, total, min, max;
	uint64_t unfinished; /* that were open when they were settled */
};

/* The thread did so much more. What names no node of a tree is not taken. */
void call_tallies_add(struct timing_thread *thread, const struct pool_call_tally *tally);

/* Adds what another thread's sums say of a node, by its number here. */
void call_tallies_merge(struct timing_thread *thread, const struct call_tally_sums *more);

/* The process is over, and so are the calls that its sums say are open: none is any more. */
void call_tallies_settle(struct timing_process *process);

/*
 * Adds rows to the public thread, and marks their nodes as traced. Only the process's own nodes may
 * be public by now. `renumber` as in struct model_sink.
 */
void call_tallies_finish(struct timing_thread *thread,
	uint32_t (*renumber)(void *marks, uint32_t node), void *marks);

#endif
