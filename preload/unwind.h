/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Capturing a thread's whole stack as one node of the stack tree.
 *
 * Two layers. Rules (rules.h) step from any frame to its caller, for programs built without frame
 * pointers. The memo remembers the last stack of the thread, so that most frames need no stepping:
 *
 *	memo index   0       1       2            top
 *	           +-------+-------+-------+ ... +-------+
 *	           | end   | _start| main  |     | inner |   pc[], slot[], frames[]
 *	           +-------+-------+-------+ ... +-------+
 *
 * A capture first verifies the memo from the outside: each remembered pc must still be in the stack
 * slot it was read from, likewise each saved bp that matters. Then it steps from the innermost
 * frame outwards until it stands in a frame that equals a verified one (pc, sp, and bp where that
 * is live). From there on stepping would read the same words by the same rules and come to the same
 * frames; so they need not be stepped, nor looked up in the tree.
 *
 * The inner part, where the stack differs from the last one, has mostly been seen before too: then
 * it is taken from the segments (segments.h), and stepping is for what is new.
 *
 * Invariants, for memo frames 1..top (frame k is called by frame k-1)
 * I1. *slot[k] was pc[k] when frame k was read; slot[0] likewise, or points to a zero of ours.
 * I2. frames[k].live: some frame outside k was found by means of the bp that frame k had.
 * I3. frames[k].checks counts the entries of check_* that stepping out of frames 1..k depends on.
 * I4. No frame above `matchable` may equal a new one: it lies inside a signal frame, whose saved
 *     registers are more than the memo verifies.
 * Nothing is assumed about how frames went away: return, longjmp, exception, stack switch.
 *
 * All memory is the thread's own; a fork wipes it. What is read of a stack, and how, is
 * stack_view.h's business.
 */
#ifndef THAG_PRELOAD_UNWIND_H
#define THAG_PRELOAD_UNWIND_H

#include <stdbool.h>
#include <stdint.h>
#include "arch/arch.h"
#include "segments.h"
#include "stack_view.h"
#include "tree.h"
#include "writer.h"

enum {
	UNWIND_FRAMES_FIRST = 256,   /* room at first, doubled as needed */
	UNWIND_FRAMES_MAX = 1 << 18, /* deeper stacks lose frames in the middle, visibly */
	UNWIND_WALK_MAX = 1 << 24,   /* no walk is longer, whatever the stack looks like */
	UNWIND_NEAR_BYTES = 1 << 16, /* what is further out is taken for another stack's */
};

/* A frame stepped through just now, innermost first. */
struct fresh_frame {
	uint64_t pc, sp, bp;
	uint64_t slot;	  /* address that pc was read from */
	uint64_t rule;	  /* by which it was left */
	uint64_t bp_slot; /* address that its caller's bp was read from; 0: bp was kept */
};

struct unwinder {
	struct stack_view view; /* of the stack that is walked, or was last */
	uint32_t generation;	/* of the modules, when the memo was made */
	uint64_t sequence;	/* of the writer's chunk, when the modules were last checked */

	uint32_t top, matchable;
	uint32_t capacity; /* of the arrays below; twice that of check_*: a frame adds up to two */
	uint64_t *pc, **slot; /* of their own, because verifying needs these alone */
	struct memo_frame *frames;
	uint64_t **check_address, *check_value;
	struct fresh_frame *fresh;
	struct segments *segments;

	uint32_t origin; /* node that outermost frames hang below: of the stack that is used, */
	uint32_t home;	 /* and of the thread's own */
	struct tree_cache cache;
};

/* `unwinder` is all zero. Returns false where there is no memory. */
bool unwind_init(struct unwinder *unwinder);

/* The calling thread begins; it may take over what was another's. */
void unwind_begin(struct unwinder *unwinder);

/*
 * The node of the stack whose innermost frame is `frame`; `exact` where frame.pc is an address that
 * was interrupted rather than a return address. Writes NODE records for what is new. Never fails:
 * in the worst case the path is one pseudo frame.
 */
uint32_t unwind_capture(
	struct unwinder *unwinder, struct writer *writer, struct frame frame, bool exact);

/* A capture may have been left in the middle: what is remembered is not to be trusted. */
void unwind_forget(struct unwinder *unwinder);

/* The outermost frames of what is captured next hang below `node`; TREE_ROOT: they are roots. */
void unwind_set_origin(struct unwinder *unwinder, uint32_t node);

/*
 * Whether stepping on from where the memo's frame `k` is would find what the memo has, and that is
 * the call path `node`. The caller makes sure that the stack is at least that deep, and that the
 * walk from its own frame comes to frame k.
 */
bool unwind_stands(struct unwinder *unwinder, uint32_t k, uint32_t node);

/* Whether the word at `slot` is `word`. The thread stands at `sp`, the slot may be gone. */
static inline bool
unwind_holds(const struct unwinder *unwinder, uint64_t sp, const uint64_t *slot, uint64_t word)
{
	uint64_t now;

	return stack_view_read(&unwinder->view, sp, (uint64_t)slot, &now) && now == word;
}

#endif
