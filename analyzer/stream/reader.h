/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Being the pool's reader: the robust futex word, and the doorbell.
 *
 * The kernel keeps one list of robust futexes per thread. Ours has a single entry, which stands for
 * pool->reader; it takes the place of the C library's list, so a thread that reads a pool must not
 * hold robust mutexes. When the thread dies, however it dies, the kernel finds its id in the word,
 * sets POOL_READER_DIED and wakes one who waits there.
 */
#ifndef THAG_READER_H
#define THAG_READER_H

#include <stdbool.h>

#include "pool.h"

struct reader; /* the calling thread's registration */

/* Registers the calling thread. Returns 0, -EBUSY or another negative errno. */
int reader_attach(struct pool_header *pool, struct reader **ret_reader);

/* Gives the pool up, by the thread that attached; NULL is fine. */
void reader_detach(struct reader *reader);

/* Sleeps on the doorbell for at most that long; also ends early by a signal. */
void reader_sleep(struct pool_header *pool, uint32_t doorbell_seen, unsigned microseconds);

/* Tells writers that wait for a chunk. */
void reader_announce_space(struct pool_header *pool);

#endif
