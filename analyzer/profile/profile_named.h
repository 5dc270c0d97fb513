/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the source named (include/thag.h), in a profile: part of profile.h. Sections are functions
 * of another kind, with nodes in the call tree, calls and memory: sections.h puts these together.
 *
 * Entry 0 of the places stands for "none". References among these tables are indices from 0.
 */
#ifndef THAG_PROFILE_NAMED_H
#define THAG_PROFILE_NAMED_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "named.h"

struct profile;

struct profile_bytes {
	const uint8_t *bytes;
	uint32_t count;
};

struct profile_place {
	const char *name;
	uint32_t kind; /* enum record_named_kind */
	uint32_t file, line;
	const char *inside; /* the function around it, as the compiler named it */
	uint32_t function;  /* whose frames it has in the call tree; 0: it has none */
};

/* How much more than at its beginning was live in one section, at most: see struct call_sums. */
struct profile_section_peak {
	uint32_t node, thread;
	uint64_t peak_bytes;
};

struct profile_durations {
	uint64_t count, unfinished;
	uint64_t total_ns, min_ns, max_ns;
	uint64_t p50_ns, p90_ns, p99_ns; /* of those that ended */
};

struct profile_named_span {
	uint32_t place, process;
	struct profile_durations durations;
	struct profile_bytes histogram; /* packed, see call_histogram.h */
	uint64_t peak_bytes;
};

struct profile_task {
	uint32_t place; /* 0: coroutines, which are called like the function of their node */
	uint32_t process;
	uint32_t node; /* where they were made, and their name below */
	struct profile_durations lives, running;
	uint64_t resumes, most_at_once;
	struct named_memory memory;
};

struct profile_instance {
	uint32_t task; /* index */
	uint32_t number;
	uint32_t thread; /* that made it */
	uint64_t start_ns, end_ns, running_ns, resumes;
	bool moved, ended;
	struct named_memory memory;
};

struct profile_piece {
	uint32_t instance; /* index */
	uint32_t thread;
	uint64_t start_ns, duration_ns;
};

struct profile_mark {
	uint32_t place, thread;
	uint64_t count, first_ns, last_ns;
};

struct profile_counter {
	uint32_t place, process;
	uint64_t count, first_ns, last_ns;
	double min, max, last;
};

/* One or several values in a row, of a mark or a counter. */
struct profile_point {
	uint32_t series; /* index of the mark, of the counter */
	uint64_t start_ns, end_ns, count;
	double min, max, last; /* of a mark 0 */
};

struct profile_misuse {
	uint32_t place, kind; /* enum record_misuse */
	uint32_t thread, node;
	uint64_t count;
};

/* What there is of a table that could not hold all. */
struct profile_left_out {
	uint32_t process;
	uint64_t instances;
	uint64_t pieces, pieces_shortest_ns;
};

struct profile_named {
	GArray *places;		/* struct profile_place */
	GArray *peaks;		/* struct profile_section_peak, by (node, thread) */
	GArray *spans;		/* struct profile_named_span */
	GArray *tasks;		/* struct profile_task */
	GArray *instances;	/* struct profile_instance */
	GArray *pieces;		/* struct profile_piece */
	GArray *marks;		/* struct profile_mark */
	GArray *mark_points;	/* struct profile_point, by (series, start) */
	GArray *counters;	/* struct profile_counter */
	GArray *counter_points; /* struct profile_point, by (series, start) */
	GArray *misuses;	/* struct profile_misuse */
	GArray *left_out;	/* struct profile_left_out */
};

/* profile_new() and profile_free() call these; `empty` is the profile's empty string. */
void profile_named_init(struct profile_named *named, const char *empty);
void profile_named_fini(struct profile_named *named);

/*
 * After reading: that references are within their tables. Fills in the kinds of functions, the
 * peaks of calls, and how many tasks ran.
 */
bool profile_named_check(struct profile *profile);

/* Whether the source named anything that was met. */
bool profile_named_any(const struct profile *profile);

/* What the place is called; of a coroutine the function of its node. */
const char *profile_task_name(const struct profile *profile, const struct profile_task *task);

/* The node that made them: of coroutines, whose own two frames stand below it, as of others. */
uint32_t profile_task_maker(const struct profile *profile, const struct profile_task *task);

/* "section", "profiled" ... of enum record_named_kind, and what enum record_misuse means. */
const char *named_kind_name(uint32_t kind);
const char *misuse_text(uint32_t kind);

#endif
