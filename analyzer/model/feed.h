/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * How the model is fed: what stream/ calls, in the order in which the program did it.
 *
 * The frequent records come as batches of small events, so that the model can ask for the memory
 * they will touch before it touches it; everything else comes record by record in between.
 *
 * One thread feeds. Processes and threads are named by pointers that stay valid until
 * model_finish() or model_free(), but threads only until they are over or their process ends.
 */
#ifndef THAG_MODEL_FEED_H
#define THAG_MODEL_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"
#include "pool.h"
#include "record.h"

struct model;
struct model_process;
struct model_thread;

/* A frequent record: ALLOC, FREE, ENTER, EXIT or SAMPLE; fields as in struct record. */
struct model_event {
	struct model_thread *thread;
	uint64_t ticks;
	uint64_t address;
	uint64_t size;
	uint32_t node;
	uint32_t serial; /* the model's own */
	uint16_t kind;
	uint16_t flags;
};

/* The traced call of an ENTER or EXIT record. */
struct model_call {
	uint64_t ticks;
	uint64_t function; /* of ENTER */
	bool is_enter, jumped;
};

/*
 * Another thing to be made of the same records: calls and samples, say. A sink sees each event of
 * the kinds it asks for after the heap has seen it, and each extended record. It hangs what it
 * makes on the public structures in `finish`. Any function may be NULL.
 */
struct model_sink {
	uint32_t kinds; /* bit set: 1 << enum record_kind */
	void (*event)(void *context, const struct model_event *event);
	void (*extended)(void *context, struct model_thread *thread, const struct record *record);
	void (*process_end)(void *context, struct model_process *process, uint64_t ticks);
	/* Calls `mark` for each node of the process that the sink will name in its results. */
	void (*mark_nodes)(void *context, struct model_process *process,
		void (*mark)(void *marks, uint32_t node), void *marks);
	/* `renumber` gives a marked node's number in public->nodes. */
	void (*finish)(void *context, struct model_process *process, struct process *public,
		uint32_t (*renumber)(void *marks, uint32_t node), void *marks);
	void (*free)(void *context);
};

/* Ticks to nanoseconds since the start of the run: ns = (ticks - start_ticks) * ns_per_tick. */
struct model_clock {
	uint64_t start_ticks;
	uint64_t start_realtime_ns;
	double ns_per_tick;
};

/*
 * `clock` need not be exact yet: it sets the first width of the timeline's intervals, and sorts
 * lifetimes into their buckets.
 */
struct model *model_new(const struct model_clock *clock);
void model_free(struct model *model);

/* Owned by the model from here on: `free` is called for it. */
void model_add_sink(struct model *model, const struct model_sink *sink, void *context);

/*
 * `found` is called for each module as it is named, at that moment (its times are ticks yet), and
 * returns what goes to module->symbols.
 */
void model_on_module(struct model *model,
	uint32_t (*found)(void *context, uint32_t pid, const struct module *module), void *context);

/* The process, thread of that number; made where it is not known. */
struct model_process *model_process(
	struct model *model, uint32_t number, uint32_t pid, uint64_t ticks);
struct model_thread *model_thread(
	struct model_process *process, uint32_t number, uint32_t tid, uint64_t ticks);

/* The thread of all processes that are over: what is still said of those is of no use. */
struct model_thread *model_nobody(struct model *model);

/* Events by time; of one thread always in its own order. */
void model_apply(struct model *model, const struct model_event *events, unsigned count);

/*
 * Traced calls mostly concern their own thread alone. So those that come one after the other may
 * come before what other threads did a little earlier: all before the time that
 * model_calls_until() returns, where `others` is that of the first record of another thread. 0:
 * there is a reason to keep their order.
 */
uint64_t model_calls_until(const struct model_thread *thread, uint64_t others);
void model_calls(struct model_thread *thread, const struct model_call *calls, unsigned count);

/* Whether an ENTER or EXIT may be among them: a section's begin may not. */
static inline bool
model_takes_call(const struct record *record)
{
	return record->kind == RECORD_EXIT ||
	       !(record->flags & RECORD_FROM || record_pc_number(record->address));
}

/*
 * A NODE record. May come before or after its time: nodes are looked up at the end. It carries no
 * time of its own; model_nodes_seen() gives all nodes that a thread named since the last call the
 * time of the record that follows them, which is their first use.
 */
void model_node(struct model_thread *thread, uint32_t node, uint32_t parent, uint64_t pc);
void model_nodes_seen(struct model_thread *thread, uint64_t ticks);

void model_extended(struct model *model, struct model_thread *thread, const struct record *record);

/* Final sums of a thread in summary mode. */
void model_tallies(struct model_thread *thread, const struct pool_tally *tallies, unsigned count);

/* Final sums of a thread's traced calls in summary mode; CALL_TALLY records may have said parts. */
void model_call_sums(struct model_thread *thread, const struct pool_call_sums *sums);

/* A measurement of resident memory; `peak_bytes` 0: not known. */
void model_rss(struct model_process *process, uint64_t ticks, uint64_t bytes, uint64_t peak_bytes);

/* A measurement of the CPU time that the process has had since it began. */
void model_cpu(struct model_process *process, uint64_t ticks, uint64_t cpu_ns);

/* Events a thread could not record, all in all. */
void model_missed(struct model_thread *thread, uint32_t missed);

/* Traced calls that a thread did not record by request, all in all, by enum pool_left_out. */
void model_left_out(struct model_thread *thread, const uint64_t count[POOL_LEFT_OUT_REASONS]);

/* Whether there are as many traced calls as were asked for: more would not be used. */
bool model_has_calls_enough(const struct model *model);

/* The thread has ended and nothing of it is left to come: it may be gone. */
void model_thread_over(struct model_thread *thread);

/* The process has ended and nothing of it is left to come. */
void model_process_end(struct model_process *process, uint64_t ticks);
bool model_process_ended(const struct model_process *process);

/* For a progress line. */
uint64_t model_events(const struct model *model);
uint64_t model_live_bytes(const struct model *model);

/* Turns the model into the run at `end_ticks`, by the final clock; the model is gone then. */
struct run *model_finish(struct model *model, const struct model_clock *clock, uint64_t end_ticks);

#endif
