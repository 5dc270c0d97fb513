/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Recordings: what the collector took from the pool, so that a run can be analysed again.
 *
 *	8 bytes	RECORDING_MAGIC
 *	4 bytes	RECORDING_VERSION, little endian
 *	the rest: zstd frames, one after another, each with a checksum; inside them, as if they were
 *	one, entries:
 *
 *		4 bytes	enum recording_type	}
 *		4 bytes	bytes that follow	} struct recording_entry
 *		the entry's structure, then (PIECE, TALLIES, CALL_SUMS) what it is about
 *
 * All numbers are little endian. Entries stand in the order in which the collector did things, so
 * replaying them does the same things: PIECE entries up to a SCAN are what that scan's merge could
 * need. An entry of unknown type is skipped, and one that is longer than it should be has fields
 * that are not known yet at its end. A recording that was not cut off ends with FINISH.
 */
#ifndef THAG_RECORDING_H
#define THAG_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "clock_line.h"
#include "lane.h"

#define RECORDING_MAGIC "thagrec"

enum {
	RECORDING_VERSION = 2,
	RECORDING_ENTRY_MAX = 64 * 1024, /* no entry is longer */
};

enum recording_type {
	RECORDING_START = 1,
	RECORDING_PIECE = 2,
	RECORDING_SCAN = 3,
	RECORDING_CLOCK = 4,
	RECORDING_RSS = 5,
	RECORDING_TALLIES = 6,
	RECORDING_END = 7,
	RECORDING_FINISH = 8,
	RECORDING_CALL_SUMS = 9,
	RECORDING_LEFT_OUT = 10,
	RECORDING_MISSED = 11,
	RECORDING_THREAD_OVER = 12, /* struct recording_thread: nothing more is to come of it */
};

struct recording_entry {
	uint32_t type;
	uint32_t bytes;
};

struct recording_start {
	struct clock_reading reading;
	double ns_per_tick;
};

struct recording_thread {
	uint32_t process, pid, thread, tid;
};

struct recording_piece {
	struct recording_thread thread;
	uint64_t sequence;
	uint64_t base_ticks;
	uint32_t taken; /* offset of the bytes in the chunk's payload */
	uint32_t complete;
};

struct recording_scan {
	uint64_t limit_ticks, end_ticks;
};

struct recording_rss {
	uint64_t process, ticks, bytes, peak_bytes;
	uint64_t cpu_ns; /* 0: not known */
};

struct recording_end {
	uint64_t process, ticks;
};

struct recording_left_out {
	struct recording_thread thread;
	uint64_t count[POOL_LEFT_OUT_REASONS];
};

struct recording_missed {
	struct recording_thread thread;
	uint64_t count; /* of its events, so far */
};

struct recording_finish {
	uint64_t end_ticks;
	uint64_t lost_events;
	uint64_t chunks;
	uint64_t cut_short;	/* 1: a limit on its size was reached, the run went on */
	uint64_t unread_chunks; /* that were broken, and are not in the recording */
	uint64_t stopped;	/* 1: by request, the program went on */
};

struct recording;

/* Starts one on `fd`. Returns 0 or a negative errno. `max_bytes` 0: no limit. */
int recording_new(int fd, uint64_t max_bytes, struct recording **ret_recording);

void recording_put_start(struct recording *recording, const struct recording_start *start);
void recording_put_piece(struct recording *recording, const struct lane *lane,
	const struct piece *piece, const uint8_t *bytes, uint32_t count);
void recording_put_scan(struct recording *recording, uint64_t limit_ticks, uint64_t end_ticks);
void recording_put_clock(struct recording *recording, const struct clock_reading *reading);
void recording_put_rss(struct recording *recording, const struct recording_rss *entry);
void recording_put_tallies(struct recording *recording, const struct lane *lane,
	const struct pool_tally *tallies, uint32_t count);
void recording_put_call_sums(
	struct recording *recording, const struct lane *lane, const struct pool_call_sums *sums);
void recording_put_left_out(struct recording *recording, const struct lane *lane,
	const uint64_t count[POOL_LEFT_OUT_REASONS]);
void recording_put_missed(struct recording *recording, const struct lane *lane, uint32_t count);
void recording_put_thread_over(struct recording *recording, const struct lane *lane);
void recording_put_end(struct recording *recording, uint32_t process, uint64_t ticks);
void recording_put_finish(struct recording *recording, const struct recording_finish *finish);

/*
 * Whether there is no time to compress: frames that begin then are stored as they are, eight times
 * as large and for less CPU time, unless the file has just been seen to be slower.
 */
void recording_hurry(struct recording *recording, bool hurried);

/* 0, -EFBIG (the limit), or the error of a write; after either nothing more is written. */
int recording_status(const struct recording *recording, uint64_t *ret_bytes);

/* Writes what is buffered. NULL is fine. */
void recording_free(struct recording *recording);

#endif
