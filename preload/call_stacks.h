/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * All call stacks of the process (calls.h), one for each real stack that a traced function or a
 * section was entered on, found by where the real stack begins. They are kept for the life of the
 * process: a coroutine's stack that is gone gives its place to the next one at its address.
 *
 * Lock-free: lists that are only added to.
 */
#ifndef THAG_PRELOAD_CALL_STACKS_H
#define THAG_PRELOAD_CALL_STACKS_H

#include "thread.h"

/* The call stack of the real stack that begins at `base`; NULL: it has none. */
struct calls_stack *call_stacks_find(uint64_t base);

/* Likewise, made where there is none; NULL: there is no memory for it. */
struct calls_stack *call_stacks_get(uint64_t base);

/* How many there are. */
uint32_t call_stacks_count(void);

/* All of them, one after the other; NULL after the last one. */
struct calls_stack *call_stacks_first(void);
struct calls_stack *call_stacks_next(const struct calls_stack *stack);

/* Makes room for one more entry. Returns false where it may get no deeper, or has no memory. */
bool call_stacks_grow(struct calls_stack *stack);

/* In a forked child: its parent's call stacks are no more. */
void call_stacks_forget(void);

/* Where the real stack begins that `thread` has just walked. */
static inline uint64_t
call_stacks_base(const struct thread *thread)
{
	const struct unwinder *u = &thread->unwinder;

	return u->top ? u->frames[1].sp : u->view.limit;
}

#endif
