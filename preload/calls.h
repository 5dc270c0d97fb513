/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Tracing calls: what happens at the entry and exit of each instrumented function.
 *
 * Exits go missing (longjmp, exceptions through clang's frames, exit, cancellation) and stacks are
 * switched (swapcontext, coroutines of all kinds). So every real stack has a call stack of its own
 * here, whose entries carry the stack pointer that the hook saw in the function's frame:
 *
 *	real stack                  call stack (grows with the depth)
 *	base  +--------+
 *	      | main   | <--------- [0] sp, function, call site
 *	      | f      | <--------- [1]
 *	      | g      | <--------- [2] top
 *	  sp  +--------+
 *
 * A hook that runs below the top and near it has a caller that is the top function or called by it:
 * the fast path. Anything else (above the top, or far below it) is looked at by walking the real
 * stack: its base tells which call stack it is, and entries that lie in no frame of it have been
 *left without an exit and are closed now.
 *
 * Detail mode writes ENTER and EXIT records. Summary mode adds up count and time per call path in
 * the pool itself (struct calls_tally), with no record per call.
 *
 * A call stack is used by one thread at a time: the one that runs on its real stack.
 */
#ifndef THAG_PRELOAD_CALLS_H
#define THAG_PRELOAD_CALLS_H

#include <stdbool.h>
#include <stdint.h>
#include "arch/arch.h"
#include "pool.h"

enum {
	CALLS_DEPTH_FIRST = 1024, /* entries at first, doubled as needed */
	CALLS_DEPTH_MAX = 1 << 22,
	CALLS_NEAR_BYTES = 4096, /* a callee's frame is nearer than this, or is looked at */
};

struct calls_entry {
	uint64_t sp;
	uint64_t function;
	uint64_t call_site;
	/* summary mode */
	uint64_t start; /* ticks */
	uint64_t inner; /* ticks spent in traced calls inside */
	uint32_t node;
	uint32_t unused;
};

struct calls_stack {
	uint64_t base;	 /* the outermost frame's CFA; 0: not known yet */
	uint32_t number; /* in the process, 1, 2 ...; of CALL_STACK records */
	uint32_t depth;
	uint32_t capacity;
	uint32_t base_node; /* call path below which entry 0 was called */
	struct calls_entry *entries;
	struct calls_stack *next; /* all of the process; constant once linked */
};

struct thread;

/* The thread's state for tracing is made at its first traced call. */
struct calls {
	struct calls_stack *stack; /* that the last hook ran on; NULL: none yet */
	uint64_t top_sp; /* of the top entry; 0 where there is none: everything is then "above" */
	bool jumped;	 /* a longjmp or a catch: frames may have gone */
};

/*
 * What -finstrument-functions has functions call: exported under the names it wants, and known by
 * these inside the library.
 */
void calls_enter(void *function, void *call_site);
void calls_exit(void *function, void *call_site);

/* A longjmp is about to happen, or an exception has been caught. */
void calls_jumped(struct thread *thread);

/* In a forked child: its parent's call stacks are no more. */
void calls_forget(void);

#endif
