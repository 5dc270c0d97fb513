/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What may be read of a stack, and where: so that no walk can make the program fault, whatever its
 * tables say, whatever its stacks hold, and whatever other threads unmap meanwhile.
 *
 *	the thread's own	is read where it is: from the stack pointer up it cannot go away
 *	any other one		nobody but the program knows where it ends; see below
 *
 * Of another stack the page that the thread stands in is read where it is. What lies further out
 * is copied by the kernel, which says what is not there instead of faulting:
 *
 *		   low     sp                     high
 *		    +-------|---------+ . . . . . . +
 *		    |  its page       |   neighbours, perhaps
 *		    +-----------------+ . . . . . . +
 *		    v                               v
 *		    [             copy              ]      a word is read at its address + shift
 *
 * That holds for one walk alone: at the next one nothing is known any more.
 *
 * A copy took 1.6 to 2.3 us where this was written. Coroutines that stand within a page of their
 * stack's end do without, if a return address of zero or the tables say where that is. No other way
 * is both fast and sure: a remembered mapping may be gone without a call that a hook could see, a
 * page that has just been probed may be gone when it is read, and SIGSEGV is the program's.
 *
 * Of one thread.
 */
#ifndef THAG_PRELOAD_STACK_VIEW_H
#define THAG_PRELOAD_STACK_VIEW_H

#include "stack_bounds.h"

enum {
	STACK_COPY_MAX = 1 << 20, /* another stack is not looked at beyond this */
	STACK_PAGE_BYTES = 4096,  /* what comes and goes as one */
	STACK_REGIONS = 8,	  /* a thread moves among so many without asking for their ends */
};

struct stack_view {
	struct stack_bounds own;    /* the thread's own stack */
	struct stack_bounds bounds; /* what may be read now */
	uint64_t limit;		    /* where `bounds` may be extended to */
	uint64_t shift;		    /* what to add to an address to read there */
	char *copy;		    /* STACK_COPY_MAX bytes; NULL: not needed so far */
	struct stack_bounds regions[STACK_REGIONS]; /* mappings met, of which nothing is certain */
	uint32_t region_next;
};

/* Of the calling thread, which begins; `view` may be of another that is no more. */
void stack_view_begin(struct stack_view *view);

/* The thread stands at `sp`, and `pushed` is the last address of this stack that is in use. */
void stack_view_enter(struct stack_view *view, uint64_t sp, uint64_t pushed);

/* A walk goes on where a signal hit, as its frame at `from` says: that may be any stack, or none.
 */
void stack_view_move(struct stack_view *view, uint64_t from, uint64_t to);

/* Whether all up to `end` may be read, if it takes a copy. */
bool stack_view_reach(struct stack_view *view, uint64_t end);

static inline bool
stack_view_is_same_page(uint64_t a, uint64_t b)
{
	return (a ^ b) < STACK_PAGE_BYTES;
}

/* Out of line, by the kernel. */
bool stack_view_read_slow(uint64_t address, uint64_t *ret_word);

static inline bool
stack_view_is_own(const struct stack_view *view, uint64_t sp)
{
	return sp - view->own.low < view->own.high - view->own.low;
}

/* Where the stack ends at the latest that the last walk began on, at `sp`. */
static inline uint64_t
stack_view_end(const struct stack_view *view, uint64_t sp)
{
	return stack_view_is_own(view, sp) ? view->own.high : view->limit;
}

/* Before a walk from `sp`: on another stack it has been entered, on the own one it need not be. */
static inline void
stack_view_use(struct stack_view *view, uint64_t sp)
{
	if (!stack_view_is_own(view, sp))
		return;
	view->bounds = view->own;
	view->limit = view->own.high;
	view->shift = 0;
}

/* Whether the aligned word at `address` may be read by stack_view_word(). */
static inline bool
stack_view_holds(const struct stack_view *view, uint64_t address)
{
	return stack_bounds_hold(&view->bounds, address);
}

static inline uint64_t
stack_view_word(const struct stack_view *view, uint64_t address)
{
	return *(const uint64_t *)(address + view->shift);
}

/*
 * A single word above `sp`, where the thread stands, whatever was entered: on the own stack and in
 * its page directly, by the kernel elsewhere. Returns false where it is not there.
 */
static inline bool
stack_view_read(const struct stack_view *view, uint64_t sp, uint64_t address, uint64_t *ret_word)
{
	if (!stack_bounds_hold(&view->own, address) && !stack_view_is_same_page(address, sp - 8))
		return stack_view_read_slow(address, ret_word);
	*ret_word = *(const uint64_t *)address;
	return true;
}

#endif
