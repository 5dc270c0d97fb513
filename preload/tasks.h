/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Tasks (thag.h): work that goes on in pieces on whatever threads. A task has a call path of its
 * own, made of where it was created and its name; while it is resumed, the thread's paths lead
 * there.
 *
 *	handle = generation << 32 | index	a place in a table that is used again
 *
 * The place's state tells which thread runs it, so that two that do so at once are noticed. What
 * the paths of a thread depend on is the thread's own (struct paths).
 */
#ifndef THAG_PRELOAD_TASKS_H
#define THAG_PRELOAD_TASKS_H

#include "thag.h"
#include "thread.h"

enum {
	TASKS_MAX = 1 << 22 /* that exist at once; what is more is not followed */
};

/* Returns the handle; 0: it cannot be followed. */
uint64_t tasks_new(struct thread *thread, struct frame frame, struct thag_place_ *place);

/*
 * A coroutine, which has a stack of its own: it is told when it runs, and no more. `node` is named
 * after its function. What is no task (0, ended) is ignored by the others.
 */
uint64_t tasks_new_unnamed(struct thread *thread, uint32_t node);
void tasks_continue(struct thread *thread, uint64_t handle);
void tasks_pause(struct thread *thread, uint64_t handle);
void tasks_finish(struct thread *thread, uint64_t handle);

void tasks_resume(struct thread *thread, struct frame frame, uint64_t handle);
void tasks_suspend(struct thread *thread, struct frame frame, uint64_t handle);
void tasks_end(struct thread *thread, struct frame frame, uint64_t handle);

/* In a forked child: its parent's tasks are no more. */
void tasks_forget(void);

#endif
