/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What of a thread's CPU time its samples stand for, where it has two sources of them:
 *
 *	hits	a period of the thread's clock has passed, and it was in user mode; those in the
 *		kernel are not told, as their signal would end system calls
 *	ticks	the kernel's own timer interrupt found the thread running, here or there. Seldom
 *		(250 times a second, mostly), and told when the thread is back in user mode
 *
 * A hit stands for a period. A tick that found the thread in the kernel stands for all the time in
 * the kernel that none before it stands for; one in user mode for nothing, hits know better. So no
 * time goes to what happens to run next: what a call took is found where the call was made.
 *
 * How long was the thread in the kernel? All time without hits, were no hit ever lost. That is more
 * exact than what ticks can tell: of n of them a share p hit the kernel, with a deviation of
 * sqrt(n p (1 - p)).
 *
 *	                by ticks   and their error
 *	    ---------------|---------------]-----x----->  time in the kernel
 *	                                   |     |
 *	                      what is believed   by missing hits
 *
 * Beyond that error it is not believed: signals were blocked, say, or the machine stood still. The
 * rest was user time whose hits are lost, and until they are made up for a hit stands for a little
 * more. Both sums together are then the thread's CPU time.
 *
 * Belongs to one thread. Makes no system call.
 */
#ifndef THAG_PRELOAD_LEDGER_H
#define THAG_PRELOAD_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

/* Of a thread, since it began. */
struct ledger_account {
	uint64_t whole_ns; /* its CPU time */
	uint64_t ticks_ns; /* the kernel's ticks that hit it, each as a time: all, */
	uint64_t user_ns;  /* and those in user mode */
};

struct ledger {
	uint64_t period_ns;
	struct ledger_account start, tick; /* at the beginning, and at the last tick */
	uint64_t hits, ticks;
	uint64_t user_ns, kernel_ns; /* that was stood for */
	uint64_t hit_ns;	     /* what a hit stands for now */
	uint64_t chance;
};

/* Nothing before `now` is counted. */
void ledger_init(struct ledger *ledger, uint64_t period_ns, const struct ledger_account *now);

/* For how many periods the hit stands that has just come; can be 0. */
uint64_t ledger_hit(struct ledger *ledger);

/* Likewise of a tick; 0 where it was in user mode. `left_call`: the thread is right behind a system
 * call. */
uint64_t ledger_tick(struct ledger *ledger, const struct ledger_account *now, bool left_call);

/* Time up to now that neither hits nor ticks stand for; below 0: they stand for more. */
int64_t ledger_left_ns(const struct ledger *ledger, const struct ledger_account *now);

#endif
