/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A thread's place in the pool: the chunk it fills, and the records it appends.
 *
 *	if (writer_ready(w)) {
 *		w->at = record_emit_free(&w->state, w->at, ticks, address, 0);
 *		writer_commit(w);
 *	}
 *
 * A record is there for the reader when it is committed; until then it does not exist, whatever
 * happens to the process. A writer belongs to one thread.
 */
#ifndef THAG_PRELOAD_WRITER_H
#define THAG_PRELOAD_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include "pool.h"
#include "record.h"
#include "arch/arch.h"

enum {
	WRITER_AHEAD_BYTES = 256
};

struct writer {
	uint8_t *at;
	uint8_t *limit; /* below this a frequent record fits; NULL: no chunk */
	struct pool_chunk *chunk;
	uint32_t chunk_index;
	uint32_t claimed; /* index + 1 of a chunk that is not yet `chunk`; 0: none */
	bool waiting;	  /* it is one of the pool's writers_waiting */
	uint32_t thread, tid;
	uint32_t missed; /* events that could not be recorded */
	uint64_t sequence;
	uint64_t lost_unreported;		  /* dropped for want of a chunk */
	uint64_t left_out[POOL_LEFT_OUT_REASONS]; /* traced calls not wanted, ever */
	struct record_state state;
};

/* `writer` is all zero. */
void writer_init(struct writer *writer, uint32_t thread, uint32_t tid);

/* Hands the chunk to the reader; the writer can go on with another. */
void writer_retire(struct writer *writer);

/*
 * After a hook was left in the middle: what was committed is handed to the reader, and the writer
 * goes on with another chunk. One that was left within a few instructions of claiming a chunk
 * leaves that unused until the run ends.
 */
void writer_mend(struct writer *writer);

/* Its thread is gone: likewise, and the reader is told that no other chunk will come. */
void writer_end(struct writer *writer);

/*
 * Makes room for any one record by taking a fresh chunk. Waits for the reader, or drops, as the
 * run's options say. Returns false, and has counted the loss, if there is none; the session may be
 * off then.
 */
bool writer_next_chunk(struct writer *writer);

/* Has the reader look now and not at its leisure: what was written should not wait. */
void writer_notify(void);

/* Claims a chunk for other use than events. Returns its index, or -1. */
int64_t writer_claim(struct writer *writer, enum pool_chunk_kind kind);

/* Appends and commits an extended record of less than a chunk's length; numbers[0] is ignored: it
 * becomes the time. */
void writer_emit(struct writer *writer, enum record_type type, uint64_t *numbers,
	uint32_t number_count, const struct record_string *strings, uint32_t string_count);

static inline bool
writer_ready(struct writer *writer)
{
	return likely(writer->at < writer->limit) || writer_next_chunk(writer);
}

static inline void
writer_commit(struct writer *writer)
{
	/* The line that will be written soon is the reader's still: it is asked for early. */
	arch_prefetch_for_writing(writer->at + WRITER_AHEAD_BYTES);
	/* Pairs with the reader's acquire (invariant I1 of the pool). */
	store_release(&writer->chunk->length, (uint32_t)(writer->at - pool_payload(writer->chunk)));
}

#endif
