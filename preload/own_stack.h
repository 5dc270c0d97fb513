/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The stack that the kernel or libc gave the calling thread. It is the only memory that is known to
 * stay while the thread runs on it, all of it from the stack pointer up to its end:
 *
 *	main thread	the kernel's mapping, which nothing joins, and which grows downwards
 *	other threads	what pthread_create got, up to the thread's descriptor, that lies at its top
 */
#ifndef THAG_PRELOAD_OWN_STACK_H
#define THAG_PRELOAD_OWN_STACK_H

#include <stddef.h>
#include "stack_bounds.h"

/* The calling thread has just begun on a stack of `bytes`, as pthread_create was told. */
void own_stack_began(size_t bytes);

/* The calling thread's own stack as far as it is known; {0, 0}: not, see own_stack_find(). */
struct stack_bounds own_stack(void);

/*
 * Whether `sp`, which lies outside what is known, belongs to it all the same: it has grown, or was
 * never looked at. Takes a system call, and 2 to 50 us where that may be.
 */
bool own_stack_find(uint64_t sp, struct stack_bounds *ret_bounds);

#endif
