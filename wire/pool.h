/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The pool: the memory that the profiled processes of one run and the analyzer share, and the rules
 * by which bytes cross it.
 *
 * A pool is one file (tmpfs) that everybody maps. A forked child has its parent's mapping and an
 * exec'd image maps the file again by its path (environment variable POOL_VARIABLE). No process
 * keeps a descriptor, so there is none that the program could close or reuse, and no signal or
 * end-of-file to be hit by:
 *
 *	offset 0                header_bytes          one chunk = chunk_bytes
 *	+----------------------+---------------------+---------+---------+---- ... ----+
 *	| struct pool_header   | state[chunks_max]   | chunk 0 | chunk 1 |  not yet    |
 *	|                      | (in header_bytes)   |         |         |  backed     |
 *	+----------------------+---------------------+---------+---------+---- ... ----+
 *	                                             |<--- chunk_limit --->|
 *
 * Life of a chunk:
 *
 *	        claim (writer, CAS)          fill, then retire (writer)
 *	FREE -------------------> FILLING -----------------------------> FULL
 *	  ^                          |                                     |
 *	  |    reader, after the owner process has ended                   |
 *	  +--------------------------+------- reader, after reading all ---+
 *
 * Invariants
 * I1. A FILLING chunk has one writer: the thread that claimed it. Only the writer stores `length`,
 *     with release order, after the bytes below it; the reader loads it with acquire order and
 *     reads no further. So whatever kills a process, every event below `length` is whole.
 * I2. A writer never touches a chunk at or above `chunk_limit`. The reader alone raises the limit,
 *     after the file system has promised the storage: no access can raise SIGBUS.
 * I3. An event is committed before the program can act on it: an allocation before malloc returns,
 *     a release before the real free. So if one event happens before another, in whatever thread or
 *     process, it is in the pool before the other is.
 *     The reader clears `magic` before it stores FREE, and the writer sets it last: a FILLING chunk
 *     without it is not to be read yet.
 * I4. The reader trusts nothing: it copies a chunk's bytes out before it decodes them.
 *
 * `reader` is a robust futex word: it holds the reader's thread id, and when the reader dies the
 * kernel itself sets POOL_READER_DIED in it and wakes whoever waits there. A writer that finds no
 * chunk free waits on `space` while the reader lives (or drops and counts, see `options.on_full`);
 * when the reader is dead it switches itself off for good.
 */
#ifndef THAG_WIRE_POOL_H
#define THAG_WIRE_POOL_H

#include <stdint.h>
#include "atomics.h"
#include "options.h"

#define POOL_VARIABLE	 "THAG_POOL"		      /* environment: path of the pool */
#define POOL_MAGIC	 UINT64_C(0x006c6f6f70676874) /* "thgpool\0" */
#define POOL_READER_DIED UINT32_C(0x40000000)	      /* FUTEX_OWNER_DIED */
#define POOL_READER_TID	 UINT32_C(0x3fffffff)

enum {
	POOL_VERSION = 6,
	POOL_CHUNK_BYTES = 16384,
	POOL_CHUNKS_MAX = 32768, /* 512 MiB at most; storage is promised in steps as needed */
	POOL_CHUNKS_INITIAL = 512,
};

enum pool_chunk_state {
	POOL_FREE = 0,
	POOL_FILLING = 1,
	POOL_FULL = 2
};

enum pool_phase {
	POOL_RUNNING = 0,
	POOL_CLOSED = 1, /* nothing more is wanted: writers switch off without counting losses */
};

/* Shared; one cache line for what is written often by one side. */
struct pool_header {
	uint64_t magic;
	uint32_t version;
	uint32_t header_bytes; /* offset of chunk 0 */
	uint32_t chunk_bytes;
	uint32_t chunks_max;
	struct options options;

	/* Written by the reader. */
	uint32_t reader __attribute__((aligned(64))); /* see above; 0: not there yet */
	uint32_t phase;				      /* enum pool_phase */
	uint32_t chunk_limit;	 /* I2; release, pairs with the writers' acquire */
	uint32_t reader_waiting; /* 1 while the reader sleeps on `doorbell` */
	uint32_t space;		 /* futex: bumped whenever chunks became free */
	uint32_t calls_enough;	 /* 1: no more traced calls are wanted (options.max_calls) */
	uint64_t start_ns;	 /* CLOCK_MONOTONIC when the run began; 0: not known yet */

	/* Written by all writers. */
	uint32_t doorbell __attribute__((aligned(64))); /* futex: bumped when a chunk is FULL */
	uint32_t writers_waiting;			/* how many sleep on `space` */
	uint32_t chunk_high;   /* no chunk at or above this was ever claimed */
	uint32_t search_from;  /* a hint, of both sides: hardly a chunk below this is free */
	uint32_t process_last; /* process numbers handed out so far, 1, 2, 3 ... */
	uint64_t lost_events;  /* made while no chunk could be had */
};

enum pool_chunk_kind {
	POOL_EVENTS = 1,     /* payload: records, see record.h */
	POOL_TALLY = 2,	     /* payload: struct pool_tally[], changing in place; `length` stays 0 */
	POOL_CALL_TALLY = 3, /* payload: struct pool_call_sums, likewise */
};

enum {
	POOL_CHUNK_MAGIC = 0x6b6e6863 /* "chnk" */
};

/* Why traced calls were not recorded, by request. */
enum pool_left_out {
	POOL_LEFT_OUT_PATTERN, /* include, exclude */
	POOL_LEFT_OUT_SHORT,   /* min_duration */
	POOL_LEFT_OUT_DEEP,    /* max_depth */
	POOL_LEFT_OUT_REASONS,
};

/* At the start of each chunk; written by its owner alone. */
struct pool_chunk {
	uint32_t magic;
	uint16_t kind;	  /* enum pool_chunk_kind */
	uint16_t last;	  /* 1: its thread has ended; set before the chunk is FULL */
	uint32_t process; /* number of the process in this run, from 1 */
	uint32_t pid;	  /* its pid as it sees itself */
	uint32_t thread;  /* number of the thread in its process, from 1 (the main thread) */
	uint32_t tid;
	uint64_t sequence;   /* of this thread's event chunks: 0, 1, 2 ... */
	uint64_t base_ticks; /* time stamps in the payload count from here */
	uint32_t length;     /* I1: payload bytes committed */
	uint32_t missed;     /* events this thread could not record, ever (e.g. in a handler that
			      * interrupted a hook) */
	uint64_t left_out[POOL_LEFT_OUT_REASONS]; /* calls of this thread, ever (relaxed) */
};

enum {
	POOL_PAYLOAD_BYTES = POOL_CHUNK_BYTES - sizeof(struct pool_chunk)
};

/* Sums of one call path while summary mode runs. Entry 0 is the thread's releases: node 0. */
struct pool_tally {
	uint32_t node;
	uint32_t unused;
	uint64_t count;
	uint64_t bytes;
};

/*
 * The same of traced calls. Entries whose count and open are 0 mean nothing.
 *
 * Times are the thread's own: what tracing took is not in them. They count in 256ths of a tick, and
 * are ticks * 256 - `taken` of the thread's struct pool_call_sums.
 *
 * All is counted modulo 2^32 or 2^64, and a call that ends in another thread or table than where it
 * began leaves parts in both: only the sum over all of a process means something.
 */
struct pool_call_tally {
	uint32_t node;
	uint32_t open;	   /* calls begun and not ended */
	uint64_t count;	   /* calls begun */
	uint64_t total;	   /* times of ends, less times of begins; negative where more was taken */
	uint64_t min, max; /* ticks, of the calls that ended; what would be negative is 0 */
};

enum {
	POOL_CALL_TALLIES =
		(POOL_PAYLOAD_BYTES - 2 * sizeof(uint64_t)) / sizeof(struct pool_call_tally)
};

/* Payload of a POOL_CALL_TALLY chunk. */
struct pool_call_sums {
	uint64_t taken; /* by tracing in this thread, 256ths of ticks */
	uint64_t unused;
	struct pool_call_tally tally[POOL_CALL_TALLIES];
};

enum {
	POOL_TALLIES = POOL_PAYLOAD_BYTES / sizeof(struct pool_tally)
};

static inline uint32_t *
pool_states(struct pool_header *pool)
{
	return (uint32_t *)(pool + 1);
}

static inline struct pool_chunk *
pool_chunk_at(struct pool_header *pool, uint32_t index)
{
	return (struct pool_chunk *)((char *)pool + pool->header_bytes +
				     (uint64_t)index * POOL_CHUNK_BYTES);
}

static inline uint8_t *
pool_payload(struct pool_chunk *chunk)
{
	return (uint8_t *)(chunk + 1);
}

/* Bytes before chunk 0: header and states, rounded up to whole pages. */
static inline uint64_t
pool_header_bytes(void)
{
	const uint64_t bytes = sizeof(struct pool_header) + POOL_CHUNKS_MAX * sizeof(uint32_t);

	return (bytes + 4095) & ~UINT64_C(4095);
}

/* Length of the pool's file and of everybody's mapping of it. */
static inline uint64_t
pool_file_bytes(void)
{
	return pool_header_bytes() + (uint64_t)POOL_CHUNKS_MAX * POOL_CHUNK_BYTES;
}

/* Makes a pool of a fresh zeroed mapping whose first pool_header_bytes() are backed. */
static inline void
pool_format(struct pool_header *pool, const struct options *options)
{
	pool->version = POOL_VERSION;
	pool->header_bytes = (uint32_t)pool_header_bytes();
	pool->chunk_bytes = POOL_CHUNK_BYTES;
	pool->chunks_max = POOL_CHUNKS_MAX;
	pool->options = *options;
	store_release(&pool->magic, POOL_MAGIC); /* pairs with pool_is_valid() */
}

static inline int
pool_is_valid(const struct pool_header *pool)
{
	return load_acquire(&pool->magic) == POOL_MAGIC && pool->version == POOL_VERSION &&
	       pool->header_bytes == pool_header_bytes() && pool->chunk_bytes == POOL_CHUNK_BYTES &&
	       pool->chunks_max == POOL_CHUNKS_MAX;
}

#endif
