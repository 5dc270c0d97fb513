/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sampling: where threads are when their CPU clock has run for another period.
 *
 * Each thread has a perf task-clock event of its own, which sends SAMPLER_SIGNAL to it each period
 * that ends in user mode, so that no system call is ever interrupted. A timer on the thread's CPU
 * clock beside it finds the thread in the kernel, at the kernel's ticks, and tells when it is back;
 * ledger.h says which sample stands for what. Where perf is denied the timer does all, where the
 * kernel is so old that its timers would interrupt (sample_sources.h) the event: then time in the
 * kernel is added to the next sample's weight.
 *
 * A thread's first period is a part of one, at random, and its hit stands for a whole one all the
 * same: so of threads that are over before a period is, as many are hit as there should be. What
 * hits and ticks do not stand for when a thread ends, or stand for too much, is handed to the
 * process's next thread: ticks in the kernel there stand for it.
 *
 * The handler walks the stack with the same unwinder as all hooks: no lock, no allocation. A sample
 * that comes while a hook is at work hits the profiler, not the program: it is counted as such.
 *
 * With --wall all timers run on the monotonic clock, and so find threads that wait. A timer's
 * signal can end a wait early, which the program must not see: hooks_wait.c holds the signal back
 * during calls that would not be restarted. The first sample after such a call then weighs as much
 * as it took, and is taken where it was made.
 *
 * SIGURG, because what nobody handles it does nothing: whatever happens to the handler (a program
 * that resets all signals, an exec), a late sample cannot kill. The program's own use of it goes on
 * (hooks_signal.c): its action is kept here, and called for signals that are not ours.
 */
#ifndef THAG_PRELOAD_SAMPLER_H
#define THAG_PRELOAD_SAMPLER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include "sample_sources.h"

enum {
	SAMPLER_SIGNAL = SIGURG
};

struct thread;

/* Of one thread. */
struct sampler {
	bool running;
	bool interrupts; /* its signal can end a call that waits: see sampler_hold() */
	bool held;	 /* the signal is blocked by sampler_hold() */
	struct sample_sources sources;
	struct ledger ledger;	  /* event and timer */
	bool beginning;		  /* the event still has its first period */
	uint64_t head_ns;	  /* by which the first period was shorter */
	uint64_t counted_ns;	  /* CPU time up to the last sample (event or timer alone) */
	uint64_t own_periods;	  /* that hit the profiler itself, not reported yet */
	uint64_t cost_ticks;	  /* what a sample takes, about, */
	uint64_t cost_most_ticks; /* and may take */
	uint64_t left_ticks;	  /* when the handler was left, */
	uint64_t leaving_ticks;	  /* and how long that takes */
	uint64_t chance;
};

/* Installs the handler; called by session start where sampling is asked for. */
void sampler_init(void);

/* Starts and stops sampling of the calling thread, whose state this is. */
void sampler_begin(struct thread *thread);
void sampler_end(struct thread *thread);

/*
 * Around calls that a timer's signal would end early: holds it back in this thread. Returns whether
 * it has to be released afterwards, which takes the sample that has become due.
 */
bool sampler_hold(void);
void sampler_release(void);

/* Likewise, of a call that even a signal at the kernel's tick would end. */
bool sampler_hold_ticks(void);

/* The calling thread has left a call by longjmp, perhaps one around which the signal was held. */
void sampler_release_jumped(struct thread *thread);

/*
 * What the program wants to happen at SAMPLER_SIGNAL: swaps in `action` (NULL: only asks) and
 * returns what it was. For the hooks of sigaction and the like.
 */
struct sigaction sampler_swap_action(const struct sigaction *action);

/*
 * What the calling thread believes of its mask. The program's own signals that come while it
 * believes SAMPLER_SIGNAL blocked are sent again when it no longer does.
 */
struct sampler_mask {
	bool blocked, pending;
	uint32_t came; /* the program's own, ever */
};

extern __thread struct sampler_mask sampler_mask __attribute__((tls_model("initial-exec")));

/* Whether SAMPLER_SIGNAL is in use, and must not be blocked or taken over. */
bool sampler_is_on(void);

#endif
