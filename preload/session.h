/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The session: whether this process is profiled, into which pool, and as which process of the run.
 *
 *	session_start()                       reader dead, pool closed, no memory
 *	UNKNOWN --------> STARTING --> ON -------------------------------------> OFF
 *	                     |                                                    ^
 *	                     +---- nothing asked for, or something is missing ----+
 *
 * OFF is for good: every hook becomes a plain call of the real function.
 *
 * A forked child is a process of its own. What it must not share with its parent (the process
 * number, the counters below it, all thread states) lies in memory that the kernel wipes at fork
 * (MADV_WIPEONFORK), so that every kind of fork is noticed without a hook: the first event of the
 * child finds zeros and registers it.
 */
#ifndef THAG_PRELOAD_SESSION_H
#define THAG_PRELOAD_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include "clock.h"
#include "pool.h"
#include "os/system.h"

enum session_phase {
	SESSION_UNKNOWN = 0,
	SESSION_STARTING,
	SESSION_ON,
	SESSION_OFF
};

/* Wiped at fork. */
struct session_process {
	uint32_t number; /* of this process in the run; 0: not registered yet */
	uint32_t pid;
	uint32_t thread_last;  /* thread numbers handed out */
	uint32_t calibrated;   /* 1: the cost of tracing was measured, see calibrate.c */
	uint32_t perf_threads; /* that have a perf event, see sampler.c */
	uint32_t announcing;   /* 1: a thread is announcing a module, see modules.c */
	int64_t unsampled_ns;  /* CPU time of threads that ended, see sampler.c */
};

struct session {
	uint32_t phase; /* enum session_phase; release when ON is stored, acquire in slow paths */
	bool counter_clock; /* ticks are clock_counter() */
	bool memory;	    /* allocations are wanted */
	bool time;	    /* traced calls are wanted, or ends of those begun */
	bool untimed;	    /* no traced calls will be wanted any more */
	bool everywhere;    /* what is wanted is wanted everywhere: see recording.h */
	bool paused;	    /* the program wants nothing recorded */
	bool marked;	    /* only what the source marked is wanted */
	bool naming;	    /* the source has named sections or tasks: see paths.h */
	uint64_t min_size_bytes;
	uint32_t chunks_mapped;
	struct pool_header *pool;
	struct session_process *process;
	uint32_t parent_number; /* of the process that `process` was wiped from; 0: none */
	uint32_t image_number;	/* this image's last number, becomes parent_number in a child */
};

extern struct session session;

/* Ends in ON or OFF; the caller makes sure that one thread calls, once. */
void session_start(void);

/* Switches off for good. Async-signal-safe. */
void session_stop(void);

/* Memory for the life of the process that a fork wipes; NULL: there is none. */
void *session_map_wiped(size_t bytes);

static inline uint64_t
session_ticks(void)
{
	return likely(session.counter_clock) ? clock_counter() : system_clock_ns(CLOCK_MONOTONIC);
}

#endif
