/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the source gave a name (include/thag.h), as readers of a finished run see it. Sections are
 * frames in the call tree, with call rows and memory like functions; here is what is not in the
 * tree: the places themselves, spans, tasks, marks, counters and misuse. docs/sections.md defines
 * the numbers.
 */
#ifndef THAG_NAMED_H
#define THAG_NAMED_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	NAMED_POINTS_MAX = 2048,       /* of one series: then neighbours are put together */
	NAMED_INSTANCES_MAX = 1 << 16, /* of tasks, in the whole run: the first ones are kept */
	NAMED_PIECES_MAX = 1 << 17,    /* of all tasks: the longest ones are kept */
};

struct named_place {
	uint32_t number; /* in its process */
	uint32_t kind;	 /* enum record_named_kind */
	uint32_t line;
	char *name, *file, *function;
};

/* How long things took each of which is seen to begin and to end. */
struct named_durations {
	uint64_t count;	     /* the unfinished among them */
	uint64_t unfinished; /* had not ended when their process did */
	uint64_t total_ns;
	uint64_t min_ns, max_ns; /* min: of those that ended */
	uint8_t *histogram;	 /* of those that ended: call_histogram.h; may be NULL */
	uint32_t histogram_bytes;
};

/* Spans of one place. */
struct named_span {
	uint32_t place; /* number of it in its process */
	struct named_durations durations;
	uint64_t peak_bytes; /* as of sections: see struct call_sums */
};

/* What tasks did with the heap while they ran. */
struct named_memory {
	uint64_t allocations, allocated_bytes;
	uint64_t frees, freed_bytes; /* of what they allocated, whoever freed it */
	uint64_t peak_bytes;	     /* the largest sum of bytes live at once */
};

/* All tasks of one name that were made on one call path. */
struct named_task {
	uint32_t place; /* 0: coroutines, which have no name */
	uint32_t node;	/* where they were made, and below that their name as a frame */
	struct named_durations lives;	/* from making to end */
	struct named_durations running; /* of each task, in all its pieces; total: of all */
	uint64_t resumes;
	uint64_t most_at_once;
	struct named_memory memory;
};

/* One task. */
struct named_instance {
	uint32_t task; /* index in `tasks` */
	uint32_t id;   /* in its process, from 1 */
	uint64_t start_ns, end_ns, running_ns;
	uint64_t resumes;
	uint32_t first_thread; /* number of the thread that made it */
	bool moved;	       /* ran on more than one thread */
	bool ended;
	struct named_memory memory;
};

/* An instance ran on a thread from here to there. */
struct named_piece {
	uint32_t instance; /* index in `instances` */
	uint32_t thread;   /* its number */
	uint64_t start_ns, duration_ns;
};

/* One value of a counter, or a mark; or several of them that follow each other, put together. */
struct named_point {
	uint64_t start_ns, end_ns, count;
	double min, max, last; /* of a mark 0 */
};

/* Marks of one place by one thread, or a counter of one place. */
struct named_series {
	uint32_t place;
	uint32_t thread; /* its number; of a counter, which all share, 0 */
	uint64_t count;
	uint64_t first_ns, last_ns;
	double min, max, last;
	GArray *points; /* struct named_point */
};

struct named_misuse {
	uint32_t place; /* 0: of something that has no name */
	uint32_t kind;	/* enum record_misuse */
	uint32_t thread, node;
	uint64_t count;
};

/* Of one process. All are arrays of these structures; places by number. */
struct named {
	GArray *places, *spans, *tasks, *instances, *pieces, *marks, *counters, *misuses;
	uint64_t instances_left_out, pieces_left_out;
	uint64_t pieces_shortest_ns;
};

struct named *named_new(void);
void named_free(struct named *named); /* NULL is fine */

/* NULL: nobody said what the number means. */
const struct named_place *named_find_place(const struct named *named, uint32_t number);

#endif
