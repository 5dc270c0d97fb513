/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The call stacks of traced calls, each as a whole: one for each thread, and one for each
 * coroutine. Threads go from one to another; what is open stays open there until somebody goes on
 * with it.
 *
 * Each call stack has its own frames and its own clock. What happens on it is of the thread that
 * runs on it at that moment: a frame remembers who entered it. What happens to single calls is in
 * calls.h.
 */
#ifndef THAG_CALL_STACKS_H
#define THAG_CALL_STACKS_H

#include <stdbool.h>
#include <stdint.h>

struct call_event;
struct timing_process;
struct timing_thread;

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
	CALL_PAUSES = 16, /* that are remembered: a call is told of soon after it began */
	CALL_DEPTH_MAX = 1 << 18,
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

static inline uint64_t
call_stack_time(const struct call_stack *stack, uint64_t ticks)
{
	return ticks > stack->offset ? ticks - stack->offset : 0;
}

/* Before a frame is put on a stack that is full. */
void call_stack_grow(struct call_stack *stack);
/* Of one that is not of the process's table: a thread's own. */
void call_stack_fini(struct call_stack *stack);

/* The thread goes on with the stack of that number; 0: its own. */
void call_stacks_switch(struct timing_thread *thread, uint64_t ticks, uint32_t number);
/* What is open is closed, and what is entered next was called from `node`. */
void call_stacks_base(struct timing_thread *thread, uint64_t ticks, uint32_t node);
/* So long, until `end`, it was at the profiler's business. */
void call_stacks_pause(struct timing_thread *thread, uint64_t end, uint64_t ticks);
/* Closes what is open on the thread's call stack, as calls that did not return. */
void call_stacks_close(struct timing_thread *thread, uint64_t ticks);
/* The process is over: nothing stays open on any stack. */
void call_stacks_close_process(struct timing_process *process, uint64_t ticks);

/* Takes calls and their ends without adding them up: only call stacks follow. */
void call_stacks_forget_exit(struct timing_thread *thread);
void call_stacks_forget_left(struct timing_thread *thread, uint64_t inner);
void call_stacks_forget_depth(struct timing_thread *thread, uint64_t depth);
void call_stacks_forget_open(const struct call_event *event);
/* The innermost one began as early as its caller. */
void call_stacks_begin_with_caller(struct timing_thread *thread);
/* What is open on any stack of the process begins now. */
void call_stacks_begin_anew(struct timing_process *process, uint64_t ticks);

void call_stacks_fini(struct timing_process *process);

#endif
