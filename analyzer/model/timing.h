/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Where the time went: what the model keeps of traced calls and samples while it is fed. The parts
 * are in calls.c (calls), call_stacks.c (what they are open on), calls_finish.c (their sums),
 * call_tallies.c (the sums that summary mode sends), call_limits.c, samples.c, timing_move.c, and
 * chart.c; timing.c deals out the records.
 *
 * Nothing of this exists for a thread or process that has no such records.
 */
#ifndef THAG_TIMING_H
#define THAG_TIMING_H

#include "call_stacks.h"
#include "call_tallies.h"
#include "call_tree.h"
#include "calls.h"
#include "chart.h"
#include "moments.h"
#include "state.h"

struct sample_sums {
	uint32_t node;
	bool touched; /* since it was last told */
	struct sample_tally sums[SAMPLE_KINDS];
	struct sample_tally told[SAMPLE_KINDS]; /* see moments.h */
};

struct timing_thread {
	struct model_thread *thread;
	struct timing_process *process;
	struct call_tree tree; /* paths NULL: no call yet */
	struct call_stack *stack;
	struct call_stack own; /* before any CALL_STACK */
	GHashTable *tallies;   /* node -> struct call_tally_sums; NULL: none */
	uint64_t taken;	       /* of their struct pool_call_sums */
	GHashTable *samples;   /* node -> struct sample_sums; NULL: none */
	uint64_t rate_hz[SAMPLE_KINDS];
	struct call_costs cost[COST_KINDS]; /* as this thread measured it, or its process */
	struct chart_lane lane;
	uint64_t put_off;		       /* events of it, see call_limits.c */
	GPtrArray *touched;		       /* struct sample_sums; NULL: none yet */
	GArray *sample_moments, *call_moments; /* struct moment; NULL: none yet */
};

struct timing_process {
	struct model_process *process;
	struct timing *timing;
	GPtrArray *threads;		 /* struct timing_thread */
	GHashTable *stacks;		 /* number -> struct call_stack */
	uint64_t gone_start, gone_bytes; /* all modules that went lie in it: call_modules.h */
	struct call_costs cost[COST_KINDS];
	uint64_t rate_hz[SAMPLE_KINDS], source[SAMPLE_KINDS];
	uint64_t unmatched_exits, folded_calls, trace_stops;
	uint64_t own_periods, own_ns, unsampled_ns;
};

struct call_ring;
struct common_view;

/* What traced calls are limited to. Ticks: see call_limits.c. */
struct call_limits {
	bool any;
	bool known;  /* set by the first process that said something */
	bool enough; /* max_calls were seen, and the first of them are wanted */
	uint64_t min_ticks;
	uint64_t start_ticks, stop_ticks;	      /* [start, stop) of samples and calls, */
	uint64_t calls_start_ticks, calls_stop_ticks; /* and of calls alone: within these */
	uint64_t max_calls, calls;
	uint64_t left_out[LEFT_OUT_REASONS];
	struct call_ring *ring; /* the last calls are wanted; NULL: the first */
};

struct timing {
	struct model *model;
	struct chart chart;
	struct call_limits limits;
	GPtrArray *processes; /* struct timing_process */
	bool called;	      /* a call began or ended since moments were told */
};

/* timing.c: made on first use. */
struct timing_thread *timing_thread_get(struct model_thread *thread);
/* It is forgotten: nothing refers to it, and its times are somebody else's. */
void timing_thread_drop(struct timing_thread *thread);

/* Call paths, as they are counted in rest.c and crowd.c; of NULL none. */
uint64_t timing_process_rows(const struct timing_process *process);
uint64_t timing_thread_rows(const struct timing_thread *thread);
/* Forgets those that are in a crowd. */
void timing_drop_processes(struct timing *timing);

/* What happens to call stacks, in the order in which it happened. */
enum call_event_kind {
	CALL_EVENT_ENTER,    /* number: the function */
	CALL_EVENT_EXIT,     /* 1: JUMPED */
	CALL_EVENT_LEFT,     /* how many are open inside it */
	CALL_EVENT_BASE,     /* node */
	CALL_EVENT_STACK,    /* number of a stack */
	CALL_EVENT_DEPTH,    /* how many are open at most */
	CALL_EVENT_LEFT_OUT, /* how many */
	CALL_EVENT_PAUSE,    /* ticks */
	CALL_EVENT_CLOSE,    /* what is open on the thread's stack */
	CALL_EVENT_PROCESS_END,
};

struct call_event {
	struct timing_thread *thread; /* of PROCESS_END: any */
	uint64_t ticks;
	uint64_t number;
	uint32_t from; /* of ENTER: the node it was called from, 0: the innermost call */
	enum call_event_kind kind;
};

/* timing.c: lets it happen. */
void timing_apply_call(const struct call_event *event);

/* call_limits.c: lets it happen now, later or never, as the limits are. */
void call_limits_init(struct call_limits *limits);
void call_limits_fini(struct call_limits *limits);
void call_limits_read(struct timing *timing, const struct record *process);
void call_limits_apply_slow(struct timing *timing, const struct call_event *event);
/* Nothing more comes: what was put off happens. */
void call_limits_drain(struct timing *timing);

/* moments_finish.c: adds moments to the public thread; `number` by call path: its node. */
void moments_finish_samples(struct timing_thread *thread,
	uint32_t (*renumber)(void *marks, uint32_t node), void *marks);
void moments_finish_calls(
	struct timing_thread *thread, const uint32_t *number, const uint64_t *self_ns);

/* timing_move.c: whether nothing refers to the thread, and all of its calls have ended. */
bool timing_may_move(const struct timing_thread *thread);
/* Its times become those of another thread of the process. */
void timing_move_thread(struct timing_thread *from, struct model_thread *to);
/* Likewise those of a whole process: the thread of the crowd that it joins. */
void timing_move_process(
	struct timing_process *from, struct model_thread *to, struct common_view *view);

/* samples.c */
struct sample_sums *samples_find(struct timing_thread *thread, uint32_t node);
uint64_t samples_ns(const struct timing_thread *thread, enum sample_kind kind, uint64_t periods);
void samples_add(struct timing_thread *thread, const struct model_event *event);
void samples_finish(struct timing_thread *thread, uint32_t (*renumber)(void *marks, uint32_t node),
	void *marks);

#endif
