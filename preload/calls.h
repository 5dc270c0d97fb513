/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Tracing calls: what happens at the entry and exit of each instrumented function.
 *
 * Exits go missing (longjmp, exceptions through clang's frames, exit, cancellation) and stacks are
 * switched (swapcontext, coroutines of all kinds). So every real stack has a call stack of its own
 * here, whose entries know their frames by where the return address lies, the frame's slot:
 *
 *	real stack                      call stack (grows with the depth)
 *	base  +------------------+
 *	      | return from main | <--- [1] slot, the word that is in it, function
 *	      | ...              |
 *	      | return from f    | <--- [2]
 *	      | ...              | <--- [3] g, inlined into f: it has f's slot
 *	      | return from h    | <--- [4] top
 *	  sp  +------------------+
 *
 * A hook finds the slot of its caller's frame by the caller's unwind rule. An entry is the top's
 * callee where its frame begins near the top's and the top's slot still holds the same word: when a
 * frame has gone without an exit, the next call from the same place writes its own return address
 * there. An exit belongs to the entry of the same function and slot. Where that does not settle it,
 * the real stack is walked: its base tells which call stack it is, and entries whose slots are not
 * among those walked through have been left without an exit, and are closed.
 *
 * Several entries of one slot are functions inlined into one another, unless the frame is a new one
 * in an old one's place: then the same code is there twice, or a function's very beginning.
 *
 * Detail mode writes ENTER and EXIT records; summary mode adds up (call_sums.h).
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
	CALLS_NEAR_BYTES = 256,	    /* a callee's frame begins nearer than this, or is looked at */
	CALLS_PROLOGUE_BYTES = 128, /* a function calls its hook this near to its beginning */
};

struct calls_entry {
	uint64_t sp; /* at the hook */
	const uint64_t *slot;
	uint64_t word;
	uint64_t pc; /* where the hook returned to */
	uint64_t function;
	uint64_t start;	   /* ticks where calls are limited, else of summary mode: call_sums.h */
	uint32_t node;	   /* likewise */
	uint32_t left_out; /* calls inside that made no records: call_limits.h */
};

struct calls_stack {
	uint64_t base; /* the outermost frame's CFA */
	struct thread
		*user;	 /* that used it last (relaxed: others only compare it with themselves) */
	uint32_t number; /* in the process, 1, 2 ...; of CALL_STACK records */
	uint32_t depth;	 /* entries 1 to depth are in use; entry 0 is no frame's */
	uint32_t capacity;
	uint32_t base_node; /* call path below which entry 1 was called */
	struct calls_entry *entries;
	struct section *sections; /* that are open on the real stack, see sections.h */
	uint32_t section_count, section_capacity;
	uint32_t marked_time, marked_memory; /* how many of them ask for it, see recording.h */
	bool limited; /* some calls are left out: these are call_limits.h's */
	uint32_t max_depth, pending;
	uint64_t min_ticks;
	uint64_t taken; /* out of the own time of its user, when it was last used: call_sums.h */
	struct calls_stack *next; /* all of the process; constant once linked */
};

struct thread;

/* What a call costs at this time, see enum record_cost_field; summary mode's own time needs it. */
struct calls_cost {
	uint64_t pair[2]; /* [true]: the exit hook was jumped to */
	uint64_t inside, left_out;
};

/* The thread's state for tracing is made at its first traced call. */
struct calls {
	struct calls_stack *stack; /* that the last hook ran on; NULL: none yet */
	uint64_t jump_ticks; /* when frames may have gone: a longjmp, a catch; 0: they have not */
	struct calls_cost cost;
	bool jumped;			 /* the last exit hook was jumped to */
	uint64_t measure_ticks;		 /* when to measure again what a call costs */
	struct calibration *calibration; /* NULL: none yet */
};

/*
 * What -finstrument-functions has functions call: exported under the names it wants, and known by
 * these inside the library.
 */
void calls_enter(void *function, void *call_site);
void calls_exit(void *function, void *call_site);

/* The same for the thread that calibration plays. */
void calls_enter_calibrated(void *function, void *call_site);
void calls_exit_calibrated(void *function, void *call_site);

/*
 * The call stack of the real stack that `thread` has just walked from `sp` on; it becomes the one
 * that the thread runs on. NULL: there is no memory for it.
 */
struct calls_stack *calls_walked(struct thread *thread, uint64_t sp);

/*
 * A section begins, or ends in the frame whose return address lies at `slot`. The thread runs on
 * its `calls.stack`, and that is known to be as it is: it has just been walked or verified.
 */
struct section;
void calls_enter_section(struct thread *thread, const struct section *section);
void calls_leave_section(
	struct thread *thread, const uint64_t *slot, uint64_t function, uint64_t ticks);

/* A longjmp is about to happen, or an exception has been caught. */
void calls_jumped(struct thread *thread);

/* A hook of this thread was left in the middle, and may have recorded what it did not do. */
void calls_mend(struct thread *thread);

/* The thread ends: what is open on its stack is closed. */
void calls_end(struct thread *thread, struct frame frame);

#endif
