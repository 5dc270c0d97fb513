/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sections that are open. Each real stack has its own (struct calls_stack), outermost first:
 *
 *	real stack                       sections
 *	| return from main  |
 *	| return from F     | <--- [0] "load"	begun in F's frame
 *	|                   | <--- [1] "parse"	likewise, later
 *	| return from g     |
 *	| return from h     | <--- [2] "token"
 *
 * A section knows the frame it was begun in by the slot of its return address and the word there.
 * It ends by its end; with its frame, however that goes; and where the same begin is passed again
 * in the same frame. In what order they end is the program's business: they may overlap.
 *
 * Its time is an entry of the call stack (calls.h), its memory is in the call paths (paths.h).
 */
#ifndef THAG_PRELOAD_SECTIONS_H
#define THAG_PRELOAD_SECTIONS_H

#include "thag.h"
#include "thread.h"

enum {
	SECTIONS_FIRST = 64, /* open on one stack, doubled as needed */
	SECTIONS_MAX = 1 << 16,
};

struct section {
	const uint64_t *slot;
	uint64_t word;
	uint64_t sp, bp, pc; /* of the frame, at the begin */
	uint64_t function;   /* RECORD_PC_NAMED, and its number */
	uint64_t context;    /* hash of this and all outside it, */
	uint64_t outside;    /* and of these alone */
	const char *name;    /* to be looked at only while the frame is there */
	uint32_t depth;	     /* of the frame in the unwound path, */
	uint32_t parent;     /* its caller's node there, */
	uint32_t from;	     /* and the call path of the frame */
	uint32_t options;    /* thag_options, and THAG_PAIR_ */
	uint32_t outer;	     /* its caller's place in the unwinder's memo then; 0: not known */
};

/* The innermost; only where there is one. */
static inline struct section *
sections_top(const struct calls_stack *stack)
{
	return &stack->sections[stack->section_count - 1];
}

/*
 * Hooks of thag.h: a section begins; its scope is left; the last section of the name that was begun
 * in this frame ends.
 */
void sections_enter(struct thag_place_ *place);
void sections_leave(struct thag_place_ *place);
void sections_end(struct thag_place_ *place);

/* The thread ends: what is open on its stack is no more. */
void sections_forgotten(struct thread *thread);

/* Drops those of frames that are gone, where the stack is known to end at `sp`. */
void sections_drop(struct thread *thread, struct calls_stack *stack, uint64_t sp);

#endif
