/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Coroutines made by makecontext: each is a task of its own, without a mark in the source. It is
 * known by the address of its ucontext_t, which programs keep where it is and switch to again and
 * again; one that a context was copied from is not followed, its stack is seen all the same.
 *
 * Where the run shows origins, its stack hangs below what made it.
 */
#ifndef THAG_PRELOAD_CONTEXTS_H
#define THAG_PRELOAD_CONTEXTS_H

#include <ucontext.h>
#include "thread.h"

enum {
	CONTEXTS_MAX = 1 << 18 /* in the process; what is more is not followed */
};

/* `frame` has made a coroutine of `context`, that begins at `function`. */
void contexts_made(
	struct thread *thread, struct frame frame, const ucontext_t *context, uint64_t function);

/* The thread leaves the stack of `frame` for that of `to`. */
void contexts_switch(struct thread *thread, struct frame frame, const ucontext_t *to);

#endif
