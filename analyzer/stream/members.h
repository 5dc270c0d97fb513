/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The collector's own structures: processes of the run (members), their lanes, the pool's chunks.
 *
 * Life of a member: it is seen in a chunk's header and watched; when it has ended (or its pid names
 * a newer image: exec) the *next* scan reads all its chunks to their ends, for a scan that is under
 * way may have passed some of them; then the model is told that it is over.
 */
#ifndef THAG_MEMBERS_H
#define THAG_MEMBERS_H

#include <glib.h>

#include "clock_line.h"
#include "collector.h"
#include "lane.h"
#include "merge.h"
#include "watch.h"

struct recording;

struct member {
	uint32_t number, pid;
	struct watched watched;
	struct model_process *model;
	GHashTable *lanes; /* thread number -> struct lane; NULL when it is over */
	bool final;	   /* ended before this scan began */
	bool waited;	   /* ... and before an earlier one */
	bool over;
};

/* A chunk of the pool that is not free, as the collector knows it. */
struct slot {
	struct piece piece;
	struct lane *lane;     /* NULL: not known yet */
	struct member *member; /* of lane */
	enum pool_chunk_kind kind;
};

struct collector {
	struct pool_header *pool; /* NULL: replays only */
	int pool_fd;
	struct symbolizer *symbolizer;
	struct reader *reader;
	struct watch *watch;
	struct model *model; /* NULL until the clock's rate is known */
	struct clock_line clock;
	struct lane_source source;
	struct merge merge;
	GHashTable *members;	/* number -> struct member */
	GPtrArray *living;	/* struct member: not over */
	GHashTable *pids;	/* pid -> latest living member */
	struct slot *slots;	/* POOL_CHUNKS_MAX of them */
	uint32_t backlog_limit; /* of chunks: to hold a backlog, the pool does not grow beyond */
	GPtrArray *changed;	/* struct lane, with something new in this scan */
	GPtrArray *gaps;	/* struct lane that waits for a missing chunk */
	GPtrArray *ending;	/* struct lane whose thread has ended */
	uint64_t chunks;
	uint64_t unread_chunks;		 /* that were broken from the beginning */
	bool stopped;			 /* the run was ended by request */
	uint64_t lost_events, end_ticks; /* at the end */
	struct recording *recording;
	bool closed;
	uint64_t now_ticks;		 /* no record is younger */
	uint64_t rss_ticks, clock_ticks; /* of the latest measurements */
	unsigned rss_rounds;
	/* Of the latest look: */
	uint64_t bytes_seen;
	uint32_t doorbell_seen; /* before it */
	unsigned sleep_us;	/* until the next one, at most */
};

/* members.c */
struct member *member_get(
	struct collector *collector, uint32_t number, uint32_t pid, uint64_t base_ticks);
struct lane *member_lane(struct collector *collector, struct member *member, uint32_t thread,
	uint32_t tid, uint64_t base_ticks);
void members_mark_final(struct collector *collector);
void members_retire(struct collector *collector, uint64_t ticks);
void member_over(struct collector *collector, struct member *member, uint64_t ticks);
void members_measure(struct collector *collector, uint64_t ticks);
void members_free(struct collector *collector);
/* The lane's thread has ended, and fills no other chunk. */
void lane_mark_last(struct collector *collector, struct lane *lane);
void lane_mark_changed(struct collector *collector, struct lane *lane);

/* Merges what changed up to `limit_ticks`; see merge_run(). */
void members_merge(struct collector *collector, uint64_t limit_ticks, uint64_t end_ticks);

/* scan.c */
void scan_init(struct collector *collector);
void scan_pool(struct collector *collector);
/* The sums of summary mode in the pool, of one process or (NULL) of all; chunks are freed. */
void scan_take_tallies(struct collector *collector, const struct member *member);
/* The pool gets so large as it should be while so many chunks are being filled, or full. */
void scan_raise_limit(struct collector *collector, unsigned filling, unsigned full);
void scan_fini(struct collector *collector);

/* collector.c */
void collector_start_model(struct collector *collector, const struct model_clock *clock);

#endif
