/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A thread's own state, and the gate through which every hook goes.
 *
 *	struct thread *t = thread_enter(frame);
 *	if (t) {
 *		... record ...
 *		thread_leave(t);
 *	}
 *
 * The gate is one word: THREAD_READY, or why nothing may be recorded now. While a hook is at work
 * it holds the address of the hook's frame, so that calls made inside (by a signal handler that
 * interrupted the hook, say) pass through unrecorded, and are counted. A handler that leaves by
 * siglongjmp takes the hook with it: the next call finds the frame gone and opens the gate again.
 *
 * The state lies in memory that a fork wipes: a gate of zero means a forked child, which registers
 * itself anew. Dead threads' states are handed to new threads.
 */
#ifndef THAG_PRELOAD_THREAD_H
#define THAG_PRELOAD_THREAD_H

#include <stdbool.h>
#include <stdint.h>
#include "arch/arch.h"
#include "atomics.h"
#include "calls.h"
#include "paths.h"
#include "sampler.h"
#include "unwind.h"
#include "writer.h"

/* Whether a state may be handed to a new thread. */
enum thread_retired {
	THREAD_IN_USE = 0,
	THREAD_RETIRED = 1, /* its thread is ending: it may be, when that is gone */
	THREAD_CLAIMED = 2, /* somebody looks whether it is */
};

enum thread_gate {
	THREAD_WIPED = 0, /* a fork has happened */
	THREAD_READY = 1,
	THREAD_OFF = 2,	    /* the session is off */
	THREAD_FRAMES = 64, /* greater values: a hook at work, and where its frame is */
};

struct thread {
	uint64_t gate;	   /* enum thread_gate or an address; written by this thread alone */
	uint64_t guard_pc; /* return address of the hook at work */
	struct calls calls;
	struct paths paths;
	struct writer writer;
	struct unwinder unwinder;
	struct sampler sampler;
	struct pool_tally *tallies;	       /* summary mode: POOL_TALLIES entries in the pool */
	struct pool_call_sums *call_sums;      /* likewise, of traced calls */
	uint32_t tally_chunk, call_sums_chunk; /* where those two are */
	uint32_t tid;
	uint32_t creator;	       /* call path that created it, 0: not known */
	const struct context *context; /* the coroutine that runs, see contexts.h */
	uint32_t retired; /* enum thread_retired; release, pairs with acquire in thread.c */
	struct thread *next;
};

/* One word of thread-local storage, reached without a call. */
extern __thread struct thread *thread_self __attribute__((tls_model("initial-exec")));

/* Called by session start, once. */
void threads_init(void);

/* In a forked child: the states of its parent are no more. */
void threads_forget(void);

/* Summary mode: gives the thread a place for the sums of its calls. */
void thread_open_call_sums(struct thread *thread);

/* Makes the calling thread known before its first event. */
void thread_introduce(void);

/* Likewise; `creator` is the call path that created it. */
void thread_introduce_created(uint32_t creator);

/* Tells the thread's name; NULL: what the kernel calls it. */
void thread_announce(struct thread *thread, const char *name);

struct thread *thread_enter_slow(struct frame frame);

/* Opens the gate of `thread`, the calling one or one that it plays, see thread_enter(). */
static inline __attribute__((always_inline)) struct thread *
thread_enter_as(struct thread *thread, struct frame frame)
{
	if (unlikely(!thread || thread->gate != THREAD_READY))
		return thread_enter_slow(frame);
	/* In this order: a signal's handler that finds the gate closed finds whose it is. */
	thread->guard_pc = frame.pc;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	thread->gate = frame.sp;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return thread;
}

/* Opens the gate for a hook whose caller is `frame`. NULL: nothing is to be recorded. */
static inline struct thread *
thread_enter(struct frame frame)
{
	return thread_enter_as(thread_self, frame);
}

static inline void
thread_leave(struct thread *thread)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	thread->gate = THREAD_READY;
}

#endif
