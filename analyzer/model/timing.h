/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Where the time went: what the model keeps of traced calls and samples while it is fed. The parts
 * are in calls.c (calls and call stacks), calls_finish.c (their sums), samples.c, and chart.c;
 * timing.c deals out the records.
 *
 * Nothing of this exists for a thread or process that has no such records.
 */
#ifndef THAG_TIMING_H
#define THAG_TIMING_H

#include "call_tree.h"
#include "chart.h"
#include "moments.h"
#include "state.h"

enum {
	CALL_DEPTH_MAX = 1 << 18,
};

/* Of an ENTER + EXIT pair, see record.h; in 256ths of a tick. */
struct call_cost {
	uint64_t pair, inside, uncertainty;
	uint64_t jumped; /* `pair` where the EXIT is JUMPED */
};

/* It is measured again and again. */
struct call_costs {
	struct call_cost now;
	uint64_t count, sum; /* of all pairs */
};

/* What is kept of an open section, beside what any call has. */
struct call_section {
	uint64_t peak_number, live_bytes; /* see inner_peak.h; when it began */
	uint64_t drawn;			  /* the chart has it up to here */
};

/* A call that has not returned. */
struct call_frame {
	uint64_t start;	 /* by its stack's own clock */
	uint64_t nested; /* ticks in calls of its own */
	uint64_t paused; /* of its stack, when it began */
	uint64_t inner, direct;
	uint64_t taken, taken_self;   /* what these cost, 256ths of a tick */
	uint64_t told;		      /* self that is in its path's `early` */
	struct timing_thread *thread; /* that entered it: `path` is of its tree */
	struct call_section *section; /* NULL: it is none */
	uint32_t path;
};

enum {
	CALL_PAUSES = 16 /* that are remembered: a call is told of soon after it began */
};

/* A time that was the profiler's. */
struct call_pause {
	uint64_t end, ticks;
};

/*
 * A call stack. Its clock stands still while the stack is switched away: `offset` is how far it is
 * behind.
 */
struct call_stack {
	struct call_frame *frames;
	uint32_t depth, room;
	uint32_t base;	 /* node of the process's tree */
	uint64_t excess; /* open calls beyond CALL_DEPTH_MAX */
	uint64_t offset, suspended_ticks, resumed_ticks;
	uint64_t paused; /* ticks that were the profiler's */
	uint64_t pause_end, pause_count;
	struct call_pause pauses[CALL_PAUSES]; /* the last ones */
	bool suspended;
};

/* What summary mode says of a node of the process's tree: units as in struct pool_call_tally. */
struct call_tally_sums {
	uint32_t node, open;
	uint64_t calls, total, min, max;
};

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
	struct timing_thread *rest; /* of `threads`; NULL: none is summed up */
	uint32_t kept_threads;	    /* that have ended and are not summed up */
	uint64_t kept_rows;	    /* of these */
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
	uint64_t kept_rows;   /* of threads that have ended: see rest.c */
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

static inline struct call_cost
calls_average_cost(const struct call_costs *costs)
{
	struct call_cost average = costs->now;

	if (!costs->count || !average.pair)
		return average;
	average.pair = costs->sum / costs->count;
	average.inside = average.pair * costs->now.inside / costs->now.pair;
	return average;
}

/* timing.c: lets it happen. */
void timing_apply_call(const struct call_event *event);

/* call_limits.c: lets it happen now, later or never, as the limits are. */
void call_limits_init(struct call_limits *limits);
void call_limits_fini(struct call_limits *limits);
void call_limits_read(struct timing *timing, const struct record *process);
void call_limits_apply_slow(struct timing *timing, const struct call_event *event);
/* Nothing more comes: what was put off happens. */
void call_limits_drain(struct timing *timing);

/* calls.c */
void calls_enter(struct timing_thread *thread, uint64_t ticks, uint64_t function, uint32_t from);
void calls_exit(struct timing_thread *thread, uint64_t ticks, bool jumped);
/* One is left that has `inner` open ones inside it. */
void calls_left(struct timing_thread *thread, uint64_t ticks, uint64_t inner);
/* Ends the innermost ones, so that `depth` are open at most. */
void calls_depth(struct timing_thread *thread, uint64_t ticks, uint64_t depth);
void calls_base(struct timing_thread *thread, uint64_t ticks, uint32_t node);
void calls_left_out(struct timing_thread *thread, uint64_t count);
/* So long, until `end`, it was at the profiler's business. */
void calls_pause(struct timing_thread *thread, uint64_t end, uint64_t ticks);
void calls_switch(struct timing_thread *thread, uint64_t ticks, uint32_t number);
/* Closes what is open on the thread's call stack, as calls that did not return. */
void calls_close_all(struct timing_thread *thread, uint64_t ticks);
void calls_tally(struct timing_thread *thread, const struct pool_call_tally *tally);
/* Takes calls and their ends without adding them up: only call stacks follow. */
void calls_forget_exit(struct timing_thread *thread);
void calls_forget_left(struct timing_thread *thread, uint64_t inner);
void calls_forget_depth(struct timing_thread *thread, uint64_t depth);
void calls_forget_open(const struct call_event *event);
/* The innermost one began as early as its caller. */
void calls_begin_with_caller(struct timing_thread *thread);
/* What is open on any stack of the process begins now. */
void calls_begin_anew(struct timing_process *process, uint64_t ticks);
/* The process is over: nothing stays open on any stack. */
void calls_process_end(struct timing_process *process, uint64_t ticks);
void calls_process_fini(struct timing_process *process);
void calls_thread_fini(struct timing_thread *thread);

/* calls_finish.c: the process is over, and so are the calls that its sums say are open. */
void calls_settle_tallies(struct timing_process *process);

/*
 * calls_finish.c: adds rows, boxes of the chart, and the nodes that these need, to the public
 * structures. `renumber` as in struct model_sink.
 */
void calls_finish(struct timing_process *process, uint32_t (*renumber)(void *marks, uint32_t node),
	void *marks);

/* moments_finish.c: adds moments to the public thread; `number` by call path: its node. */
void moments_finish_samples(struct timing_thread *thread,
	uint32_t (*renumber)(void *marks, uint32_t node), void *marks);
void moments_finish_calls(
	struct timing_thread *thread, const uint32_t *number, const uint64_t *self_ns);

/* rest.c: the thread has ended, and may be gone after this. */
void rest_take_ended(struct timing_thread *thread);
/* Adds the times of a whole process to a thread of the crowd that it joins. */
void rest_take_process(
	struct timing_process *from, struct model_thread *to, struct common_view *view);
/* Says in public what the rest is. */
void rest_finish(struct timing_process *process);
void rest_fini(struct timing_process *process);

/* samples.c */
struct sample_sums *samples_find(struct timing_thread *thread, uint32_t node);
uint64_t samples_ns(const struct timing_thread *thread, enum sample_kind kind, uint64_t periods);
void samples_add(struct timing_thread *thread, const struct model_event *event);
void samples_finish(struct timing_thread *thread, uint32_t (*renumber)(void *marks, uint32_t node),
	void *marks);

#endif
