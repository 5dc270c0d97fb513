/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Lanes: the bytes of one thread on their way to the model, as records in that thread's order.
 *
 * A lane queues pieces (a chunk of the pool, or a part of one from a recording) by sequence number
 * and decodes the foremost, one record ahead: `ticks` is the time of the record that comes next.
 * All that is big (the coding state, the record, the bytes being decoded) hangs on the decoder,
 * which a lane that has nothing to say gives up when many hold one; it is made again from the
 * chunk.
 *
 * I1. Pieces of a lane are ordered by sequence, then by `taken`; only the foremost is decoded.
 * I2. The bytes decoded are a copy that nobody else writes.
 * I3. A missing sequence number holds the lane up until lane_skip_gap(): the chunk may have been
 *     claimed behind a scan's back and shows up in the next.
 */
#ifndef THAG_LANE_H
#define THAG_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/feed.h"
#include "pool.h"

struct piece {
	struct piece *next;
	uint64_t sequence;
	uint64_t base_ticks;
	uint32_t taken;	 /* payload bytes before this were taken already */
	uint32_t length; /* payload bytes there are, so far */
	bool complete;	 /* no more will come */
	bool recorded;	 /* a part of a chunk; the next piece goes on where it ends */
	uint8_t *bytes;	 /* recorded: all of [taken, length), owned; else NULL */
};

struct decoder {
	struct record_state state;
	struct record record; /* the next one, where the lane is ready */
	uint8_t *bytes;	      /* NULL: nothing is being decoded */
	const uint8_t *at, *end;
};

struct lane {
	struct model_thread *thread;
	struct piece *pieces;
	struct decoder *decoder; /* NULL: none held */
	uint64_t sequence;	 /* of the piece that comes next, or is being decoded */
	uint64_t ticks;		 /* of decoder->record, where the lane is ready */
	uint64_t left_out;	 /* traced calls not recorded, as far as the model knows */
	uint32_t missed;	 /* events that could not be recorded, likewise */
	uint64_t broken;	 /* sequence + 1 of the chunk whose rest is dropped */
	uint32_t process, pid, number, tid;
	uint32_t sums; /* chunks of the pool that are its sums */
	bool named;    /* nodes, since its last timed record */
	bool ready;    /* decoder->record is the next record */
	bool changed;  /* on the scan's list of lanes that have something new */
	bool gap;      /* a scan ago the foremost piece was not the expected one */
	bool discard;  /* of a process that had ended: nothing of it is used */
	bool last;     /* its thread has ended, and what there is of it is all */
	bool waited;   /* ... since an earlier scan */
};

/* What lanes share. The functions are the source's. */
struct lane_source {
	void *context;
	/* Copies the payload bytes [from, piece->length) of a pool's chunk to `to`. */
	void (*copy)(void *context, const struct piece *piece, uint32_t from, uint8_t *to);
	/* All of a piece was taken: it is the source's again. */
	void (*release)(void *context, struct piece *piece);
	/* Bytes of a piece go to be decoded: for a recording. May be NULL. */
	void (*taken)(void *context, const struct lane *lane, const struct piece *piece,
		const uint8_t *bytes, uint32_t count);
	struct model *model;
	bool verbatim; /* bytes go to `taken` and no further: lanes never have a record */
	uint64_t broken_chunks;
	uint64_t payload_bytes;
	unsigned decoders;     /* held by lanes */
	struct decoder *spare; /* one kept for the next lane that needs one */
};

void lane_queue(struct lane *lane, struct piece *piece);

/* Whether a lane that is not ready waits for a missing chunk. */
static inline bool
lane_has_gap(const struct lane *lane)
{
	return !lane->ready && lane->pieces && lane->pieces->sequence > lane->sequence;
}

/* Makes the next record ready. False: there is none now. */
bool lane_next(struct lane *lane, struct lane_source *source);

/* The same where the next record is a traced call and nothing unusual. False: see lane_next(). */
static inline bool
lane_next_call(struct lane *lane)
{
	struct decoder *decoder = lane->decoder;

	if (!decoder->bytes || decoder->end - decoder->at < RECORD_HOT_BYTES || lane->named)
		return false;
	const uint8_t *at = record_parse_call(&decoder->state, decoder->at, &decoder->record);

	if (!at)
		return false;
	decoder->at = at;
	lane->ticks = decoder->record.ticks;
	return true;
}

/* Goes on with what there is. Call it where a whole scan has not brought the missing chunk. */
void lane_skip_gap(struct lane *lane, struct lane_source *source);

/* Releases everything. */
void lane_fini(struct lane *lane, struct lane_source *source);
void lane_source_fini(struct lane_source *source);

#endif
