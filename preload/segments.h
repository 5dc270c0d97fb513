/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Inner parts of stacks seen before, of one thread, so that programs that come back to the same
 * places need not be stepped through again.
 *
 *	outer ... | outer | first | ... | innermost      a segment: the frames inside `outer`
 *	          +-------+-------+-----+-----------+
 *	            is in the memo        pc, sp, bp are what the capture begins with
 *
 * A segment is what stepping from its innermost frame outwards yielded, until that met the memo.
 * By the argument of unwind.h it yields the same again where it starts in the same state, the words
 * it read are what they were, and it ends in the same frame `outer`, whose own outside the memo has
 * verified. Nothing else is trusted: a segment that does not fit is not used.
 *
 * Found by a tag, made of the innermost frame, of the memo's frame from which on the present stack
 * differs, and of the word that differs there, mostly a return address that tells which call this
 * is. On real programs nine of ten captures that need stepping, or more, find theirs.
 *
 * Invariants
 * S1. No frame but the innermost was interrupted or has a table that reads more than was noted.
 * S2. All words lie between the innermost frame and `outer_sp`, so they may be read whenever the
 *     memo's frames may.
 * S3. A segment of another generation of the modules is void.
 */
#ifndef THAG_PRELOAD_SEGMENTS_H
#define THAG_PRELOAD_SEGMENTS_H

#include <stdbool.h>
#include <stdint.h>

/* A remembered frame; its pc and slot stand beside it. */
struct memo_frame {
	uint64_t sp, bp;
	uint32_t node;
	uint32_t checks; /* invariant I3 of the unwinder */
	bool live;	 /* I2 */
};

enum {
	SEGMENT_SET_BITS = 9,
	SEGMENT_WAYS = 2,
	SEGMENTS = SEGMENT_WAYS << SEGMENT_SET_BITS,
	SEGMENT_FRAMES = 10,
	SEGMENT_CHECKS = 8,
};

struct segment_frame {
	uint64_t pc;
	uint64_t *slot; /* that pc was read from */
	struct memo_frame frame;
};

struct segment_check {
	uint64_t *address;
	uint64_t value;
};

struct segment {
	uint64_t pc, sp; /* of the innermost frame */
	uint64_t outer_pc, outer_sp, outer_bp;
	uint64_t *outer_slot;
	uint32_t outer; /* index in the memo */
	uint32_t outer_node, outer_checks;
	uint32_t generation;
	uint16_t count, check_count;		    /* 0 frames: nothing is here */
	uint32_t failures;			    /* since it last fitted: see segment_place() */
	struct segment_frame frame[SEGMENT_FRAMES]; /* outermost first */
	struct segment_check check[SEGMENT_CHECKS];
};

/* All zero at first. */
struct segments {
	uint64_t tag[SEGMENTS]; /* the ways of a set side by side; 0: free */
	struct segment segment[SEGMENTS];
	uint32_t replaced; /* counts, and so chooses which way is given up */
};

static inline uint64_t
segment_tag(uint64_t pc, uint64_t sp, uint32_t outer_node, uint64_t word)
{
	const uint64_t mixed = pc ^ sp << 16 ^ word ^ (uint64_t)outer_node << 24;

	return mixed * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

/* The first index of the tag's set. */
static inline uint32_t
segment_set(uint64_t tag)
{
	return (uint32_t)(tag >> (64 - SEGMENT_SET_BITS)) * SEGMENT_WAYS;
}

/* The segment of this tag, or NULL. */
static inline struct segment *
segment_find(struct segments *segments, uint64_t tag)
{
	const uint32_t at = segment_set(tag);

	if (segments->tag[at] == tag)
		return &segments->segment[at];
	if (segments->tag[at + 1] == tag)
		return &segments->segment[at + 1];
	return NULL;
}

/*
 * A place for the segment of this tag, which `found` (or NULL) did not serve for. NULL where it is
 * not worth the copying: the more often a tag has turned out to mean yet another stack, the more
 * rarely it is tried anew.
 */
static inline struct segment *
segment_place(struct segments *segments, uint64_t tag, struct segment *found)
{
	if (found) {
		found->failures++;
		return found->failures & (found->failures - 1) ? NULL : found;
	}
	const uint32_t at = segment_set(tag) + segments->replaced++ % SEGMENT_WAYS;

	segments->tag[at] = tag;
	segments->segment[at].failures = 0;
	return &segments->segment[at];
}

#endif
