/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The collector: takes what the profiled processes leave in the pool, puts it in order, feeds the
 * model, and gives the finished run.
 *
 *	pool (wire/pool.h) --+
 *	                     +--> lanes, one per thread --> merge by time --> model --> struct run
 *	recording -----------+         |
 *	                               +--> recording
 *
 * A live run:
 *
 *	collector = collector_new(pool, pool_fd, symbolizer);
 *	collector_attach(collector);              before the program starts
 *	while (the program runs || collector_live_processes(collector))
 *		collector_poll(collector, 100);
 *	run = collector_finish(collector);
 *	...
 *	run_free(run);
 *
 * A recording:
 *
 *	collector = collector_new(NULL, -1, symbolizer);
 *	collector_replay(collector, fd, message);
 *	run = collector_finish(collector);
 *
 * Order. What one event caused in another thread is in the pool when the other is (I3 in pool.h).
 * So a scan first takes the time T, then reads how far each thread has come: all that happened
 * before an event older than T is then there, and events older than T go to the model in order of
 * time while younger ones wait. An event that shows up late was concurrent with all that went
 * before it and is as well placed where it is.
 *
 * One thread calls all of this. Nothing here trusts the pool or a recording: what is not understood
 * is dropped from the bad byte to the end of its chunk, counted in run->broken_chunks, and the rest
 * is used.
 */
#ifndef THAG_COLLECTOR_H
#define THAG_COLLECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"
#include "pool.h"

struct collector;
struct symbolizer;

enum {
	COLLECTOR_MESSAGE_BYTES = 256
};

/*
 * Reads `pool`, which stays the caller's and must outlive the collector; NULL: only a recording
 * will be replayed. `pool_fd` is the pool's file, by which the collector has storage promised and
 * raises chunk_limit as needed (at once to POOL_CHUNKS_INITIAL); -1: the limit stays what it is.
 * Modules are added to `symbolizer` as they are named; NULL: no file is opened.
 */
struct collector *collector_new(
	struct pool_header *pool, int pool_fd, struct symbolizer *symbolizer);

/* Gives up a run that nobody wants any more; NULL is fine. Detaches. */
void collector_free(struct collector *collector);

/*
 * Makes the calling thread the pool's reader: from here on processes may write, and the kernel
 * tells them should this thread die. Returns 0, -EBUSY where the pool has another living reader, or
 * the error of set_robust_list(). A thread reads one pool at most.
 */
int collector_attach(struct collector *collector);

/*
 * Writes what is taken from now on to `fd` as well, compressed, at most `max_bytes` (0: no limit);
 * recording stops there and the run goes on. Call it before the first poll. `fd` stays the caller's
 * and must be open until collector_finish() or collector_free(). Returns 0 or a negative errno.
 */
int collector_record_to(struct collector *collector, int fd, uint64_t max_bytes);

/*
 * Nothing but the recording is wanted: records are not decoded, the run will be empty. After
 * collector_record_to().
 */
void collector_record_only(struct collector *collector);

/* How the recording went so far: 0, -EFBIG where the limit cut it short, or the error of a write.
 */
int collector_record_status(const struct collector *collector, uint64_t *ret_bytes);

/*
 * Reads a recording to its end. Returns 0; or -EINVAL where it is no recording, or one from a newer
 * version, and nothing was read; or 1 where it is damaged, cut off or was limited, and all before
 * that place was read. Then `message` (not NULL) says what is wrong, in one line.
 */
int collector_replay(struct collector *collector, int fd, char message[COLLECTOR_MESSAGE_BYTES]);

/*
 * Takes what is there. When that was little the last time it sleeps first: a millisecond while much
 * happens and up to 100 when little does, never longer than `timeout_ms`, until a chunk is full, a
 * signal comes, or the time is over.
 */
void collector_poll(struct collector *collector, int timeout_ms);

/* The run is ended by request: its recording says so. Before collector_close(). */
void collector_stop(struct collector *collector);

/* Whether any process was seen. */
bool collector_has_processes(const struct collector *collector);

/* Processes that were seen and have not ended. */
unsigned collector_live_processes(const struct collector *collector);

/*
 * Takes all that is left and closes the pool: processes still running go on unprofiled. A recording
 * is whole then, and its status final.
 */
void collector_close(struct collector *collector);

/* Closes what is not closed yet, frees the collector and gives the run, to be freed by run_free().
 */
struct run *collector_finish(struct collector *collector);

#endif
