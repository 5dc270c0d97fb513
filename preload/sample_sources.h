/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What sends a thread the signals that samples are taken at: perf events and timers.
 *
 * A perf event's signal comes in user mode only. A timer on a CPU clock is found expired by the
 * kernel's tick, wherever that hits the thread; the kernel notes it as work to be done on the way
 * back to user mode (on Linux since ARCH_QUIET_TIMERS), and only that sends the signal: a system
 * call is over by then, with its own result. Such sources are quiet. Older kernels send the signal
 * from the tick, and a call that waits afterwards ends early; timers of wall time always do.
 *
 * The one place where that work is done inside of a system call is io_uring_enter(): where a tick
 * has hit its preparations, its wait can end with EINTR.
 */
#ifndef THAG_PRELOAD_SAMPLE_SOURCES_H
#define THAG_PRELOAD_SAMPLE_SOURCES_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include "ledger.h"

enum sample_clock {
	SAMPLE_CLOCK_CPU,
	SAMPLE_CLOCK_WALL,
};

/* Of one thread. */
struct sample_sources {
	void *event; /* the perf event's page, NULL: there is none */
	int fd;	     /* number that the event's signals name; not open any more */
	int timer;   /* kernel's timer id */
	bool timed;  /* there is a timer */
};

/* Whether timers on CPU clocks are quiet here. */
bool sample_timers_are_quiet(void);

/* These begin to send `signal` to the calling thread each `period_ns`. False: not allowed. */
bool sample_sources_begin_perf(struct sample_sources *sources, int signal, uint64_t period_ns);

/* The event's period is another one from now on. False: there is no event any more. */
bool sample_sources_renew_perf(struct sample_sources *sources, int signal, uint64_t period_ns);

/* The signals of this one carry `value`; the first one comes after `first_ns`. */
bool sample_sources_begin_timer(struct sample_sources *sources, int signal, void *value,
	enum sample_clock clock, uint64_t first_ns, uint64_t period_ns);

void sample_sources_end(struct sample_sources *sources);

/* The calling thread's clocks. */
struct ledger_account sample_sources_account(void);

/* Whether the signal came by the event; by a timer with `value`. */
static inline bool
sample_sources_is_perf(const struct sample_sources *sources, const siginfo_t *info)
{
	return sources->event && info->si_code > 0 && info->si_fd == sources->fd;
}

static inline bool
sample_sources_is_timer(
	const struct sample_sources *sources, const siginfo_t *info, const void *value)
{
	return sources->timed && info->si_code == SI_TIMER && info->si_value.sival_ptr == value;
}

#endif
